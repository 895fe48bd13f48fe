"""SQL that reads everything said so far as columns, for what weighs it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, Table, case, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from pairwright.routing.agreement import combined, taught
from pairwright.routing.signals import Ballots
from pairwright.store.schema import failure, flag, pair, prompt, rater, response, vote
from pairwright.store.votes import failure_counts, flag_stands, is_current, skip_stands

CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class AllVotes:
    """All current votes. Arrays over pairs are in the order of `pair_ids`.

    `groups` names each pair's prompt and `texts` its texts, by their content: chance goes by
    these, so it is the same whatever order rows come in and which response is a. `person_row`,
    `person` (index into `people`) and `said` (0 A, 1 B, 2 TIE) are people's votes, oldest
    first; `decided` are those by which a lead decided over the others. `skipped` are pairs somebody
    skipped or flagged. `raters` are the row numbers of the judges'
    versions whose votes these are.
    """

    pair_ids: np.ndarray
    groups: np.ndarray
    texts: np.ndarray
    ballots: Ballots
    people: tuple[str, ...]
    person_row: np.ndarray
    person: np.ndarray
    said: np.ndarray
    decided: np.ndarray
    skipped: np.ndarray
    flagged: np.ndarray
    raters: tuple[int, ...]

    @property
    def people_heard(self) -> np.ndarray:
        """(n_pairs,): how many people answered; a lead's decision counts as all that were wanted."""
        heard = np.bincount(self.person_row, minlength=len(self.pair_ids)).astype(float)
        heard[self.person_row[self.decided]] = np.inf
        return heard

    @property
    def counts(self) -> np.ndarray:
        """(n_pairs, 3): how many people said A, B, TIE; zeros where nobody was asked."""
        counts = np.zeros((len(self.pair_ids), 3))
        voted = ~self.decided
        np.add.at(counts, (self.person_row[voted], self.said[voted]), 1.0)
        return counts

    @property
    def decisions(self) -> np.ndarray:
        """(n_pairs,): what a lead decided, 0 A, 1 B, 2 TIE; -1 where none did."""
        found = np.full(len(self.pair_ids), -1)
        found[self.person_row[self.decided]] = self.said[self.decided]
        return found

    @property
    def label(self) -> np.ndarray:
        """(n_pairs,): people's label (routing/agreement), -1 where there is none."""
        return combined(self.counts, self.decisions)

    @property
    def labels(self) -> np.ndarray:
        """(n_pairs, 3): people's label as one 1 among A, B, TIE; shares where they are split; else zeros."""
        return taught(self.counts, self.label)


def read_said(connection: Connection, judges: Sequence[str]) -> AllVotes:
    """Everything on record, as far as it concerns people and these judges."""
    pair_ids, groups, texts, gaps = _pairs(connection)
    place = np.full(int(pair_ids[-1]) + 1 if len(pair_ids) else 1, -1)
    place[pair_ids] = np.arange(len(pair_ids))
    ballots, raters = _of_judges(connection, judges, place, gaps)
    rows = connection.execute(
        select(vote.c.pair_id, rater.c.name, vote.c.verdict, vote.c.purpose)
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(rater.c.kind == "person", is_current())
        .order_by(vote.c.id)
    ).all()
    names = sorted({row.name for row in rows})
    number = {name: i for i, name in enumerate(names)}
    skips = connection.scalars(select(failure.c.pair_id).where(skip_stands(), failure.c.pair_id.is_not(None)))
    flags = connection.execute(select(flag.c.pair_id, flag.c.severity).where(flag_stands())).all()
    skipped, flagged = np.zeros(len(pair_ids), bool), np.zeros(len(pair_ids), bool)
    skipped[place[np.array([*skips, *(row.pair_id for row in flags)], int)]] = True
    flagged[place[np.array([row.pair_id for row in flags if row.severity == "error"], int)]] = True
    return AllVotes(
        pair_ids,
        groups,
        texts,
        ballots,
        tuple(names),
        place[np.array([row.pair_id for row in rows], int)],
        np.array([number[row.name] for row in rows], int),
        np.array([("A", "B", "TIE").index(row.verdict) for row in rows], int),
        np.array([row.purpose == "decision" for row in rows], bool),
        skipped,
        flagged,
        raters,
    )


