"""Messages as datasets write them: lists of role and content, ShareGPT's from and value, transcripts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.rows import as_message, as_text
from pairwright.types import Message

SHAREGPT = {"human": "user", "gpt": "assistant", "system": "system", "observation": "tool"}
_FROM = {
    **SHAREGPT,
    "user": "user",
    "assistant": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "tool": "tool",
}
_TURN = re.compile(r"\n\n(Human|Assistant):(?: |$|(?=\n))")
HUMAN, ASSISTANT = "\n\nHuman: ", "\n\nAssistant: "


def messages_of(value: Any, where: str) -> tuple[Message, ...]:
    """A conversation: a text is one user message, a list may be of role/content or from/value."""
    if isinstance(value, str):
        return (Message("user", as_text(value, where)),)
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list) or not value:
        raise InputError(f"{where} is {_shown(value)}, which is no text and no list of messages")
    return tuple(_message(item, f"{where} message {number}") for number, item in enumerate(value, 1))


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _message(item: Any, where: str) -> Message:
    if isinstance(item, dict) and "from" in item and "value" in item:
        role = _FROM.get(str(item["from"]).lower())
        if role is None:
            raise InputError(f'{where} is from "{item["from"]}", not one of {", ".join(_FROM)}')
        item = {"role": role, "content": item["value"]}
    return as_message(item, where)


def reply_of(value: Any, where: str) -> str:
    """The text of an answer: a text, or one message of the assistant's."""
    if isinstance(value, str):
        return as_text(value, where)
    messages = messages_of(value, where)
    if messages[-1].role != "assistant":
        raise InputError(f"{where} ends with a message of role {messages[-1].role}, not with the assistant's")
    if len(messages) > 1:
        raise InputError(
            f"{where} has {len(messages)} messages, where one answer belongs. Put the turns before the "
            "answer into the prompt"
        )
    return messages[0].content


def told_apart(value: Any, where: str) -> tuple[tuple[Message, ...], str]:
    """A whole conversation as what was asked and the last answer."""
    messages = messages_of(value, where)
    if messages[-1].role != "assistant":
        raise InputError(f"{where} ends with a message of role {messages[-1].role}, not with the assistant's")
    return messages[:-1], messages[-1].content


def with_system(system: Any, turns: Sequence[Message], where: str = '"system"') -> tuple[Message, ...]:
    if system is None or system == "":
        return tuple(turns)
    first = Message("system", as_text(system, where))
    if turns and turns[0].role == "system":
        if turns[0] != first:
            raise InputError(f"{where} is not the system message that the conversation begins with")
        return tuple(turns)
    return (first, *turns)


def system_of(prompt: Sequence[Message]) -> str:
    return prompt[0].content if prompt and prompt[0].role == "system" else ""


def turns_of(prompt: Sequence[Message]) -> list[Message]:
    """The messages after the system message."""
    return [message for n, message in enumerate(prompt) if n or message.role != "system"]


def dicts(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [message.as_dict() for message in messages]


def said(text: str) -> dict[str, str]:
    """An answer as a message."""
    return {"role": "assistant", "content": text}


def sharegpt(messages: Sequence[Message]) -> list[dict[str, str]]:
    names = {role: name for name, role in SHAREGPT.items()}
    return [{"from": names[message.role], "value": message.content} for message in messages]


# --- transcripts: "\n\nHuman: ...\n\nAssistant: ..." ----------------------------------------------


def has_turn_marker(text: str) -> bool:
    return "\n\nHuman:" in text or "\n\nAssistant:" in text


def from_transcript(text: str, where: str) -> list[Message]:
    """The turns of a transcript; the text of the last may be empty."""
    parts = _TURN.split(text if text.startswith("\n\n") else "\n\n" + text.lstrip("\n"))
    if parts[0].strip() or len(parts) < 3:
        raise InputError(f'{where} does not begin with "\\n\\nHuman: "')
    return [
        Message("user" if parts[n] == "Human" else "assistant", parts[n + 1]) for n in range(1, len(parts), 2)
    ]


def to_transcript(turns: Sequence[Message]) -> str:
    return "".join((HUMAN if turn.role == "user" else ASSISTANT) + turn.content for turn in turns)


def number_of(value: Any) -> float | None:
    """A finite number, also from text; None for what is missing or no number ("N/A")."""
    if value is None or isinstance(value, bool):
        return None
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if found - found == 0 else None


def probability_of(value: Any) -> float | None:
    """A number from 0 to 1; None for what is missing."""
    found = number_of(value)
    if found is not None and not 0 <= found <= 1:
        raise InputError(f'"probability" is {value!r}; it is from 0 to 1')
    return found
