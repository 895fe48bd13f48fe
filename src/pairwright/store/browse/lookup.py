"""SQL that follows one thing through the store, for `pairwright show`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, or_, select

from pairwright.keys import public_id
from pairwright.spans import quoted
from pairwright.store.check.findings import settlements
from pairwright.store.pair_texts import with_texts
from pairwright.store.response_votes import still_counts
from pairwright.store.rows import done, shown
from pairwright.store.schema import (
    belief,
    call,
    failure,
    flag,
    pair,
    pair_alias,
    prompt,
    rater,
    response,
    response_vote,
    retraction,
    vote,
)
from pairwright.types import Message

TABLES = {"prompt": prompt, "response": response, "pair": pair, "vote": vote}


def by_key(connection: Connection, kind: str, digits: str, limit: int = 5) -> list[tuple[int, str]]:
    """(row number, public id) of things whose key begins with these hex digits."""
    table = TABLES[kind]
    low, high = bytes.fromhex(digits.ljust(32, "0")), bytes.fromhex(digits.ljust(32, "f"))
    rows = connection.execute(
        select(table.c.id, table.c.key)
        .where(table.c.key.between(low, high))
        .order_by(table.c.key)
        .limit(limit)
    )
    return [(row.id, public_id(kind, row.key)) for row in rows]


def by_external_id(connection: Connection, text: str, limit: int = 5) -> list[tuple[str, int, str]]:
    """(kind, row number, public id) of pairs, else prompts, that had this id in the user's file."""
    further = select(pair_alias.c.pair_id).where(pair_alias.c.external_id == text)
    named = (
        ("pair", pair, or_(pair.c.external_id == text, pair.c.id.in_(further))),
        ("prompt", prompt, prompt.c.external_id == text),
    )
    for kind, table, condition in named:
        rows = connection.execute(select(table.c.id, table.c.key).where(condition).limit(limit)).all()
        if rows:
            return [(kind, row.id, public_id(kind, row.key)) for row in rows]
    return []


def prompt_chain(connection: Connection, prompt_id: int) -> dict[str, Any]:
    """A prompt with its responses, pairs and failures."""
    row = connection.execute(select(prompt).where(prompt.c.id == prompt_id)).one()
    pairs = connection.scalars(
        select(pair.c.id).where(pair.c.prompt_id == prompt_id).order_by(pair.c.id)
    ).all()
    responses = connection.scalars(
        select(response.c.id).where(response.c.prompt_id == prompt_id).order_by(response.c.id)
    ).all()
    return {
        "prompt": _prompt(row),
        "responses": [response_chain(connection, each)["response"] for each in responses],
        "failures": _failures(connection, failure.c.prompt_id == prompt_id),
        "pairs": [pair_chain(connection, each, brief=True) for each in pairs],
    }


def response_chain(connection: Connection, response_id: int) -> dict[str, Any]:
    """A response, the calls that drew it, and the pairs it stands in."""
    row = connection.execute(select(response).where(response.c.id == response_id)).one()
    pairs = connection.execute(
        select(pair.c.key)  # of its prompt: these have an index
        .where(pair.c.prompt_id == row.prompt_id, or_(pair.c.a_id == response_id, pair.c.b_id == response_id))
        .order_by(pair.c.id)
    )
    told = {
        "id": public_id("response", row.key),
        "text": shown(row.text, row.turns),
        **({"turns": row.turns} if row.turns else {}),
        "model": row.model,
        "params": row.params,
        "mark": row.mark,
        "source": row.source,
        "at": row.at,
        "calls": _calls(connection, row.key),
        "votes": _votes_on(connection, response_id),
    }
    return {"response": told, "pairs": [public_id("pair", each.key) for each in pairs]}


def pair_chain(connection: Connection, pair_id: int, *, brief: bool = False) -> dict[str, Any]:
    """A pair with its votes (also those that no longer count), failures, flags and every belief held."""
    row = connection.execute(select(pair).where(pair.c.id == pair_id)).one()
    beliefs = connection.execute(
        select(belief).where(belief.c.pair_id == pair_id).order_by(belief.c.id)
    ).all()
    chain: dict[str, Any] = {
        "pair": {
            "id": public_id("pair", row.key),
            "external_id": row.external_id,
            "policy": row.policy,
            "meta": row.meta,
            "source": row.source,
            "at": row.at,
        },
        "votes": _votes(connection, pair_id),
        "failures": _failures(connection, failure.c.pair_id == pair_id),
        "flags": [
            dict(each._mapping) for each in connection.execute(select(flag).where(flag.c.pair_id == pair_id))
        ],
        "findings": settlements(connection, pair_id),
        "beliefs": [_belief(each) for each in beliefs],
    }
    if not brief:
        chain["a"] = response_chain(connection, row.a_id)["response"]
        chain["b"] = response_chain(connection, row.b_id)["response"]
        chain["prompt"] = _prompt(
            connection.execute(select(prompt).where(prompt.c.id == row.prompt_id)).one()
        )
    return chain


