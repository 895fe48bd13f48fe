"""Conversations as datasets write them: lists of messages, transcripts; and where the answer begins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import orjson

from pairwright.errors import InputError
from pairwright.formats.canonical import Rated
from pairwright.formats.message import as_message, plain_message
from pairwright.formats.values import as_text
from pairwright.types import Message

_TURN = re.compile(r"\n\n(Human|Assistant):(?: |$|(?=\n))")
HUMAN, ASSISTANT = "\n\nHuman: ", "\n\nAssistant: "
FIRST = ("system", "developer")  # the roles of a message that stands before the turns


def messages_of(value: Any, where: str) -> tuple[Message, ...]:
    """A conversation: a text is one user message, a list may be of role/content or from/value."""
    if isinstance(value, str):
        return (Message("user", as_text(value, where)),)
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list) or not value:
        raise InputError(f"{where} is {_shown(value)}, which is no text and no list of messages")
    return tuple(
        plain_message(item) or as_message(item, f"{where} message {number}")
        for number, item in enumerate(value, 1)
    )


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def turns_given(value: Any, where: str) -> tuple[Message, ...]:
    """The messages of an answer: a text, a message, or a list of them that ends with the assistant's."""
    if isinstance(value, str):
        return (Message("assistant", as_text(value, where)),)
    messages = messages_of(value, where)
    if messages[-1].role != "assistant":
        raise InputError(f"{where} ends with a message of role {messages[-1].role}, not with the assistant's")
    return messages


def reply_of(value: Any, where: str) -> Rated:
    """An answer by itself: a text, or messages none of which is a user's."""
    before, reply = apart(turns_given(value, where))
    if before:
        raise InputError(
            f"{where} has turns of the user's, where one answer belongs. Put the turns before the "
            "answer into the prompt"
        )
    return Rated.of(reply)


def told_apart(value: Any, where: str) -> tuple[tuple[Message, ...], Rated]:
    """A whole conversation as what was asked, and what the model did after the user's last turn."""
    messages = messages_of(value, where)
    if messages[-1].role != "assistant":
        raise InputError(f"{where} ends with a message of role {messages[-1].role}, not with the assistant's")
    before, reply = apart(messages)
    return before, Rated.of(reply)


def apart(messages: Sequence[Message]) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    """A conversation up to the user's last message, and the model's turn after it."""
    at = len(messages)
    while at and messages[at - 1].role in ("assistant", "tool"):
        at -= 1
    return tuple(messages[:at]), tuple(messages[at:])


def with_system(system: Any, turns: Sequence[Message], where: str = '"system"') -> tuple[Message, ...]:
    if system is None or system == "":
        return tuple(turns)
    first = Message("system", as_text(system, where))
    if turns and turns[0].role in FIRST:
        if turns[0].content != first.content:
            raise InputError(f"{where} is not the system message that the conversation begins with")
        return tuple(turns)
    return (first, *turns)


def system_of(prompt: Sequence[Message]) -> str:
    return prompt[0].content if prompt and prompt[0].role in FIRST else ""


def turns_of(prompt: Sequence[Message]) -> list[Message]:
    """The messages after the system message."""
    return [message for n, message in enumerate(prompt) if n or message.role not in FIRST]


def dicts(messages: Sequence[Message], *, with_images: bool = False) -> list[dict[str, Any]]:
    """Messages as chat templates take them: the arguments of calls are objects, where they are any.

    Images are parts that say which they are, or else stand in a column of their own, in order.
    """
    return [
        message.as_dict() if message.is_plain else _for_template(message, with_images) for message in messages
    ]


def answer_dicts(one: Rated) -> list[dict[str, Any]]:
    """The messages of a response as chat templates take them."""
    return dicts(one.turns) if one.turns else [{"role": "assistant", "content": one.text}]


def _for_template(message: Message, with_images: bool) -> dict[str, Any]:
    said = message.as_dict()
    if message.images and not with_images:
        said["content"] = [
            {"type": "image"} if part["type"] == "image_url" else part for part in said["content"]
        ]
    for call, shown in zip(message.tool_calls, said.get("tool_calls", ()), strict=True):
        if call.values is not None:
            shown["function"] = {"name": call.name, "arguments": call.values}
    return said


def sharegpt(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Messages as LLaMA-Factory takes them: a call is a message of its own, its value JSON."""
    names = {"user": "human", "assistant": "gpt", "tool": "observation", "developer": "system"}
    rows = []
    for message in messages:
        if message.tool_calls:
            calls = [{"name": call.name, "arguments": call.values or {}} for call in message.tool_calls]
            value = orjson.dumps(calls[0] if len(calls) == 1 else calls).decode()
            rows.append({"from": "function_call", "value": value})
        else:
            rows.append({"from": names.get(message.role, message.role), "value": with_placeholders(message)})
    return rows


def with_placeholders(message: Message, mark: str = "<image>") -> str:
    """A message's text with a mark where each image stands."""
    text, at = "", 0
    for image in message.images:
        text, at = text + message.content[at : image.at] + mark, image.at
    return text + message.content[at:]


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
