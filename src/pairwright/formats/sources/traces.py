"""What was asked and answered as traces keep it, and what people and evaluators said of it.

LangSmith, Langfuse and Phoenix keep whatever the traced program passed: a text, messages, an endpoint's whole
request and reply, LangChain's messages. All of these are read here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Both, Canonical, Rated, RowOpinion
from pairwright.formats.format import Left
from pairwright.formats.messages import apart, messages_of, number_of, turns_given
from pairwright.formats.thumbs import plain_thumb, thumb_of
from pairwright.types import Maker, Message

_ASKED = ("messages", "input", "prompt", "question", "query", "inputs", "text", "content")
_ANSWERED = (
    "choices", "generations", "output", "answer", "response", "completion", "result", "message", "messages",
    "content", "text",
)  # fmt: skip
_LANGCHAIN = {
    "human": "user", "HumanMessage": "user", "ai": "assistant", "AIMessage": "assistant",
    "AIMessageChunk": "assistant", "system": "system", "SystemMessage": "system", "tool": "tool",
    "ToolMessage": "tool",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Score:
    """What a score is called, its value, and who gave it where the tool says so: a `kind`, and `by` name."""

    name: str
    value: Any
    kind: Maker = "unknown"
    by: str | None = None


def asked_of(value: Any, where: str) -> tuple[Message, ...]:
    """The conversation that a traced call was given."""
    if isinstance(value, dict) and not _is_message(value):
        name = next((each for each in _ASKED if value.get(each)), None)
        if name is None:
            raise InputError(f"{where} has none of {', '.join(_ASKED)} (keys: {', '.join(map(str, value))})")
        return asked_of(value[name], f"{where}.{name}")
    return messages_of(_plain(value), where)


def answer_of(value: Any, where: str) -> tuple[Message, ...]:
    """What the model did: all its messages after the last one of the user's."""
    if isinstance(value, dict) and not _is_message(value):
        name = next((each for each in _ANSWERED if value.get(each)), None)
        if name is None:
            raise InputError(
                f"{where} has none of {', '.join(_ANSWERED)} (keys: {', '.join(map(str, value))})"
            )
        return answer_of(value[name], f"{where}.{name}")
    if isinstance(value, list) and value and not _is_message(value[0]):
        if len(value) > 1:
            raise InputError(f"{where} holds {len(value)} answers: which of them was rated is not told")
        return answer_of(value[0], where)
    return apart(turns_given(_plain(value), where))[1]


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and ("role" in value or _langchain_role(value) is not None)


def _langchain_role(value: Any) -> str | None:
    if "kwargs" in value and isinstance(value.get("id"), list):
        return _LANGCHAIN.get(str(value["id"][-1]))
    if "data" in value or "content" in value:
        return _LANGCHAIN.get(str(value.get("type")))
    return None


def _plain(value: Any) -> Any:
    """Messages in the words of chat endpoints; a list of one conversation is that conversation."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        value = value[0]
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if not isinstance(value, dict) or "role" in value or (role := _langchain_role(value)) is None:
        return value
    said = value.get("kwargs") or value.get("data") or value
    more = {name: said[name] for name in ("content", "tool_call_id", "name") if said.get(name) is not None}
    calls = [
        {"name": call.get("name"), "arguments": call.get("args"), "id": call.get("id")}
        for call in said.get("tool_calls") or ()
    ]
    return {"role": role, "content": "", **more, **({"tool_calls": calls} if calls else {})}


def rated(
    asked: tuple[Message, ...],
    answer: Sequence[Message],
    scores: Sequence[Score],
    label: str | None,
    place: str,
    *,
    model: Any = None,
    id: Any = None,
) -> Canonical | Left:
    """The response with what was said of it: a thumb makes it good or bad, any other number rates it.

    Where it was rated under several names, the user says which counts. Several of one name: most thumbs, and
    the mean of numbers; where the tool says who gave them, each is an opinion. Raises InputError naming those
    there are.
    """
    scores = [each for each in scores if each.value is not None]
    names = list(dict.fromkeys(each.name for each in scores))
    if label is None and len(names) > 1:
        raise InputError(f"rated under several names ({', '.join(names)}): choose with --label {names[0]}")
    chosen = label if label is not None else next(iter(names), None)
    own = [each for each in scores if each.name == chosen]
    given = [each.value for each in own]
    if not given:
        return Left(place, "not_labelled")
    thumbs = [thumb for value in given if (thumb := _thumb(chosen or "", value)) is not None]
    numbers = [number for value in given if (number := number_of(value)) is not None]
    one = replace(Rated.of(tuple(answer)), model=str(model) if model else None)
    if len(thumbs) == len(given):
        if 2 * sum(thumbs) == len(thumbs):
            return Left(place, "conflicting")
        one = replace(one, good=2 * sum(thumbs) > len(thumbs))
    elif len(numbers) == len(given):
        one = replace(one, rating=sum(numbers) / len(numbers))
    else:
        raise InputError(f'"{chosen}" is {given[0]!r}: no thumb and no number')
    opinions = tuple(_opinion(each) for each in own) if any(each.by for each in own) else ()
    return Canonical(asked, (one,), str(id) if id else None, place=place, opinions=opinions)


def _opinion(score: Score) -> RowOpinion:
    thumb, number = _thumb(score.name, score.value), number_of(score.value)
    both: Both | None = None if thumb is None else "good" if thumb else "bad"
    ratings = None if thumb is not None or number is None else (number,)
    return RowOpinion(score.by or score.name, score.kind, (1.0,), both, ratings=ratings)


def _thumb(name: str, value: Any) -> bool | None:
    """A number is a thumb only where its name says so: 1 may as well be the worst of five."""
    return thumb_of(value) if "thumb" in name.lower() else plain_thumb(value)
