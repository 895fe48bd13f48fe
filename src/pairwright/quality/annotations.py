"""Checks over plain dictionaries: `detect_low_quality(annotations)`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from pairwright.errors import InputError
from pairwright.quality.checks import Limits, make_checks
from pairwright.quality.example import Check, Example, Finding, RaterVote, Severity
from pairwright.quality.run import run_checks
from pairwright.rows import missing, plain, rows_of, simple

# A column holds how long an annotation took if its name says a length of time, and nothing but these words.
_LENGTH = frozenset(["time", "duration", "elapsed", "took", "leadtime", "timespent", "timetaken"])
_UNITS = {
    **dict.fromkeys(("seconds", "second", "secs", "sec", "s"), 1.0),
    **dict.fromkeys(("milliseconds", "millisecond", "millis", "msecs", "msec", "ms"), 0.001),
    **dict.fromkeys(("minutes", "minute", "mins", "min"), 60.0),
    **dict.fromkeys(("hours", "hour", "hrs", "hr", "h"), 3600.0),
}
_SPELLED = frozenset(
    ["seconds", "secs", "milliseconds", "millis", "minutes"]
)  # say by themselves that it is one
_BESIDE = frozenset(
    [
        "annotation",
        "annotating",
        "annotate",
        "annotator",
        "annotators",
        "spent",
        "taken",
        "lead",
        "active",
        "work",
        "working",
        "task",
        "response",
        "reading",
        "review",
        "decision",
        "deciding",
        "judgment",
        "judgement",
        "judging",
        "label",
        "labeling",
        "labelling",
        "labeler",
        "labeller",
        "answer",
        "answering",
        "rating",
        "rater",
        "human",
        "person",
        "user",
        "worker",
        "total",
        "in",
        "of",
        "to",
        "for",
        "the",
        "per",
        "on",
    ]
)
_PERSON = (
    *("annotator", "annotatorid", "annotatorname", "worker", "workerid", "user", "userid", "username"),
    *("rater", "raterid", "labeler", "labelerid", "labeller", "labellerid"),
)


_DATE = re.compile(r"\s*\d{4}-\d\d")


class Reason(str):
    """The name of a check (`reason == "too_similar"`), with what it saw.

    `detail` says it in a sentence, `severity` is info, warning or error, `part` the
    part of the check, `value` the value seen, `remedy` what to do.
    """

    detail: str
    severity: Severity
    part: str | None
    value: float | int | str | None
    remedy: str

    def __new__(cls, finding: Finding) -> Reason:
        reason = super().__new__(cls, finding.check)
        reason.detail, reason.severity = finding.reason, finding.severity
        reason.part, reason.value, reason.remedy = finding.part, finding.value, finding.remedy
        return reason

    def __reduce__(self) -> tuple[Any, ...]:
        finding = Finding(str(self), self.severity, self.detail, self.remedy, None, self.part, self.value)
        return Reason, (finding,)


def detect_low_quality(
    annotations: Any,
    *,
    limits: Limits | None = None,
    only: Sequence[str] = (),
    checks: Sequence[Check] | None = None,
    workers: int = 1,
) -> list[tuple[Reason, Any]]:
    """`[(reason, annotation)]` for everything that is off, in the order of the annotations.

    An annotation is a mapping with prompt, chosen and rejected (strings or lists of
    chat messages), and where they are known annotation_time_seconds (or another name that
    says how long it took), annotator, chosen_model, rejected_model, reference, domain, split;
    a DataFrame or a Dataset has them as rows. What is off with the whole set stands at
    the end with None for an annotation. `only` names checks, `checks` brings your
    own. Raises InputError naming the annotation that is none.
    """
    rows = rows_of(annotations, "annotations")
    made = list(checks) if checks is not None else make_checks(limits, only)
    examples = (_example(i, row) for i, row in enumerate(rows))
    found = list(run_checks(examples, made, workers=workers))
    found.sort(key=lambda finding: len(rows) if finding.example is None else int(finding.example))
    return [
        (Reason(finding), None if finding.example is None else rows[int(finding.example)])
        for finding in found
    ]


class Texts(NamedTuple):
    """What an annotation holds, as text; `asked` is the last turn of the prompt."""

    prompt: str
    asked: str
    chosen: str
    rejected: str


def texts_of(number: int, row: Any, *, blank: bool = False) -> Texts:
    """Raises InputError naming the annotation and what it lacks; with `blank`, a cell may hold nothing."""
    where = f"annotation {number}"
    row = plain(row)
    if not isinstance(row, Mapping):
        raise InputError(f"{where} is {type(row).__name__}; it is a mapping with prompt, chosen and rejected")
    lacks = [
        name
        for name in ("prompt", "chosen", "rejected")
        if name not in row or (missing(row[name]) and not (blank and name != "prompt"))
    ]
    if lacks:
        raise InputError(f"{where} has no {' and no '.join(lacks)} (keys: {', '.join(map(str, row))})")
    last = (_text(row[name], f"{where}: {name}", last=True) for name in ("prompt", "chosen", "rejected"))
    return Texts(_text(row["prompt"], f"{where}: prompt"), *last)


def _example(number: int, row: Any) -> Example:
    texts, where = texts_of(number, row, blank=True), f"annotation {number}"
    row = plain(row)
    keys = {simple(key): key for key in row}
    person = next((of for name in _PERSON if name in keys and (of := _cell(row, keys[name]))), "somebody")
    seconds = seconds_of(row, where)
    # On which side the chosen one was shown isn't known: nothing is to be said of runs of one side.
    said = () if seconds is None else (RaterVote(person, "person", "AB", "TIE", seconds, float(number)),)
    return Example(
        str(number),
        *texts,
        "A",
        _cell(row, "chosen_model"),
        _cell(row, "rejected_model"),
        _cell(row, "reference"),
        _cell(row, "domain"),
        _cell(row, "split"),
        "people" if said else None,
        said,
    )


def seconds_of(row: Mapping[str, Any], where: str) -> float | None:
    """How many seconds an annotation took, by the column whose name says so; None where there is none.

    `annotation_time_seconds`, `timeSpent`, `Duration (ms)`, `WorkTimeInSeconds`, ... Raises InputError for
    a value that is no length of time.
    """
    for key, value in row.items():
        scale = _scale(str(key))
        if scale is None or missing(value) or hasattr(value, "year"):
            continue
        if isinstance(value, str) and _DATE.match(value):  # when it was made, not how long it took
            continue
        if hasattr(value, "total_seconds"):
            return float(value.total_seconds())
        try:
            seconds = math.nan if isinstance(value, bool) else float(value) * scale
        except (TypeError, ValueError):
            seconds = math.nan
        if not (math.isfinite(seconds) and seconds >= 0):
            raise InputError(f"{where}: {key} is {value!r}; it is how long it took, a number")
        return seconds
    return None


@cache
def _scale(key: str) -> float | None:
    """How many seconds one of a column is, None where its name says nothing of how long something took."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key)
    words_of = [word for word in re.split(r"[\W_]+", words.casefold()) if word]
    units = [_UNITS[word] for word in words_of if word in _UNITS]
    spelled = any(word in _LENGTH or word in _SPELLED for word in words_of)
    rest = set(words_of) - _LENGTH - _BESIDE - set(_UNITS)
    if not spelled or rest or len(units) > 1 or words_of == ["time"]:  # a bare "time" may be a clock's
        return None
    return units[0] if units else 1.0


def _cell(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    return None if missing(value) else str(value)


def _text(value: Any, where: str, *, last: bool = False) -> str:
    """A string, or chat messages as text: all of them, or the last one only; "" where there is nothing."""
    value = "" if missing(value) else plain(value)
    if isinstance(value, str):
        return value
    if (
        isinstance(value, Sequence)
        and value
        and all(isinstance(m, Mapping) and "content" in m for m in value)
    ):
        texts = [str(message["content"]) for message in value]
        return texts[-1] if last else "\n\n".join(texts)
    raise InputError(f"{where} is {value!r:.80}, neither text nor a list of chat messages")
