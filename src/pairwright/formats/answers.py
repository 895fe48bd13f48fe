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

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated, two
from pairwright.formats.format import Left
from pairwright.formats.messages import FIRST, apart, turns_given, turns_of
from pairwright.formats.ratings import ratings_of_lists
from pairwright.formats.reading import BadRow
from pairwright.formats.streams import printable
from pairwright.formats.values import as_text
from pairwright.types import Message

Prompt = tuple[Message, ...]


def answers_to(
    prompt: Prompt, given: Sequence[tuple[Any, str]], place: str
) -> tuple[Prompt, list[Rated]] | Left:
    """What was asked, and the answers `given` as (value, where)."""
    sides = [_side(value, where) for value, where in given]
    answers = [answer for _, answer in sides]
    if not any(before for before, _ in sides):
        return prompt, answers
    asked = [_asked(prompt, before) for before, _ in sides]
    if None in asked:
        return Left(place, "prompts_differ")
    if any(each != asked[0] for each in asked):
        return Left(place, "conversations_differ")
    return asked[0] or prompt, answers


def _side(value: Any, where: str) -> tuple[Prompt, Rated]:
    """The turns that stand before an answer, and the answer."""
    if isinstance(value, str):
        return (), Rated(as_text(value, where))
    before, reply = apart(turns_given(value, where))
    return before, Rated.of(reply)


def pairs_of(prompt: Prompt, row: Any, place: str) -> Iterator[tuple[Prompt, Rated, Rated] | Left | BadRow]:
    """What was asked, and the answers "chosen" and "rejected"; of lists of answers every two of them.

    One answer that can't be read is no reason to lose the others. A list of ratings beside is theirs.
    """
    names = ("chosen", "rejected")
    sides = [_several(row[name]) for name in names]
    several = any(len(side) > 1 for side in sides)
    usable = []
    for name, side, ratings in zip(names, sides, ratings_of_lists(row, *map(len, sides)), strict=True):
        lost = [_unusable(value, f'"{name}"', place) if several else None for value in side]
        yield from (each for each in lost if each is not None)
        usable.append([(side[n], ratings[n]) for n, problem in enumerate(lost) if problem is None])
    for (good, high), (bad, low) in product(*usable):
        found = _pair_of(prompt, good, bad, row, place)
        if isinstance(found, Left):
            yield replace(found, unit="pair") if several else found
        elif high is not None and high == low:
            yield Left(place, "tie", "pair")
        else:
            asked, chosen, rejected = found
            yield asked, replace(chosen, rating=high), replace(rejected, rating=low)


def rows_of(prompt: Prompt, row: Any, place: str, **more: Any) -> Iterator[Canonical | Left | BadRow]:
    """The rows of two that `pairs_of` gives, the chosen one better; `more` stands in each."""
    for found in pairs_of(prompt, row, place):
        yield two(*found, 1, place=place, **more) if isinstance(found, tuple) else found


def _pair_of(prompt: Prompt, good: Any, bad: Any, row: Any, place: str) -> tuple[Prompt, Rated, Rated] | Left:
    found = answers_to(prompt, ((good, '"chosen"'), (bad, '"rejected"')), place)
    if isinstance(found, Left):
        return found
    asked, (chosen, rejected) = found
    asked = _before_answer(asked, (chosen, rejected))
    if chosen.said == rejected.said and not shown_otherwise(row):
        return Left(place, "same_text")
    return asked, chosen, rejected


def _before_answer(asked: Prompt, answers: Sequence[Rated]) -> Prompt:
    """What was asked, without the answer where the conversation goes on to one of the two already."""
    for one in answers:
        before, reply = asked[: -len(one.messages)], asked[-len(one.messages) :]
        if before and reply == one.messages:
            return before
    return asked


def shown_otherwise(row: Any) -> bool:
    """Whether the two answers have images of their own, which may differ where their texts don't."""
    return any(dict.get(row, name) for name in ("chosen_images", "rejected_images"))


def _several(value: Any) -> list[Any]:
    """The answers of a column: one, or a list of texts or of conversations."""
    listed = isinstance(value, list) and any(isinstance(each, str | list | None) for each in value)
    return list(value) if listed else [value]


def _unusable(value: Any, where: str, place: str) -> Left | BadRow | None:
    """Why one of several answers is not used."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return Left(place, "empty_response", "response")
    try:
        _side(value, where)
    except InputError as error:
        return BadRow(place, printable(str(error)))
    return None


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
