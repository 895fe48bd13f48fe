"""Answers beside a prompt: texts, messages, or lists in which further turns come before the answer.

The answer is what the model did after the user's last turn. Turns before it that all answers share are
part of what was asked; where they differ, two conversations are compared and not two answers. Nothing is
cut off without a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from pairwright.formats.canonical import Rated
from pairwright.formats.format import Left
from pairwright.formats.messages import FIRST, apart, turns_given, turns_of
from pairwright.types import Message

Prompt = tuple[Message, ...]


def answers_to(
    prompt: Prompt, given: Sequence[tuple[Any, str]], place: str
) -> tuple[Prompt, list[Rated]] | Left:
    """What was asked, and the answers `given` as (value, where)."""
    sides = [apart(turns_given(value, where)) for value, where in given]
    asked = [_asked(prompt, before) for before, _ in sides]
    if None in asked:
        return Left(place, "prompts_differ")
    if any(each != asked[0] for each in asked):
        return Left(place, "conversations_differ")
    return asked[0] or prompt, [Rated.of(reply) for _, reply in sides]


def pairs_of(prompt: Prompt, row: Any, place: str) -> Iterator[tuple[Prompt, Rated, Rated] | Left]:
    """What was asked, and the answers "chosen" and "rejected"; of lists of answers every two of them."""
    sides = [_several(row[name]) for name in ("chosen", "rejected")]
    many = any(len(side) > 1 for side in sides)
    for side in sides:
        for _ in range(len(side) - len(_said(side)) if many else 0):
            yield Left(place, "empty_response", "response")
    for good, bad in product(*(_said(side) if many else side for side in sides)):
        found = answers_to(prompt, [(good, '"chosen"'), (bad, '"rejected"')], place)
        if isinstance(found, tuple) and len({one.said for one in found[1]}) < 2 and not shown_otherwise(row):
            found = Left(place, "same_text")
        if isinstance(found, Left):
            yield replace(found, unit="pair" if many else "row")
        else:
            asked, (chosen, rejected) = found
            yield asked, chosen, rejected


def shown_otherwise(row: Any) -> bool:
    """Whether the two answers have images of their own, which may differ where their texts don't."""
    return any(dict.get(row, name) for name in ("chosen_images", "rejected_images"))


def _several(value: Any) -> list[Any]:
    """The answers of a column: one, or a list of texts or of conversations."""
    listed = isinstance(value, list) and bool(value) and isinstance(value[0], str | list | None)
    return list(value) if listed else [value]


def _said(side: list[Any]) -> list[Any]:
    return [each for each in side if each is not None and (not isinstance(each, str) or each.strip())]


def answer_to(prompt: Prompt, value: Any, where: str, place: str) -> tuple[Prompt, Rated] | Left:
    """What was asked, and the one answer that a label is about."""
    found = answers_to(prompt, [(value, where)], place)
    if isinstance(found, Left):
        return found
    asked, (answer,) = found
    added = turns_of(asked)[len(turns_of(prompt)) :]
    if any(message.role == "assistant" for message in added):
        return Left(place, "several_answers")
    return asked, answer


def _asked(prompt: Prompt, before: Prompt) -> Prompt | None:
    """The prompt with the turns that stand before an answer; many datasets repeat the prompt there.

    None where the two have different system messages.
    """
    if not before:
        return prompt
    system = [each for each in (*prompt[:1], *before[:1]) if each.role in FIRST]
    if len({each.content for each in system}) > 1:
        return None
    asked, turns = turns_of(prompt), turns_of(before)
    if turns[: len(asked)] == asked:
        whole = turns
    elif asked[len(asked) - len(turns) :] == turns:
        whole = asked
    else:
        whole = [*asked, *turns]
    return (*system[:1], *whole)
