"""SQL for leases: a pair offered to a person is kept for them a while, so no place is worked on twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, case, exists, func, insert, select, text, update
from sqlalchemy.sql.elements import ColumnElement

from pairwright.store import clock
from pairwright.store.insert import insert_missing
from pairwright.store.people.tasks import EVERYTHING, Takes, open_to, untouched_by
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
    query = (
        select(lease.c.pair_id, lease.c.kind, lease.c.until)
        .where(lease.c.rater_id == rater_id, lease.c.until > 0, lease.c.kind.in_(("work", "gold")))
        .order_by(lease.c.at, lease.c.id)
    )
    now = clock.now()
    return [Lease(row.pair_id, row.kind, row.until > now) for row in connection.execute(query)]


def gold_still_open(connection: Connection, rater_id: int, pair_ids: Sequence[int]) -> list[int]:
    """Those of these gold pairs that are open to this person, by the rules that hold for any pair."""
    query = select(gold.c.pair_id).where(
        gold.c.pair_id.in_(pair_ids), *untouched_by(rater_id, gold.c.pair_id)
    )
    return list(connection.scalars(query.distinct()))


def held_open(connection: Connection, rater_id: int) -> list[int]:
    """The pairs this person holds now and has still to answer, as after an undo."""
    query = (
        select(task.c.pair_id)
        .where(*open_to(rater_id), _holds(rater_id))
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
    these = () if among is None else (task.c.pair_id.in_(among),)
    query = (
        select(task.c.pair_id)
        .where(*these, *open_to(rater_id, takes), task.c.open > _taken(rater_id), ~_holds(rater_id))
        .order_by(task.c.rank, task.c.pair_id)
        .limit(limit)
    )
    return list(connection.scalars(query))


def _taken(rater_id: int) -> ColumnElement[int]:
    """How many places of a task others hold: people now, and what was sent to another tool."""
    held_now = select(func.count()).where(
        lease.c.pair_id == task.c.pair_id,
        lease.c.rater_id != rater_id,
        lease.c.until > clock.now(),
        lease.c.kind == "work",
    )
    away = select(func.coalesce(func.sum(sent.c.places), 0)).where(
        sent.c.pair_id == task.c.pair_id, sent.c.until > clock.now()
    )
    return held_now.scalar_subquery() + away.scalar_subquery()


def to_send(connection: Connection, limit: int) -> list[tuple[int, int]]:
    """The first pairs of the queue with places nobody holds: (pair, places)."""
    free = task.c.open - _taken(0)
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
    query = select(func.count()).where(lease.c.rater_id == rater_id, lease.c.kind.in_(("work", "gold")))
    return int(connection.execute(query).scalar_one())


def count_held(connection: Connection, rater_id: int) -> int:
    """How many pairs this person holds now."""
    query = select(func.count()).where(lease.c.rater_id == rater_id, lease.c.until > clock.now())
    return int(connection.execute(query).scalar_one())


def _holds(rater_id: int) -> ColumnElement[bool]:
    return exists().where(
        lease.c.pair_id == task.c.pair_id, lease.c.rater_id == rater_id, lease.c.until > clock.now()
    )


def hidden_gold_for(connection: Connection, rater_id: int, takes: Takes = EVERYTHING) -> list[int]:
    """Gold pairs that are mixed in and that this person has not answered, been offered or practised on.

    Of the skills they are given: a pair of another would be known by it.
    """
    known = gold.alias("known")
    offered_before = exists().where(lease.c.pair_id == gold.c.pair_id, lease.c.rater_id == rater_id)
    # Whoever practised on a pair was told its answer.
    told = exists().where(
        qualification.c.gold_id == known.c.id,
        known.c.pair_id == gold.c.pair_id,
        qualification.c.account_id == account.c.id,
        account.c.rater_id == rater_id,
    )
    query = (
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
    found = list(connection.scalars(query))
    if takes != EVERYTHING and found:
        needs = tags_of(connection, found)
        found = [pair_id for pair_id in found if takes.takes(needs.get(pair_id))]
    return found


def take(connection: Connection, rater_id: int, pair_ids: Sequence[int], kind: str, seconds: float) -> None:
    """Keep these pairs for this person for so many seconds from now.

    What they hold already they hold on to; anything else begins anew (`at`).
    """
    now = clock.now()
    if not pair_ids:
        return
    rows = [
        {"pair_id": each, "rater_id": rater_id, "until": 0.0, "kind": kind, "at": now} for each in pair_ids
    ]
    insert_missing(connection, lease, rows, ("pair_id", "rater_id"))
    mine = lease.c.rater_id == rater_id, lease.c.pair_id.in_(pair_ids)
    since = case((lease.c.until > now, lease.c.at), else_=now)
    connection.execute(update(lease).where(*mine).values(at=since, until=now + seconds, kind=kind))


def answered(connection: Connection, rater_id: int, pair_id: int) -> None:
    """This person is done with the pair: its place is free, and it is not offered to them again."""
    mine = lease.c.rater_id == rater_id, lease.c.pair_id == pair_id
    connection.execute(update(lease).where(*mine).values(until=0))


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
    row = connection.execute(
        select(lease.c.kind, lease.c.at, lease.c.until).where(
            lease.c.rater_id == rater_id, lease.c.pair_id == pair_id
        )
    ).first()
    return None if row is None else Offered(row.kind, row.at, row.until)
