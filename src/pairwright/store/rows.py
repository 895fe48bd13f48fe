"""Prompts and responses as their columns hold them, and as values again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pairwright.store.schema import prompt
from pairwright.turns import all_laid_out, as_plain, laid_out
from pairwright.types import Message, Prompt, messages_from

ASKED = (prompt.c.messages, prompt.c.tools, prompt.c.template)  # the columns `prompt_of` reads


def prompt_of(row: Any) -> Prompt:
    """The prompt of a row that has the columns of `ASKED`."""
    return Prompt(messages_from(row.messages), tools=tuple(row.tools or ()), template=row.template)


def turns_of(stored: Sequence[Mapping[str, Any]] | None) -> tuple[Message, ...]:
    """The messages of a response; none where it is a plain text."""
    return messages_from(stored) if stored else ()


def done(text: str, stored: Sequence[Mapping[str, Any]] | None) -> tuple[Message, ...]:
    """What a model did, as messages: a plain text is one of the assistant's."""
    return turns_of(stored) or (Message("assistant", text),)


def turns_stored(turns: Sequence[Message]) -> list[dict[str, Any]] | None:
    return [turn.as_dict() for turn in turns] or None


def last_asked(stored: Sequence[Mapping[str, Any]], length: int) -> str:
    """The beginning of a prompt's last message, to know it by."""
    return laid_out(Message.from_dict(stored[-1]))[:length]


def shown(text: str, turns: Sequence[Mapping[str, Any]] | None, *, reasoning: bool = False) -> str:
    """A response as people, judges and checks read it.

    Its calls stand between marks, which a plain text can't spell; reasoning is left out unless asked for.
    """
    if not turns:
        return as_plain(text)
    return all_laid_out(messages_from(turns), reasoning=True) if reasoning else text
