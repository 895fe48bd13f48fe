"""SQL for processes that pay beside each other: what each has in hand, and what of the budget it may spend.

PostgreSQL only. All times are the server's, so that clocks of different machines need not agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, text, update
from sqlalchemy.dialects import postgresql

from pairwright.amounts import counted, usd
from pairwright.store.schema import call, claim, worker

BY_PAIR = "check --fact-check"  # the task whose work is by pair
_MONEY = 0x7061796D6E74  # one worker at a time is given money


@dataclass(frozen=True, slots=True)
class AtWork:
    """A process that pays now. `claims` are the prompts (or pairs) it has in hand."""

    name: str
    task: str
    held_usd: float
    claims: int

    @property
    def in_words(self) -> str:
        """`judge main is at work on host:4711, with 64 prompts in hand`."""
        held = f", and {usd(self.held_usd)} of the budget" if self.held_usd else ""
        what = "pair" if self.task == BY_PAIR else "prompt"
        return f"{self.task} is at work on {self.name}, with {counted(self.claims, what)} in hand{held}"


def _now() -> ColumnElement[Any]:
    return func.extract("epoch", func.clock_timestamp())


def _alive() -> ColumnElement[bool]:
    return worker.c.ended_at.is_(None) & (worker.c.until > _now())


def join(connection: Connection, name: str, task: str, lease_s: float) -> int:
    """A new worker's number. It is gone if it is not heard of for `lease_s` seconds."""
    row = insert(worker).values(name=name, task=task, held_usd=0.0, until=_now() + lease_s, at=_now())
    return int(connection.execute(row.returning(worker.c.id)).scalar_one())


def heard_of(connection: Connection, worker_id: int, lease_s: float, held_usd: float) -> bool:
    """Renew a worker's lease; False where it had run out, so that others may have its work and money."""
    mine = update(worker).where(worker.c.id == worker_id, _alive())
    return bool(connection.execute(mine.values(until=_now() + lease_s, held_usd=held_usd)).rowcount)


def leave(connection: Connection, worker_id: int) -> None:
    connection.execute(delete(claim).where(claim.c.worker_id == worker_id))
    gone = update(worker).where(worker.c.id == worker_id, worker.c.ended_at.is_(None))
    connection.execute(gone.values(ended_at=_now(), held_usd=0.0))


def take(connection: Connection, worker_id: int, task: str, items: Iterable[int]) -> set[int]:
    """Those of these items that nobody had in hand: this worker has them now."""
    wanted = sorted(set(items))
    if not wanted:
        return set()
    of_the_gone = (
        select(claim.c.item)
        .join(worker, worker.c.id == claim.c.worker_id)
        .where(claim.c.task == task, claim.c.item.in_(wanted), ~_alive())
        .with_for_update(of=claim, skip_locked=True)
    )
    connection.execute(delete(claim).where(claim.c.task == task, claim.c.item.in_(of_the_gone)))
    rows = [{"task": task, "item": item, "worker_id": worker_id} for item in wanted]
    added = postgresql.insert(claim).values(rows).on_conflict_do_nothing().returning(claim.c.item)
    return set(connection.scalars(added))


def give_back(connection: Connection, worker_id: int, items: Sequence[int]) -> None:
    if items:
        mine = claim.c.worker_id == worker_id, claim.c.item.in_(items)
        connection.execute(delete(claim).where(*mine))


def one_at_a_time(connection: Connection) -> None:
    """Wait until no other transaction counts what is left of the budget."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _MONEY})


def booked_since(connection: Connection, worker_id: int, last_call: int) -> tuple[float, int]:
    """What the calls of this worker after `last_call` cost, in USD, and the number of the last of them."""
    row = connection.execute(
        select(func.coalesce(func.sum(call.c.cost_usd), 0.0), func.max(call.c.id)).where(
            call.c.worker_id == worker_id, call.c.id > last_call
        )
    ).one()
    return float(row[0]), int(row[1] or last_call)


def held_by_others(connection: Connection, worker_id: int) -> tuple[int, float]:
    """How many other workers there are, and what they may spend beyond what they have booked."""
    row = connection.execute(
        select(func.count(), func.coalesce(func.sum(worker.c.held_usd), 0.0)).where(
            worker.c.id != worker_id, _alive()
        )
    ).one()
    return int(row[0]), float(row[1])


def at_work(connection: Connection) -> list[AtWork]:
    """Those that pay now; none on SQLite, where there is one at a time."""
    if connection.dialect.name != "postgresql":
        return []
    columns: tuple[Any, ...] = (worker.c.name, worker.c.task, worker.c.held_usd)
    rows = connection.execute(
        select(*columns, func.count(claim.c.item))
        .outerjoin(claim, claim.c.worker_id == worker.c.id)
        .where(_alive())
        .group_by(worker.c.id)
        .order_by(worker.c.id)
    )
    return [AtWork(row[0], row[1], row[2], row[3]) for row in rows]
