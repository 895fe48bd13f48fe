"""SQL for what judges said of one pair, as it is shown to a person."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, select

from pairwright.store.schema import rater, vote
from pairwright.store.votes import is_current
from pairwright.types import Confidence, Order, Verdict


@dataclass(frozen=True, slots=True)
class JudgeVote:
    """One judge's current vote; `verdict` in terms of the pair's own a and b."""

    judge: str
    order: Order
    verdict: Verdict
    confidence: Confidence | None
    reason: str | None


def judges_said(connection: Connection, pair_id: int, without: Collection[str] = ()) -> list[JudgeVote]:
    """What judges said of this pair, but for those `without` a say: one entry a vote, oldest first."""
    rows = connection.execute(
        select(rater.c.name, vote.c.order, vote.c.verdict, vote.c.confidence, vote.c.reason)
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(vote.c.pair_id == pair_id, rater.c.kind == "judge", is_current(), rater.c.name.not_in(without))
        .order_by(vote.c.id)
    )
    return [JudgeVote(*row) for row in rows]
