"""Everything one person gave, as a file to hand over: JSON or CSV."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson

from pairwright.errors import InputError
from pairwright.formats.tools.crowd import as_cell
from pairwright.stages.people.statement import Statement, statements
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result
from pairwright.store.people import work_of as sql
from pairwright.store.people.accounts import account_named
from pairwright.store.people.names import known_person_id
from pairwright.whole_file import whole_file

COLUMNS = (
    "kind",
    "at",
    "vote",
    "pair",
    "external_id",
    "response",
    "ranking",
    "places",
    "order",
    "verdict",
    "strength",
    "both",
    "good",
    "rating",
    "ratings",
    "reasons",
    "spans",
    "seconds",
    "claimed_seconds",
    "note",
    "assist",
    "guidelines",
    "known",
    "right",
    "counts",
    "why_not",
)


@dataclass(frozen=True, repr=False)
class WorkResult(Result):
    """One person's work: `rows` in the order of their time, `statement` of answers, hours and pay of it all.

    `kind` of a row is answer, ranking (the answers that follow from it name it by number), decision (a
    lead's), practice, response (a vote on one by itself), skip or flag; `counts` is false for what was taken
    back or re-queued, and `why_not` says why.
    """

    name: str
    account: dict[str, Any] | None
    statement: dict[str, Any]
    rows: list[dict[str, Any]]
    file: str | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def facts(self) -> list[tuple[str, str]]:
        counts = Counter(row["kind"] for row in self.rows)
        hours = f"{self.statement['hours']:,.2f}"
        return [
            ("name", self.name),
            *((kind, f"{n:,}") for kind, n in sorted(counts.items())),
            ("hours", hours),
        ]

    def as_json(self) -> bytes:
        values = {name: value for name, value in self.as_dict().items() if name != "file"}
        return orjson.dumps(values, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)

    def as_csv(self) -> str:
        """One line a row; nothing in it runs in a spreadsheet."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["name", *COLUMNS])
        for row in self.rows:
            writer.writerow([as_cell(self.name), *(_cell(row.get(column)) for column in COLUMNS)])
        return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        return orjson.dumps(value).decode()
    return as_cell(value) if isinstance(value, str) else value


def work_of(project: Project, name: str, out: Path | None = None) -> WorkResult:
    """All that this person gave; the same file each time while nothing is added.

    With `out` it is written there, as CSV or JSON by the name's ending. Raises InputError for a name
    nobody has, and for another ending.
    """
    if out is not None and out.suffix not in (".csv", ".json"):
        raise InputError(f"{out} should end in .csv or .json: that says what is written")
    with project.store.read() as connection:
        rater_id = known_person_id(connection, name)
        if rater_id is None:
            raise InputError(f'nobody here is called "{name}": `pairwright people` lists everybody')
        signs_in = account_named(connection, name)
        rows = sorted(sql.work_of(connection, rater_id), key=lambda row: float(row["at"]))
    of = _statement(project, name, [row["at"] for row in rows])
    for row in rows:
        row["at"] = datetime.fromtimestamp(row["at"], UTC).isoformat(timespec="milliseconds")
    account = None
    if signs_in is not None:
        joined = datetime.fromtimestamp(signs_in.at, UTC).isoformat(timespec="seconds")
        account = {
            "role": signs_in.role,
            "state": signs_in.state,
            "skills": list(signs_in.tags),
            "joined": joined,
        }
    found = WorkResult(
        name, account, {**asdict(of), "currency": project.settings.annotate.pay_currency}, rows
    )
    if out is None:
        return found
    with whole_file(out) as file:
        file.write(found.as_csv().encode() if out.suffix == ".csv" else found.as_json())
    return WorkResult(found.name, found.account, found.statement, found.rows, str(out))


def _statement(project: Project, name: str, times: list[float]) -> Statement:
    """Hours and pay of all they did."""
    if not times:
        return Statement(name)
    first, last = date.fromtimestamp(min(times)), date.fromtimestamp(max(times))
    return next((each for each in statements(project, first, last) if each.name == name), Statement(name))
