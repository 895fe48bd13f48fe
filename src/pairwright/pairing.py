"""Which responses to a prompt meet.

Pure, and a function of content alone: the same prompt, texts, models and seed
give the same pairs in whatever order the responses arrive and whatever else is
in the project.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Protocol

from pairwright.errors import InputError
from pairwright.keys import content_key, seeded_fraction
from pairwright.turns import without_reasoning
from pairwright.types import Message

Pairs = list[tuple[bytes, bytes]]  # of the keys of texts


@dataclass(frozen=True, slots=True)
class Asked:
    """What a policy goes by: `k` and `seed`, and the texts that are the reference model's, by key."""

    prompt_key: bytes
    k: int
    seed: int
    references: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class PairPolicy:
    """`meet` picks from all possible pairs; `at_most` is how many that are, of n texts and k.

    `in_words` says on a dataset's card how its pairs were made. `k_in_all`: a prompt gets no more
    than k pairs, also when it has got further responses since.
    """

    meet: Callable[[Pairs, Asked], Pairs]
    at_most: Callable[[int, int], int]
    in_words: str
    needs_reference: bool = False
    k_in_all: bool = False


def _random(possible: Pairs, asked: Asked) -> Pairs:
    drawn = sorted(possible, key=lambda pair: seeded_fraction("meet", asked.seed, asked.prompt_key, *pair))
    return drawn[: asked.k]


def _with_reference(possible: Pairs, asked: Asked) -> Pairs:
    return [pair for pair in possible if len(asked.references.intersection(pair)) == 1]


POLICIES = {
    "all": PairPolicy(
        lambda possible, _: possible,
        lambda n, _: n * (n - 1) // 2,
        "by letting every two responses to a prompt meet",
    ),
    "random": PairPolicy(
        _random, lambda _, k: k, "by letting responses to a prompt meet by chance", k_in_all=True
    ),
    "reference": PairPolicy(
        _with_reference,
        lambda n, _: n - 1,
        "of a response and one by a model that all others are held against",
        needs_reference=True,
    ),
}


class Candidate(Protocol):
    """A response that may be paired: what it says, and the name of the model that wrote it."""

    @property
    def text(self) -> str: ...
    @property
    def turns(self) -> tuple[Message, ...]: ...
    @property
    def model(self) -> str | None: ...


def text_key(text: str, turns: Sequence[Message] = ()) -> bytes:
    """The key of what a response says, whoever wrote it: white space around a text makes no other.

    Where it is more than a text its `turns` are what it says: calls, results and reasoning.
    """
    if turns:
        return content_key("turns", [turn.as_dict() for turn in turns])
    return _plain_key(text)


@lru_cache(128)  # pairing asks of the same few texts again and again
def _plain_key(text: str) -> bytes:
    return content_key("text", text.strip())


def pair_key(prompt_key: bytes, key_a: bytes, key_b: bytes) -> bytes:
    """The key of a pair: the prompt and what the two say (`text_key`), whichever is a."""
    return content_key("pair", prompt_key, *sorted((key_a, key_b)))


def choose_pairs(
    responses: Sequence[Candidate],
    policy: str,
    k: int = 1,
    reference: str | None = None,
    seed: int = 0,
    *,
    prompt_key: bytes,
    reasoning_counts: bool = True,
) -> list[tuple[int, int]]:
    """The pairs to make among one prompt's responses, as positions (a, b) in `responses`.

    all: every two distinct texts meet. random: `k` of those, drawn by seed.
    reference: each other text meets each text of the model named `reference`.
    Two equal texts never meet; of responses with equal text one stands for all. Unless
    `reasoning_counts`, those are equal that differ in their reasoning only.
    Which of the two is a is a seeded coin, so no model is always a.

    Raises InputError for a policy that does not exist or lacks what it needs.
    """
    check_policy(policy, k, reference)
    how = POLICIES[policy]
    standing = distinct(
        responses, reference if how.needs_reference else None, reasoning_counts=reasoning_counts
    )
    own = frozenset(key for key, index in standing.items() if responses[index].model == reference)
    chosen = []
    for one, other in how.meet(list(combinations(sorted(standing), 2)), Asked(prompt_key, k, seed, own)):
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
    if POLICIES[policy].needs_reference and not reference:
        raise InputError(f'pair policy "{policy}" needs the name of the reference model')


def distinct(
    responses: Sequence[Candidate], reference: str | None = None, *, reasoning_counts: bool = True
) -> dict[bytes, int]:
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
        key = text_key(response.text, response.turns)
        if response.turns and not reasoning_counts:
            key = content_key("turns", without_reasoning([turn.as_dict() for turn in response.turns]))
        if key not in standing or rank(index) < rank(standing[key]):
            standing[key] = index
    return standing
