"""SQL for how one person's work goes."""

from __future__ import annotations

from sqlalchemy import Connection, case, func, select

from pairwright.store.schema import rater, vote
from pairwright.store.votes import is_current

RECENT = 500  # of a person's own votes, those agreement is taken from


def counts(connection: Connection, rater_id: int, since: float) -> tuple[int, int]:
    """Current votes of this person: all, and those after `since` (seconds since 1970)."""
    query = select(func.count(), func.coalesce(func.sum(case((vote.c.at >= since, 1), else_=0)), 0)).where(
        vote.c.rater_id == rater_id, is_current()
    )
    row = connection.execute(query).one()
    return int(row[0]), int(row[1])


def last_seconds(connection: Connection, rater_id: int, limit: int) -> list[float]:
    """Active seconds of this person's last votes that have any, newest first."""
    query = (
        select(vote.c.seconds)
        .where(vote.c.rater_id == rater_id, vote.c.seconds.is_not(None), is_current())
        .order_by(vote.c.id.desc())
        .limit(limit)
    )
    return [float(seconds) for seconds in connection.scalars(query)]


def agreement(connection: Connection, rater_id: int) -> tuple[int, int]:
    """Other people's votes on the pairs this person voted on of late, and how many say the same."""
    mine = (
        select(vote.c.pair_id, vote.c.verdict)
        .where(vote.c.rater_id == rater_id, is_current())
        .order_by(vote.c.id.desc())
        .limit(RECENT)
        .subquery()
    )
    query = (
        select(func.count(), func.coalesce(func.sum(case((vote.c.verdict == mine.c.verdict, 1), else_=0)), 0))
        .select_from(mine)
        .join(vote, vote.c.pair_id == mine.c.pair_id)
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(vote.c.rater_id != rater_id, rater.c.kind == "person", is_current())
    )
    row = connection.execute(query).one()
    return int(row[0]), int(row[1])
