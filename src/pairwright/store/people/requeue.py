"""SQL for answers that a lead had asked anew, and for letting them count again."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, exists, func, select

from pairwright.keys import content_key
from pairwright.store.chain import append
from pairwright.store.schema import belief, retraction, vote
from pairwright.store.votes import PAGE, newest_beliefs


def labelled_by_people(connection: Connection, pair_ids: Sequence[int]) -> int:
    """How many of these pairs have a label that rests on people's answers."""
    found = 0
    for at in range(0, len(pair_ids), PAGE):
        query = select(func.count()).where(
            belief.c.pair_id.in_(pair_ids[at : at + PAGE]),
            belief.c.decision == "accept",
            belief.c.source == "people",
            newest_beliefs(),
        )
        found += int(connection.execute(query).scalar_one())
    return found


def retracted_for(connection: Connection, reason: str) -> list[tuple[int, int]]:
    """(vote, pair) of those that were retracted for this reason."""
    rows = connection.execute(
        select(vote.c.id, vote.c.pair_id)
        .join(retraction, retraction.c.vote_id == vote.c.id)
        .where(retraction.c.reason == reason)
        .order_by(vote.c.id)
    )
    return [(row.id, row.pair_id) for row in rows]


def restore(connection: Connection, vote_ids: Sequence[int]) -> list[int]:
    """Add each of these retracted votes again, as it was given; gives the pairs of those that were.

    Not where the same person has another vote on the pair that counts, or it was restored before.
    """
    other = vote.alias("other")
    gone = exists().where(retraction.c.vote_id == other.c.id)
    answered = exists().where(
        other.c.pair_id == vote.c.pair_id,
        other.c.rater_id == vote.c.rater_id,
        other.c.purpose.is_(None),
        ~gone,
    )
    rows = connection.execute(select(vote).where(vote.c.id.in_(vote_ids), ~answered).order_by(vote.c.id))
    copies = [{**row._mapping, "key": content_key("restored", row.key.hex())} for row in rows]
    known = set(
        connection.scalars(select(vote.c.key).where(vote.c.key.in_([each["key"] for each in copies])))
    )
    new = [each for each in copies if each["key"] not in known]
    for each in new:
        del each["id"]
    append(connection, vote, new)
    return [each["pair_id"] for each in new]
