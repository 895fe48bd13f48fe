"""SQL for how people's work goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sqlalchemy import Connection, Select, and_, case, exists, func, select

from pairwright.literals import checked
from pairwright.store.meta import DOMAIN, of_meta
from pairwright.store.prepared import prepared
from pairwright.store.rankings import once, reading_seconds
from pairwright.store.schema import (
    gold,
    pair,
    prompt,
    ranking,
    rater,
    response,
    retraction,
    tombstone,
    vote,
)
from pairwright.store.votes import PAGE, is_current

RECENT = 500  # of a person's own votes, those agreement is taken from


def counts(connection: Connection, rater_id: int, since: float) -> tuple[int, int]:
    """Current votes of this person: all, and those after `since` (seconds since 1970). A ranking is one."""
    row = _counts(connection, rater_id, since).one()
    return int(row[0]), int(row[1])


@prepared
def _counts(rater_id: Any, since: Any) -> Select[Any]:
    later = func.coalesce(func.sum(case((vote.c.at >= since, 1), else_=0)), 0)
    return select(func.count(), later).where(vote.c.rater_id == rater_id, is_current(), once())


def has_voted(connection: Connection, rater_id: int) -> bool:
    """Whether this person ever voted, also if that was taken back."""
    query = select(vote.c.id).where(vote.c.rater_id == rater_id, vote.c.purpose.is_(None)).limit(1)
    return connection.execute(query).first() is not None


def last_seconds(connection: Connection, rater_id: int, limit: int) -> list[float]:
    """Active seconds of this person's last votes that have any, newest first."""
    return [float(seconds) for seconds in _last_seconds(connection, rater_id, limit).scalars()]


@prepared
def _last_seconds(rater_id: Any, limit: Any) -> Select[Any]:
    timed = vote.c.rater_id == rater_id, vote.c.seconds.is_not(None), is_current()
    return select(vote.c.seconds).where(*timed).order_by(vote.c.id.desc()).limit(limit)


def agreement(connection: Connection, rater_id: int, before: float) -> tuple[int, int]:
    """Other people's votes on the pairs this person voted on of late, and how many say the same.

    Votes given before then, and none on gold pairs: the person is shown the figure.
    """
    row = _agreement(connection, rater_id, before).one()
    return int(row[0]), int(row[1])


@prepared
def _agreement(rater_id: Any, before: Any) -> Select[Any]:
    counts = and_(vote.c.purpose.is_(None), vote.c.at < before, is_current())
    mine = (
        select(vote.c.pair_id, vote.c.verdict)
        .where(vote.c.rater_id == rater_id, counts, once())
        .where(~exists().where(gold.c.pair_id == vote.c.pair_id))
        .order_by(vote.c.id.desc())
        .limit(RECENT)
        .subquery()
    )
    return (
        select(func.count(), func.coalesce(func.sum(case((vote.c.verdict == mine.c.verdict, 1), else_=0)), 0))
        .select_from(mine)
        .join(vote, vote.c.pair_id == mine.c.pair_id)
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(vote.c.rater_id != rater_id, rater.c.kind == "person", counts)
    )


@checked
def votes_as_columns(
    connection: Connection, *, lengths: bool = True, kind: Literal["person", "unknown"] = "person"
) -> dict[str, np.ndarray]:
    """All current votes of people, oldest first, as the columns of stats/raters.Votes, and `at`.

    Or of raters of whom nobody said what they are (`kind`). A lead's decisions are
    no votes of that kind and are left out, and a ranking is one vote (store/rankings). Without
    `lengths` there is no `gap`, and no text has to be looked up.
    """
    columns = [
        vote.c.pair_id,
        vote.c.rater_id,
        case((vote.c.verdict == "A", 0), (vote.c.verdict == "B", 1), else_=2),
        # Labels from a file name no guidelines: on which side these people saw what is not known.
        case((vote.c.guideline_id.is_(None), 0), (vote.c.order == "AB", 1), else_=-1),
        reading_seconds(),
        vote.c.at,
    ]
    query = select(*columns)
    if lengths:
        a, b = response.alias("a"), response.alias("b")
        query = select(*columns, func.length(a.c.text), func.length(b.c.text))
        query = query.join(pair, pair.c.id == vote.c.pair_id)
        query = query.join(a, a.c.id == pair.c.a_id).join(b, b.c.id == pair.c.b_id)
    query = query.join(rater, rater.c.id == vote.c.rater_id)
    given = func.coalesce(vote.c.purpose, "given") == "given"
    query = query.where(rater.c.kind == kind, is_current(), once(), given).order_by(vote.c.id)
    rows = connection.execute(query).all()
    table = np.array([tuple(row) for row in rows], float).reshape(-1, 8 if lengths else 6)
    found = {
        "item": table[:, 0].astype(np.int64),
        "rater": table[:, 1].astype(np.int64),
        "said": table[:, 2].astype(np.int64),
        "order": table[:, 3],
        "seconds": table[:, 4],
        "at": table[:, 5],
    }
    if lengths:
        # Twenty characters more, so that "yes" against "no" is no great difference in length.
        found["gap"] = np.log((table[:, 6] + 20) / (table[:, 7] + 20))
    return found


