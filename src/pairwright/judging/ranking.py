"""All responses to a prompt ranked in one call, and pairs read off the ranking.

N responses take one call an order of showing instead of N (N - 1) / 2, and the
pairs agree with each other. One ranking is one opinion: each pair takes one vote
from it, its cost is counted once, and pairs of one prompt always stand in the
same fold when judges are weighed. (InstructGPT, Ouyang et al. 2022, section 3.5,
on why the pairs of one ranking must not be treated as independent examples.)
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

from pairwright.errors import InputError
from pairwright.judging.parsing import Unreadable, last_object
from pairwright.judging.rubric import as_data, fence_mark, instructions, show_prompt, told_of
from pairwright.types import Answer, Prompt, Verdict

VERSION = 1
MOST = len(string.ascii_uppercase)

ANSWER = """\
Answer with one JSON object and nothing else, the best first; responses that are equally good share a place:
{"reason": "one short sentence", "ranking": [["B"], ["A", "C"], ["D"]]}"""

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "reason": {"type": "string", "maxLength": 400},
        "ranking": {"type": "array", "items": {"type": "array", "items": {"type": "string"}}},
    },
    "required": ["reason", "ranking"],
    "additionalProperties": False,
}


def ranking_messages(
    prompt: Prompt, shown: Sequence[str], guidelines: str, *, secret: bytes | None = None
) -> list[dict[str, str]]:
    """The chat messages that ask for a ranking of `shown`, called A, B, C, ... Raises InputError over 26."""
    if len(shown) > MOST:
        asked = show_prompt(prompt.messages, prompt.tools)[:60]
        raise InputError(
            f'{len(shown)} responses to "{asked}" are too many for one ranking: {MOST} at most. '
            'Judge this project by another strategy than "ranking"'
        )
    conversation = show_prompt(prompt.messages, prompt.tools)
    mark = fence_mark(secret, conversation, *shown)
    parts = [
        told_of(mark, conversation, *shown),
        f"<prompt {mark}>\n{as_data(conversation)}\n</prompt {mark}>",
    ]
    for name, text in zip(string.ascii_uppercase, shown, strict=False):
        parts.append(f"<response {name} {mark}>\n{as_data(text)}\n</response {name} {mark}>")
    parts.append("Rank the responses. Answer with the JSON object only.")
    return [
        {"role": "system", "content": instructions(guidelines, ANSWER, ranking=True)},
        {"role": "user", "content": "\n\n".join(parts)},
    ]


def parse_ranking(raw: str, n: int, *, cut: bool = False, alone: bool = False) -> list[int]:
    """The place of each of n responses as shown, 1 the best; equals share one. Raises Unreadable."""
    found = last_object(raw, "ranking", cut=cut, alone=alone)
    groups, names = found.get("ranking"), string.ascii_uppercase[:n]
    if not isinstance(groups, list):
        raise Unreadable('"ranking" is not a list')
    places: dict[str, int] = {}
    for group in groups:
        members = group if isinstance(group, list) else [group]
        place = len(places) + 1
        for member in members:
            name = str(member).strip().upper().removeprefix("RESPONSE ").strip()
            if name not in names or not name:
                raise Unreadable(f'the ranking names "{str(member)[:20]}"; responses are {", ".join(names)}')
            if name in places:
                raise Unreadable(f"the ranking names {name} twice")
            places[name] = place
    if missing := [name for name in names if name not in places]:
        raise Unreadable(f"the ranking leaves out {', '.join(missing)}")
    return [places[name] for name in names]


def answer_of(first: int, second: int, n: int) -> Answer:
    """What places in a ranking of n say of two responses; the margin is their distance over n - 1."""
    verdict: Verdict = "TIE" if first == second else "A" if first < second else "B"
    return Answer(
        verdict,
        reason=f"ranked {first} and {second} of {n}",
        margin=(second - first) / (n - 1),
    )
