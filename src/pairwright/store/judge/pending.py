"""SQL that finds work not yet done: "select what has no result, do it, insert the result"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, exists, func, select, union

from pairwright.store.pair_texts import with_texts
from pairwright.store.rows import ASKED, prompt_of, shown
from pairwright.store.schema import (
    belief,
    call,
    draw,
    failure,
    pair,
    prompt,
    rater,
    response,
    retraction,
    vote,
)
from pairwright.store.store import Store
from pairwright.store.votes import failure_counts, planned_again
from pairwright.types import Order, Prompt

PAGE = 512

Take = Callable[[Sequence[int]], set[int]]  # takes in hand what of these prompts nobody has in hand


class JudgeWork(NamedTuple):
    """One pair and one order in which a judge has not been heard.

    `round` counts the judge's retracted votes here: judging anew is new work.
    """

    pair_id: int
    prompt_id: int
    pair_key: bytes
    external_id: str | None
    prompt: Prompt
    a: str
    b: str
    order: Order
    round: int
    failed_before: bool

    @property
    def first(self) -> str:
        """The text shown as A."""
        return self.a if self.order == "AB" else self.b

    @property
    def second(self) -> str:
        return self.b if self.order == "AB" else self.a


@dataclass(frozen=True, slots=True)
class GenerateWork:
    """A prompt and the slots that have no response; `texts` are those it has."""

    prompt_id: int
    prompt_key: bytes
    prompt: Prompt
    slots: tuple[int, ...]
    failed_slots: frozenset[int]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PriorCall:
    """An answer that was paid for but could not be used."""

    attempt: int
    outcome: str
    raw: str | None


def asked_of(judge: str) -> Any:
    """The pairs a later judge of a cascade is asked about: drawn to calibrate it, or left to it."""
    newer = belief.alias("newer")
    newest = ~exists().where(newer.c.pair_id == belief.c.pair_id, newer.c.id > belief.c.id)
    left = select(belief.c.pair_id).where(belief.c.asks == judge, newest)
    return union(select(draw.c.pair_id).where(draw.c.purpose == "calibration"), left)


def judge_work(
    store: Store,
    judge: str,
    orders: Sequence[Order],
    *,
    retry_failed: bool = False,
    left: bool = False,
    reasoning: bool = False,
    take: Take | None = None,
    page_of: int = PAGE,
) -> Iterator[list[JudgeWork]]:
    """Pages of what judge `judge` still has to answer, in pair order; with `left` only what is left to it.

    `reasoning` shows it what models thought before they answered. With `take` only what it gives.
    """
    with store.read() as connection:
        raters = connection.scalars(
            select(rater.c.id).where(rater.c.kind == "judge", rater.c.name == judge)
        ).all()
    last = 0
    while True:
        # A connection a page: a long read would keep SQLite's log from being folded in.
        with store.read() as connection:
            rows = _pairs_short_of_votes(
                connection, raters, orders, last, asked_of(judge) if left else None, page_of
            )
            if not rows:
                return
            last = rows[-1].id
            missing = partial(
                _missing_orders, raters=raters, orders=orders, retry_failed=retry_failed, reasoning=reasoning
            )
            page = list(missing(connection, rows))
        if take is not None:
            mine = take([each.prompt_id for each in page])
            with store.read() as connection:  # others may have answered before these were taken
                page = list(missing(connection, [row for row in rows if row.prompt_id in mine]))
        yield page


def _pairs_short_of_votes(
    connection: Connection,
    raters: Sequence[int],
    orders: Sequence[Order],
    last: int,
    among: Any,
    page_of: int,
) -> Any:
    heard = (
        select(func.count())
        .select_from(vote)
        .where(
            vote.c.pair_id == pair.c.id,
            vote.c.rater_id.in_(raters),
            vote.c.order.in_(orders),
            ~exists().where(retraction.c.vote_id == vote.c.id),
        )
        .scalar_subquery()
    )
    return connection.execute(
        with_texts(pair.c.prompt_id)
        .where(pair.c.id > last, heard < len(orders), *([] if among is None else [pair.c.id.in_(among)]))
        .order_by(pair.c.id)
        .limit(page_of)
    ).all()


def _missing_orders(
    connection: Connection,
    rows: Any,
    raters: Sequence[int],
    orders: Sequence[Order],
    *,
    retry_failed: bool,
    reasoning: bool,
) -> Iterator[JudgeWork]:
    ids = [row.id for row in rows]
    retracted = exists().where(retraction.c.vote_id == vote.c.id)
    heard, rounds, failed = set(), Counter[tuple[int, str]](), set()
    for pair_id, order, gone in connection.execute(
        select(vote.c.pair_id, vote.c.order, retracted).where(
            vote.c.pair_id.in_(ids), vote.c.rater_id.in_(raters)
        )
    ):
        if gone:
            rounds[pair_id, order] += 1
        else:
            heard.add((pair_id, order))
    for pair_id, order in connection.execute(
        select(failure.c.pair_id, failure.c.order)
        .join(rater, rater.c.id == failure.c.rater_id)
        .where(failure.c.pair_id.in_(ids), failure.c.rater_id.in_(raters), failure_counts())
    ):
        failed.add((pair_id, order))
    for row in rows:
        unheard = [order for order in orders if (row.id, order) not in heard]
        missing = [order for order in unheard if retry_failed or (row.id, order) not in failed]
        if not missing:
            continue
        asked = prompt_of(row)
        a = shown(row.a, row.a_turns, reasoning=reasoning)
        b = shown(row.b, row.b_turns, reasoning=reasoning)
        for order in missing:
            place = (row.id, order)
            yield JudgeWork(
                row.id,
                row.prompt_id,
                row.key,
                row.external_id,
                asked,
                a,
                b,
                order,
                rounds.get(place, 0),
                place in failed,
            )


def responses_beside(connection: Connection, pair_id: int, *, reasoning: bool = False) -> list[str]:
    """The text of every response that is in a pair of the same prompt as this pair."""
    mine = select(pair.c.prompt_id).where(pair.c.id == pair_id).scalar_subquery()
    within = union(
        *(select(column).where(pair.c.prompt_id == mine) for column in (pair.c.a_id, pair.c.b_id))
    ).subquery()
    columns = (response.c.text, response.c.turns)
    rows = connection.execute(
        select(*columns).where(response.c.id.in_(select(within))).order_by(response.c.id)
    )
    return list(dict.fromkeys(shown(*row, reasoning=reasoning) for row in rows))


def came_with_a_pair() -> Any:
    """The condition that a prompt came with a pair of its own: it is not drawn for, nor paired further."""
    return exists().where(pair.c.prompt_id == prompt.c.id, pair.c.policy == "given")


def generate_work(
    store: Store,
    per_prompt: int,
    *,
    retry_failed: bool = False,
    all_prompts: bool = False,
    take: Take | None = None,
    page_of: int = PAGE,
) -> Iterator[list[GenerateWork]]:
    """Pages of prompts that have fewer than `per_prompt` responses.

    Those that came with a pair of their own are left alone unless `all_prompts`.
    Responses that were added count: a prompt that came with two needs two fewer.
    A drawn response counts whatever model or settings drew it, so a changed
    setting never pays again for what is there. With `take` only what it gives.
    """
    count = (
        select(func.count())
        .select_from(response)
        .where(response.c.prompt_id == prompt.c.id)
        .scalar_subquery()
    )
    last = 0
    while True:
        with store.read() as connection:
            rows = connection.execute(
                select(prompt.c.id, prompt.c.key, *ASKED)
                .where(
                    prompt.c.id > last, count < per_prompt, *([] if all_prompts else [~came_with_a_pair()])
                )
                .order_by(prompt.c.id)
                .limit(page_of)
            ).all()
            if not rows:
                return
            last = rows[-1].id
            page = list(_missing_slots(connection, rows, per_prompt, retry_failed))
        if take is not None:
            mine = take([each.prompt_id for each in page])
            with store.read() as connection:  # others may have drawn before these were taken
                rows = [row for row in rows if row.id in mine]
                page = list(_missing_slots(connection, rows, per_prompt, retry_failed))
        yield page


def _missing_slots(
    connection: Connection, rows: Any, per_prompt: int, retry_failed: bool
) -> Iterator[GenerateWork]:
    ids = [row.id for row in rows]
    have: dict[int, list[Any]] = {}
    for each in connection.execute(
        select(response.c.prompt_id, response.c.slot, response.c.text).where(response.c.prompt_id.in_(ids))
    ):
        have.setdefault(each.prompt_id, []).append(each)
    failed: dict[int, set[int]] = {}
    for prompt_id, slot in connection.execute(
        select(failure.c.prompt_id, failure.c.slot).where(
            failure.c.prompt_id.in_(ids), failure.c.stage == "generate", ~planned_again()
        )
    ):
        failed.setdefault(prompt_id, set()).add(slot)
    for row in rows:
        there = have.get(row.id, [])
        drawn = {each.slot for each in there if each.slot is not None}
        given = sum(each.slot is None for each in there)
        # Given responses take the first slots.
        missing = [slot for slot in range(given, per_prompt) if slot not in drawn]
        missing = missing[: max(0, per_prompt - len(there))]
        bad = failed.get(row.id, set())
        slots = tuple(slot for slot in missing if retry_failed or slot not in bad)
        if slots:
            texts = tuple(each.text for each in there)
            yield GenerateWork(row.id, row.key, prompt_of(row), slots, frozenset(bad), texts)


def prior_calls(
    connection: Connection, stage: str, keys: Sequence[bytes] | None = None
) -> dict[bytes, list[PriorCall]]:
    """Answers already paid for whose work has no result yet, by work key; of these keys (all).

    There are few: answers that could not be read or repeated another, where
    the run ended before the next attempt.
    """
    rows = connection.execute(
        select(call.c.work_key, call.c.attempt, call.c.outcome, call.c.raw)
        .where(
            call.c.stage == stage,
            call.c.outcome != "used",
            ~exists().where(vote.c.key == call.c.work_key),
            ~exists().where(response.c.key == call.c.work_key),
            *([] if keys is None else [call.c.work_key.in_(keys)]),
        )
        .order_by(call.c.attempt)
    )
    found: dict[bytes, list[PriorCall]] = {}
    for row in rows:
        found.setdefault(row.work_key, []).append(PriorCall(row.attempt, row.outcome, row.raw))
    return found


def next_attempt(connection: Connection, work_key: bytes) -> int:
    last = select(func.coalesce(func.max(call.c.attempt), 0)).where(call.c.work_key == work_key)
    return int(connection.execute(last).scalar_one()) + 1


def aid_call(connection: Connection, work_key: bytes) -> tuple[str | None, int]:
    """What was prepared under this key, None if nothing was, and how many calls there have been for it."""
    rows = connection.execute(select(call.c.outcome, call.c.raw).where(call.c.work_key == work_key)).all()
    return next((row.raw for row in rows if row.outcome == "used"), None), len(rows)


def answers_of_stage(connection: Connection, stage: str) -> dict[bytes, str]:
    """The texts that were kept of a stage's calls, by their work."""
    rows = connection.execute(
        select(call.c.work_key, call.c.raw).where(
            call.c.stage == stage, call.c.outcome == "used", call.c.raw.is_not(None)
        )
    )
    return {row.work_key: row.raw for row in rows}