def newest(connection: Connection) -> tuple[Any, ...]:
    """The newest rows of all that tells which votes of people count, and what is known of gold pairs."""
    last = [func.max(table.c.id) for table in (vote, retraction, ranking, gold, tombstone)]
    gone = select(func.max(gold.c.withdrawn_at)).scalar_subquery()
    return tuple(connection.execute(select(*(select(each).scalar_subquery() for each in last), gone)).one())


def pairs_answered(connection: Connection) -> list[int]:
    """All pairs with a vote of a person that counts and is no decision, by number."""
    given = func.coalesce(vote.c.purpose, "given") == "given"
    query = select(vote.c.pair_id).distinct().join(rater, rater.c.id == vote.c.rater_id)
    query = query.where(rater.c.kind == "person", is_current(), given).order_by(vote.c.pair_id)
    return list(connection.scalars(query))


def anybody_answered(connection: Connection) -> bool:
    """Whether there is a vote of a person that counts."""
    said = exists().where(vote.c.rater_id == rater.c.id, is_current())
    query = select(rater.c.id).where(rater.c.kind == "person", said).limit(1)
    return connection.execute(query).first() is not None


def given_here(connection: Connection) -> np.ndarray:
    """When each answer was given that counts and was given on the page or in the terminal, oldest first.

    Labels from a file came all at once, and name no guidelines.
    """
    return np.array(list(connection.scalars(_given_here(vote.c.at).order_by(vote.c.at))), float)


def last_given_here(connection: Connection) -> float | None:
    """When the last of these was given."""
    return connection.execute(_given_here(func.max(vote.c.at))).scalar()


def _given_here(*columns: Any) -> Select[Any]:
    of_people = select(*columns).select_from(vote).join(rater, rater.c.id == vote.c.rater_id)
    here = rater.c.kind == "person", vote.c.purpose.is_(None), vote.c.guideline_id.is_not(None)
    return of_people.where(*here, is_current())


def strengths(connection: Connection) -> tuple[np.ndarray, np.ndarray]:
    """(pair, -3..3 towards b) of current votes of people that say how much better; a tie is 0."""
    rows = connection.execute(
        select(vote.c.pair_id, case((vote.c.verdict == "TIE", 0), else_=vote.c.strength))
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(rater.c.kind == "person", is_current(), vote.c.purpose.is_(None))
        .where((vote.c.verdict == "TIE") | vote.c.strength.is_not(None))
    ).all()
    table = np.array([tuple(row) for row in rows], int).reshape(-1, 2)
    return table[:, 0], table[:, 1]


@dataclass(frozen=True, slots=True)
class PairFacts:
    """Where a pair comes from, None where that is not known."""

    domain: str | None
    model_a: str | None
    model_b: str | None


def facts_of(connection: Connection, pair_ids: Sequence[int]) -> dict[int, PairFacts]:
    """Domain and models of these pairs."""
    a, b = response.alias("a"), response.alias("b")
    found: dict[int, PairFacts] = {}
    for at in range(0, len(pair_ids), PAGE):
        rows = connection.execute(
            select(
                pair.c.id, pair.c.meta.label("pair_meta"), prompt.c.meta, a.c.model, b.c.model.label("other")
            )
            .join(prompt, prompt.c.id == pair.c.prompt_id)
            .join(a, a.c.id == pair.c.a_id)
            .join(b, b.c.id == pair.c.b_id)
            .where(pair.c.id.in_([int(i) for i in pair_ids[at : at + PAGE]]))
        )
        for row in rows:
            found[row.id] = PairFacts(of_meta(row, DOMAIN), row.model, row.other)
    return found


def domains_of(connection: Connection, pair_ids: Sequence[int]) -> dict[int, str | None]:
    """The domain of these pairs, None where that is not known."""
    found: dict[int, str | None] = {}
    for at in range(0, len(pair_ids), PAGE):
        rows = connection.execute(
            select(pair.c.id, pair.c.meta.label("pair_meta"), prompt.c.meta)
            .join(prompt, prompt.c.id == pair.c.prompt_id)
            .where(pair.c.id.in_([int(i) for i in pair_ids[at : at + PAGE]]))
        )
        found |= {row.id: of_meta(row, DOMAIN) for row in rows}
    return found


def gold_verdicts(connection: Connection) -> dict[int, int]:
    """The known answers of pairs: pair -> 0 A, 1 B, 2 TIE."""
    rows = connection.execute(select(gold.c.pair_id, gold.c.verdict).where(gold.c.withdrawn_at.is_(None)))
    return {row.pair_id: ("A", "B", "TIE").index(row.verdict) for row in rows}


def person_names(connection: Connection) -> dict[int, str]:
    """Everybody who ever voted or signed in: rater -> name."""
    rows = connection.execute(select(rater.c.id, rater.c.name).where(rater.c.kind == "person"))
    return {row.id: row.name for row in rows}


def current_votes_of(
    connection: Connection, rater_id: int, faster_than: float | None
) -> list[tuple[int, int]]:
    """(vote, pair) of this person's votes that count; only those answered faster than that, where said."""
    conditions = [vote.c.rater_id == rater_id, is_current(), vote.c.purpose.is_(None)]
    if faster_than is not None:
        conditions.append(reading_seconds() < faster_than)
    rows = connection.execute(select(vote.c.id, vote.c.pair_id).where(*conditions).order_by(vote.c.id))
    return [(row.id, row.pair_id) for row in rows]
