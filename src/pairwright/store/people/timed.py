"""SQL for the time that a person's answers took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from pairwright.store.prepared import prepared
from pairwright.store.schema import vote
from pairwright.store.votes import is_current

MOST = 500  # of a person's last answers that are looked through


@dataclass(frozen=True, slots=True)
class Timed:
    """An answer given on the page: since when its pair was held, when it was given, the seconds it counts."""

    pair_id: int
    offered_at: float
    at: float
    seconds: float


def answers_since(connection: Connection, rater_id: int, since: float) -> list[Timed]:
    """This person's answers from then on that count and were timed here."""
    rows = _since(connection, rater_id, since)
    return [Timed(row.pair_id, row.offered_at, row.at, row.seconds or 0.0) for row in rows]


@prepared
def _since(rater_id: Any, since: Any) -> Select[Any]:
    newest = (
        select(vote.c.id).where(vote.c.rater_id == rater_id).order_by(vote.c.id.desc()).limit(MOST).subquery()
    )
    return (
        select(vote.c.pair_id, vote.c.offered_at, vote.c.at, vote.c.seconds)
        .join(newest, newest.c.id == vote.c.id)
        .where(vote.c.at >= since, vote.c.offered_at.is_not(None), is_current())
    )
