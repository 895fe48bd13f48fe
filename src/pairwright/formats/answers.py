"""Answers beside a prompt: texts, messages, or lists in which further turns come before the answer.

Only the last message is the answer. Turns before it that all answers share are part of what was asked;
where they differ, two conversations are compared and not two answers. Nothing is cut off without a word.
"""

from __future__ import annotations

from collections.abc import Sequence
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


def pair_of(prompt: Prompt, row: Any, place: str) -> tuple[Prompt, str, str] | Left:
    """What was asked, and the texts of "chosen" and "rejected"."""
    found = answers_to(prompt, [(row[name], f'"{name}"') for name in ("chosen", "rejected")], place)
    if isinstance(found, Left):
        return found
    asked, (chosen, rejected) = found
    return Left(place, "same_text") if chosen.strip() == rejected.strip() else (asked, chosen, rejected)


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
    if isinstance(value, str) and not value.startswith("[{"):
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
