"""SQL for pairs on which people disagree, and for what was said on one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, case, func, select

from pairwright.keys import public_id
from pairwright.store.rows import last_asked
from pairwright.store.schema import belief, pair, prompt, rater, vote
from pairwright.store.votes import is_current, newest_beliefs
from pairwright.types import Order, Verdict


@dataclass(frozen=True, slots=True)
class Conflict:
    """A pair people disagree on. `said` are their votes of A, B, TIE; `final` where nobody else is asked."""

    pair_id: int
    public: str
    prompt: str
    said: tuple[int, int, int]
    final: bool


@dataclass(frozen=True, slots=True)
class SaidByPerson:
    """A person's vote on a pair, in terms of the pair's own a and b."""

    vote_id: int
    name: str
    order: Order
    verdict: Verdict
    both: str | None
    strength: int | None
    seconds: float | None
    note: str | None
    purpose: str | None
    at: float
    reasons: list[str] | None
    spans: list[dict[str, Any]] | None


def conflicts(connection: Connection, limit: int, offset: int = 0) -> list[Conflict]:
    """Pairs on which people's votes differ and no label has come of it, those nobody else is asked first."""
    final = case((belief.c.asks == "lead", 1), else_=0).label("final")
    undecided = (
        select(belief.c.pair_id, final)
        .where(belief.c.decision == "ask", belief.c.source == "people", newest_beliefs())
        .cte("undecided")
    )
    votes = [func.sum(case((vote.c.verdict == verdict, 1), else_=0)) for verdict in ("A", "B", "TIE")]
    split = (  # of these few pairs: all votes of people are many
        select(
            vote.c.pair_id, *(each.label(name) for each, name in zip(votes, ("a", "b", "tie"), strict=True))
        )
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(rater.c.kind == "person", is_current(), vote.c.pair_id.in_(select(undecided.c.pair_id)))
        .group_by(vote.c.pair_id)
        .having(func.min(vote.c.verdict) != func.max(vote.c.verdict))
        .subquery()
    )
    rows = connection.execute(
        select(pair.c.id, pair.c.key, prompt.c.messages, split.c.a, split.c.b, split.c.tie, undecided.c.final)
        .select_from(undecided)
        .join(split, split.c.pair_id == undecided.c.pair_id)
        .join(pair, pair.c.id == undecided.c.pair_id)
        .join(prompt, prompt.c.id == pair.c.prompt_id)
        .order_by(undecided.c.final.desc(), pair.c.id)
        .limit(limit)
        .offset(offset)
    )
    return [
        Conflict(
            row[0],
            public_id("pair", row[1]),
            last_asked(row[2], 200),
            (int(row[3]), int(row[4]), int(row[5])),
            bool(row[6]),
        )
        for row in rows
    ]


def said_by_people(connection: Connection, pair_id: int) -> list[SaidByPerson]:
    """What people said of a pair and still stands, oldest first."""
    columns: tuple[Any, ...] = (
        vote.c.id,
        rater.c.name,
        vote.c.order,
        vote.c.verdict,
        vote.c.both,
        vote.c.strength,
        vote.c.seconds,
        vote.c.reason,
        vote.c.purpose,
        vote.c.at,
        vote.c.reasons,
        vote.c.spans,
    )
    rows = connection.execute(
        select(*columns)
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(vote.c.pair_id == pair_id, rater.c.kind == "person", is_current())
        .order_by(vote.c.id)
    )
    return [SaidByPerson(*row) for row in rows]
