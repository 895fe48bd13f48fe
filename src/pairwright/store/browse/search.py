"""SQL that finds pairs: by what they say, what was decided, who said what, and what was found.

Pages are told by the key of their last pair, never by a number of pairs to skip, and what runs through
pairs in their own order does so in slices until its time is up. So a page of a million pairs takes no
longer than one of a thousand, and a search for a rare word answers with how far it came.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Float, FromClause, Select, and_, func, or_, select

from pairwright.store.browse.conditions import A, B, conditions, last_action
from pairwright.store.probability import surest
from pairwright.store.schema import belief, finding, pair, prompt
from pairwright.store.votes import newest_beliefs

Sort = Literal["oldest", "newest", "unsure", "sure", "doubted"]
SORTS: tuple[Sort, ...] = ("oldest", "newest", "unsure", "sure", "doubted")
IN_ORDER = ("oldest", "newest")
SECONDS = 1.5  # a page looks for pairs so long at most
FIRST_SLICE, LAST_SLICE = 2_000, 64_000


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for; an empty field asks for nothing. `low` and `high` bound P(a is better)."""

    q: str = ""
    verdict: str = ""
    decision: str = ""
    source: str = ""
    check: str = ""
    finding: str = ""
    domain: str = ""
    model: str = ""
    annotator: str = ""
    judge: str = ""
    disagree: str = ""
    doubted: str = ""
    low: float | None = None
    high: float | None = None
    sort: Sort = "oldest"


@dataclass(frozen=True, slots=True)
class Key:
    """A pair's place in a sorted list; `value` is None where that is the order they were made in."""

    pair_id: int
    value: float | None = None


@dataclass(frozen=True, slots=True)
class FoundPairs:
    """Pairs in order. `more` says that others follow `last`, or may: the time was up at it."""

    keys: list[Key] = field(default_factory=list)
    more: bool = False
    last: Key | None = None
    in_time: bool = True


def find(
    connection: Connection,
    filters: Filters,
    *,
    after: Key | None = None,
    limit: int = 50,
    back: bool = False,
    seconds: float = SECONDS,
) -> FoundPairs:
    """The next pairs after a key (or with `back` those before it, in the list's order all the same)."""
    if filters.sort in IN_ORDER:
        found = _in_slices(connection, filters, after, limit, back, seconds)
    else:
        rows = connection.execute(_sorted(connection, filters, after, back).limit(limit + 1)).all()
        keys = [Key(row[0], float(row[1])) for row in rows]
        found = FoundPairs(keys[:limit], len(keys) > limit, keys[:limit][-1] if keys else None)
    return FoundPairs(found.keys[::-1], found.more, found.last, found.in_time) if back else found


def count(connection: Connection, filters: Filters, *, seconds: float = 4.0) -> tuple[int, bool]:
    """How many pairs there are of these, and whether all could be looked through in time."""
    first, last = _bounds(connection)
    until, total, at, size = time.monotonic() + seconds, 0, first, FIRST_SLICE
    while at <= last:
        query = _base(connection, filters).where(pair.c.id.between(at, at + size - 1))
        if filters.sort == "doubted":
            query = _doubted(query)
        total += int(connection.execute(select(func.count()).select_from(query.subquery())).scalar_one())
        at += size
        if time.monotonic() > until:
            return total, at > last
        size = min(2 * size, LAST_SLICE)
    return total, True


def _bounds(connection: Connection) -> tuple[int, int]:
    # Asked one by one: SQLite takes each from the index, and both at once from all rows.
    ends = [connection.scalar(select(end(pair.c.id))) for end in (func.min, func.max)]
    return (int(ends[0]), int(ends[1])) if ends[0] is not None and ends[1] is not None else (1, 0)


def _in_slices(
    connection: Connection, filters: Filters, after: Key | None, limit: int, back: bool, seconds: float
) -> FoundPairs:
    """In the order they were made: a slice of numbers at a time, larger ones as long as they are quick."""
    first, last = _bounds(connection)
    up = (filters.sort == "oldest") != back
    at = after.pair_id + (1 if up else -1) if after else (first if up else last)
    until, size = time.monotonic() + seconds, FIRST_SLICE
    keys: list[Key] = []
    while first <= at <= last:
        slice_ = (at, at + size - 1) if up else (at - size + 1, at)
        query = _base(connection, filters).where(pair.c.id.between(*slice_))
        order = pair.c.id if up else pair.c.id.desc()
        ids = connection.scalars(query.order_by(order).limit(limit + 1 - len(keys))).all()
        keys += [Key(int(i)) for i in ids]
        if len(keys) > limit:
            return FoundPairs(keys[:limit], True, keys[limit - 1])
        at = slice_[1] + 1 if up else slice_[0] - 1
        if time.monotonic() > until and first <= at <= last:
            return FoundPairs(keys, True, Key(at - 1 if up else at + 1), False)
        size = min(2 * size, LAST_SLICE)
    return FoundPairs(keys, False, keys[-1] if keys else None)


def _base(connection: Connection, filters: Filters) -> Select[Any]:
    """The numbers of all pairs asked for. Only tables that are looked at are joined: each costs a seek."""
    wanted = conditions(connection, _asked(filters))
    joined: FromClause = pair.outerjoin(belief, and_(belief.c.pair_id == pair.c.id, newest_beliefs()))
    if filters.q or filters.domain:
        joined = joined.join(prompt, prompt.c.id == pair.c.prompt_id)
    if filters.q or filters.model:
        joined = joined.join(A, A.c.id == pair.c.a_id).join(B, B.c.id == pair.c.b_id)
    return select(pair.c.id).select_from(joined).where(*wanted)


def _asked(filters: Filters) -> Mapping[str, Any]:
    return {name: getattr(filters, name) for name in Filters.__dataclass_fields__ if name != "sort"}


def _sorted(connection: Connection, filters: Filters, after: Key | None, back: bool) -> Select[Any]:
    """With the value sorted by as a second column; pairs without one are left out."""
    query = _base(connection, filters)
    if filters.sort == "doubted":
        query = _doubted(query)
        value: ColumnElement[Any] = finding.c.value["seen"].as_float()
    else:
        value = surest(belief) if filters.sort == "unsure" else -surest(belief)
        query = query.where(belief.c.prob_a.is_not(None))
    value = func.coalesce(value, 0.0, type_=Float)
    if after is not None:
        past = value < after.value if back else value > after.value
        same = pair.c.id < after.pair_id if back else pair.c.id > after.pair_id
        query = query.where(or_(past, and_(value == after.value, same)))
    order = (value.desc(), pair.c.id.desc()) if back else (value, pair.c.id)
    return query.add_columns(value.label("value")).order_by(*order)


def _doubted(query: Select[Any]) -> Select[Any]:
    """Only pairs a reward model doubts, once each, with that finding joined."""
    newest = (
        select(func.max(finding.c.id))
        .where(finding.c.check == "reward_model", finding.c.part == "margin", last_action() != "gone")
        .group_by(finding.c.pair_id)
    )
    return query.join(finding, finding.c.pair_id == pair.c.id).where(finding.c.id.in_(newest))


def key_of(connection: Connection, filters: Filters, pair_id: int) -> Key | None:
    """A pair's place in the list; None where it is not in it."""
    if filters.sort in IN_ORDER:
        return Key(pair_id)
    row = connection.execute(_sorted(connection, filters, None, False).where(pair.c.id == pair_id)).first()
    return None if row is None else Key(row[0], float(row[1]))
