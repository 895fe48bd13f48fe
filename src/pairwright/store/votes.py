"""SQL for raters, guidelines, votes, failures and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, exists, func, or_, select

from pairwright.keys import content_key
from pairwright.routing.decide import SeenFailure, SeenVote
from pairwright.store import clock
from pairwright.store.chain import append
from pairwright.store.insert import insert_missing
from pairwright.store.prepared import prepared
from pairwright.store.queue import keep_queue
from pairwright.store.schema import (
    belief,
    failure,
    flag,
    guideline,
    pair,
    planned_call,
    rater,
    retraction,
    vote,
    withdrawal,
)
from pairwright.types import Belief, Failure, Flag, Rater, Vote

PAGE = 1000

# Conditions that many queries share are built once: building costs more than a small query does.


def rater_id(connection: Connection, value: Rater, looks: str | None = None) -> int:
    """The row number of a rater, added if new. People come in by `person_id` (store/people/names)."""
    row = {"key": value.key, "kind": value.kind, "name": value.name, "spec": dict(value.spec), "looks": looks}
    return _known_or_new(connection, rater, row)


def known_rater_id(connection: Connection, value: Rater) -> int | None:
    """The row number of a rater, None where it never said anything."""
    return connection.execute(select(rater.c.id).where(rater.c.key == value.key)).scalar()


def guideline_id(connection: Connection, text: str) -> int:
    """The row number of this version of the guidelines, added if new."""
    return _known_or_new(connection, guideline, {"key": guideline_key(text), "text": text})


def guideline_key(text: str) -> bytes:
    return content_key("guideline", text)


def _known_or_new(connection: Connection, table: Any, row: dict[str, Any]) -> int:
    """The row number of the row with this key, added if new, whoever else adds it at the same moment."""
    query = select(table.c.id).where(table.c.key == row["key"])
    found = connection.execute(query).scalar()
    if found is None:
        insert_missing(connection, table, [{**row, "at": clock.now()}])
        found = connection.execute(query).scalar_one()
    return int(found)


def guideline_text(connection: Connection, number: int) -> str | None:
    """A version of the guidelines; None if there is no such one."""
    return connection.execute(select(guideline.c.text).where(guideline.c.id == number)).scalar()


def vote_row(value: Vote, key: bytes) -> dict[str, Any]:
    """A vote as the row of its table."""
    return {
        **value._asdict(),
        "key": key,
        "logprobs": None if value.logprobs is None else dict(value.logprobs),
        "ratings": None if value.ratings is None else dict(value.ratings),
        "reasons": list(value.reasons) if value.reasons else None,
        "spans": [dict(each) for each in value.spans] if value.spans else None,
        "at": clock.now(),
    }


def failure_row(value: Failure, key: bytes) -> dict[str, Any]:
    """A failure as the row of its table; `key` is the work that failed."""
    return {
        "key": key,
        "stage": value.stage,
        "kind": value.kind,
        "message": value.message,
        "prompt_id": value.prompt_id,
        "pair_id": value.pair_id,
        "rater_id": value.rater_id,
        "order": value.order,
        "slot": value.slot,
        "at": clock.now(),
    }


def add_vote(connection: Connection, value: Vote, key: bytes) -> int:
    """Add one vote and give its row number."""
    return append(connection, vote, [vote_row(value, key)])[0]


def votes_by_raters(
    connection: Connection, pair_ids: Sequence[int], rater_ids: Sequence[int], *, imported: bool = False
) -> dict[tuple[int, int], tuple[int, str, str | None]]:
    """Current votes of these raters on these pairs: (pair, rater) -> (vote, verdict, both).

    `imported`: only those that were not given here, under guidelines.
    """
    columns = (vote.c.pair_id, vote.c.rater_id, vote.c.id, vote.c.verdict, vote.c.both)
    found: dict[tuple[int, int], tuple[int, str, str | None]] = {}
    for at in range(0, len(pair_ids), PAGE):
        query = select(*columns).where(
            vote.c.pair_id.in_(pair_ids[at : at + PAGE]),
            vote.c.rater_id.in_(rater_ids),
            or_(vote.c.purpose.is_(None), vote.c.purpose == "given"),
            is_current(),
            *([vote.c.guideline_id.is_(None)] if imported else []),
        )
        found |= {(row[0], row[1]): (row[2], row[3], row[4]) for row in connection.execute(query)}
    return found


def add_flag(connection: Connection, value: Flag) -> int:
    row = {
        "pair_id": value.pair_id,
        "check": value.check,
        "reason": value.reason,
        "severity": value.severity,
        "rater_id": value.rater_id,
        "at": clock.now(),
    }
    return append(connection, flag, [row])[0]


def withdraw(connection: Connection, what: str, row_id: int) -> None:
    """Take back a skip (a row of failure), a flag or a vote on a response; the row stays."""
    append(connection, withdrawal, [{"what": what, "row_id": row_id, "at": clock.now()}])


def retract(connection: Connection, vote_id: int, reason: str, by_vote_id: int | None = None) -> None:
    """Make a vote count no longer. The vote itself stays."""
    row = {"vote_id": vote_id, "by_vote_id": by_vote_id, "reason": reason, "at": clock.now()}
    append(connection, retraction, [row])


def retract_judge(connection: Connection, judge: str, reason: str) -> list[int]:
    """Retract all current votes of the judge of that name; gives the pairs they were on."""
    votes = connection.execute(
        select(vote.c.id, vote.c.pair_id)
        .join(rater)
        .where(rater.c.kind == "judge", rater.c.name == judge, is_current())
        .order_by(vote.c.id)
    ).all()
    now = clock.now()
    rows = [{"vote_id": row.id, "by_vote_id": None, "reason": reason, "at": now} for row in votes]
    append(connection, retraction, rows)
    return sorted({row.pair_id for row in votes})


@cache
def flag_stands() -> Any:
    """The condition that a flag was not taken back."""
    return ~exists().where(withdrawal.c.what == "flag", withdrawal.c.row_id == flag.c.id)


@cache
def skip_stands() -> Any:
    """The condition that a person's failure to answer was not taken back."""
    return and_(
        failure.c.stage == "annotate",
        ~exists().where(withdrawal.c.what == "skip", withdrawal.c.row_id == failure.c.id),
    )