def pair_of_vote(connection: Connection, vote_id: int) -> int:
    return int(connection.execute(select(vote.c.pair_id).where(vote.c.id == vote_id)).scalar_one())


def _prompt(row: Any) -> dict[str, Any]:
    return {
        "id": public_id("prompt", row.key),
        "external_id": row.external_id,
        "messages": row.messages,
        **{name: value for name, value in (("tools", row.tools), ("template", row.template)) if value},
        "meta": row.meta,
        "source": row.source,
        "at": row.at,
    }


def _belief(row: Any) -> dict[str, Any]:
    names = ("decision", "verdict", "source", "reason", "prob_a", "both", "basis", "at")
    return {name: row._mapping[name] for name in names}


def _votes(connection: Connection, pair_id: int) -> list[dict[str, Any]]:
    retracted = (
        select(retraction.c.reason)
        .where(retraction.c.vote_id == vote.c.id)
        .scalar_subquery()
        .label("retracted")
    )
    rows = connection.execute(
        select(vote, rater.c.name, rater.c.kind, retracted)
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(vote.c.pair_id == pair_id)
        .order_by(vote.c.id)
    ).all()
    names = (
        *("order", "verdict", "confidence", "prob_a", "logprobs", "strength", "both"),
        *("seconds", "reason", "raw", "at"),
    )
    marked = _turns(connection, pair_id) if any(row.spans for row in rows) else {}
    return [
        {
            "id": public_id("vote", row.key),
            "number": row.id,
            "rater": row.name,
            "kind": row.kind,
            **{name: row._mapping[name] for name in names},
            **({"follows_from": [row.better_id, row.worse_id]} if row.better_id else {}),
            **({"ranking": row.ranking_id} if row.ranking_id else {}),
            **({"reasons": row.reasons} if row.reasons else {}),
            **({"spans": [_quoted(each, marked) for each in row.spans]} if row.spans else {}),
            "retracted": row.retracted,
            "calls": _calls(connection, row.key),
        }
        for row in rows
    ]


def _turns(connection: Connection, pair_id: int) -> dict[str, tuple[Message, ...]]:
    row = connection.execute(with_texts().where(pair.c.id == pair_id)).one()
    return {"a": done(row.a, row.a_turns), "b": done(row.b, row.b_turns)}


def _quoted(span: dict[str, Any], turns: dict[str, tuple[Message, ...]]) -> dict[str, Any]:
    """A marked span with its words."""
    return {**span, "text": quoted(span, turns[span["side"]])}


def _votes_on(connection: Connection, response_id: int) -> list[dict[str, Any]]:
    """What was said of a response by itself, also what was taken back since."""
    rows = connection.execute(
        select(response_vote, rater.c.name, rater.c.kind, still_counts().label("counts"))
        .join(rater, rater.c.id == response_vote.c.rater_id)
        .where(response_vote.c.response_id == response_id)
        .order_by(response_vote.c.id)
    ).all()
    names = ("good", "rating", "reason", "source", "at")
    return [
        {
            "number": row.id,
            "rater": row.name,
            "kind": row.kind,
            **{name: row._mapping[name] for name in names},
            "counts": bool(row.counts),
        }
        for row in rows
    ]


def _failures(connection: Connection, where: Any) -> list[dict[str, Any]]:
    rows = connection.execute(
        select(failure, rater.c.name.label("rater"))
        .outerjoin(rater, rater.c.id == failure.c.rater_id)
        .where(where)
        .order_by(failure.c.id)
    )
    names = ("stage", "kind", "message", "rater", "order", "slot", "at")
    return [
        {**{name: row._mapping[name] for name in names}, "calls": _calls(connection, row.key)} for row in rows
    ]


def _calls(connection: Connection, work_key: bytes) -> list[dict[str, Any]]:
    rows = connection.execute(select(call).where(call.c.work_key == work_key).order_by(call.c.attempt))
    names = (
        "model",
        "outcome",
        "raw",
        "prompt_tokens",
        "completion_tokens",
        "cost_usd",
        "cost_known",
        "served",
        "fingerprint",
        "server",
        "seconds",
        "tries",
        "at",
    )
    return [{name: row._mapping[name] for name in names} for row in rows]
