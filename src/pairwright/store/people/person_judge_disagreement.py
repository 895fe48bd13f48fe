"""SQL for where people and judges part ways on the same pairs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Subquery, case, func, select

from pairwright.keys import public_id
from pairwright.store.rows import last_asked
from pairwright.store.schema import pair, prompt, rater, vote
from pairwright.store.votes import is_current

_SIGN = case((vote.c.verdict == "A", 1.0), (vote.c.verdict == "B", -1.0), else_=0.0)


def _lean(kind: str, name: str, without: Collection[str] = ()) -> Subquery:
    """By pair: the mean of what raters of this kind said, from 1 (all A) to -1 (all B)."""
    sure = case((vote.c.confidence == "LOW", 0.5), else_=1.0) if kind == "judge" else 1.0
    return (
        select(vote.c.pair_id, func.avg(_SIGN * sure).label("lean"), func.count().label("n"))
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(rater.c.kind == kind, is_current(), rater.c.name.not_in(without))
        # A lead's decision, a gold answer or a flipped label is nobody's answer.
        .where(func.coalesce(vote.c.purpose, "") != "decision")
        .group_by(vote.c.pair_id)
        .subquery(name)
    )


def partings(
    connection: Connection, limit: int, without: Collection[str] = ()
) -> tuple[list[dict[str, Any]], int, int]:
    """The pairs on which people and judges are furthest apart; pairs both leaned on; and how many alike.

    A pair on which either side is split even does not count, nor do judges `without` a say.
    """
    people, judges = _lean("person", "people"), _lean("judge", "judges", without)
    both = people.join(judges, judges.c.pair_id == people.c.pair_id)
    product = people.c.lean * judges.c.lean
    leaned = select(func.count(), func.coalesce(func.sum(case((product > 0, 1), else_=0)), 0))
    compared, same = connection.execute(leaned.select_from(both).where(product != 0)).one()
    rows = connection.execute(
        select(pair.c.id, pair.c.key, prompt.c.messages, people.c.lean, judges.c.lean, people.c.n)
        .select_from(both)
        .join(pair, pair.c.id == people.c.pair_id)
        .join(prompt, prompt.c.id == pair.c.prompt_id)
        .where(product < 0)
        .order_by(product, pair.c.id)
        .limit(limit)
    )
    found = [
        {
            "pair_id": row[0],
            "id": public_id("pair", row[1]),
            "prompt": last_asked(row[2], 160),
            "people": float(row[3]),
            "judges": float(row[4]),
            "n_people": int(row[5]),
        }
        for row in rows
    ]
    return found, int(compared), int(same)


def same_side(connection: Connection, without: Collection[str] = ()) -> dict[int, bool]:
    """The pairs that both people and judges lean on, as `partings` counts them: whether to the same side."""
    people, judges = _lean("person", "people"), _lean("judge", "judges", without)
    product = people.c.lean * judges.c.lean
    query = (
        select(people.c.pair_id, product)
        .select_from(people.join(judges, judges.c.pair_id == people.c.pair_id))
        .where(product != 0)
    )
    return {pair_id: value > 0 for pair_id, value in connection.execute(query)}


def by_assist(connection: Connection) -> list[tuple[str, int, int]]:
    """Votes of people by what they saw of the judges, on pairs judges leaned on: (what, votes, same side).

    `blind` chose before seeing anything, `before` saw the judges first, `revised` changed after seeing them.
    """
    judges = _lean("judge", "judges")
    seen = func.coalesce(vote.c.assist, "blind")
    query = (
        select(seen, func.count(), func.sum(case((_SIGN * judges.c.lean > 0, 1), else_=0)))
        .select_from(vote)
        .join(rater, rater.c.id == vote.c.rater_id)
        .join(judges, judges.c.pair_id == vote.c.pair_id)
        .where(
            rater.c.kind == "person",
            is_current(),
            vote.c.purpose.is_(None),
            vote.c.verdict != "TIE",
            judges.c.lean != 0,
        )
        .group_by(seen)
        .order_by(seen)
    )
    return [(str(row[0]), int(row[1]), int(row[2])) for row in connection.execute(query)]
