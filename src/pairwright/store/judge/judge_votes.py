"""SQL for what judges said of one pair, as it is shown to a person."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from pairwright.store.prepared import prepared
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
    return [JudgeVote(*row) for row in _said(connection, pair_id) if row.name not in without]


@prepared
def _said(pair_id: Any) -> Select[Any]:
    return (
        select(rater.c.name, vote.c.order, vote.c.verdict, vote.c.confidence, vote.c.reason)
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(vote.c.pair_id == pair_id, rater.c.kind == "judge", is_current())
        .order_by(vote.c.id)
    )
