"""Ratings that came with votes: how good each response of a pair is by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, select

from pairwright.store.schema import pair, vote
from pairwright.store.votes import is_current

PAGE = 500
Means = tuple[float | None, float | None]


def rated_pairs(connection: Connection) -> Iterator[dict[int, Means]]:
    """Pairs with ratings in current votes, a page at a time: pair -> the mean rating of a and of b."""
    last = 0
    while True:
        ids = connection.scalars(
            select(vote.c.pair_id)
            .where(vote.c.ratings.is_not(None), is_current(), vote.c.pair_id > last)
            .distinct()
            .order_by(vote.c.pair_id)
            .limit(PAGE)
        ).all()
        if not ids:
            return
        last = ids[-1]
        query = select(vote.c.pair_id, vote.c.ratings).where(
            vote.c.pair_id.in_(ids), vote.c.ratings.is_not(None), is_current()
        )
        yield _means(connection.execute(query).tuples())


def ratings_by_key(connection: Connection, keys: Sequence[bytes]) -> dict[bytes, Means]:
    """The mean ratings of a and b of the pairs with these keys, where there are any."""
    query = (
        select(pair.c.key, vote.c.ratings)
        .join(pair, pair.c.id == vote.c.pair_id)
        .where(pair.c.key.in_(keys), vote.c.ratings.is_not(None), is_current())
    )
    return _means(connection.execute(query).tuples())


def _means(rows: Iterable[tuple[Any, Any]]) -> dict[Any, Means]:
    """Of every rater the mean over criteria, then the mean over raters."""
    found: dict[Any, tuple[list[float], list[float]]] = {}
    for name, ratings in rows:
        for side, values in zip("ab", found.setdefault(name, ([], [])), strict=True):
            given = [float(each) for each in (ratings.get(side) or {}).values() if each is not None]
            if given:
                values.append(sum(given) / len(given))
    return {
        name: (sum(a) / len(a) if a else None, sum(b) / len(b) if b else None)
        for name, (a, b) in found.items()
    }
