"""Amazon Nova's DPO rows: the last turn has two candidates, one labelled preferred, one non-preferred.

Source: docs.aws.amazon.com's "Direct preference optimization (DPO)" for Nova. Images are named by their place
in S3, which can't be read here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, two
from pairwright.formats.carried import beside_of, whole
from pairwright.formats.format import Format, Left, Row, Source
from pairwright.formats.message import KEYS
from pairwright.formats.messages import messages_of, reply_of, with_system

_LABELS = ("preferred", "non-preferred")
_READ = KEYS | {"text", "candidates", "preferenceLabel"}


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    *before, last = turns = whole(row, "messages")
    given = {str(each.get("preferenceLabel")).lower(): each for each in last["candidates"]}
    if set(given) != set(_LABELS):
        raise InputError(
            f'"preferenceLabel" is {", ".join(given)}; one candidate is preferred and one non-preferred'
        )
    if len(last["candidates"]) != len(_LABELS):
        yield Left(place, "not_two_responses")
        return
    system = whole(row, "system")
    prompt = with_system(
        _text(system) if system else None, messages_of(list(map(_message, before)), "messages")
    )
    chosen, rejected = (reply_of([_reply(last, given[label])], f'"{label}"') for label in _LABELS)
    told = (*beside_of(turns, _READ, "messages"), *beside_of(system, _READ, "system"))
    yield two(prompt, chosen, rejected, 1, place=place, beside=tuple(dict.fromkeys(told)))


def _message(turn: Mapping[str, Any]) -> dict[str, Any]:
    """A turn in the words of chat endpoints."""
    return {**turn, "content": _text(turn["content"])}


def _reply(last: Mapping[str, Any], candidate: Mapping[str, Any]) -> dict[str, Any]:
    """A candidate as a message; what else the last turn has, both have."""
    both = {name: value for name, value in last.items() if name != "candidates"}
    own = {name: value for name, value in candidate.items() if name != "preferenceLabel"}
    return {**both, **own, "content": _text(candidate["content"])}


def _text(parts: Any) -> str:
    """The texts of a turn. Raises InputError for a part that is an image, which stands elsewhere."""
    if isinstance(parts, str):
        return parts
    texts = [part.get("text") for part in parts]
    if not all(isinstance(text, str) for text in texts):
        raise InputError("a turn has a part that is no text, and images in S3 can't be read")
    return "\n".join(texts)


def _looks(row: Mapping[str, Any]) -> bool:
    given = row.get("messages")
    last = given[-1] if isinstance(given, list) and given else None
    return isinstance(last, dict) and "candidates" in last


FORMATS = (
    Format(
        "nova-dpo",
        "Amazon Nova's DPO rows: two candidates in the last turn",
        Source(read, _looks, "dataset"),
    ),
)
