"""SQL for what checks found, and for what was done about it: all appended, the newest word counts."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sqlalchemy import Connection, func, insert, select

from pairwright.store.schema import check_run, finding, pair, settlement

Action = Literal["gone", "back", "dismissed", "sent", "dropped", "flipped", "asked again", "undone"]
OPEN = ("back", "undone")  # words after which a finding is open again
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Kept:
    """A finding on record. `action` is what was done about it last, None while nothing was."""

    id: int
    check: str
    part: str | None
    severity: str
    pair_id: int | None
    external_id: str | None
    reason: str
    value: Any
    remedy: str
    action: str | None
    because: str | None

    @property
    def open(self) -> bool:
        return self.action is None or self.action in OPEN

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "open": self.open}


@dataclass(frozen=True, slots=True)
class Repair:
    """What was done about the flags of a pair that routing has to heed (see routing/decide.Standing)."""

    again: int | None = None
    dropped: str | None = None


NO_REPAIR = Repair()


def add_run(connection: Connection, result: Mapping[str, Any]) -> int:
    done = connection.execute(insert(check_run).values(result=dict(result), at=time.time()))
    assert done.inserted_primary_key is not None
    return int(done.inserted_primary_key[0])


def newest_run(connection: Connection) -> dict[str, Any] | None:
    """The result of the last run of checks."""
    return connection.execute(select(check_run.c.result).order_by(check_run.c.id.desc()).limit(1)).scalar()


def known_keys(connection: Connection) -> dict[bytes, tuple[int, str, str | None]]:
    """key -> (number, check, last action) of all findings ever made."""
    last = _last_actions()
    rows = connection.execute(
        select(finding.c.key, finding.c.id, finding.c.check, last.c.action).outerjoin(
            last, last.c.finding_id == finding.c.id
        )
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def add_findings(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    now = time.time()
    for at in range(0, len(rows), CHUNK):
        connection.execute(insert(finding), [{**row, "at": now} for row in rows[at : at + CHUNK]])


def settle(
    connection: Connection,
    ids: Iterable[int],
    action: Action,
    *,
    because: str | None = None,
    by: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Record what was done about these findings."""
    now = time.time()
    rows = [
        {
            "finding_id": i,
            "action": action,
            "because": because,
            "by": by,
            "detail": dict(detail) if detail else None,
            "at": now,
        }
        for i in ids
    ]
    if rows:
        connection.execute(insert(settlement), rows)


def _last_actions() -> Any:
    newest = select(func.max(settlement.c.id)).group_by(settlement.c.finding_id)
    return select(settlement).where(settlement.c.id.in_(newest)).subquery()


def findings(
    connection: Connection,
    *,
    checks: Sequence[str] = (),
    severities: Sequence[str] = (),
    pair_ids: Sequence[int] | None = None,
    ids: Sequence[int] | None = None,
    settled: bool = False,
    limit: int | None = None,
) -> Iterator[Kept]:
    """Findings that are open, errors first; with `settled` also those something was done about.

    Those that the last run no longer saw are left out.
    """
    last = _last_actions()
    query = (
        select(
            finding.c.id,
            finding.c.check,
            finding.c.part,
            finding.c.severity,
            finding.c.pair_id,
            pair.c.external_id,
            finding.c.reason,
            finding.c.value,
            finding.c.remedy,
            last.c.action,
            last.c.because,
        )
        .outerjoin(last, last.c.finding_id == finding.c.id)
        .outerjoin(pair, pair.c.id == finding.c.pair_id)
        .where(func.coalesce(last.c.action, "") != "gone")
    )
    if not settled:
        query = query.where(func.coalesce(last.c.action, "back").in_(OPEN))
    if checks:
        query = query.where(finding.c.check.in_(checks))
    if severities:
        query = query.where(finding.c.severity.in_(severities))
    if pair_ids is not None:
        query = query.where(finding.c.pair_id.in_(pair_ids))
    if ids is not None:
        query = query.where(finding.c.id.in_(ids))
    order = func.instr if connection.dialect.name == "sqlite" else func.strpos
    query = query.order_by(order("error warning info", finding.c.severity), finding.c.check, finding.c.id)
    if limit is not None:
        query = query.limit(limit)
    for row in connection.execute(query):
        yield Kept(*row)


def open_counts(connection: Connection) -> dict[str, dict[str, int]]:
    """severity -> check -> how many findings are open."""
    last = _last_actions()
    rows = connection.execute(
        select(finding.c.severity, finding.c.check, func.count())
        .outerjoin(last, last.c.finding_id == finding.c.id)
        .where(func.coalesce(last.c.action, "back").in_(OPEN))
        .group_by(finding.c.severity, finding.c.check)
    )
    found: dict[str, dict[str, int]] = {}
    for severity, check, n in rows:
        found.setdefault(severity, {})[check] = n
    return found


def settlements(connection: Connection, pair_id: int) -> list[dict[str, Any]]:
    """Everything found on a pair and everything done about it, oldest first."""
    rows = connection.execute(
        select(
            finding.c.id,
            finding.c.check,
            finding.c.reason,
            finding.c.severity,
            finding.c.at,
            settlement.c.action,
            settlement.c.because,
            settlement.c.by,
            settlement.c.at.label("done_at"),
        )
        .outerjoin(settlement, settlement.c.finding_id == finding.c.id)
        .where(finding.c.pair_id == pair_id)
        .order_by(finding.c.id, settlement.c.id)
    )
    return [dict(row._mapping) for row in rows]


def repairs_of(connection: Connection) -> dict[int, Repair]:
    """pair -> what routing has to heed of what was done about its flags."""
    last = _last_actions()
    rows = connection.execute(
        select(finding.c.pair_id, finding.c.check, last.c.action, last.c.because, last.c.detail)
        .join(last, last.c.finding_id == finding.c.id)
        .where(last.c.action.in_(("sent", "dropped")), finding.c.pair_id.is_not(None))
    )
    found: dict[int, Repair] = {}
    for pair_id, check, action, because, detail in rows:
        known = found.get(pair_id, NO_REPAIR)
        if action == "dropped":
            known = Repair(known.again, because or check)
        else:
            known = Repair(max(known.again or 0, int((detail or {}).get("people", 0))), known.dropped)
        found[pair_id] = known
    return found
