"""Open WebUI's feedback export: a thumb on one message of a chat, of which a snapshot is kept.

Read from Open WebUI's models/feedbacks.py and leaderboard (rating 1 means that the model won over those of
`sibling_model_ids`, -1 that it lost), and a description of the export's format. So with siblings it is a
comparison, as the tool itself counts it; without them the response is good or bad. Who rated is the user.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated, RowOpinion
from pairwright.formats.carried import beside_of, whole
from pairwright.formats.format import Format, Left, Row, Source
from pairwright.formats.message import KEYS, as_message
from pairwright.formats.messages import number_of, with_system
from pairwright.formats.thumbs import thumb_of
from pairwright.types import Message

_READ = KEYS | {
    "chat", "history", "messages", "currentId", "id", "parentId", "childrenIds", "model", "selectedModelId",
    "params", "system",
}  # fmt: skip


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    data, meta, snapshot = row["data"], row["meta"], whole(row, "snapshot")
    good = thumb_of(data.get("rating"))
    if good is None:
        yield Left(place, "not_labelled")
        return
    chat = _chat(snapshot)
    messages = _by_id(chat)
    own = str(meta["message_id"])
    if own not in messages:
        raise InputError(f"the snapshot of the chat has no message {own}, which was rated")
    rated = messages[own]
    models = [str(each) for each in data.get("sibling_model_ids") or ()]
    others = [
        each
        for key, each in messages.items()
        if models and key != own and each.get("parentId") == rated.get("parentId") and _model(each) in models
    ]
    asked = with_system(
        (chat.get("params") or {}).get("system"), _before(rated, messages), "chat.params.system"
    )
    answers = [_rated(each) for each in (rated, *others)]
    details = data.get("details")
    stars = number_of(details.get("rating")) if isinstance(details, dict) else None
    answers[0] = replace(answers[0], good=good, rating=stars)
    reason = data.get("comment") or data.get("reason")
    who = f"open-webui/{row.get('user_id')}"
    ranks: tuple[float, ...] = (1.0,)
    if others:
        places = (1.0, 1.0 + (len(answers)) / 2) if good else (float(len(answers)), len(answers) / 2)
        ranks = (places[0], *(places[1] for _ in others))
        answers = [replace(one, rank=rank) for one, rank in zip(answers, ranks, strict=True)]
    yield Canonical(
        asked,
        tuple(answers),
        str(row["id"]) if row.get("id") else None,
        place=place,
        opinions=(RowOpinion(who, "person", ranks, reason=str(reason) if reason else None),),
        beside=tuple(dict.fromkeys(beside_of(snapshot, _READ, "snapshot"))),
    )


def _chat(snapshot: Any) -> Mapping[str, Any]:
    chat = snapshot.get("chat") if isinstance(snapshot, dict) else None
    inner = chat.get("chat", chat) if isinstance(chat, dict) else None
    if not isinstance(inner, dict):
        raise InputError("there is no snapshot of the chat: export the feedback with it")
    return inner


def _by_id(chat: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    history = chat.get("history")
    known = history.get("messages") if isinstance(history, dict) else None
    items = known.values() if isinstance(known, dict) else chat.get("messages") or ()
    return {str(each["id"]): each for each in items if isinstance(each, dict) and "id" in each}


def _before(rated: Mapping[str, Any], messages: Mapping[str, Mapping[str, Any]]) -> tuple[Message, ...]:
    turns: list[Message] = []
    at = rated.get("parentId")
    while at is not None:
        if str(at) not in messages or len(turns) > len(messages):
            raise InputError(f"message {at}, which comes before, is not in the snapshot of the chat")
        turns.append(as_message(messages[str(at)], f"message {at}"))
        at = messages[str(at)].get("parentId")
    return tuple(reversed(turns))


def _rated(item: Mapping[str, Any]) -> Rated:
    return Rated.of((as_message(item, f"message {item['id']}"),), _model(item))


def _model(item: Mapping[str, Any]) -> str | None:
    found = item.get("selectedModelId") or item.get("model")
    return str(found) if found else None


FORMATS = (
    Format(
        "open-webui",
        "Open WebUI's feedback: thumbs, and comparisons in the arena",
        Source(
            read,
            lambda row: {"data", "meta", "snapshot"} <= row.keys() and isinstance(row["data"], dict),
            "open-webui",
        ),
    ),
)
