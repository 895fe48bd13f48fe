"""SQL for leases: a pair offered to a person is kept for them a while, so no place is worked on twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Select, Update, case, exists, func, insert, select, text, update
from sqlalchemy.sql.elements import ColumnElement

from pairwright.store import clock
from pairwright.store.people.tasks import EVERYTHING, Takes, open_to, untouched_by
from pairwright.store.prepared import prepared
from pairwright.store.queue import tags_of
from pairwright.store.schema import account, gold, lease, qualification, sent, task

_LOCK = 0x7061697277  # one offer at a time on PostgreSQL; SQLite has one writer anyway


def one_at_a_time(connection: Connection) -> None:
    """Wait until no other transaction is offering pairs: two could give away the same last place."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _LOCK})


@dataclass(frozen=True, slots=True)
class Lease:
    """A pair that was offered to a person. `held` until their answer, for so long as they asked for it."""

    pair_id: int
    kind: str
    held: bool


def unanswered(connection: Connection, rater_id: int) -> list[Lease]:
    """What this person was offered and has not answered, skipped or flagged since, oldest first.

    Held now, or let go: the page was closed, or the time ran out. A pair of which the answer
    is known comes back as any other does.
    """
    now = clock.now()
    return [Lease(row.pair_id, row.kind, row.until > now) for row in _unanswered(connection, rater_id)]


@prepared
def _unanswered(rater_id: Any) -> Select[Any]:
    return (
        select(lease.c.pair_id, lease.c.kind, lease.c.until)
        .where(lease.c.rater_id == rater_id, lease.c.until > 0, lease.c.kind.in_(("work", "gold")))
        .order_by(lease.c.at, lease.c.id)
    )


def gold_still_open(connection: Connection, rater_id: int, pair_ids: Sequence[int]) -> list[int]:
    """Those of these gold pairs that are open to this person, by the rules that hold for any pair."""
    return list(_gold_still_open(connection, rater_id, pair_ids).scalars()) if pair_ids else []


@prepared
def _gold_still_open(rater_id: Any, pair_ids: Any) -> Select[Any]:
    open_gold = gold.c.pair_id.in_(pair_ids), *untouched_by(rater_id, gold.c.pair_id)
    return select(gold.c.pair_id).where(*open_gold).distinct()


def held_open(connection: Connection, rater_id: int) -> list[int]:
    """The pairs this person holds now and has still to answer, as after an undo."""
    query = (
        select(task.c.pair_id)
        .where(*open_to(rater_id), _holds(rater_id, clock.now()))
        .order_by(task.c.rank, task.c.pair_id)
    )
    return list(connection.scalars(query))


def free_for(
    connection: Connection,
    rater_id: int,
    limit: int,
    takes: Takes = EVERYTHING,
    among: Sequence[int] | None = None,
) -> list[int]:
    """The first pairs of the queue (or `among` these) open to this person, with a place nobody holds."""
    if limit < 1 or among == []:
        return []
    now = clock.now()
    if among is None:
        found = _free(connection, rater_id, now, limit, takes=takes)
    else:
        found = _free_among(connection, rater_id, now, limit, among, takes=takes)
    return list(found.scalars())


@prepared
def _free(rater_id: Any, now: Any, limit: Any, *, takes: Takes) -> Select[Any]:
    free = *open_to(rater_id, takes), task.c.open > _taken(rater_id, now), ~_holds(rater_id, now)
    return select(task.c.pair_id).where(*free).order_by(task.c.rank, task.c.pair_id).limit(limit)


@prepared
def _free_among(rater_id: Any, now: Any, limit: Any, among: Any, *, takes: Takes) -> Select[Any]:
    free = *open_to(rater_id, takes), task.c.open > _taken(rater_id, now), ~_holds(rater_id, now)
    these = select(task.c.pair_id).where(task.c.pair_id.in_(among), *free)
    return these.order_by(task.c.rank, task.c.pair_id).limit(limit)


def _taken(rater_id: Any, now: Any) -> ColumnElement[int]:
    """How many places of a task others hold: people now, and what was sent to another tool."""
    held_now = select(func.count()).where(
        lease.c.pair_id == task.c.pair_id,
        lease.c.rater_id != rater_id,
        lease.c.until > now,
        lease.c.kind == "work",
    )
    away = select(func.coalesce(func.sum(sent.c.places), 0)).where(
        sent.c.pair_id == task.c.pair_id, sent.c.until > now
    )
    return held_now.scalar_subquery() + away.scalar_subquery()


def to_send(connection: Connection, limit: int) -> list[tuple[int, int]]:
    """The first pairs of the queue with places nobody holds: (pair, places)."""
    free = task.c.open - _taken(0, clock.now())
    query = (
        select(task.c.pair_id, free)
        .where(free > 0, *open_to(0))
        .order_by(task.c.rank, task.c.pair_id)
        .limit(limit)
    )
    return [(row[0], int(row[1])) for row in connection.execute(query)]


def send(connection: Connection, tool: str, pairs: Sequence[tuple[int, int]], until: float) -> None:
    """Let another tool hold these places until then (seconds since 1970)."""
    rows = [
        {"pair_id": pair_id, "tool": tool, "places": places, "until": until, "at": clock.now()}
        for pair_id, places in pairs
    ]
    if rows:
        connection.execute(insert(sent), rows)


def away(connection: Connection) -> dict[str, int]:
    """How many open pairs other tools hold now, by tool."""
    query = (
        select(sent.c.tool, func.count(sent.c.pair_id.distinct()))
        .join(task, task.c.pair_id == sent.c.pair_id)
        .where(sent.c.places > 0, sent.c.until > clock.now(), task.c.open > 0)
        .group_by(sent.c.tool)
        .order_by(sent.c.tool)
    )
    return {tool: int(n) for tool, n in connection.execute(query)}


