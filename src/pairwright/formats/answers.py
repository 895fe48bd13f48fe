"""Answers beside a prompt: texts, messages, or lists in which further turns come before the answer.

Only the last message is the answer. Turns before it that all answers share are part of what was asked;
where they differ, two conversations are compared and not two answers. Nothing is cut off without a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.format import Left
from pairwright.formats.messages import messages_of, turns_of
from pairwright.formats.rows import as_text
from pairwright.types import Message

Prompt = tuple[Message, ...]


def answers_to(
    prompt: Prompt, given: Sequence[tuple[Any, str]], place: str
) -> tuple[Prompt, list[str]] | Left:
    """What was asked, and the texts of the answers `given` as (value, where)."""
    sides = [_messages(value, where) for value, where in given]
    asked = [_asked(prompt, side[:-1]) for side in sides]
    if None in asked:
        return Left(place, "prompts_differ")
    if any(each != asked[0] for each in asked):
        return Left(place, "conversations_differ")
    return asked[0] or prompt, [side[-1].content for side in sides]


def pairs_of(prompt: Prompt, row: Any, place: str) -> Iterator[tuple[Prompt, str, str] | Left]:
    """What was asked, and the texts of "chosen" and "rejected"; of lists of answers every two of them."""
    sides = [_several(row[name]) for name in ("chosen", "rejected")]
    many = any(len(side) > 1 for side in sides)
    for side in sides:
        for _ in range(len(side) - len(_said(side)) if many else 0):
            yield Left(place, "empty_response", "response")
    for good, bad in product(*(_said(side) if many else side for side in sides)):
        found = answers_to(prompt, [(good, '"chosen"'), (bad, '"rejected"')], place)
        if isinstance(found, tuple) and len({text.strip() for text in found[1]}) < 2:
            found = Left(place, "same_text")
        if isinstance(found, Left):
            yield replace(found, unit="pair" if many else "row")
        else:
            asked, (good, bad) = found
            yield asked, good, bad


def _several(value: Any) -> list[Any]:
    """The answers of a column: one, or a list of texts or of conversations."""
    listed = isinstance(value, list) and bool(value) and isinstance(value[0], str | list | None)
    return list(value) if listed else [value]


def _said(side: list[Any]) -> list[Any]:
    return [each for each in side if each is not None and (not isinstance(each, str) or each.strip())]


def answer_to(prompt: Prompt, value: Any, where: str, place: str) -> tuple[Prompt, str] | Left:
    """What was asked, and the text of the one answer that a label is about."""
    found = answers_to(prompt, [(value, where)], place)
    if isinstance(found, Left):
        return found
    asked, (text,) = found
    added = turns_of(asked)[len(turns_of(prompt)) :]
    if any(message.role == "assistant" for message in added):
        return Left(place, "several_answers")
    return asked, text


def _messages(value: Any, where: str) -> Prompt:
    if isinstance(value, str):
        return (Message("assistant", as_text(value, where)),)
    messages = messages_of(value, where)
    if messages[-1].role != "assistant":
        raise InputError(f"{where} ends with a message of role {messages[-1].role}, not with the assistant's")
    return messages


def _asked(prompt: Prompt, before: Prompt) -> Prompt | None:
    """The prompt with the turns that stand before an answer; many datasets repeat the prompt there.

    None where the two have different system messages.
    """
    system = [each for each in (*prompt[:1], *before[:1]) if each.role == "system"]
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
