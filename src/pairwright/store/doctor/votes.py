"""Whether votes and the calls they were paid by, and beliefs and the votes they rest on, belong together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, and_, exists, select, update

from pairwright.store.doctor.damage import CHANGED, REPAIR, Damage, moment, place, written
from pairwright.store.schema import belief, call, rater, response, retraction, vote
from pairwright.store.votes import newest_beliefs

PAGE = 1000


def paid(connection: Connection) -> Iterator[Damage]:
    """Answers that were paid for and stand nowhere, and votes of paid judges without a call."""
    for stage, table, made in (("judge", vote, "vote"), ("generate", response, "response")):
        lost = ~exists().where(table.c.key == call.c.work_key)
        # What serves several votes keeps its own text.
        query = select(call).where(call.c.stage == stage, call.c.outcome == "used", lost)
        if stage == "judge":
            query = query.where(call.c.raw.is_(None))
        for row in connection.execute(query.order_by(call.c.id)):
            yield Damage(
                "calls",
                place("call", row.id),
                f"{row.model} was paid for an answer, and the {made} it became is not there",
                CHANGED,
                f"after {moment(row.at)}, when it was answered",
                row=("call", row.id),
            )
    yield from _unpaid(connection)


def _unpaid(connection: Connection) -> Iterator[Damage]:
    """A judge's votes are each paid by a call of their own, or none of them is: its settings say which."""
    its_call = and_(call.c.work_key == vote.c.key, call.c.stage == "judge")
    paid_judges = connection.execute(select(vote.c.rater_id).join(call, its_call).distinct()).scalars().all()
    query = (
        select(vote.c.id, vote.c.key, vote.c.at, rater.c.name)
        .join(rater, and_(rater.c.id == vote.c.rater_id, rater.c.kind == "judge"))
        .where(vote.c.purpose.is_(None), vote.c.rater_id.in_(paid_judges), ~exists().where(its_call))
    )
    for row in connection.execute(query.order_by(vote.c.id)):
        yield Damage(
            "calls",
            place("vote", row.id, row.key),
            f"{row.name} pays a call for each vote, and this one has none",
            CHANGED,
            written(row.at),
            row=("vote", row.id),
        )


def beliefs(connection: Connection) -> Iterator[Damage]:
    """Beliefs that rest on votes of another pair, on none there is, or on a wrong count of them."""
    newest = set(connection.execute(select(belief.c.id).where(newest_beliefs())).scalars())
    after = 0
    columns = belief.c.id, belief.c.pair_id, belief.c.basis, belief.c.votes_sum, belief.c.at
    while page := connection.execute(
        select(*columns).where(belief.c.id > after).order_by(belief.c.id).limit(PAGE)
    ).all():
        after = page[-1].id
        yield from _beliefs(connection, page, newest)


def _beliefs(connection: Connection, page: Any, newest: set[int]) -> Iterator[Damage]:
    wanted = {number for row in page for number in row.basis.get("votes", ())}
    pair_of: dict[int, int] = {}
    for at in range(0, len(wanted), 900):
        some = sorted(wanted)[at : at + 900]
        pair_of |= {
            row.id: row.pair_id
            for row in connection.execute(select(vote.c.id, vote.c.pair_id).where(vote.c.id.in_(some)))
        }
    current = [row.id for row in page if row.id in newest]
    gone = _retracted(connection, {n for row in page if row.id in newest for n in row.basis.get("votes", ())})
    for row in page:
        votes = row.basis.get("votes", ())
        where = f"{place('belief', row.id)} on pair {row.pair_id}"
        for number in votes:
            if number not in pair_of:
                what = f"rests on vote {number}, which is not there"
            elif pair_of[number] != row.pair_id:
                what = f"rests on vote {number}, which is about pair {pair_of[number]}"
            else:
                continue
            yield Damage("beliefs", where, what, CHANGED, written(row.at), row=("belief", row.id))
        if row.votes_sum != sum(votes):
            what = f"counts its votes as {row.votes_sum}, they add up to {sum(votes)}"
            yield Damage("beliefs", where, what, REPAIR, written(row.at), repair="beliefs")
        if row.id in current and (stale := sorted(set(votes) & gone)):
            what = f"rests on votes that no longer count: {', '.join(map(str, stale[:5]))}"
            remedy = "Run `pairwright route`, which decides it again."
            yield Damage("beliefs", where, what, remedy, severity="warning")


def _retracted(connection: Connection, votes: set[int]) -> set[int]:
    found: set[int] = set()
    numbers = sorted(votes)
    for at in range(0, len(numbers), 900):
        query = select(retraction.c.vote_id).where(retraction.c.vote_id.in_(numbers[at : at + 900]))
        found |= set(connection.execute(query).scalars())
    return found


def recount(connection: Connection) -> None:
    """Set the sums of beliefs' votes right: they follow from the votes each names."""
    after = 0
    columns = belief.c.id, belief.c.basis, belief.c.votes_sum
    query = select(*columns).order_by(belief.c.id).limit(PAGE)
    while page := connection.execute(query.where(belief.c.id > after)).all():
        after = page[-1].id
        for row in page:
            right = sum(row.basis.get("votes", ()))
            if right != row.votes_sum:
                connection.execute(update(belief).where(belief.c.id == row.id).values(votes_sum=right))
