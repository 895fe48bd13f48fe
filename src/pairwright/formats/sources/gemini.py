"""Gemini's preference tuning: contents, and two completions of which one has the score 1 and the other 0.

Source: cloud.google.com's "Prepare preference tuning data for Gemini models". The scores only say which is
preferred, so they are no ratings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, two
from pairwright.formats.carried import beside_of, whole
from pairwright.formats.format import Format, Left, Row, Source
from pairwright.formats.message import KEYS
from pairwright.formats.messages import messages_of, number_of, reply_of, with_system

_READ = KEYS | {"parts", "text", "completion", "score"}
_SYSTEM = ("system_instruction", "systemInstruction")


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    given = {name: whole(row, name) for name in ("contents", "completions", *_SYSTEM) if name in row}
    completions = given["completions"]
    if not isinstance(completions, list) or len(completions) != 2:
        yield Left(place, "not_two_responses")
        return
    system = next((given[name] for name in _SYSTEM if given.get(name)), None)
    prompt = with_system(
        _text(system["parts"], "system_instruction") if system else None,
        messages_of([_message(each, "contents") for each in given["contents"]], '"contents"'),
    )
    a, b = (reply_of([_message(each["completion"], "completion")], '"completion"') for each in completions)
    first, second = (number_of(each.get("score")) for each in completions)
    if first is None or second is None:
        raise InputError('"score" is missing or no number: 1 is the preferred completion, 0 the other')
    beside = dict.fromkeys(
        column for name, value in given.items() for column in beside_of(value, _READ, name)
    )
    yield two(prompt, a, b, (first > second) - (first < second), place=place, beside=tuple(beside))


def _message(turn: Mapping[str, Any], where: str) -> dict[str, Any]:
    """A turn in the words of chat endpoints."""
    role = turn.get("role") or "user"
    said = {name: value for name, value in turn.items() if name != "parts"}
    return {**said, "role": "assistant" if role == "model" else role, "content": _text(turn["parts"], where)}


def _text(parts: Any, where: str) -> str:
    """The texts of a turn. Raises InputError for a part that is none: a file, a call of a function."""
    texts = [part.get("text") for part in parts]
    if not all(isinstance(text, str) for text in texts):
        raise InputError(f'"{where}" has a part that is no text, which preference tuning does not take')
    return "\n".join(texts)


def _looks(row: Mapping[str, Any]) -> bool:
    given = row.get("completions")
    return "contents" in row and isinstance(given, list) and bool(given) and "completion" in given[0]


FORMATS = (
    Format(
        "gemini-dpo",
        "Gemini's preference tuning: two completions, scores 1 and 0",
        Source(read, _looks, "dataset"),
    ),
)
