"""Which responses to a prompt meet.

Pure, and a function of content alone: the same prompt, texts, models and seed
give the same pairs in whatever order the responses arrive and whatever else is
in the project.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Literal, Protocol, get_args

from pairwright.errors import InputError
from pairwright.keys import content_key, seeded_fraction

Policy = Literal["all", "random", "reference"]
POLICIES: tuple[Policy, ...] = get_args(Policy)


class Candidate(Protocol):
    """A response that may be paired: its text, and the name of the model that wrote it."""

    @property
    def text(self) -> str: ...
    @property
    def model(self) -> str | None: ...


def text_key(text: str) -> bytes:
    """The key of a text as pairs see it: white space at its ends makes no other text."""
    return content_key("text", text.strip())


def pair_key(prompt_key: bytes, text_a: str, text_b: str) -> bytes:
    """The key of a pair: the prompt and the two texts, whichever is a, whoever wrote them."""
    return content_key("pair", prompt_key, *sorted((text_key(text_a), text_key(text_b))))


def choose_pairs(
    responses: Sequence[Candidate],
    policy: Policy,
    k: int = 1,
    reference: str | None = None,
    seed: int = 0,
    *,
    prompt_key: bytes,
) -> list[tuple[int, int]]:
    """The pairs to make among one prompt's responses, as positions (a, b) in `responses`.

    all: every two distinct texts meet. random: `k` of those, drawn by seed.
    reference: each other text meets each text of the model named `reference`.
    Two equal texts never meet; of responses with equal text one stands for all.
    Which of the two is a is a seeded coin, so no model is always a.

    Raises InputError for a policy that does not exist or lacks what it needs.
    """
    check_policy(policy, k, reference)
    standing = _distinct(responses, reference if policy == "reference" else None)
    possible = list(combinations(sorted(standing), 2))
    if policy == "reference":
        own = {key for key, index in standing.items() if responses[index].model == reference}
        possible = [pair for pair in possible if len(own.intersection(pair)) == 1]
    elif policy == "random":
        possible = sorted(possible, key=lambda pair: seeded_fraction("meet", seed, prompt_key, *pair))[:k]
    chosen = []
    for one, other in possible:
        swapped = seeded_fraction("side", seed, prompt_key, one, other) < 0.5
        a, b = (other, one) if swapped else (one, other)
        chosen.append((standing[a], standing[b]))
    return chosen


def check_policy(policy: str, k: int, reference: str | None) -> None:
    """Raises InputError for a policy that does not exist or lacks what it needs."""
    if policy not in POLICIES:
        raise InputError(f'pair policy "{policy}" is not one of {", ".join(POLICIES)}')
    if k < 1:
        raise InputError(f"k is {k}: at least 1 pair a prompt is needed")
    if policy == "reference" and not reference:
        raise InputError('pair policy "reference" needs the name of the reference model')


def _distinct(responses: Sequence[Candidate], reference: str | None) -> dict[bytes, int]:
    """For each distinct text the position of the response that stands for it.

    That is the reference model's if it wrote the text, else the one first by
    model name: not by position, which must not matter.
    """
    standing: dict[bytes, int] = {}

    def rank(index: int) -> tuple[bool, str, str]:
        response = responses[index]
        not_reference = reference is None or response.model != reference
        return not_reference, response.model or "", response.text

    for index, response in enumerate(responses):
        key = text_key(response.text)
        if key not in standing or rank(index) < rank(standing[key]):
            standing[key] = index
    return standing
