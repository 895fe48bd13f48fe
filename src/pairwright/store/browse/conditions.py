"""SQL conditions on a pair, one for each thing that pairs can be filtered by.

They are said of the tables `pair`, `prompt`, `A`, `B` (the two responses) and `belief` (the newest).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Text, and_, case, cast, exists, func, or_, select

from pairwright.store.check.findings import OPEN
from pairwright.store.meta import DOMAIN
from pairwright.store.schema import (
    belief,
    finding,
    flag,
    pair,
    prompt,
    rater,
    response,
    retraction,
    settlement,
    vote,
)
from pairwright.store.votes import flag_stands, is_current

A, B = response.alias("a"), response.alias("b")
# How a prompt is kept around what it says: a search for one of these words must not find them all.
_FRAME = ('"role":"user"', '"role":"assistant"', '"role":"system"', '"content":')

Condition = ColumnElement[bool]


def conditions(connection: Connection, asked: Mapping[str, Any]) -> list[Condition]:
    """What has to hold, of a mapping from the names below to what is asked for; empty values ask nothing."""
    found = [make(asked[name]) for name, make in _BY_NAME.items() if asked.get(name) not in ("", None)]
    found += [_says(connection, term) for term in terms(asked.get("q") or "")]
    if asked.get("check") or asked.get("finding"):
        found.append(_found(asked.get("check") or "", asked.get("finding") or ""))
    return found


def terms(text: str) -> list[str]:
    """The words of a search; what stands in quotes is one."""
    return [
        quoted or word for quoted, word in re.findall(r'"([^"]+)"|(\S+)', text) if (quoted or word).strip()
    ]


def _says(connection: Connection, term: str) -> Condition:
    """The prompt or a response has this in it, capital or small."""
    messages: Any = cast(prompt.c.messages, Text)
    if any(term.lower() in frame for frame in _FRAME):
        for frame in _FRAME:
            messages = func.replace(messages, frame, "")
    inside_json = orjson.dumps(term).decode()[1:-1]
    texts = ((A.c.text, term), (B.c.text, term), (messages, inside_json))
    return or_(*(_has(connection, column, text) for column, text in texts))


def _has(connection: Connection, column: Any, text: str) -> Condition:
    def pattern(each: str) -> str:
        return "%" + re.sub(r"([\\%_])", r"\\\1", each) + "%"

    if connection.dialect.name != "sqlite":
        return column.ilike(pattern(text), escape="\\")  # type: ignore[no-any-return]
    # SQLite's LIKE knows capitals of English only.
    ways = {text} if text.isascii() else {text, text.lower(), text.upper(), text.capitalize()}
    return or_(*(column.like(pattern(each), escape="\\") for each in sorted(ways)))


def _decision(wanted: str) -> Condition:
    if wanted == "none":
        return or_(belief.c.id.is_(None), belief.c.decision == "wait")
    return belief.c.decision == wanted


def _verdict(wanted: str) -> Condition:
    return and_(belief.c.decision == "accept", belief.c.verdict == wanted)


def _source(wanted: str) -> Condition:
    return and_(belief.c.decision == "accept", belief.c.source == wanted)


def _domain(wanted: str) -> Condition:
    """As checks and reports read it: the first of the known names in the pair's row, else in the prompt's."""
    places = [table.c.meta[name].as_string() for table in (pair, prompt) for name in DOMAIN]
    return func.coalesce(*places) == wanted


def _model(wanted: str) -> Condition:
    return or_(A.c.model == wanted, B.c.model == wanted)


def _voted(kind: str) -> Callable[[str], Condition]:
    def by(name: str) -> Condition:
        theirs = select(rater.c.id).where(rater.c.kind == kind, rater.c.name == name)
        return exists().where(vote.c.pair_id == pair.c.id, vote.c.rater_id.in_(theirs), is_current())

    return by


def last_action() -> Any:
    """The last word on the `finding` of the query around it; `back` (it is open) where there is none."""
    newest = (
        select(settlement.c.action)
        .where(settlement.c.finding_id == finding.c.id)
        .order_by(settlement.c.id.desc())
        .limit(1)
        .correlate(finding)
    )
    return func.coalesce(newest.scalar_subquery(), "back")


def _found(check: str, state: str) -> Condition:
    """A check found something: open, settled, or either; and people's flags, which are open."""
    action = last_action()
    here = [finding.c.pair_id == pair.c.id, action != "gone"]
    flagged = [flag.c.pair_id == pair.c.id, flag_stands()]
    if check:
        here.append(finding.c.check == check)
        flagged.append(flag.c.check == check)
    if state == "open":
        here.append(action.in_(OPEN))
    if state == "settled":
        return exists().where(*here, action.not_in(OPEN))
    return or_(exists().where(*here), exists().where(*flagged))


def _doubted(_wanted: str) -> Condition:
    action = last_action()
    return exists().where(
        finding.c.pair_id == pair.c.id,
        finding.c.check == "reward_model",
        finding.c.part == "margin",
        action != "gone",
    )


def _disagree(wanted: str) -> Condition:
    """Who differs: `people`, `judges`, one judge over its `orders`, or people and judges (`both`)."""
    if wanted in ("people", "judges"):
        said = _verdicts("person" if wanted == "people" else "judge").subquery()
        return select(func.count()).select_from(said).scalar_subquery() > 1
    if wanted == "orders":
        one, other = vote.alias("one"), vote.alias("other")
        return (
            select(one.c.id)
            .join(other, and_(other.c.pair_id == one.c.pair_id, other.c.rater_id == one.c.rater_id))
            .join(rater, rater.c.id == one.c.rater_id)
            .where(
                one.c.pair_id == pair.c.id,
                rater.c.kind == "judge",
                one.c.order == "AB",
                other.c.order == "BA",
                one.c.verdict != other.c.verdict,
                *(_counts(each) for each in (one, other)),
            )
            .correlate(pair)
            .exists()
        )
    apart: Condition = _lean("person") * _lean("judge") < 0
    return apart


def _counts(votes: Any) -> Condition:
    return ~exists().where(retraction.c.vote_id == votes.c.id)


def _verdicts(kind: str) -> Any:
    """The different verdicts that raters of a kind gave on the pair."""
    return (
        select(vote.c.verdict)
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(vote.c.pair_id == pair.c.id, rater.c.kind == kind, is_current())
        .distinct()
        .correlate(pair)
    )


def _lean(kind: str) -> Any:
    """Which way raters of a kind lean on the pair: above 0 to a, below to b."""
    sign = case((vote.c.verdict == "A", 1.0), (vote.c.verdict == "B", -1.0), else_=0.0)
    return (
        select(func.sum(sign))
        .join_from(vote, rater, rater.c.id == vote.c.rater_id)
        .where(vote.c.pair_id == pair.c.id, rater.c.kind == kind, is_current())
        .correlate(pair)
        .scalar_subquery()
    )


_BY_NAME: Mapping[str, Callable[[Any], Condition]] = {
    "decision": _decision,
    "verdict": _verdict,
    "source": _source,
    "domain": _domain,
    "model": _model,
    "annotator": _voted("person"),
    "judge": _voted("judge"),
    "disagree": _disagree,
    "doubted": _doubted,
    "low": lambda least: belief.c.prob_a >= least,
    "high": lambda most: belief.c.prob_a <= most,
}
