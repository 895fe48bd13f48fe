"""SQL that counts: what is done, pending, failed and spent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, case, distinct, exists, func, select

from pairwright.store.judge.pending import asked_of, came_with_a_pair
from pairwright.store.rankings import once
from pairwright.store.schema import (
    belief,
    call,
    failure,
    flag,
    gold,
    pair,
    prompt,
    rater,
    response,
    settlement,
    vote,
)
from pairwright.store.votes import failure_counts, flag_stands, is_current, newest_beliefs, planned_again
from pairwright.types import Order


def spent_usd(connection: Connection) -> float:
    """All the project has paid, in USD, as far as prices are known."""
    return float(connection.execute(select(func.coalesce(func.sum(call.c.cost_usd), 0.0))).scalar_one())


@dataclass(frozen=True, slots=True)
class Unpriced:
    """Calls to one model that were paid at a price nobody has said. Of a batch half the tokens count."""

    model: str
    calls: int
    prompt_tokens: float
    completion_tokens: float


def unpriced(connection: Connection) -> list[Unpriced]:
    rows = connection.execute(
        select(
            call.c.model,
            func.count(),
            func.coalesce(func.sum(call.c.prompt_tokens * call.c.price_share), 0.0),
            func.coalesce(func.sum(call.c.completion_tokens * call.c.price_share), 0.0),
        )
        .where(call.c.cost_usd.is_(None))
        .group_by(call.c.model)
        .order_by(call.c.model)
    )
    return [Unpriced(*row) for row in rows]


def failure_reasons(
    connection: Connection, stage: str, judge: str | None = None, most: int = 3
) -> list[tuple[str, int]]:
    """Why work failed, most frequent first: (message, how often); only failures that still say something."""
    theirs = rater.alias("of_judge")
    got = exists().where(response.c.prompt_id == failure.c.prompt_id, response.c.slot == failure.c.slot)
    work = (failure.c[name] for name in ("stage", "rater_id", "pair_id", "order", "prompt_id", "slot"))
    newest = select(func.max(failure.c.id)).group_by(*work)  # what was tried twice failed once
    query = (
        select(failure.c.message, func.count()).where(failure.c.id.in_(newest)).group_by(failure.c.message)
    )
    if judge is not None:
        query = query.join(rater, rater.c.id == failure.c.rater_id).where(
            rater.c.name == judge, failure_counts()
        )
        got = exists().where(
            vote.c.pair_id == failure.c.pair_id,
            vote.c.order == failure.c.order,
            vote.c.rater_id == theirs.c.id,
            theirs.c.kind == "judge",
            theirs.c.name == judge,
            is_current(),
        )
    rows = connection.execute(
        query.where(failure.c.stage == stage, ~got, ~planned_again())
        .order_by(func.count().desc(), failure.c.message)
        .limit(most)
    )
    return [(message, n) for message, n in rows]


def count(connection: Connection, query: Select[Any]) -> int:
    return int(connection.execute(select(func.count()).select_from(query.subquery())).scalar_one())


@dataclass(frozen=True, slots=True)
class Content:
    """How much there is. `longest` are bytes of UTF-8 at most, means in bytes."""

    prompts: int
    responses: int
    pairs: int
    truncated: int
    refused: int


def content(connection: Connection) -> Content:
    def rows(table: Any, *where: Any) -> int:
        return int(connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one())

    return Content(
        rows(prompt),
        rows(response),
        rows(pair),
        rows(response, response.c.mark == "truncated"),
        rows(response, response.c.mark == "refused"),
    )


def judge_pending(
    connection: Connection,
    judge: str,
    orders: Sequence[Order],
    *,
    retry_failed: bool = False,
    left: bool = False,
) -> int:
    """Answers this judge still has to give: pairs x orders, less votes and (unless retried) failures.

    With `left` only pairs that are left to it in a cascade.
    """
    raters = select(rater.c.id).where(rater.c.kind == "judge", rater.c.name == judge).scalar_subquery()
    among = [] if not left else [pair.c.id.in_(asked_of(judge))]
    pairs = connection.execute(select(func.count()).select_from(pair).where(*among)).scalar_one()
    there = [] if not left else [vote.c.pair_id.in_(asked_of(judge))]
    heard = connection.execute(
        select(func.count())
        .select_from(vote)
        .where(vote.c.rater_id.in_(raters), vote.c.order.in_(orders), is_current(), *there)
    ).scalar_one()
    pending = int(pairs) * len(orders) - int(heard)
    return pending if retry_failed else pending - judge_failed(connection, judge, orders, left=left)


def judge_failed(connection: Connection, judge: str, orders: Sequence[Order], *, left: bool = False) -> int:
    """Answers of this judge, as it is now, that failed and have not been got since."""
    theirs = rater.alias("theirs")
    got = exists().where(
        vote.c.pair_id == failure.c.pair_id,
        vote.c.order == failure.c.order,
        vote.c.rater_id == theirs.c.id,
        theirs.c.kind == "judge",
        theirs.c.name == judge,
        is_current(),
    )
    among = [] if not left else [failure.c.pair_id.in_(asked_of(judge))]
    open_failures = (
        select(failure.c.pair_id, failure.c.order)
        .join(rater, rater.c.id == failure.c.rater_id)
        .where(rater.c.name == judge, failure.c.order.in_(orders), failure_counts(), ~got, *among)
        .distinct()
    )
    return count(connection, open_failures)


def judge_cost(connection: Connection, judge: str) -> float:
    """What asking this judge about one pair has cost so far on average, in USD; 0 where nothing was paid."""
    mine = and_(rater.c.kind == "judge", rater.c.name == judge)
    paid, pairs = connection.execute(
        select(func.coalesce(func.sum(call.c.cost_usd), 0.0), func.count(distinct(vote.c.pair_id)))
        .select_from(vote.join(rater, rater.c.id == vote.c.rater_id))
        .outerjoin(call, call.c.work_key == vote.c.key)
        .where(mine)
    ).one()
    return float(paid) / pairs if pairs else 0.0


@dataclass(frozen=True, slots=True)
class JudgeCalls:
    """What asking a judge took: `usd` as far as prices are known, `seconds` of the calls that were `timed`.

    Nobody times the calls of a batch.
    """

    calls: int
    pairs: int
    usd: float
    seconds: float
    timed: int


def judge_calls(connection: Connection) -> dict[str, JudgeCalls]:
    """By judge, of those that were called: recorded verdicts and the like are not."""
    rows = connection.execute(
        select(
            rater.c.name,
            func.count(call.c.id),
            func.count(distinct(vote.c.pair_id)),
            func.coalesce(func.sum(call.c.cost_usd), 0.0),
            func.sum(call.c.seconds),
            func.count(case((call.c.seconds > 0, 1))),
        )
        .select_from(vote.join(rater, rater.c.id == vote.c.rater_id))
        .join(call, call.c.work_key == vote.c.key)
        .where(rater.c.kind == "judge")
        .group_by(rater.c.name)
    )
    return {name: JudgeCalls(*rest) for name, *rest in rows}


@dataclass(frozen=True, slots=True)
class JudgeCounts:
    """One judge over the pairs it was heard on. Shares are of `both_orders` or of `votes`; None where 0."""

    votes: int
    high: int
    both_orders: int  # pairs heard in both orders
    same_winner: int  # of those: the same verdict both times
    first_shown: int  # votes for the response shown first
    decided: int  # votes that are no tie


def judge_counts(connection: Connection, judge: str) -> JudgeCounts:
    """Votes, stated confidence, order consistency and position of one judge."""
    mine = and_(rater.c.kind == "judge", rater.c.name == judge, is_current())
    first = ((vote.c.order == "AB") & (vote.c.verdict == "A")) | (
        (vote.c.order == "BA") & (vote.c.verdict == "B")
    )
    row = connection.execute(
        select(
            func.count(),
            func.count(case((vote.c.confidence == "HIGH", 1))),
            func.count(case((first, 1))),
            func.count(case((vote.c.verdict != "TIE", 1))),
        )
        .select_from(vote.join(rater, rater.c.id == vote.c.rater_id))
        .where(mine)
    ).one()
    by_pair = (
        select(
            func.count(distinct(vote.c.order)).label("orders"),
            func.count(distinct(vote.c.verdict)).label("verdicts"),
        )
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(mine)
        .group_by(vote.c.pair_id)
        .subquery()
    )
    both = connection.execute(
        select(func.count(), func.count(case((by_pair.c.verdicts == 1, 1)))).where(by_pair.c.orders == 2)
    ).one()
    return JudgeCounts(row[0], row[1], both[0], both[1], row[2], row[3])


def people_counts(connection: Connection) -> list[tuple[str, int, float | None]]:
    """(person, answers that count, mean active seconds of those that were timed) of everyone who answered.

    Decisions (a lead's, an answer key's, a label a check turned round) are no answers: see `decided_by`.
    """
    rows = connection.execute(
        select(rater.c.name, func.count(), func.avg(vote.c.seconds))
        .select_from(vote.join(rater, rater.c.id == vote.c.rater_id))
        .where(rater.c.kind == "person", vote.c.purpose.is_(None), is_current())
        .group_by(rater.c.name)
        .order_by(func.count().desc(), rater.c.name)
    )
    return [(name, n, seconds) for name, n, seconds in rows]


@dataclass(frozen=True, slots=True)
class Decided:
    """Labels that rest on a decision over everybody's answers, by what it was.

    `lead`: a lead's; `key`: the pair is a gold pair, its answer known; `flipped`: a check found the
    label wrong and somebody turned it round.
    """

    lead: int = 0
    key: int = 0
    flipped: int = 0


def decided_by(connection: Connection) -> Decided:
    """Of the labels there are, those that rest on decisions."""
    flips = connection.scalars(select(settlement.c.detail).where(settlement.c.action == "flipped"))
    flipped = {detail["vote"] for detail in flips}  # one that was undone is no vote that counts
    keys = set(connection.scalars(select(gold.c.pair_id).where(gold.c.withdrawn_at.is_(None))))
    rows = connection.execute(
        select(belief.c.pair_id, func.max(vote.c.id))
        .join(vote, vote.c.pair_id == belief.c.pair_id)
        .where(newest_beliefs(), belief.c.decision == "accept")
        .where(vote.c.purpose == "decision", is_current())
        .group_by(belief.c.pair_id)
    ).all()
    by_flip = sum(vote_id in flipped for _, vote_id in rows)
    by_key = sum(pair_id in keys and vote_id not in flipped for pair_id, vote_id in rows)
    return Decided(len(rows) - by_flip - by_key, by_key, by_flip)


def judged(connection: Connection) -> tuple[int, int]:
    """(judges that were heard, pairs some judge was heard on), whether asked here or come with the data."""
    row = connection.execute(
        select(func.count(distinct(rater.c.name)), func.count(distinct(vote.c.pair_id)))
        .select_from(vote.join(rater, rater.c.id == vote.c.rater_id))
        .where(rater.c.kind == "judge", is_current())
    ).one()
    return int(row[0]), int(row[1])


def seconds_of_people(connection: Connection) -> tuple[int, float]:
    """(votes of people whose time is known, their active seconds together)."""
    row = connection.execute(_timed(func.count(), func.coalesce(func.sum(vote.c.seconds), 0.0))).one()
    return int(row[0]), float(row[1])


def timed_answers(connection: Connection) -> int:
    """How many answers of people these votes are: all of a ranking are one."""
    return int(connection.execute(_timed(func.count()).where(once())).scalar_one())


def _timed(*columns: Any) -> Select[Any]:
    """Of votes of people whose time is known."""
    votes = vote.join(rater, rater.c.id == vote.c.rater_id)
    of_people = rater.c.kind == "person", vote.c.seconds.is_not(None), vote.c.purpose.is_(None)
    return select(*columns).select_from(votes).where(*of_people, is_current())


def decisions(connection: Connection) -> dict[tuple[str, str, str | None], int]:
    """Pairs by their current belief: (decision, source, verdict) -> count."""
    rows = connection.execute(
        select(belief.c.decision, belief.c.source, belief.c.verdict, func.count())
        .where(newest_beliefs(), belief.c.decision != "wait")
        .group_by(belief.c.decision, belief.c.source, belief.c.verdict)
    )
    return {(decision, source, verdict): n for decision, source, verdict, n in rows}


def outdated(connection: Connection) -> int:
    """Pairs whose votes are not those their belief rests on: routing has to look again."""
    now = (
        select(func.coalesce(func.sum(vote.c.id), 0))
        .where(vote.c.pair_id == belief.c.pair_id, is_current())
        .scalar_subquery()
    )
    query = (
        select(func.count())
        .select_from(belief)
        .where(newest_beliefs(), belief.c.decision != "wait", belief.c.votes_sum != now)
    )
    return int(connection.execute(query).scalar_one())


def flags_by_check(connection: Connection) -> dict[str, int]:
    rows = connection.execute(
        select(flag.c.check, func.count()).where(flag_stands()).group_by(flag.c.check).order_by(flag.c.check)
    )
    return {row.check: row[1] for row in rows}


@dataclass(frozen=True, slots=True)
class CallCounts:
    """What calls of one stage and model came to.

    `counted` calls are those whose tokens the endpoint counted: the tokens, bytes and seconds are theirs;
    of them so many were `timed`, for nobody times the calls of a batch. `cached_tokens` of the prompts' were
    read from the endpoints' caches, as far as they say.
    `uncounted_usd` of the cost is of the others, at the worst case.
    """

    stage: str
    model: str
    calls: int
    counted: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None
    uncounted_usd: float
    seconds: float
    prompt_bytes: int
    unused: int
    timed: int
    cached_tokens: int


def call_counts(connection: Connection) -> list[CallCounts]:
    def of_counted(column: Any) -> Any:
        return func.coalesce(func.sum(case((call.c.counted, column), else_=0)), 0)

    rows = connection.execute(
        select(
            call.c.stage,
            call.c.model,
            func.count(),
            func.count(case((call.c.counted, 1))),
            of_counted(call.c.prompt_tokens),
            of_counted(call.c.completion_tokens),
            func.sum(call.c.cost_usd),
            func.coalesce(func.sum(case((call.c.counted, 0.0), else_=call.c.cost_usd)), 0.0),
            of_counted(call.c.seconds),
            of_counted(call.c.prompt_bytes),
            func.count(case((call.c.outcome != "used", 1))),
            func.count(case((call.c.counted & (call.c.seconds > 0), 1))),
            of_counted(call.c.cached_tokens),
        )
        .group_by(call.c.stage, call.c.model)
        .order_by(call.c.stage, call.c.model)
    )
    return [CallCounts(*row) for row in rows]


def responses_missing(
    connection: Connection, per_prompt: int, *, all_prompts: bool = False
) -> tuple[int, int, int]:
    """(prompts short of responses, responses missing, of which failed and not got since)."""
    have = (
        select(prompt.c.id, func.count(response.c.id).label("n"))
        .select_from(prompt.outerjoin(response, response.c.prompt_id == prompt.c.id))
        .where(*([] if all_prompts else [~came_with_a_pair()]))
        .group_by(prompt.c.id)
        .subquery()
    )
    short, missing = connection.execute(
        select(func.count(), func.coalesce(func.sum(per_prompt - have.c.n), 0)).where(have.c.n < per_prompt)
    ).one()
    got = exists().where(response.c.prompt_id == failure.c.prompt_id, response.c.slot == failure.c.slot)
    lacking = (
        select(
            failure.c.prompt_id,
            func.count(distinct(failure.c.slot)).label("failed"),
            (per_prompt - have.c.n).label("short"),
        )
        .join(have, have.c.id == failure.c.prompt_id)
        .where(
            failure.c.stage == "generate",
            failure.c.slot < per_prompt,
            ~got,
            ~planned_again(),
            have.c.n < per_prompt,
        )
        .group_by(failure.c.prompt_id, have.c.n)
        .subquery()
    )
    # Of a prompt that lacks fewer responses than slots failed, added ones have filled the others.
    fewer = case((lacking.c.failed < lacking.c.short, lacking.c.failed), else_=lacking.c.short)
    failed = int(connection.execute(select(func.coalesce(func.sum(fewer), 0))).scalar_one())
    return int(short), int(missing), failed


def mean_bytes(connection: Connection) -> tuple[float, float]:
    """Mean length of prompts and of responses, in bytes of UTF-8."""
    from sqlalchemy import LargeBinary, Text, cast

    def mean(text: Any) -> Any:
        size = func.octet_length(text)
        if connection.dialect.name == "sqlite":  # its length() of a text counts characters
            size = func.length(cast(text, LargeBinary))
        return connection.execute(select(func.avg(size))).scalar()

    prompts, responses = mean(cast(prompt.c.messages, Text)), mean(response.c.text)
    return float(prompts or 0), float(responses or 0)
