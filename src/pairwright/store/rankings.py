"""SQL for rankings that people gave: one answer, from which votes on several pairs follow.

These votes agree with each other by construction. All of them count for the labels of their pairs; where
answers of a person are counted or tested (how many, how alike, how biased, what they are worth), a ranking
is one: the vote on the pair that stands for it, which is the same for everybody who ranks the same pairs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, and_, case, exists, func, or_, select

from pairwright.store import clock
from pairwright.store.chain import append
from pairwright.store.rows import done
from pairwright.store.schema import failure, flag, gold, lease, pair, prompt, ranking, response, vote
from pairwright.store.votes import flag_stands, is_current, skip_stands
from pairwright.types import Message


@cache
def once() -> Any:
    """The condition that a vote is of no ranking, or on the pair that stands for its ranking."""
    stands = exists().where(ranking.c.id == vote.c.ranking_id, ranking.c.pair_id == vote.c.pair_id)
    return or_(vote.c.ranking_id.is_(None), stands)


@cache
def reading_seconds() -> Any:
    """The active seconds a vote took for its two responses.

    Of a ranking: two parts of its time in as many as it has responses.
    """
    places = func.json_array_length(ranking.c.places)
    of_two = select(ranking.c.seconds * 2.0 / places).where(ranking.c.id == vote.c.ranking_id)
    return case((vote.c.ranking_id.is_(None), vote.c.seconds), else_=of_two.scalar_subquery())


@cache
def counting() -> Any:
    """The condition that a vote of a ranking counts."""
    return exists().where(vote.c.ranking_id == ranking.c.id, is_current())


@dataclass(frozen=True, slots=True)
class Asked:
    """A pair to be ranked: its number and those of its two responses."""

    pair_id: int
    a_id: int
    b_id: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """A ranking as it was given: `places` are [response number, place], in the order shown."""

    id: int
    prompt_id: int
    rater_id: int
    places: tuple[tuple[int, int], ...]


def prompt_of(connection: Connection, pair_id: int) -> int:
    """The prompt of a pair."""
    return int(connection.execute(select(pair.c.prompt_id).where(pair.c.id == pair_id)).scalar_one())


def pairs_of(connection: Connection, prompt_id: int) -> list[int]:
    """All pairs of a prompt."""
    return list(
        connection.scalars(select(pair.c.id).where(pair.c.prompt_id == prompt_id).order_by(pair.c.id))
    )


def standing_for(connection: Connection, pairs: Sequence[Asked]) -> int:
    """The pair that stands for a ranking of these: one whose answer is known, else the first added."""
    numbers = [each.pair_id for each in pairs]
    known = select(func.min(gold.c.pair_id)).where(gold.c.pair_id.in_(numbers), gold.c.withdrawn_at.is_(None))
    return int(connection.execute(known).scalar() or min(numbers))


def offered(connection: Connection, rater_id: int, prompt_id: int) -> list[Asked]:
    """The pairs of a prompt that this person was offered and has not answered, the one asked for first."""
    query = (
        select(pair.c.id, pair.c.a_id, pair.c.b_id)
        .join(lease, lease.c.pair_id == pair.c.id)
        .where(pair.c.prompt_id == prompt_id, lease.c.rater_id == rater_id)
        .where(lease.c.until > 0, lease.c.kind.in_(("work", "gold")))
        .order_by(lease.c.at, lease.c.id)
    )
    return [Asked(*row) for row in connection.execute(query)]


def responses(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[bytes, tuple[Message, ...]]]:
    """By number: key, and the messages it is."""
    rows = connection.execute(
        select(response.c.id, response.c.key, response.c.text, response.c.turns).where(
            response.c.id.in_(numbers)
        )
    )
    return {row.id: (row.key, done(row.text, row.turns)) for row in rows}


def prompt_named(connection: Connection, digits: str) -> int | None:
    """The prompt with this key, in hex; None if there is none."""
    return connection.execute(select(prompt.c.id).where(prompt.c.key == bytes.fromhex(digits))).scalar()


def by_key(connection: Connection, key: bytes) -> Ranked | None:
    return _ranked(connection, ranking.c.key == key)


def of_vote(connection: Connection, vote_id: int) -> Ranked | None:
    """The ranking a vote follows from."""
    found = select(vote.c.ranking_id).where(vote.c.id == vote_id).scalar_subquery()
    return _ranked(connection, ranking.c.id == found)


def _ranked(connection: Connection, condition: Any) -> Ranked | None:
    row = connection.execute(select(ranking).where(condition)).first()
    if row is None:
        return None
    return Ranked(row.id, row.prompt_id, row.rater_id, tuple((int(n), int(place)) for n, place in row.places))


def votes_of(connection: Connection, ranking_id: int) -> list[tuple[int, int, str | None]]:
    """(vote, pair, note) of those of its votes that count."""
    query = select(vote.c.id, vote.c.pair_id, vote.c.reason)
    rows = connection.execute(
        query.where(and_(vote.c.ranking_id == ranking_id, is_current())).order_by(vote.c.id)
    )
    return [(row.id, row.pair_id, row.reason) for row in rows]


def add(
    connection: Connection,
    key: bytes,
    prompt_id: int,
    rater_id: int,
    pair_id: int,
    places: Sequence[tuple[int, int]],
    seconds: float | None,
) -> int:
    """Add a ranking, for which `pair_id` stands; gives its number."""
    row: Mapping[str, Any] = {
        "key": key,
        "prompt_id": prompt_id,
        "rater_id": rater_id,
        "pair_id": pair_id,
        "places": [list(each) for each in places],
        "seconds": seconds,
        "at": clock.now(),
    }
    return append(connection, ranking, [row])[0]


def prompt_key(connection: Connection, prompt_id: int) -> bytes:
    return bytes(connection.execute(select(prompt.c.key).where(prompt.c.id == prompt_id)).scalar_one())


_DONE = {"vote": vote, "skip": failure, "flag": flag}


def at_of(connection: Connection, what: str, row_id: int) -> float:
    """When a vote, skip or flag was given."""
    table = _DONE[what]
    return float(connection.execute(select(table.c.at).where(table.c.id == row_id)).scalar_one())


def done_with(
    connection: Connection, what: str, row_id: int, rater_id: int, prompt_id: int
) -> list[tuple[int, int]]:
    """(row, pair) of the skips or flags of this prompt that were given together with this one."""
    table = _DONE[what]
    query = (
        select(table.c.id, table.c.pair_id)
        .join(pair, pair.c.id == table.c.pair_id)
        .where(pair.c.prompt_id == prompt_id, table.c.rater_id == rater_id)
        .where(table.c.at == at_of(connection, what, row_id))
        .where(skip_stands() if what == "skip" else flag_stands())
        .order_by(table.c.id)
    )
    return [(row.id, row.pair_id) for row in connection.execute(query)]