@cache
def failure_counts() -> Any:
    """The condition that a judge's failure still counts: it was not asked anew there since."""
    again, older, gone = rater.alias("again"), vote.alias("older"), retraction.alias("gone")
    theirs = select(again.c.id).where(again.c.kind == "judge", again.c.name == rater.c.name)
    asked_since = exists().where(
        older.c.id == gone.c.vote_id,
        older.c.pair_id == failure.c.pair_id,
        older.c.rater_id.in_(theirs),
        gone.c.at >= failure.c.at,
    )
    return and_(failure.c.stage == "judge", ~asked_since, ~planned_again())


def planned_again() -> Any:
    """The condition that what failed is being asked again, by a call that is planned or in a batch."""
    return exists().where(planned_call.c.work_key == failure.c.key, planned_call.c.at >= failure.c.at)


ANEW = "judged anew"


def asked_anew(connection: Connection, judge: str) -> bool:
    """Whether this judge was asked anew and has not got through all it was asked."""
    mine, again, gone = rater.alias("mine"), vote.alias("again"), retraction.alias("gone")
    theirs = select(mine.c.id).where(mine.c.kind == "judge", mine.c.name == judge)
    answered = exists().where(
        again.c.pair_id == vote.c.pair_id,
        again.c.order == vote.c.order,
        again.c.rater_id.in_(theirs),
        ~exists().where(gone.c.vote_id == again.c.id),
    )
    failed = exists().where(
        failure.c.pair_id == vote.c.pair_id,
        failure.c.order == vote.c.order,
        failure.c.rater_id.in_(theirs),
        failure.c.at > retraction.c.at,
    )
    query = (
        select(vote.c.id)
        .join(retraction, retraction.c.vote_id == vote.c.id)
        .where(vote.c.rater_id.in_(theirs), retraction.c.reason == ANEW, ~answered, ~failed)
        .limit(1)
    )
    return connection.execute(query).first() is not None


@cache
def is_current() -> Any:
    """The condition that a vote counts: it was neither undone nor replaced."""
    return ~exists().where(retraction.c.vote_id == vote.c.id)


class Evidence(NamedTuple):
    """All that counts on one pair, and what is believed of it now."""

    pair_id: int
    votes: tuple[SeenVote, ...]
    failures: tuple[SeenFailure, ...]
    current: Belief | None


def pair_pages(connection: Connection) -> Iterator[list[int]]:
    """The numbers of all pairs, a page at a time."""
    last = 0
    while True:
        ids = connection.scalars(
            select(pair.c.id).where(pair.c.id > last).order_by(pair.c.id).limit(PAGE)
        ).all()
        if not ids:
            return
        last = ids[-1]
        yield list(ids)


def evidence_on(connection: Connection, ids: Sequence[int]) -> Iterator[Evidence]:
    """All that counts on these pairs, in their order; at most some thousands at once."""
    votes = _votes_on(connection, ids)
    failures = _failures_on(connection, ids)
    current = current_beliefs(connection, ids)
    for pair_id in ids:
        yield Evidence(
            pair_id,
            tuple(votes.get(pair_id, ())),
            tuple(failures.get(pair_id, ())),
            current.get(pair_id),
        )


