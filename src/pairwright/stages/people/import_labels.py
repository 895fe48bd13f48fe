"""A file of people's labels -> votes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import Connection

from pairwright.errors import InputError
from pairwright.formats.reading import BadRow, Given, read_records
from pairwright.formats.values import as_id
from pairwright.keys import parse_public_id
from pairwright.literals import checked
from pairwright.stages.panel.beliefs import renew_beliefs
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result, facts_of
from pairwright.store.people.names import person_id, spelled
from pairwright.store.people.tasks import pairs_by_key, pairs_named, votes_of_people
from pairwright.store.votes import add_vote, retract
from pairwright.types import ORDERS, OnError, Order, Verdict, Vote, swap

SHOWN_BAD_ROWS = 50
PAGE = 500

LABELS: dict[str, tuple[Verdict, Literal["good", "bad"] | None]] = {
    "A": ("A", None),
    "B": ("B", None),
    "TIE": ("TIE", None),
    "BOTH_BAD": ("TIE", "bad"),
    "BOTH_GOOD": ("TIE", "good"),
}


@dataclass(repr=False)
class ImportResult(Result):
    """What an import came to. With on_error="stop" and bad rows nothing was added."""

    rows: int = 0
    votes: int = 0
    changed: int = 0
    already_there: int = 0
    bad_rows: int = 0
    added: bool = True
    problems: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def facts(self) -> list[tuple[str, str]]:
        return facts_of(self.as_dict(), "added", "problems")

    def sentences(self) -> list[str]:
        return self.problems

    def bad(self, place: str, reason: str) -> None:
        self.bad_rows += 1
        if len(self.problems) < SHOWN_BAD_ROWS:
            self.problems.append(f"{place}: {reason}")


@dataclass(frozen=True, slots=True)
class ImportedLabel:
    """One person's label, in terms of the pair's own a and b. `order` is how it was shown."""

    place: str
    pair: str
    person: str
    verdict: Verdict
    both: Literal["good", "bad"] | None
    order: Order
    seconds: float | None
    note: str | None


class _RollBack(Exception):
    pass


@checked
def import_labels(
    project: Project, paths: Sequence[Given], *, default_rater: str | None = None, on_error: OnError = "stop"
) -> ImportResult:
    """Read rows `{id, label, annotator?, seconds?, note?}` as votes of people, in one transaction.

    `id` is the pair's id in the file it was added from, or its public id
    (`x-3fa9c2...`); `label` is A, B, TIE, BOTH_BAD or BOTH_GOOD, in terms of
    the pair's own a and b. The same label again changes nothing; another label
    of the same person for the same pair replaces the first (kept on record).
    """
    result = ImportResult()
    try:
        with project.store.write() as connection:
            page: list[ImportedLabel] = []
            for label in _labels(paths, default_rater, result):
                page.append(label)
                if len(page) == PAGE:
                    add_labels(connection, project, page, result)
                    page = []
            add_labels(connection, project, page, result)
            if result.bad_rows and on_error == "stop":
                raise _RollBack
    except _RollBack:
        result.added = False
        result.votes = result.changed = result.already_there = 0
    return result


def _labels(
    paths: Sequence[Given], default_rater: str | None, result: ImportResult
) -> Iterator[ImportedLabel]:
    for path in paths:
        for record in read_records(path):
            result.rows += 1
            if isinstance(record, BadRow):
                result.bad(record.place, record.reason)
                continue
            try:
                yield _label(record.place, record.row, default_rater)
            except ValueError as problem:
                result.bad(record.place, str(problem))


def _label(place: str, row: dict[str, Any], default_rater: str | None) -> ImportedLabel:
    pair = _first(row, "pair", "pair_id", "id")
    if pair is None:
        raise ValueError(f'"id" is missing (keys: {", ".join(row)}). It names the pair the label is for.')
    person = _first(row, "annotator", "rater", "worker", "person") or default_rater
    if person is not None and (not str(person).strip() or "\0" in str(person)):
        raise ValueError(f'"annotator" is {person!r}, which is no name')
    if person is None:
        raise ValueError(
            '"annotator" is missing. Add the column, or pass --rater NAME if one person made them.'
        )
    said = _first(row, "label", "verdict", "preference")
    known = LABELS.get(str(said).strip().upper().replace(" ", "_")) if said is not None else None
    if known is None:
        raise ValueError(f'"label" is {said!r}; it is one of {", ".join(LABELS)}')
    order = _first(row, "order") or "AB"
    if order not in ORDERS:
        raise ValueError(f'"order" is {order!r}; it is AB or BA (which was shown first)')
    seconds = _first(row, "seconds", "lead_time")
    try:
        seconds = None if seconds is None else float(seconds)
    except (ValueError, TypeError):
        raise ValueError(f'"seconds" is {seconds!r}, not a number') from None
    if seconds is not None and not 0 <= seconds < float("inf"):
        raise ValueError(f'"seconds" is {seconds!r}; it is a time of 0 or more')
    note = _first(row, "note", "reason")
    return ImportedLabel(
        place, as_id(pair), spelled(str(person)), *known, order, seconds, None if note is None else str(note)
    )


def _first(row: dict[str, Any], *names: str) -> Any:
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)


def add_labels(
    connection: Connection,
    project: Project,
    page: Sequence[ImportedLabel],
    result: ImportResult,
    guideline: int | None = None,
) -> set[int]:
    """Add labels as votes and decide their pairs again; gives the pairs that got a vote.

    `guideline` is the version these people saw, None where that is not known.
    """
    named = pairs_named(connection, [label.pair for label in page])
    touched: set[int] = set()
    people: dict[str, int] = {}
    for label in page:
        if label.pair not in named:
            named[label.pair] = _by_public_id(connection, label.pair)
    votes = votes_of_people(connection, [number for found in named.values() for number, _ in found])
    there = {(pair_id, spelled(name)): vote for (pair_id, name), vote in votes.items()}
    for label in page:
        found = named[label.pair]
        if len(found) != 1:
            if not found:
                what = f'no pair has the id "{label.pair}". Add the pairs first (`pairwright add`).'
            elif len({number for number, _ in found}) == 1:
                what = (
                    f'a pair was added both ways round as "{label.pair}": which response is A? Use x-... ids.'
                )
            else:
                what = f'several pairs have the id "{label.pair}". Use their x-... ids (`pairwright show`).'
            result.bad(label.place, what)
            continue
        pair_id, swapped = found[0]
        if swapped:
            label = replace(label, verdict=swap(label.verdict), order="BA" if label.order == "AB" else "AB")
        old = there.get((pair_id, label.person))
        if old is not None and old[1:] == (label.verdict, label.both):
            result.already_there += 1
            continue
        try:
            rater = people.get(label.person) or person_id(connection, label.person)
        except InputError as error:
            result.bad(label.place, str(error))
            continue
        people[label.person] = rater
        number = _save(connection, label, pair_id, rater, old, guideline)
        there[pair_id, label.person] = (number, label.verdict, label.both)
        result.votes += 1
        result.changed += old is not None
        touched.add(pair_id)
    renew_beliefs(connection, project, sorted(touched))
    return touched


def _by_public_id(connection: Connection, text: str) -> list[tuple[int, bool]]:
    parsed = parse_public_id(text)
    return pairs_by_key(connection, parsed[1]) if parsed and parsed[0] == "pair" else []


def _save(
    connection: Connection, label: ImportedLabel, pair_id: int, rater: int, old: Any, guideline: int | None
) -> int:
    vote = Vote(
        pair_id,
        rater,
        label.order,
        label.verdict,
        both=label.both,
        seconds=label.seconds,
        reason=label.note,
        guideline_id=guideline,
    )
    number = add_vote(connection, vote, uuid4().bytes)
    if old is not None:
        retract(connection, old[0], "replaced by a changed answer", number)
    return number
