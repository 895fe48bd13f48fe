"""Ratings that came with votes: how good each response of a pair is by itself.

Four kinds, which are never put together, for each has a scale of its own. `annotate`: by people, from 1
to 5 under the criteria of `[annotate]`. `people`, `judges` and `unknown`: what came with a dataset, by
whom it says, on its scale.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, get_args

from sqlalchemy import ColumnElement, Connection, and_, exists, select

from pairwright.literals import checked
from pairwright.store.response_votes import by_kind, still_counts
from pairwright.store.schema import pair, rater, response_vote, vote
from pairwright.store.votes import is_current
from pairwright.types import RatedBy

PAGE = 500
Means = tuple[float | None, float | None]
KINDS: tuple[RatedBy, ...] = get_args(RatedBy)


@checked
def has_ratings(kind: RatedBy | None = None) -> ColumnElement[bool]:
    """The condition that a current vote has ratings, of this kind or any; joins its rater by itself."""
    there = and_(vote.c.ratings.is_not(None), is_current())
    if kind is None:
        return there

    def by(*kinds: str) -> ColumnElement[bool]:
        return exists().where(rater.c.id == vote.c.rater_id, rater.c.kind.in_(kinds))

    if kind == "judges":
        return and_(there, ~by("person", "unknown"))
    if kind == "unknown":
        return and_(there, by("unknown"))
    # An answer on the page names the guidelines it was given under; labels of a dataset came under none.
    here = vote.c.guideline_id.is_not(None)
    return and_(there, by("person"), here if kind == "annotate" else ~here)


def rating_kinds(connection: Connection) -> tuple[RatedBy, ...]:
    """Which kinds of ratings there are, what counts first first."""
    return tuple(kind for kind in KINDS if _there(connection, kind))


def _there(connection: Connection, kind: RatedBy) -> bool:
    """Whether any pair, or any response by itself, has such ratings."""
    pairs = select(vote.c.id).where(has_ratings(kind)).limit(1)
    alone = response_vote.c.rating.is_not(None), response_vote.c.good.is_(None)
    responses = select(response_vote.c.id).where(*alone, by_kind(kind), still_counts()).limit(1)
    return any(connection.execute(query).first() is not None for query in (pairs, responses))


@checked
def rated_pairs(connection: Connection, kind: RatedBy) -> Iterator[dict[int, Means]]:
    """Pairs with ratings of a kind, a page at a time: pair -> the mean rating of a and of b."""
    last = 0
    while True:
        ids = connection.scalars(
            select(vote.c.pair_id)
            .where(has_ratings(kind), vote.c.pair_id > last)
            .distinct()
            .order_by(vote.c.pair_id)
            .limit(PAGE)
        ).all()
        if not ids:
            return
        last = ids[-1]
        query = select(vote.c.pair_id, vote.c.ratings).where(vote.c.pair_id.in_(ids), has_ratings(kind))
        yield _means(connection.execute(query).tuples())


@checked
def ratings_by_key(connection: Connection, keys: Sequence[bytes], kind: RatedBy) -> dict[bytes, Means]:
    """The mean ratings of a and b of the pairs with these keys, where there are any of this kind."""
    query = (
        select(pair.c.key, vote.c.ratings)
        .join(pair, pair.c.id == vote.c.pair_id)
        .where(pair.c.key.in_(keys), has_ratings(kind))
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