def _votes_on(connection: Connection, ids: Sequence[int]) -> dict[int, list[SeenVote]]:
    found: dict[int, list[SeenVote]] = {}
    for pair_id, *rest in _current_votes(connection, ids):
        found.setdefault(pair_id, []).append(SeenVote(*rest))
    return found


@prepared
def _current_votes(ids: Any) -> Select[Any]:
    columns = (
        vote.c.pair_id,
        vote.c.id,
        rater.c.name,
        rater.c.kind,
        vote.c.order,
        vote.c.verdict,
        vote.c.confidence,
        vote.c.both,
        vote.c.purpose,
    )
    given = select(*columns).join(rater, rater.c.id == vote.c.rater_id)
    return given.where(vote.c.pair_id.in_(ids), is_current()).order_by(vote.c.id)


def _failures_on(connection: Connection, ids: Sequence[int]) -> dict[int, list[SeenFailure]]:
    found: dict[int, list[SeenFailure]] = {}
    for pair_id, *rest in _counting_failures(connection, ids):
        found.setdefault(pair_id, []).append(SeenFailure(*rest))
    return found


@prepared
def _counting_failures(ids: Any) -> Select[Any]:
    columns = failure.c.pair_id, failure.c.id, rater.c.name, failure.c.order
    failed = select(*columns).join(rater, rater.c.id == failure.c.rater_id)
    return failed.where(failure.c.pair_id.in_(ids), failure_counts()).order_by(failure.c.id)


@cache
def newest_beliefs() -> Any:
    """The condition that a belief row is its pair's current one."""
    newer = belief.alias("newer")
    return ~exists().where(and_(newer.c.pair_id == belief.c.pair_id, newer.c.id > belief.c.id))


def current_beliefs(connection: Connection, ids: Sequence[int]) -> dict[int, Belief]:
    """The newest belief of each of these pairs that has one."""
    return {row[0]: Belief(*tuple(row)) for row in _newest(connection, ids)} if ids else {}


@prepared
def _newest(ids: Any) -> Select[Any]:
    return select(
        belief.c.pair_id,
        belief.c.decision,
        belief.c.verdict,
        belief.c.source,
        belief.c.reason,
        belief.c.prob_a,
        belief.c.both,
        belief.c.basis,
        belief.c.prob_tie,
        belief.c.asks,
    ).where(belief.c.pair_id.in_(ids), newest_beliefs())


def add_beliefs(connection: Connection, beliefs: Sequence[Belief]) -> int:
    """Add beliefs, and keep the queue of what is open to people in step with them."""
    now = clock.now()
    rows = [
        {
            "pair_id": value.pair_id,
            "decision": value.decision,
            "verdict": value.verdict,
            "source": value.source,
            "reason": value.reason,
            "prob_a": value.prob_a,
            "both": value.both,
            "basis": dict(value.basis),
            "prob_tie": value.prob_tie,
            "asks": value.asks,
            "votes_sum": sum(value.basis.get("votes", ())),
            "at": now,
        }
        for value in beliefs
    ]
    if rows:
        append(connection, belief, rows)
        keep_queue(connection, beliefs)
    return len(rows)


def raters_named(connection: Connection, kind: str, name: str) -> Sequence[tuple[int, Mapping[str, Any]]]:
    """All versions of a rater: (row number, spec), oldest first."""
    rows = connection.execute(
        select(rater.c.id, rater.c.spec)
        .where(rater.c.kind == kind, rater.c.name == name)
        .order_by(rater.c.id)
    )
    return [(row.id, row.spec) for row in rows]


def last_spec(connection: Connection, judge: str) -> Mapping[str, Any]:
    """The settings under which a judge last voted; empty if it never did."""
    return _last_spec(connection, judge).scalar() or {}


@prepared
def _last_spec(judge: Any) -> Select[Any]:
    """The newest vote is looked up for each version of the judge: in all votes it would be looked for."""
    newest = select(func.max(vote.c.id)).where(vote.c.rater_id == rater.c.id).scalar_subquery()
    versions = select(rater.c.spec).where(rater.c.kind == "judge", rater.c.name == judge)
    return versions.where(newest.is_not(None)).order_by(newest.desc()).limit(1)


def count_current_votes(connection: Connection, rater_ids: Sequence[int]) -> int:
    query = select(func.count()).select_from(vote).where(vote.c.rater_id.in_(rater_ids), is_current())
    return int(connection.execute(query).scalar_one())
