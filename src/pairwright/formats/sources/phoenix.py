"""Arize Phoenix's spans with annotations joined to them.

Attributes are OpenInference's: llm.input_messages and llm.output_messages (each message.role and
message.content), else input.value and output.value; as one object with dots in its keys, as objects in
objects, or as columns `attributes.llm.input_messages` of a data frame. Annotations are {name, annotator_kind
(HUMAN, LLM or CODE), user_id, result: {label, score, explanation}}, read from the types of its client
(arize-phoenix-client 3.5), which exports spans and annotations apart and joins them nowhere: a list
`annotations` beside the span is the shape read here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical
from pairwright.formats.format import Format, Left, Row, RowReader, Source
from pairwright.formats.sources.traces import Score, answer_of, asked_of, rated
from pairwright.types import Maker

_KINDS: dict[str, Maker] = {"HUMAN": "person", "LLM": "judge", "CODE": "judge"}


def by_label(label: str | None) -> RowReader:
    return partial(_read, label)


def _read(label: str | None, row: Row, place: str) -> Iterator[Canonical | Left]:
    given = _attribute(row, "llm.input_messages") or _attribute(row, "input.value")
    said = _attribute(row, "llm.output_messages") or _attribute(row, "output.value")
    if given is None or said is None:
        raise InputError("the span has no llm.input_messages or input.value, or no output")
    asked, answer = asked_of(_messages(given), "the input"), answer_of(_messages(said), "the output")
    context = row.get("context")
    own = context.get("span_id") if isinstance(context, dict) else row.get("context.span_id")
    model = _attribute(row, "llm.model_name")
    yield rated(asked, answer, list(_scores(row)), label, place, model=model, id=own)


def _attribute(row: Row, name: str) -> Any:
    if (found := row.get(f"attributes.{name}")) is not None:
        return found
    inside: Any = row.get("attributes")
    if not isinstance(inside, dict):
        return None
    if (found := inside.get(name)) is not None:
        return found
    for part in name.split("."):
        inside = inside.get(part) if isinstance(inside, dict) else None
    return inside


def _messages(value: Any) -> Any:
    """OpenInference's messages in the words of chat endpoints; anything else as it stands."""
    if not isinstance(value, list):
        return value
    return [_message(each) if isinstance(each, dict) else each for each in value]


def _message(item: Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(item.get("message"), dict):
        return dict(item["message"])
    if "message.role" not in item:
        return item
    said = {"role": item["message.role"], "content": item.get("message.content") or ""}
    calls = [
        {
            "name": call.get("tool_call.function.name"),
            "arguments": call.get("tool_call.function.arguments"),
            "id": call.get("tool_call.id"),
        }
        for call in item.get("message.tool_calls") or ()
    ]
    return {**said, "tool_calls": calls} if calls else said


def _scores(row: Row) -> Iterator[Score]:
    for each in row.get("annotations") or ():
        said = each.get("result") or each
        words, kind = said.get("label"), each.get("annotator_kind")
        value = words if words is not None else said.get("score")
        who = each.get("user_id") or kind
        maker = _KINDS.get(str(kind), "unknown")
        yield Score(str(each["name"]), value, maker, f"phoenix/{who}" if who else None)


def _looks(row: Mapping[str, Any]) -> bool:
    spans = isinstance(row.get("attributes"), dict) or any(name.startswith("attributes.") for name in row)
    return spans and isinstance(row.get("annotations"), list)


FORMATS = (
    Format(
        "phoenix",
        "Arize Phoenix's spans with annotations, by --label NAME",
        Source(by_label(None), _looks, "phoenix", by_label=by_label),
    ),
)
