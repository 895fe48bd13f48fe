"""SQL for the work people did in a period, whatever became of it later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from pairwright.store.schema import account, gold, qualification, rater, retraction, vote

THEIR_OWN = ("undone", "replaced by a changed answer")  # taken back by whoever gave it


@dataclass(frozen=True, slots=True)
class Worked:
    """One answer: by whom, its active seconds, and whether it is right where that is known."""

    name: str
    seconds: float | None
    right: bool | None
    practice: bool
    answers: int = 1


def worked(connection: Connection, since: float, until: float) -> Iterator[Worked]:
    """Answers given here in that time. One its person took back is none; one a lead re-queued is work.

    A ranking is one answer, and its votes share its seconds out.
    """
    known = select(gold.c.pair_id, gold.c.verdict).where(gold.c.withdrawn_at.is_(None)).subquery()
    query = (
        select(
            rater.c.name,
            vote.c.pair_id,
            vote.c.at,
            vote.c.seconds,
            vote.c.verdict,
            known.c.verdict,
            vote.c.ranking_id,
        )
        .join(rater, rater.c.id == vote.c.rater_id)
        .outerjoin(retraction, retraction.c.vote_id == vote.c.id)
        .outerjoin(known, known.c.pair_id == vote.c.pair_id)
        .where(rater.c.kind == "person", vote.c.purpose.is_(None), vote.c.guideline_id.is_not(None))
        .where(vote.c.at >= since, vote.c.at < until)
        .where(retraction.c.reason.is_(None) | retraction.c.reason.not_in(THEIR_OWN))
        .order_by(vote.c.id)
    )
    seen, ranked = set(), set()
    for name, pair_id, at, seconds, verdict, right, ranking in connection.execute(query):
        if (name, pair_id, at) in seen:  # a copy: re-queued, and taken back
            continue
        seen.add((name, pair_id, at))
        answers = 0 if ranking in ranked else 1
        if ranking is not None:
            ranked.add(ranking)
        right = None if right is None else verdict == right
        yield Worked(name, seconds, right, practice=False, answers=answers)
    practised = (
        select(account.c.name, qualification.c.seconds, qualification.c.right)
        .join(account, account.c.id == qualification.c.account_id)
        .where(qualification.c.at >= since, qualification.c.at < until)
    )
    for name, seconds, right in connection.execute(practised):
        yield Worked(name, seconds, bool(right), practice=True)
