"""SQL for gold pairs: which there are, who made them, and pairs that would make good ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, exists, func, insert, select, update

from pairwright.keys import public_id
from pairwright.store import clock
from pairwright.store.rows import last_asked
from pairwright.store.schema import account, gold, pair, prompt, rater, vote
from pairwright.store.votes import is_current
from pairwright.types import Verdict


@dataclass(frozen=True, slots=True)
class GoldRow:
    """A gold pair as a lead sees it; `answers` and `right` are people's, hidden gold and practice apart."""

    id: int
    pair_id: int
    public: str
    external_id: str | None
    prompt: str
    verdict: Verdict
    both: str | None
    explanation: str | None
    use: str
    made_by: str | None
    answers: int
    right: int


@dataclass(frozen=True, slots=True)
class Agreed:
    """A pair of which all `people` who saw it said the same."""

    pair_id: int
    public: str
    prompt: str
    verdict: Verdict
    people: int


def gold_rows(connection: Connection) -> list[GoldRow]:
    """All standing gold pairs, newest first."""
    answers = (
        select(func.count())
        .select_from(vote)
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(
            vote.c.pair_id == gold.c.pair_id,
            rater.c.kind == "person",
            vote.c.purpose.is_(None),
            is_current(),
        )
    )
    rows = connection.execute(
        select(
            gold,
            pair.c.key,
            pair.c.external_id,
            prompt.c.messages,
            account.c.name,
            answers.scalar_subquery().label("answers"),
            answers.where(vote.c.verdict == gold.c.verdict).scalar_subquery().label("right"),
        )
        .join(pair, pair.c.id == gold.c.pair_id)
        .join(prompt, prompt.c.id == pair.c.prompt_id)
        .outerjoin(account, account.c.id == gold.c.made_by)
        .where(gold.c.withdrawn_at.is_(None))
        .order_by(gold.c.id.desc())
    )
    return [
        GoldRow(
            row.id,
            row.pair_id,
            public_id("pair", row.key),
            row.external_id,
            last_asked(row.messages, 200),
            row.verdict,
            row.both,
            row.explanation,
            row.use,
            row.name,
            row.answers,
            row.right,
        )
        for row in rows
    ]


def add_gold(connection: Connection, row: dict[str, Any]) -> None:
    """Make a pair gold; an earlier answer for it is withdrawn (and kept)."""
    withdraw_gold(connection, row["pair_id"])
    connection.execute(insert(gold), [{**row, "at": clock.now()}])


def withdraw_gold(connection: Connection, pair_id: int) -> int:
    """Let a pair be gold no more; gives how many rows that were."""
    done = connection.execute(
        update(gold)
        .where(gold.c.pair_id == pair_id, gold.c.withdrawn_at.is_(None))
        .values(withdrawn_at=clock.now())
    )
    return done.rowcount


def decisions_on(connection: Connection, pair_id: int) -> list[int]:
    """Votes by which leads decided this pair and that still count."""
    query = select(vote.c.id).where(vote.c.pair_id == pair_id, vote.c.purpose == "decision", is_current())
    return list(connection.scalars(query))


def answers_of(connection: Connection, rater_id: int, since: float, limit: int) -> list[tuple[int, bool]]:
    """This person's last answers to gold pairs since then, newest first: (vote, whether it is right)."""
    query = (
        select(vote.c.id, vote.c.verdict == gold.c.verdict)
        .join(gold, gold.c.pair_id == vote.c.pair_id)
        .where(vote.c.rater_id == rater_id, vote.c.purpose.is_(None), is_current(), vote.c.at >= since)
        .where(gold.c.withdrawn_at.is_(None))
        .order_by(vote.c.id.desc())
        .limit(limit)
    )
    return [(int(number), bool(right)) for number, right in connection.execute(query)]


def answers_after(connection: Connection, rater_id: int, vote_id: int) -> int:
    """How many answers this person gave after that one."""
    query = select(func.count()).where(
        vote.c.rater_id == rater_id, vote.c.id > vote_id, vote.c.purpose.is_(None), is_current()
    )
    return int(connection.execute(query).scalar_one())


def unanimous(connection: Connection, limit: int) -> list[Agreed]:
    """The pairs on which most people said the same, all of them."""
    standing = exists().where(gold.c.pair_id == vote.c.pair_id, gold.c.withdrawn_at.is_(None))
    agreed = (
        select(vote.c.pair_id, func.min(vote.c.verdict).label("verdict"), func.count().label("people"))
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(rater.c.kind == "person", vote.c.purpose.is_(None), is_current(), ~standing)
        .group_by(vote.c.pair_id)
        .having(func.count() >= 2, func.min(vote.c.verdict) == func.max(vote.c.verdict))
        .order_by(func.count().desc(), vote.c.pair_id)
        .limit(limit)
        .subquery()
    )
    rows = connection.execute(
        select(agreed, pair.c.key, prompt.c.messages)
        .join(pair, pair.c.id == agreed.c.pair_id)
        .join(prompt, prompt.c.id == pair.c.prompt_id)
        .where(agreed.c.verdict != "TIE")
        .order_by(agreed.c.people.desc(), agreed.c.pair_id)
    )
    return [
        Agreed(
            row.pair_id, public_id("pair", row.key), last_asked(row.messages, 200), row.verdict, row.people
        )
        for row in rows
    ]