def came_back(connection: Connection, tool: str, pair_id: int) -> None:
    """One answer came back from a tool: it holds a place less on this pair."""
    newest = (
        select(sent.c.id)
        .where(sent.c.pair_id == pair_id, sent.c.tool == tool, sent.c.places > 0)
        .order_by(sent.c.id)
        .limit(1)
        .scalar_subquery()
    )
    connection.execute(update(sent).where(sent.c.id == newest).values(places=sent.c.places - 1))


def count(connection: Connection, rater_id: int) -> int:
    """How many pairs this person was ever offered as work."""
    return int(_count(connection, rater_id).scalar_one())


@prepared
def _count(rater_id: Any) -> Select[Any]:
    return select(func.count()).where(lease.c.rater_id == rater_id, lease.c.kind.in_(("work", "gold")))


def count_held(connection: Connection, rater_id: int) -> int:
    """How many pairs this person holds now."""
    query = select(func.count()).where(lease.c.rater_id == rater_id, lease.c.until > clock.now())
    return int(connection.execute(query).scalar_one())


def _holds(rater_id: Any, now: Any) -> ColumnElement[bool]:
    return exists().where(
        lease.c.pair_id == task.c.pair_id, lease.c.rater_id == rater_id, lease.c.until > now
    )


def hidden_gold_for(connection: Connection, rater_id: int, takes: Takes = EVERYTHING) -> list[int]:
    """Gold pairs that are mixed in and that this person has not answered, been offered or practised on.

    Of the skills they are given: a pair of another would be known by it.
    """
    found = list(_hidden_gold(connection, rater_id).scalars())
    if takes != EVERYTHING and found:
        needs = tags_of(connection, found)
        found = [pair_id for pair_id in found if takes.takes(needs.get(pair_id))]
    return found


@prepared
def _hidden_gold(rater_id: Any) -> Select[Any]:
    known = gold.alias("known")
    offered_before = exists().where(lease.c.pair_id == gold.c.pair_id, lease.c.rater_id == rater_id)
    # Whoever practised on a pair was told its answer.
    told = exists().where(
        qualification.c.gold_id == known.c.id,
        known.c.pair_id == gold.c.pair_id,
        qualification.c.account_id == account.c.id,
        account.c.rater_id == rater_id,
    )
    return (
        select(gold.c.pair_id)
        .distinct()
        .where(
            gold.c.use.in_(("hidden", "both")),
            gold.c.withdrawn_at.is_(None),
            *untouched_by(rater_id, gold.c.pair_id),
            ~offered_before,
            ~told,
        )
        .order_by(gold.c.pair_id)
    )


def take(connection: Connection, rater_id: int, pair_ids: Sequence[int], kind: str, seconds: float) -> None:
    """Keep these pairs for this person for so many seconds from now.

    What they hold already they hold on to; anything else begins anew (`at`).
    """
    take_each(connection, rater_id, [(pair_id, kind) for pair_id in pair_ids], seconds)


def take_each(
    connection: Connection, rater_id: int, pairs: Sequence[tuple[int, str]], seconds: float
) -> None:
    """The same of (pair, kind): those that begin anew begin in this order, whatever their kinds."""
    rows = []
    for pair_id, kind in pairs:
        now = clock.now()
        row = {"pair_id": pair_id, "rater_id": rater_id, "until": now + seconds, "kind": kind, "at": now}
        rows.append(row)
    if rows:
        connection.execute(_take(connection.dialect.name), rows)


@cache
def _take(dialect: str) -> Any:
    module: Any = import_module(f"sqlalchemy.dialects.{dialect}")
    statement = module.insert(lease)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=("pair_id", "rater_id"),
        set_={
            "at": case((lease.c.until > new.at, lease.c.at), else_=new.at),
            "until": new.until,
            "kind": new.kind,
        },
    )


def answered(connection: Connection, rater_id: int, pair_id: int) -> None:
    """This person is done with the pair: its place is free, and it is not offered to them again."""
    _answered(connection, rater_id, pair_id)


@prepared
def _answered(rater_id: Any, pair_id: Any) -> Update:
    return update(lease).where(lease.c.rater_id == rater_id, lease.c.pair_id == pair_id).values(until=0)


def give_back(connection: Connection, rater_id: int, pair_ids: Sequence[int] | None = None) -> int:
    """Give places back: of these pairs, or all this person holds. They may come back for them."""
    now = clock.now()
    mine = [lease.c.rater_id == rater_id, lease.c.until > now]
    if pair_ids is not None:
        mine.append(lease.c.pair_id.in_(pair_ids))
    return connection.execute(update(lease).where(*mine).values(until=now)).rowcount


@dataclass(frozen=True, slots=True)
class Offered:
    """That a pair was offered to a person: as what, from when on and until when (0: until they answered)."""

    kind: str
    at: float
    until: float


def offered(connection: Connection, rater_id: int, pair_id: int) -> Offered | None:
    """How this pair was last offered to this person; None if it never was."""
    row = _offered(connection, rater_id, pair_id).first()
    return None if row is None else Offered(row.kind, row.at, row.until)


@prepared
def _offered(rater_id: Any, pair_id: Any) -> Select[Any]:
    mine = lease.c.rater_id == rater_id, lease.c.pair_id == pair_id
    return select(lease.c.kind, lease.c.at, lease.c.until).where(*mine)
