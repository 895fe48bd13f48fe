"""LibreChat's export of a conversation as JSON: messages, some with feedback, as a list or a tree.

Read from danny-avila/LibreChat (client's useExportConversation.ts: messages or messagesTree;
packages/data-provider/src/feedback.ts: rating is thumbsUp or thumbsDown). Each rated message is a row of its
own, and what came before it is found by `parentMessageId`, so branches are kept apart. Thumbs are given on
its page by whoever chats, so they are a person's; what that person wrote beside one is its reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated, RowOpinion
from pairwright.formats.carried import beside_of, whole
from pairwright.formats.format import Format, Left, Row, Source
from pairwright.formats.message import as_message
from pairwright.formats.thumbs import thumb_of
from pairwright.types import Message

_READ = {
    "messageId", "parentMessageId", "isCreatedByUser", "text", "content", "feedback", "rating", "children",
    "model", "type", "think", "value", "tool_call", "name", "args", "output", "id",
}  # fmt: skip
_SEVERAL = ("messages", "messagesTree")


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    name = next((each for each in _SEVERAL if row.get(each)), None)
    if name is None:
        raise InputError('there is no "messages" and no "messagesTree"')
    given = whole(row, name)
    messages = {str(each.get("messageId")): each for each in _flat(given)}
    beside = tuple(dict.fromkeys(beside_of(given, _READ, name)))
    rated = [(each, good) for each in messages.values() if (good := _good(each)) is not None]
    if not rated:
        yield Left(place, "not_labelled")
    for each, good in rated:
        answer = replace(Rated.of(_turns(each), _text(each.get("model"))), good=good)
        yield Canonical(
            _before(each, messages),
            (answer,),
            _text(each.get("messageId")),
            place=place,
            opinions=(_opinion(each["feedback"]),),
            beside=beside,
        )


def _flat(items: Any) -> Iterator[Mapping[str, Any]]:
    for item in items if isinstance(items, list) else [items]:
        if isinstance(item, dict):
            yield item
            yield from _flat(item.get("children") or [])


def _good(item: Mapping[str, Any]) -> bool | None:
    said = item.get("feedback")
    if not isinstance(said, dict) or item.get("isCreatedByUser"):
        return None
    return thumb_of(said.get("rating"))


def _opinion(feedback: Mapping[str, Any]) -> RowOpinion:
    return RowOpinion("librechat", "person", (1.0,), reason=_text(feedback.get("text")))


def _before(item: Mapping[str, Any], messages: Mapping[str, Mapping[str, Any]]) -> tuple[Message, ...]:
    turns: list[Message] = []
    parent = messages.get(str(item.get("parentMessageId")))  # of the first one, it is an id of zeros
    while parent is not None and len(turns) <= len(messages):
        turns[:0] = _turns(parent)
        parent = messages.get(str(parent.get("parentMessageId")))
    return tuple(turns)


def _turns(item: Mapping[str, Any]) -> list[Message]:
    """A message of the log as messages: its calls of tools are followed by their results."""
    where = f"message {item.get('messageId', '')}"
    role = "user" if item.get("isCreatedByUser") else "assistant"
    parts = item.get("content")
    if not isinstance(parts, list) or not parts:
        return [as_message({"role": role, "content": item.get("text")}, where)]
    turns: list[Message] = []
    said: list[Any] = []
    for part in parts:
        call = part.get("tool_call") if isinstance(part, dict) else None
        if isinstance(call, dict):
            calls = [{"name": call.get("name"), "arguments": call.get("args"), "id": call.get("id")}]
            turns.append(as_message({"role": role, "content": said, "tool_calls": calls}, where))
            result = {"role": "tool", "content": call.get("output") or "", "tool_call_id": call.get("id")}
            turns.append(as_message(result, where))
            said = []
        else:
            said.append(_part(part))
    return [*turns, as_message({"role": role, "content": said}, where)] if said else turns


def _part(part: Any) -> Any:
    if not isinstance(part, dict):
        return part
    text = part.get("text")
    if part.get("type") == "think":
        return {"type": "thinking", "thinking": part.get("think")}
    return {**part, "text": text.get("value")} if isinstance(text, dict) else part


def _text(value: Any) -> str | None:
    return str(value) if value else None


def _looks(row: Mapping[str, Any]) -> bool:
    if "conversationId" not in row or not any(name in row for name in _SEVERAL):
        return False
    given = next(row[name] for name in _SEVERAL if name in row)
    return any("isCreatedByUser" in each for each in _flat(given))


FORMATS = (
    Format(
        "librechat",
        "LibreChat's exported conversations: thumbs on messages",
        Source(read, _looks, "librechat"),
    ),
)
