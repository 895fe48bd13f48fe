"""Plain chat logs with thumbs, and stored completions: what people keep who log their own endpoint.

A thumb beside the conversation is about its last answer, a thumb in a message about that one. Stored
completions (OpenAI's chat.completion objects) hold the answer under `choices`; what was asked is the
`messages` of the request, beside it or under `request` or `input` (also as the list that the API gives of
them, with `data`), and the thumb may stand in `metadata`, where all values are text.
From memory of OpenAI's API reference; logs have no standard, and the names of columns are those seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated
from pairwright.formats.carried import in_messages, is_messages, whole
from pairwright.formats.format import Format, Left, Row, Source
from pairwright.formats.messages import apart, messages_of, number_of
from pairwright.formats.sources.traces import answer_of
from pairwright.formats.thumbs import plain_thumb, thumb_of
from pairwright.types import Message

_CHATS = ("messages", "conversation", "conversations", "chat")
_THUMBS = (
    "feedback", "user_feedback", "thumb", "thumbs", "thumbs_up", "vote", "reaction", "liked", "is_good",
)  # fmt: skip
_EITHER = ("rating", "score", "label")  # a word is a thumb, a number rates
_INSIDE = ("rating", "value", "thumb", "thumbs", "type", "score", "label", "vote")


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    name = next((each for each in _CHATS if is_messages(dict.get(row, each))), None)
    if name is None:
        raise InputError(
            f"none of {', '.join(_CHATS)} is a list of messages (keys: {', '.join(list(row)[:12])})"
        )
    given = whole(row, name)
    turns = messages_of(given, f'"{name}"')
    beside = tuple(f"{name}.{each}" for each in in_messages(given) if each not in _THUMBS + _EITHER)
    rated = [
        (n, said)
        for n, (item, turn) in enumerate(zip(given, turns, strict=True), 1)
        if turn.role == "assistant" and (said := _said(item)) is not None
    ]
    whole_said = _said(row)
    if whole_said is not None and not rated:
        rated = [(len(turns), whole_said)]
    if not rated:
        yield Left(place, "not_labelled")
    for n, (good, rating) in rated:
        asked, answer = apart(turns[:n])
        yield replace(_one(asked, answer, good, rating, row.get("model"), place), beside=beside)


def _one(
    asked: tuple[Message, ...], answer: tuple[Message, ...], good: Any, rating: Any, model: Any, place: str
) -> Canonical:
    if not answer:
        raise InputError(
            "the conversation ends with the user's turn: there is no answer that the thumb is about"
        )
    one = replace(Rated.of(answer), good=good, rating=rating, model=str(model) if model else None)
    return Canonical(asked, (one,), place=place)


def _said(values: Mapping[str, Any]) -> tuple[bool | None, float | None] | None:
    """The thumb, or the rating, that stands in a row or a message."""
    for name in (*_THUMBS, *_EITHER):
        value = values.get(name)
        if isinstance(value, dict):
            value = next((value[each] for each in _INSIDE if value.get(each) is not None), None)
        if value is None or value == "":
            continue
        thumb = thumb_of(value) if name in _THUMBS else plain_thumb(value)
        if thumb is not None:
            return thumb, None
        if name != "label" and (rating := number_of(value)) is not None:
            return None, rating
        raise InputError(f'"{name}" is {value!r}: no thumb (up, down, true, 1, -1, 👍) and no number')
    return None


def read_completion(row: Row, place: str) -> Iterator[Canonical | Left]:
    choices = row["choices"]
    said = _said(row)
    if said is None and isinstance(row.get("metadata"), dict):
        said = _said(row["metadata"])
    if said is None:
        yield Left(place, "not_labelled")
        return
    if not isinstance(choices, list) or len(choices) != 1:
        yield Left(place, "several_answers")
        return
    asked = messages_of(_request(row), "the request's messages")
    answer = answer_of(choices[0].get("message"), "choices[0].message")
    found = _one(asked, answer, *said, row.get("model"), place)
    yield replace(found, id=str(row["id"]) if row.get("id") else None)


def _request(row: Row) -> Any:
    for name in ("messages", "input", "request", "prompt"):
        value = row.get(name)
        if isinstance(value, dict):
            value = value.get("messages") or value.get("input") or value.get("data")
        if value:
            return value
    raise InputError('what was asked is missing: "messages" of the request belong beside "choices"')


def _looks(row: Mapping[str, Any]) -> bool:
    name = next((each for each in _CHATS if is_messages(row.get(each))), None)
    if name is None or "choices" in row or "rejected_response" in row or "rejected_messages" in row:
        return False
    if {"chosen", "rejected", "kto_tag"} & row.keys():
        return False
    if any(isinstance(each, dict) and any(n in each for n in _THUMBS) for each in row[name]):
        return True
    words = isinstance(row.get("label"), str) and plain_thumb(row["label"]) is not None
    return words or any(row.get(each) is not None for each in (*_THUMBS, "rating", "score"))


def _looks_completion(row: Mapping[str, Any]) -> bool:
    choices = row.get("choices")
    return (
        isinstance(choices, list)
        and bool(choices)
        and isinstance(choices[0], dict)
        and "message" in choices[0]
    )


FORMATS = (
    Format(
        "chat-log",
        "chat logs with thumbs, of the whole or of single messages",
        Source(read, _looks, "dataset"),
    ),
    Format(
        "openai-completions",
        "stored chat completions with a thumb beside them or in metadata",
        Source(read_completion, _looks_completion, "dataset"),
    ),
)
