"""SQL for the pairs that are people's: open to them, labelled by them, or left to a lead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from pairwright.routing.decide import SENT_BACK
from pairwright.store.schema import belief, flag, task
from pairwright.store.votes import PAGE, flag_stands, newest_beliefs


def peoples_pairs(connection: Connection, page: int = PAGE, *, begun: bool = False) -> Iterator[list[int]]:
    """Their numbers, a page at a time; `begun`: without those that nobody has answered yet."""
    which = (_theirs(), ~_untouched()) if begun else (_theirs(),)
    after = 0
    while True:
        query = select(belief.c.pair_id).where(belief.c.pair_id > after, *which, newest_beliefs())
        ids = connection.scalars(query.order_by(belief.c.pair_id).limit(page)).all()
        if not ids:
            return
        after = ids[-1]
        yield list(ids)


def count_peoples_pairs(connection: Connection) -> int:
    query = select(func.count()).select_from(belief).where(_theirs(), newest_beliefs())
    return int(connection.execute(query).scalar_one())


def untouched(connection: Connection) -> tuple[int, int]:
    """Open pairs that nobody has answered: how many, and how many answers they want. Without flagged ones."""
    query = select(func.count(), func.coalesce(func.sum(task.c.open), 0)).select_from(task)
    row = connection.execute(query.join(belief, belief.c.pair_id == task.c.pair_id).where(*_open())).one()
    return int(row[0]), int(row[1])


def forecasts_of_untouched(connection: Connection) -> Iterator[Sequence[float] | None]:
    """What judges say of each of these pairs, None where nothing is known."""
    query = select(belief.c.basis).select_from(task).join(belief, belief.c.pair_id == task.c.pair_id)
    return (basis.get("forecast") for basis in connection.scalars(query.where(*_open())))


def _open() -> tuple[ColumnElement[bool], ...]:
    flagged = exists().where(flag.c.pair_id == task.c.pair_id, flag.c.severity == "error", flag_stands())
    return _untouched(), newest_beliefs(), ~flagged


def _untouched() -> ColumnElement[bool]:
    """A pair that a check sent back has been answered, also where its answers were taken back since."""
    waits = func.coalesce(belief.c.asks, "people") == "people", belief.c.decision == "ask"
    return and_(*waits, belief.c.source != "people", belief.c.reason != SENT_BACK)


def _theirs() -> ColumnElement[bool]:
    return or_(belief.c.asks.in_(("people", "lead")), belief.c.source == "people")


def flagged_among(connection: Connection, pair_ids: list[int]) -> set[int]:
    """Those of these pairs that nobody is asked about, since a flag stands on them."""
    query = select(flag.c.pair_id).where(
        flag.c.pair_id.in_(pair_ids), flag.c.severity == "error", flag_stands()
    )
    return set(connection.scalars(query))
