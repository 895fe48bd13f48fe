"""SQL for the qualification: gold pairs a new person practises on, and what they answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, exists, func, insert, select
from sqlalchemy.sql.elements import ColumnElement

from pairwright.errors import InputError
from pairwright.literals import checked
from pairwright.store import clock
from pairwright.store.schema import gold, qualification, vote
from pairwright.store.votes import is_current
from pairwright.types import Verdict

FOR_PRACTICE = ("qualify", "both")


@dataclass(frozen=True, slots=True)
class Gold:
    """A pair whose answer is known. `verdict` is in terms of the pair's own a and b."""

    id: int
    pair_id: int
    verdict: Verdict
    both: Literal["good", "bad"] | None
    explanation: str | None
    use: Literal["qualify", "hidden", "both"]


def gold_on(connection: Connection, pair_id: int) -> Gold | None:
    """The standing gold answer on a pair."""
    row = connection.execute(
        select(gold)
        .where(gold.c.pair_id == pair_id, gold.c.withdrawn_at.is_(None))
        .order_by(gold.c.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    return Gold(row.id, row.pair_id, row.verdict, row.both, row.explanation, row.use)


def _practice() -> tuple[ColumnElement[bool], ...]:
    return gold.c.use.in_(FOR_PRACTICE), gold.c.withdrawn_at.is_(None)


def count_gold(connection: Connection) -> int:
    """How many gold pairs there are to practise on."""
    return int(connection.execute(select(func.count()).where(*_practice())).scalar_one())


def unseen(connection: Connection, account_id: int, since: float = 0.0) -> list[int]:
    """Pairs to practise on that this person has not answered since then."""
    answered = exists().where(qualification.c.gold_id == gold.c.id, *_of(account_id, since))
    return list(connection.scalars(select(gold.c.pair_id).where(*_practice(), ~answered)))


def _of(account_id: int, since: float) -> tuple[ColumnElement[bool], ...]:
    return qualification.c.account_id == account_id, qualification.c.at >= since


def missed(connection: Connection, rater_id: int) -> set[int]:
    """The gold pairs that this person answered at work, and wrongly."""
    query = (
        select(vote.c.pair_id)
        .join(gold, gold.c.pair_id == vote.c.pair_id)
        .where(vote.c.rater_id == rater_id, vote.c.purpose.is_(None), is_current())
        .where(gold.c.withdrawn_at.is_(None), vote.c.verdict != gold.c.verdict)
    )
    return set(connection.scalars(query))


def answers(connection: Connection, account_id: int, since: float = 0.0) -> list[bool]:
    """Whether each answer since then was right, oldest first."""
    query = select(qualification.c.right).where(*_of(account_id, since)).order_by(qualification.c.id)
    return [bool(right) for right in connection.scalars(query)]


def answered(
    connection: Connection, key: bytes, account_id: int, gold_id: int, since: float = 0.0
) -> bool | None:
    """Whether this person's answer to a gold pair since then was right; None if there is none.

    Raises InputError for a key under which another answer is recorded.
    """
    theirs = *_of(account_id, since), qualification.c.gold_id == gold_id
    query = select(qualification.c.right).where(*theirs).order_by(qualification.c.id).limit(1)
    right = connection.execute(query).scalar()
    if (
        right is None
        and connection.execute(select(qualification.c.id).where(qualification.c.key == key)).first()
    ):
        raise InputError("this answer's key was used for another one: load the page again")
    return right


@checked
def add_answer(
    connection: Connection,
    key: bytes,
    account_id: int,
    gold_id: int,
    verdict: Verdict,
    right: bool,
    seconds: float,
) -> None:
    row = {
        "key": key,
        "account_id": account_id,
        "gold_id": gold_id,
        "verdict": verdict,
        "right": right,
        "seconds": seconds,
        "at": clock.now(),
    }
    connection.execute(insert(qualification), [row])
