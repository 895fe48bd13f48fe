"""SQL that says where a dataset came from: prompts, models, judges, guidelines, people's hours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Text, and_, case, cast, distinct, func, select

from pairwright.routing.decide import GIVEN, RULE
from pairwright.store.schema import belief, call, frame_pair, guideline, pair, prompt, rater, response, vote
from pairwright.store.votes import is_current, newest_beliefs


def prompt_files(connection: Connection) -> list[tuple[str | None, int]]:
    """(file prompts were added from, how many), most first; None where that is not known.

    A prompt's source is `file:line` or `file row 17`; where the file stood is left off.
    """
    found: Counter[str | None] = Counter()
    for (source,) in connection.execute(select(prompt.c.source)):
        found[file_of(source)] += 1
    return sorted(found.items(), key=lambda each: -each[1])


def file_of(source: str | None) -> str | None:
    """`mine.jsonl` of `/home/me/mine.jsonl:17`."""
    if not source:
        return None
    name = source.replace("\\", "/").rpartition("/")[2]
    return name.rpartition(":")[0] or name.partition(" row ")[0]


@dataclass(frozen=True, slots=True)
class Answering:
    """A model that answered: `drawn` by this project, with these parameters, or given with the data."""

    model: str | None
    params: Mapping[str, Any]
    drawn: bool
    responses: int


def answering(connection: Connection) -> list[Answering]:
    """All models that responses are from, with how they were asked, most responses first."""
    drawn = response.c.slot.is_not(None)
    # What came with a given response is the user's own and says nothing sure about how it was drawn.
    asked = case((drawn, cast(response.c.params, Text)), else_=None)
    # Grouped outside: to PostgreSQL an expression with values bound in it is never twice the same.
    each = select(response.c.model, asked.label("asked"), case((drawn, 1), else_=0).label("drawn")).subquery()
    query = select(each.c.model, each.c.asked, each.c.drawn, func.count()).group_by(
        each.c.model, each.c.asked, each.c.drawn
    )
    found = [
        Answering(model, (orjson.loads(told) or {}) if told else {}, bool(own), n)
        for model, told, own, n in connection.execute(query)
    ]
    return sorted(found, key=lambda each: (-each.responses, each.model or ""))


@dataclass(frozen=True, slots=True)
class Judging:
    """A judge that was heard: its name, what it was asked with (of its newest votes), and its votes.

    `given` of the votes came with a dataset: nobody here asked, and in which order is not known.
    Of the others, `pairs` were asked about, `both` of them in both orders.
    """

    name: str
    kind: str
    spec: Mapping[str, Any]
    votes: int
    versions: int
    given: int
    pairs: int = 0
    both: int = 0


def judging(connection: Connection) -> list[Judging]:
    """Every judge, reward model and rule whose votes count, most votes first."""
    given = func.sum(case((vote.c.purpose == "given", 1), else_=0))
    counts = (
        select(vote.c.rater_id, func.count().label("votes"), given.label("given"))
        .where(is_current())
        .group_by(vote.c.rater_id)
    )
    counted = counts.subquery()
    rows = connection.execute(
        select(rater.c.name, rater.c.kind, rater.c.spec, counted.c.votes, counted.c.given)
        .join(counted, counted.c.rater_id == rater.c.id)
        .where(rater.c.kind.not_in(("person", "unknown")))
        .order_by(rater.c.id)
    )
    each = (
        select(rater.c.name, func.count(distinct(vote.c.order)).label("orders"))
        .select_from(vote.join(rater, rater.c.id == vote.c.rater_id))
        .where(rater.c.kind == "judge", is_current(), func.coalesce(vote.c.purpose, "") != "given")
        .group_by(rater.c.name, vote.c.pair_id)
        .subquery()
    )
    asked = select(each.c.name, func.count(), func.count(case((each.c.orders == 2, 1)))).group_by(each.c.name)
    orders = {name: (int(pairs), int(both)) for name, pairs, both in connection.execute(asked)}
    found: dict[str, Judging] = {}
    for name, kind, spec, votes, given_ in rows:
        before = found.get(name)
        earlier = (before.votes, before.versions, before.given) if before else (0, 0, 0)
        found[name] = Judging(
            name,
            kind,
            spec or {},
            votes + earlier[0],
            1 + earlier[1],
            int(given_) + earlier[2],
            *orders.get(name, (0, 0)),
        )
    return sorted(found.values(), key=lambda each: (-each.votes, each.name))


def unknown_raters(connection: Connection) -> list[tuple[str, int]]:
    """(name, votes that count) of everybody of whom nobody said whether it is a person or a model."""
    rows = connection.execute(
        select(rater.c.name, func.count())
        .select_from(vote.join(rater, rater.c.id == vote.c.rater_id))
        .where(rater.c.kind == "unknown", is_current())
        .group_by(rater.c.name)
        .order_by(func.count().desc(), rater.c.name)
    )
    return [(name, n) for name, n in rows]


def accepted(connection: Connection) -> dict[str, int]:
    """How labels came to stand -> how many: people, unknown, given, guarantee, stated, consistent.

    By what is on record of each, not by the rule the project has now: `given` came with a
    dataset by judges it names, `unknown` by nobody knows whom, `guarantee` was surer than what
    was certified on people's answers, the last two took judges at their word.
    """
    rule = belief.c.basis["rule"].as_string()
    how = case(
        (belief.c.source.in_(("people", "unknown")), belief.c.source),
        (belief.c.reason.startswith(GIVEN), "given"),
        else_=rule,
    )
    each = select(how.label("how")).where(newest_beliefs(), belief.c.decision == "accept").subquery()
    rows = connection.execute(select(each.c.how, func.count()).group_by(each.c.how))
    names = {told: name for name, told in RULE.items()}
    return {names.get(told, told): int(n) for told, n in rows}


def accepted_by_frame(connection: Connection) -> dict[int, int]:
    """frame -> labels of judges that stand on its certificate, by what is on record of each."""
    rows = connection.execute(
        select(frame_pair.c.frame_id, func.count())
        .join(belief, belief.c.pair_id == frame_pair.c.pair_id)
        .where(newest_beliefs(), belief.c.decision == "accept", belief.c.source == "judge")
        .where(belief.c.basis["rule"].as_string() == RULE["guarantee"])
        .group_by(frame_pair.c.frame_id)
    )
    return {int(frame_id): int(n) for frame_id, n in rows}


def frames_of(connection: Connection, pair_id: int) -> list[int]:
    """The frames that were ever made of this pair, oldest first."""
    query = select(frame_pair.c.frame_id).where(frame_pair.c.pair_id == pair_id)
    return sorted(connection.scalars(query))


def guidelines_used(connection: Connection) -> list[tuple[str, int]]:
    """(text, votes of people under it) of every version people voted under, oldest first."""
    rows = connection.execute(
        select(guideline.c.text, func.count())
        .join(vote, vote.c.guideline_id == guideline.c.id)
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(rater.c.kind == "person", vote.c.purpose.is_(None), is_current())
        .group_by(guideline.c.id, guideline.c.text)
        .order_by(guideline.c.id)
    )
    return [(text, n) for text, n in rows]


@dataclass(frozen=True, slots=True)
class People:
    """What people gave, as far as it counts: `by_overlap` is number of people -> pairs they answered.

    `timed` answers have their active seconds on record, `seconds` in all.
    """

    answers_each: tuple[int, ...]
    by_overlap: Mapping[int, int]
    timed: int
    seconds: float
    first: float | None
    last: float | None

    @property
    def count(self) -> int:
        return len(self.answers_each)

    @property
    def answers(self) -> int:
        return sum(self.answers_each)


def people(connection: Connection) -> People:
    """Counted over votes that count; decisions aside (store/totals.decided_by)."""
    persons = select(rater.c.id).where(rater.c.kind == "person")
    said = and_(vote.c.rater_id.in_(persons), is_current(), vote.c.purpose.is_(None))
    each = [n for (n,) in connection.execute(select(func.count()).where(said).group_by(vote.c.rater_id))]
    heads = (
        select(func.count(distinct(vote.c.rater_id)).label("n"))
        .where(said)
        .group_by(vote.c.pair_id)
        .subquery()
    )
    overlap = connection.execute(select(heads.c.n, func.count()).group_by(heads.c.n)).all()
    timed, seconds, first, last = connection.execute(
        select(
            func.count(vote.c.seconds),
            func.coalesce(func.sum(vote.c.seconds), 0.0),
            func.min(vote.c.at),
            func.max(vote.c.at),
        ).where(said)
    ).one()
    by_overlap = {int(n): int(pairs) for n, pairs in overlap}
    return People(tuple(sorted(each)), by_overlap, int(timed), float(seconds), first, last)


def model_seconds(connection: Connection) -> float:
    """What calls to models took, one after the other."""
    return float(connection.execute(select(func.coalesce(func.sum(call.c.seconds), 0.0))).scalar_one())


def pairing(connection: Connection) -> dict[str, int]:
    """How pairs came about -> how many: given, all, random, reference."""
    rows = connection.execute(
        select(pair.c.policy, func.count()).group_by(pair.c.policy).order_by(pair.c.policy)
    )
    return {str(policy): int(n) for policy, n in rows}


def newest(connection: Connection) -> float:
    """When the newest vote was cast, or else the newest pair was made: seconds since 1970."""
    return float(
        connection.execute(select(func.max(vote.c.at))).scalar()
        or connection.execute(select(func.coalesce(func.max(pair.c.at), 0.0))).scalar_one()
    )
