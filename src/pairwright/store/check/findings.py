"""SQL for what checks found, and for what was done about it: all appended, the newest word counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Literal

from sqlalchemy import Connection, Select, and_, exists, func, insert, select

from pairwright.keys import public_id
from pairwright.literals import checked
from pairwright.store import clock
from pairwright.store.chain import append
from pairwright.store.prepared import prepared
from pairwright.store.schema import check_run, finding, pair, settlement

Action = Literal[
    "gone", "back", "dismissed", "sent", "dropped", "flipped", "softened", "asked again", "undone"
]
OPEN = ("back", "undone")  # words after which a finding is open again
CHUNK = 500  # rows of an insert
RUNS = 50  # looked through for one of several checks


@dataclass(frozen=True, slots=True)
class KeptFinding:
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
    done = connection.execute(insert(check_run).values(result=dict(result), at=clock.now()))
    assert done.inserted_primary_key is not None
    return int(done.inserted_primary_key[0])


def newest_run(connection: Connection) -> dict[str, Any] | None:
    """The result of the last run of checks, or else of a reward model's."""
    newest = select(check_run.c.result).order_by(check_run.c.id.desc()).limit(RUNS)
    runs = list(connection.scalars(newest))
    return next((run for run in runs if len(run["checks"]) > 1), runs[0] if runs else None)


def newest_lengths(connection: Connection) -> dict[str, Any] | None:
    """How long rows were in tokens when they were last measured (in one of the last runs)."""
    newest = select(check_run.c.result).order_by(check_run.c.id.desc()).limit(RUNS)
    return next((run["tokens"] for run in connection.scalars(newest) if "tokens" in run), None)


@dataclass(frozen=True, slots=True)
class Known:
    """A finding on record, as much as a later run has to know of it."""

    id: int
    check: str
    part: str | None
    pair_id: int | None
    action: str | None
    because: str | None


def known_findings(connection: Connection) -> dict[bytes, Known]:
    """All findings ever made, by key."""
    last = last_actions()
    rows = connection.execute(
        select(
            finding.c.key,
            finding.c.id,
            finding.c.check,
            finding.c.part,
            finding.c.pair_id,
            last.c.action,
            last.c.because,
        )
        .outerjoin(last, last.c.finding_id == finding.c.id)
        .order_by(finding.c.id)
    )
    return {key: Known(*rest) for key, *rest in rows}


def number_of(connection: Connection, key: bytes) -> int:
    return int(connection.execute(select(finding.c.id).where(finding.c.key == key)).scalar_one())


def count_pairs(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(pair)).scalar_one())


def add_findings(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    now = clock.now()
    for at in range(0, len(rows), CHUNK):
        connection.execute(insert(finding), [{**row, "at": now} for row in rows[at : at + CHUNK]])


@checked
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
    now = clock.now()
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
    append(connection, settlement, rows)


def last_actions() -> Any:
    """The last word on each finding, as a subquery."""
    newest = select(func.max(settlement.c.id)).group_by(settlement.c.finding_id)
    return select(settlement).where(settlement.c.id.in_(newest)).subquery()


def findings(
    connection: Connection,
    *,
    checks: Sequence[str] = (),
    parts: Sequence[str] = (),
    severities: Sequence[str] = (),
    pair_ids: Sequence[int] | None = None,
    ids: Sequence[int] | None = None,
    settled: bool = False,
    gone: bool = False,
    limit: int | None = None,
) -> Iterator[KeptFinding]:
    """Findings that are open, errors first; with `settled` also those something was done about.

    Those that the last run no longer saw are left out, unless `gone`.
    """
    last = last_actions()
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
            pair.c.key,
        )
        .outerjoin(last, last.c.finding_id == finding.c.id)
        .outerjoin(pair, pair.c.id == finding.c.pair_id)
    )
    if not gone:
        query = query.where(func.coalesce(last.c.action, "") != "gone")
    if not settled:
        query = query.where(func.coalesce(last.c.action, "back").in_(OPEN))
    if checks:
        query = query.where(finding.c.check.in_(checks))
    if parts:
        query = query.where(finding.c.part.in_(parts))
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
        # By the user's own name for the pair, or else the one `show` knows.
        name = row.external_id or (public_id("pair", row.key) if row.key else None)
        yield KeptFinding(*row[:5], name, row.reason, row.value and row.value["seen"], *row[8:11])


def last_detail(connection: Connection, finding_id: int) -> dict[str, Any] | None:
    """What is on record beside the last word on a finding."""
    return connection.execute(
        select(settlement.c.detail)
        .where(settlement.c.finding_id == finding_id)
        .order_by(settlement.c.id.desc())
        .limit(1)
    ).scalar()


@checked
def stands(connection: Connection, pair_id: int, action: Action) -> bool:
    """Whether this is the last word on any finding of the pair."""
    last = last_actions()
    query = (
        select(finding.c.id)
        .join(last, last.c.finding_id == finding.c.id)
        .where(finding.c.pair_id == pair_id, last.c.action == action)
        .limit(1)
    )
    return connection.execute(query).first() is not None


def checks_found(connection: Connection) -> set[str]:
    """The names of all checks, own ones too, that ever found something."""
    return set(connection.scalars(select(finding.c.check).distinct()))


def open_counts(connection: Connection) -> dict[str, dict[str, int]]:
    """severity -> check -> how many findings are open."""
    last = last_actions()
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


def repairs_of(connection: Connection, pair_ids: Sequence[int] | None = None) -> dict[int, Repair]:
    """pair -> what routing has to heed of what was done about its flags; of all pairs, or of these."""
    rows = _acted_on(connection) if pair_ids is None else _acted_on_these(connection, pair_ids)
    found: dict[int, Repair] = {}
    for pair_id, check, action, because, detail in rows:
        known = found.get(pair_id, NO_REPAIR)
        if action == "dropped":
            known = Repair(known.again, because or check)
        else:
            known = Repair(max(known.again or 0, int((detail or {}).get("people", 0))), known.dropped)
        found[pair_id] = known
    return found


@prepared
def _acted_on() -> Select[Any]:
    last = last_actions()
    return (
        select(finding.c.pair_id, finding.c.check, last.c.action, last.c.because, last.c.detail)
        .join(last, last.c.finding_id == finding.c.id)
        .where(last.c.action.in_(("sent", "dropped")), finding.c.pair_id.is_not(None))
    )


@prepared
def _acted_on_these(pair_ids: Any) -> Select[Any]:
    last, newer = settlement, settlement.alias("newer")
    is_last = ~exists().where(newer.c.finding_id == last.c.finding_id, newer.c.id > last.c.id)
    return (
        select(finding.c.pair_id, finding.c.check, last.c.action, last.c.because, last.c.detail)
        .join(last, last.c.finding_id == finding.c.id)
        .where(finding.c.pair_id.in_(pair_ids), last.c.action.in_(("sent", "dropped")), is_last)
    )


def dropped_pairs(connection: Connection) -> list[int]:
    """The pairs that a finding put out of the dataset."""
    return [pair_id for pair_id, repair in repairs_of(connection).items() if repair.dropped is not None]


@cache
def is_flagged() -> Any:
    """The condition that a pair has an open finding that is an error."""
    last = settlement.alias("last")
    newer = settlement.alias("newer")
    newest = and_(
        last.c.finding_id == finding.c.id,
        ~exists().where(newer.c.finding_id == last.c.finding_id, newer.c.id > last.c.id),
    )
    settled = exists().where(newest, last.c.action.not_in(OPEN))
    return exists().where(finding.c.pair_id == pair.c.id, finding.c.severity == "error", ~settled)
