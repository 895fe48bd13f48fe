"""Langfuse's traces and observations: input, output and scores.

`scores` are a list of {name, value, stringValue, dataType, source, authorUserId} (a downloaded trace, the
API), or an object from name to value or values (the JSON that the tables export). That scores are exported so
is read from Langfuse's docs (export from UI, a single trace), the fields of a score from the types of its SDK
(langfuse 5.0). A score of source ANNOTATION is a person's, of EVAL a model's; API may be either. BOOLEAN and
words are thumbs, NUMERIC rates, and `--label NAME` says which score counts where there are several.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from pairwright.formats.canonical import Canonical
from pairwright.formats.format import Format, Left, Row, RowReader, Source
from pairwright.formats.sources.traces import Score, answer_of, asked_of, rated
from pairwright.types import Maker

_KINDS: dict[str, Maker] = {"ANNOTATION": "person", "EVAL": "judge"}


def by_label(label: str | None) -> RowReader:
    return partial(_read, label)


def _read(label: str | None, row: Row, place: str) -> Iterator[Canonical | Left]:
    if row["output"] is None:
        yield Left(place, "empty_response")
        return
    asked, answer = asked_of(row["input"], '"input"'), answer_of(row["output"], '"output"')
    own, model = row.get("id"), row.get("model")
    yield rated(asked, answer, list(_scores(row["scores"])), label, place, model=model, id=own)


def _scores(given: Any) -> Iterator[Score]:
    if isinstance(given, dict):
        for name in given:
            value = given[name]
            for each in value if isinstance(value, list) else [value]:
                yield Score(name, each)
        return
    for each in given or ():
        kind, value, words = each.get("dataType"), each.get("value"), each.get("stringValue")
        if kind == "BOOLEAN" and value in (0, 1):
            value = bool(value)
        elif kind == "CATEGORICAL" and words is not None:
            value = words
        maker = _KINDS.get(str(each.get("source")), "unknown")
        who = each.get("authorUserId") or each.get("source")
        yield Score(str(each["name"]), value, maker, f"langfuse/{who}" if who else None)


def _looks(row: Mapping[str, Any]) -> bool:
    return {"input", "output", "scores"} <= row.keys() and isinstance(row["scores"], dict | list)


FORMATS = (
    Format(
        "langfuse",
        "Langfuse's traces with scores, by --label NAME",
        Source(by_label(None), _looks, "langfuse", by_label=by_label),
    ),
)
