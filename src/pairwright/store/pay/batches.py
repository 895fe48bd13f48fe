"""Batches of calls that were, or were about to be, handed to a provider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from pairwright.store import clock
from pairwright.store.pay import planned
from pairwright.store.schema import batch, planned_call


@dataclass(frozen=True, slots=True)
class Batch:
    """`remote_id` is None as long as nobody knows whether the provider has it. Times: seconds since 1970."""

    id: int
    mark: str
    via: str
    endpoint: str
    model: str
    digest: bytes
    calls: int
    remote_id: str | None
    expires_at: float | None
    at: float


def intend(
    connection: Connection,
    mark: str,
    endpoint: str,
    model: str,
    digest: bytes,
    keys: Sequence[bytes],
    *,
    via: str = "batch",
) -> int:
    """Write down that these calls are about to be sent together; gives the batch's number."""
    row = {
        "mark": mark,
        "via": via,
        "endpoint": endpoint,
        "model": model,
        "digest": digest,
        "calls": len(keys),
        "at": clock.now(),
    }
    number = int(connection.execute(insert(batch).values(row).returning(batch.c.id)).scalar_one())
    planned.assign(connection, keys, number)
    return number


def open_batches(connection: Connection) -> list[Batch]:
    """Those that have not ended, oldest first."""
    rows = connection.execute(
        select(
            batch.c.id,
            batch.c.mark,
            batch.c.via,
            batch.c.endpoint,
            batch.c.model,
            batch.c.digest,
            batch.c.calls,
            batch.c.remote_id,
            batch.c.expires_at,
            batch.c.at,
        )
        .where(batch.c.ended_at.is_(None))
        .order_by(batch.c.id)
    )
    return [Batch(**row) for row in rows.mappings()]


def known_remotely(connection: Connection, endpoint: str) -> set[str]:
    """The provider's names of all batches that were ever sent to this endpoint."""
    mine = batch.c.endpoint == endpoint, batch.c.remote_id.is_not(None)
    return set(connection.scalars(select(batch.c.remote_id).where(*mine)))


def note(connection: Connection, number: int, **columns: Any) -> None:
    connection.execute(update(batch).where(batch.c.id == number).values(**columns))


def end(connection: Connection, number: int, problem: str | None = None) -> int:
    """All that it came to is in the store. Gives how many calls got no reply: they go again."""
    left = planned.again(connection, (planned_call.c.batch_id == number) & planned_call.c.status.is_(None))
    note(connection, number, ended_at=clock.now(), problem=problem)
    return left


def never_sent(connection: Connection, number: int) -> None:
    """The provider has no such batch: its calls wait to be sent as before."""
    planned.again(connection, planned_call.c.batch_id == number, tried=False)
    connection.execute(delete(batch).where(batch.c.id == number))


def in_flight(connection: Connection) -> tuple[int, int]:
    """(batches, calls of theirs) that have not ended."""
    row = connection.execute(
        select(func.count(), func.coalesce(func.sum(batch.c.calls), 0)).where(batch.c.ended_at.is_(None))
    ).one()
    return int(row[0]), int(row[1])
