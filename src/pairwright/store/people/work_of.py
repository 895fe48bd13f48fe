"""SQL for everything one person gave: answers, practice, skips, flags, whatever became of it later."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from pairwright.keys import public_id
from pairwright.store.people.annotators import gold_verdicts
from pairwright.store.rankings import counting
from pairwright.store.response_votes import WHAT
from pairwright.store.schema import (
    account,
    failure,
    flag,
    gold,
    pair,
    qualification,
    ranking,
    response,
    response_vote,
    retraction,
    vote,
    withdrawal,
)
from pairwright.types import VERDICTS

Row = dict[str, Any]


def work_of(connection: Connection, rater_id: int) -> Iterator[Row]:
    """Each as a row with its `kind`; which keys it has depends on that."""
    yield from _rankings(connection, rater_id)
    yield from _votes(connection, rater_id)
    yield from _practice(connection, rater_id)
    yield from _on_responses(connection, rater_id)
    skips, flags = (failure, "skip", failure.c.message), (flag, "flag", flag.c.reason)
    for table, kind, text in (skips, flags):
        yield from _left(connection, rater_id, table, kind, text)


def _rankings(connection: Connection, rater_id: int) -> Iterator[Row]:
    """Each before the votes that follow from it, which hold its note."""
    given = select(ranking, counting().label("counts")).where(ranking.c.rater_id == rater_id)
    for row in connection.execute(given.order_by(ranking.c.id)).all():
        numbers = [number for number, _ in row.places]
        named = select(response.c.id, response.c.key).where(response.c.id.in_(numbers))
        keys = dict(connection.execute(named).tuples().all())
        yield {
            "kind": "ranking",
            "ranking": row.id,
            "places": {public_id("response", keys[number]): place for number, place in row.places},
            "seconds": row.seconds,
            "at": row.at,
            "counts": bool(row.counts),
        }


def _votes(connection: Connection, rater_id: int) -> Iterator[Row]:
    known = gold_verdicts(connection)
    columns = (pair.c.key.label("pair_key"), pair.c.external_id, retraction.c.reason.label("gone"))
    query = (
        select(vote, *columns)
        .join(pair, pair.c.id == vote.c.pair_id)
        .outerjoin(retraction, retraction.c.vote_id == vote.c.id)
        .where(vote.c.rater_id == rater_id)
        .order_by(vote.c.id)
    )
    told = ("order", "verdict", "strength", "both", "ratings", "reasons", "spans", "assist", "at")
    copied = (*told, "seconds", "claimed_seconds")
    for row in connection.execute(query):
        right = known.get(row.pair_id)
        yield {
            "kind": "decision" if row.purpose == "decision" else "answer",
            "vote": public_id("vote", row.key),
            "pair": public_id("pair", row.pair_key),
            "external_id": row.external_id,
            **{name: getattr(row, name) for name in copied},
            "ranking": row.ranking_id,
            "note": row.reason,
            "guidelines": row.guideline_id,
            "known": None if right is None else VERDICTS[right],
            "right": None if right is None else VERDICTS[right] == row.verdict,
            "counts": row.gone is None,
            "why_not": row.gone,
        }


def _practice(connection: Connection, rater_id: int) -> Iterator[Row]:
    answer = qualification
    query = (
        select(answer, pair.c.key.label("pair_key"), pair.c.external_id, gold.c.verdict.label("known"))
        .join(account, account.c.id == answer.c.account_id)
        .join(gold, gold.c.id == answer.c.gold_id)
        .join(pair, pair.c.id == gold.c.pair_id)
        .where(account.c.rater_id == rater_id)
        .order_by(answer.c.id)
    )
    for row in connection.execute(query):
        yield {
            "kind": "practice",
            "pair": public_id("pair", row.pair_key),
            "external_id": row.external_id,
            "verdict": row.verdict,
            "seconds": row.seconds,
            "at": row.at,
            "known": row.known,
            "right": bool(row.right),
            "counts": False,
            "why_not": "practice",
        }


def _on_responses(connection: Connection, rater_id: int) -> Iterator[Row]:
    said = response_vote
    query = (
        select(said, response.c.key, withdrawal.c.id.label("gone"))
        .join(response, response.c.id == said.c.response_id)
        .outerjoin(withdrawal, (withdrawal.c.what == WHAT) & (withdrawal.c.row_id == said.c.id))
        .where(said.c.rater_id == rater_id)
        .order_by(said.c.id)
    )
    for row in connection.execute(query):
        yield {
            "kind": "response",
            "response": public_id("response", row.key),
            "good": row.good,
            "rating": row.rating,
            "note": row.reason,
            "at": row.at,
            "counts": row.gone is None,
        }


def _left(connection: Connection, rater_id: int, table: Any, kind: str, text: Any) -> Iterator[Row]:
    gone = withdrawal.c.id.label("gone")
    query = (
        select(table, text.label("text"), pair.c.key.label("pair_key"), pair.c.external_id, gone)
        .join(pair, pair.c.id == table.c.pair_id)
        .outerjoin(withdrawal, (withdrawal.c.what == kind) & (withdrawal.c.row_id == table.c.id))
        .where(table.c.rater_id == rater_id)
        .order_by(table.c.id)
    )
    for row in connection.execute(query):
        yield {
            "kind": kind,
            "pair": public_id("pair", row.pair_key),
            "external_id": row.external_id,
            "note": row.text,
            "at": row.at,
            "counts": row.gone is None,
        }
