"""Checks over plain dictionaries: `detect_low_quality(annotations)`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pairwright.errors import InputError
from pairwright.quality.checks import Limits, make_checks
from pairwright.quality.example import Check, Example, Finding, Said, Severity
from pairwright.quality.run import run_checks

# Names under which the seconds a person took are found in files.
SECONDS = ("seconds", "time_seconds", "annotation_time", "time_spent", "time_taken", "duration", "lead_time")
PERSON = ("annotator", "annotator_id", "worker", "worker_id", "user")


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
    annotations: Iterable[Mapping[str, Any]],
    *,
    limits: Limits | None = None,
    only: Sequence[str] = (),
    checks: Sequence[Check] | None = None,
    workers: int = 1,
) -> list[tuple[Reason, Any]]:
    """`[(reason, annotation)]` for everything that is off, in the order of the annotations.

    An annotation is a mapping with prompt, chosen and rejected (strings or lists of
    chat messages), and where they are known seconds, annotator, chosen_model,
    rejected_model, reference, domain, split. What is off with the whole set stands at
    the end with None for an annotation. `only` names checks, `checks` brings your
    own. Raises InputError naming the annotation that is none.
    """
    rows = list(annotations)
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


def texts_of(number: int, row: Any) -> Texts:
    """Raises InputError naming the annotation and what it lacks."""
    where = f"annotation {number}"
    if not isinstance(row, Mapping):
        raise InputError(f"{where} is {type(row).__name__}; it is a mapping with prompt, chosen and rejected")
    missing = [name for name in ("prompt", "chosen", "rejected") if row.get(name) is None]
    if missing:
        raise InputError(f"{where} has no {' and no '.join(missing)} (keys: {', '.join(map(str, row))})")
    last = (_text(row[name], where, last=True) for name in ("prompt", "chosen", "rejected"))
    return Texts(_text(row["prompt"], where), *last)


def _example(number: int, row: Mapping[str, Any]) -> Example:
    texts, where = texts_of(number, row), f"annotation {number}"
    person = next((str(row[name]) for name in PERSON if row.get(name) is not None), "somebody")
    seconds = next((row[name] for name in SECONDS if row.get(name) is not None), None)
    if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, int | float)):
        raise InputError(f"{where}: seconds is {seconds!r}; it is a number")
    said = () if seconds is None else (Said(person, "person", "AB", "A", float(seconds), float(number)),)

    def of(name: str) -> str | None:
        return None if row.get(name) is None else str(row[name])

    return Example(
        str(number),
        *texts,
        "A",
        of("chosen_model"),
        of("rejected_model"),
        of("reference"),
        of("domain"),
        of("split"),
        "people" if said else None,
        said,
    )


def _text(value: Any, where: str, *, last: bool = False) -> str:
    """A string, or chat messages as text: all of them, or the last one only."""
    if isinstance(value, str):
        return value
    if (
        isinstance(value, Sequence)
        and value
        and all(isinstance(m, Mapping) and "content" in m for m in value)
    ):
        texts = [str(message["content"]) for message in value]
        return texts[-1] if last else "\n\n".join(texts)
    raise InputError(f"{where}: {value!r:.80} is neither text nor a list of chat messages")
