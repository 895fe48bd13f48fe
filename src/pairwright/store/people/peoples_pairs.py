"""SQL for the pairs that are people's: open to them, labelled by them, or left to a lead."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, or_, select

from pairwright.store.schema import belief, flag
from pairwright.store.votes import PAGE, flag_stands, newest_beliefs


def peoples_pairs(connection: Connection) -> Iterator[list[int]]:
    """Their numbers, a page at a time."""
    theirs = or_(belief.c.asks.in_(("people", "lead")), belief.c.source == "people")
    after = 0
    while True:
        query = select(belief.c.pair_id).where(belief.c.pair_id > after, theirs, newest_beliefs())
        ids = connection.scalars(query.order_by(belief.c.pair_id).limit(PAGE)).all()
        if not ids:
            return
        after = ids[-1]
        yield list(ids)


def flagged_among(connection: Connection, pair_ids: list[int]) -> set[int]:
    """Those of these pairs that nobody is asked about, since a flag stands on them."""
    query = select(flag.c.pair_id).where(
        flag.c.pair_id.in_(pair_ids), flag.c.severity == "error", flag_stands()
    )
    return set(connection.scalars(query))
