"""LangSmith's runs: inputs, outputs and feedback on them.

Feedback comes as `feedback_stats` (the mean of each key) in what `list_runs` and the API give, or as a list
`feedback` of {key, score, value} where it was joined. Read from the API's run objects (inputs, outputs,
feedback_stats: {key: {n, avg}}), and the SDK's own schema of Feedback (langsmith 0.15: key, score, value,
feedback_source of {type, user_id, user_name}; how a list of them is joined to a run is not written there).
Feedback of type "app" was given by a person, of type "model" by a model. A boolean or a word is a thumb, a
number is a rating; `--label KEY` says which key counts where there are several.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from pairwright.formats.canonical import Canonical
from pairwright.formats.format import Format, Left, Row, RowReader, Source
from pairwright.formats.sources.traces import Score, answer_of, asked_of, rated
from pairwright.types import Maker

_KINDS: dict[str, Maker] = {"app": "person", "model": "judge"}


def by_label(label: str | None) -> RowReader:
    return partial(_read, label)


def _read(label: str | None, row: Row, place: str) -> Iterator[Canonical | Left]:
    if row.get("error"):
        yield Left(place, "call_failed")
        return
    asked, answer = asked_of(row["inputs"], '"inputs"'), answer_of(row["outputs"], '"outputs"')
    yield rated(asked, answer, list(_scores(row)), label, place, id=row.get("id"))


def _scores(row: Row) -> Iterator[Score]:
    for each in row.get("feedback") or ():
        value, source = each.get("value"), each.get("feedback_source") or {}
        kind = _KINDS.get(str(source.get("type")), "unknown")
        who = source.get("user_name") or source.get("user_id") or source.get("type")
        said = each.get("score") if value is None else value
        yield Score(str(each["key"]), said, kind, f"langsmith/{who}" if who else None)
    stats = row.get("feedback_stats") or {}
    for key in [key for key, said in stats.items() if isinstance(said, dict)]:
        yield Score(key, stats[key].get("avg"))


def _looks(row: Mapping[str, Any]) -> bool:
    called = isinstance(row.get("inputs"), dict) and "outputs" in row
    return called and ("run_type" in row or "feedback_stats" in row or "feedback" in row)


FORMATS = (
    Format(
        "langsmith",
        "LangSmith's runs with feedback, by --label KEY",
        Source(by_label(None), _looks, "langsmith", by_label=by_label),
    ),
)