def _pairs(connection: Connection) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(n_pairs,) each: row numbers, what names the prompt and the texts, and how much longer a is."""
    a, b = response.alias("a"), response.alias("b")
    query = (
        select(pair.c.id, pair.c.prompt_id, func.length(a.c.text), func.length(b.c.text), pair.c.key)
        .join(a, a.c.id == pair.c.a_id)
        .join(b, b.c.id == pair.c.b_id)
        .order_by(pair.c.id)
    )
    numbers, keys = [np.empty((0, 4), np.int64)], []
    for chunk in connection.execution_options(yield_per=CHUNK).execute(query).partitions():
        numbers.append(np.array([row[:4] for row in chunk], np.int64))
        keys.append(_named(row[4] for row in chunk))
    table = np.concatenate(numbers)
    prompts = connection.execute(select(prompt.c.id, prompt.c.key).order_by(prompt.c.id)).all()
    of = np.searchsorted(np.array([row.id for row in prompts], np.int64), table[:, 1])
    # Twenty characters more, so that "yes" against "no" is no great difference in length.
    gap = np.log((table[:, 2] + 20) / (table[:, 3] + 20))
    texts = np.concatenate(keys) if keys else np.empty(0, np.int64)
    return table[:, 0], _named(row.key for row in prompts)[of], texts, gap


def _named(keys: Iterable[bytes]) -> np.ndarray:
    """(n,) int64: the first bytes of content keys, which are as random as numbers can be."""
    return np.frombuffer(b"".join(key[:8] for key in keys), np.int64)


def _of_judges(
    connection: Connection, judges: Sequence[str], place: np.ndarray, gaps: np.ndarray
) -> tuple[Ballots, tuple[int, ...]]:
    versions = connection.execute(
        select(rater.c.id, rater.c.name, rater.c.spec)
        .where(rater.c.kind == "judge", rater.c.name.in_(list(judges)))
        .order_by(rater.c.id)
    ).all()
    family = {name: name for name in judges}
    family.update({version.name: version.spec.get("model", version.name) for version in versions})
    number = {name: i for i, name in enumerate(judges)}
    judge_of = np.zeros(max((version.id for version in versions), default=0) + 1, int)
    for version in versions:
        judge_of[version.id] = number[version.name]
    sign = case((vote.c.verdict == "A", 1), (vote.c.verdict == "B", -1), else_=0)
    table = _columns(
        connection,
        select(
            vote.c.pair_id,
            vote.c.rater_id,
            case((vote.c.order == "AB", 1), else_=-1),
            sign,
            vote.c.prob_a,
            vote.c.margin,
            case((vote.c.confidence == "HIGH", 1), (vote.c.confidence == "LOW", 0)),
        )
        .where(vote.c.rater_id.in_([version.id for version in versions]), is_current())
        .order_by(vote.c.id),
        7,
    )
    of = table[1].astype(int)
    order, verdict, prob_a, margin, high = table[2:]
    ballots = Ballots(
        tuple(judges),
        tuple(family[name] for name in judges),
        place[table[0].astype(np.int64)],
        judge_of[of],
        order,
        verdict,
        prob_a,
        margin,
        high,
        gaps,
    )
    return ballots, tuple(int(i) for i in np.unique(of))


def heard_by(connection: Connection, judges: Mapping[str, Sequence[str]]) -> tuple[np.ndarray, np.ndarray]:
    """(pairs some judge has still to be asked about, pairs all were asked about and some failed on).

    Both as row numbers; a judge is asked in each of its orders.
    """
    if not judges:
        return np.array([], int), np.array([], int)
    wanted = sum(len(orders) for orders in judges.values())

    def asked(table: Table) -> ColumnElement[bool]:
        return or_(
            *((rater.c.name == name) & table.c.order.in_(list(orders)) for name, orders in judges.items())
        )

    voted = (
        select(vote.c.pair_id, rater.c.name, vote.c.order)
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(rater.c.kind == "judge", asked(vote), is_current())
    )
    failed = (
        select(failure.c.pair_id, rater.c.name, failure.c.order)
        .join(rater, rater.c.id == failure.c.rater_id)
        .where(failure_counts(), asked(failure))
    )

    def all_in(answers: Any) -> np.ndarray:
        of = answers.subquery()
        done = select(of.c.pair_id).group_by(of.c.pair_id).having(func.count() >= wanted)
        return np.array(connection.scalars(done).all(), np.int64)

    every = np.array(connection.scalars(select(pair.c.id).order_by(pair.c.id)).all(), np.int64)
    done, complete = all_in(voted.union(failed)), all_in(voted.distinct())
    return np.setdiff1d(every, done), np.setdiff1d(done, complete)


def _columns(connection: Connection, query: Any, n: int) -> list[np.ndarray]:
    """The columns of a long answer as float arrays, nan for null, without holding its rows."""
    parts: list[list[np.ndarray]] = [[] for _ in range(n)]
    for chunk in connection.execution_options(yield_per=CHUNK).execute(query).partitions():
        table = np.array([tuple(row) for row in chunk], float).reshape(-1, n)
        for i in range(n):
            parts[i].append(table[:, i])
    return [np.concatenate(part) if part else np.array([]) for part in parts]
