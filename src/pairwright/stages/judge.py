"""pairs -> votes: every judge answers every pair it has not answered, in each order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection

from pairwright.errors import BudgetReached, ConfigError, InputError
from pairwright.judging.chat import ChatJudge, JudgeOptions, chat_rater, read_reply
from pairwright.judging.parsing import Unreadable
from pairwright.judging.votes import vote_of
from pairwright.keys import content_key
from pairwright.models.budget import Budget
from pairwright.models.chat import CallFailed, ChatClient
from pairwright.models.prices import Price
from pairwright.routing.decide import REFUSED
from pairwright.stages.calls import Progress, Run, cost_row, no_progress, tokens_of, work_through
from pairwright.stages.local_judges import judge_locally
from pairwright.stages.project import Project
from pairwright.stages.settings import JudgeSettings, nearest
from pairwright.store import schema, totals
from pairwright.store.calibrations import newest_calibration
from pairwright.store.votes import (
    count_current_votes,
    failure_row,
    guideline_id,
    last_spec,
    rater_id,
    raters_named,
    retract_judge,
    vote_row,
)
from pairwright.store.work import JudgeWork, PriorCall, judge_work, prior_calls
from pairwright.store.writer import GroupCommit
from pairwright.types import ORDERS, Answer, Failure, Order, Rater


@dataclass(frozen=True, slots=True)
class JudgeResult:
    """What one run of one judge did. `spent_usd` is this run's; None where no price is known."""

    judge: str
    pending: int
    votes: int
    failures: int
    calls: int
    spent_usd: float | None
    stopped: str | None
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def orders_asked(
    connection: Connection, project: Project, *, refused_too: bool = False
) -> dict[str, tuple[Order, ...]]:
    """In which orders each judge of the project is heard: as it was last asked, else as its settings say.

    Judges that were refused are not heard, and left out unless `refused_too`.
    """
    asked = {}
    refused = {} if refused_too else refused_judges(connection, project)
    for name, settings in project.settings.judges.items():
        if name in refused:
            continue
        single = last_spec(connection, name).get("single_order", settings.single_order)
        asked[name] = _orders(single or settings.single_order)
    return asked


def comes_later(connection: Connection, project: Project, judge: str) -> bool:
    """Whether this judge is asked only what earlier ones in the cascade leave open."""
    route = project.settings.route
    refused = refused_judges(connection, project)
    cascade = [name for name in route.cascade if name not in refused]
    return route.accept == "guarantee" and judge in cascade[1:]


def refused_judges(connection: Connection, project: Project) -> dict[str, str]:
    """Judges the last calibration found no better than chance, and that are not trusted by name."""
    newest = newest_calibration(connection)
    if newest is None or project.settings.route.accept != "guarantee":
        return {}
    return refused_of(newest.result["judges"], project)


def refused_of(worth: Iterable[Mapping[str, Any]], project: Project) -> dict[str, str]:
    """name -> standing, of the judges these findings refuse."""
    trusted = project.settings.route.trust
    return {
        each["judge"]: each["standing"]
        for each in worth
        if each["standing"] in REFUSED and each["judge"] not in trusted
    }


def _orders(single_order: bool) -> tuple[Order, ...]:
    return ("AB",) if single_order else ORDERS


def run_judge(
    project: Project,
    name: str,
    *,
    budget_usd: float | None = None,
    single_order: bool = False,
    retry_failed: bool = False,
    rejudge: bool = False,
    progress: Progress = no_progress,
) -> JudgeResult:
    """Let judge `name` answer what it has not answered. Resumable; nothing is paid twice.

    `budget_usd` is a hard stop on the project's total spend. `rejudge` retracts
    the judge's votes and asks anew; `single_order` asks in one order only, this
    time, whatever the settings say. Raises ConfigError, EndpointError,
    StoreError, and InputError for a judge found no better than chance.
    """
    settings = judge_settings(project, name)
    with project.store.read() as connection:
        refused = refused_judges(connection, project)
    if name in refused and not rejudge:
        raise InputError(
            f"judge {name} is {refused[name]} against people, so it is not asked. Change its model or its "
            f'guidelines and pass --rejudge, or force it: [route] trust = ["{name}"]'
        )
    orders = _orders(single_order or settings.single_order)
    with project.store.exclusively("judge"):
        if rejudge:
            with project.store.write() as connection:
                retract_judge(connection, name, "judged anew")
        if settings.kind != "chat":
            return _run_local(project, name, settings, orders, retry_failed, progress)
        session = _open_session(project, name, settings, orders, budget_usd)
        with project.store.read() as connection:
            left = comes_later(connection, project, name)
            pending = totals.judge_pending(connection, name, orders, retry_failed=retry_failed, left=left)
        run = Run(session.budget, pending, progress)
        if pending:
            asyncio.run(_judge_all(session, run, retry_failed, left))
    return _result(session, run, pending)


def judge_settings(project: Project, name: str) -> JudgeSettings:
    judges = project.settings.judges
    if name not in judges:
        raise InputError(f'no judge "{name}" in the project file{nearest(name, list(judges))}')
    return judges[name]


@dataclass
class _Session:
    """What stays the same for every pair of one run."""

    project: Project
    name: str
    settings: JudgeSettings
    orders: tuple[Order, ...]
    options: JudgeOptions
    rater: Rater
    rater_id: int
    guideline_id: int
    price: Price | None
    budget: Budget
    spent_before: float
    prior: dict[bytes, list[PriorCall]]
    notes: tuple[str, ...]

    @property
    def model(self) -> str:
        assert self.settings.model is not None  # checked when the project file was read
        return self.settings.model


def _open_session(
    project: Project,
    name: str,
    settings: JudgeSettings,
    orders: tuple[Order, ...],
    budget_usd: float | None,
) -> _Session:
    assert settings.model is not None
    model = project.settings.models[settings.model]
    options = JudgeOptions(
        settings.temperature,
        settings.max_tokens,
        settings.answer_format,
        settings.logprobs,
        tuple(settings.extra.items()),
    )
    rater = chat_rater(name, model, project.guidelines, options, single_order=len(orders) == 1)
    price = project.price(settings.model)
    limit = budget_usd if budget_usd is not None else project.settings.project.budget_usd
    if limit is not None and price is None:
        raise ConfigError(unknown_price(settings.model, model.model))
    with project.store.write() as connection:
        others = [
            i for i, spec in raters_named(connection, "judge", name) if not _same_judge(spec, rater.spec)
        ]
        this = rater_id(connection, rater)
        guideline = guideline_id(connection, project.guidelines)
        kept = count_current_votes(connection, others)
        spent = totals.spent_usd(connection)
        prior = prior_calls(connection, "judge")
    notes: tuple[str, ...] = ()
    if kept:
        notes = (
            f"{kept:,} votes of {name} were cast under other settings or guidelines and are kept; "
            "--rejudge asks again",
        )
    return _Session(
        project,
        name,
        settings,
        orders,
        options,
        rater,
        this,
        guideline,
        price,
        Budget(limit, spent),
        spent,
        prior,
        notes,
    )


def _same_judge(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Equal settings, in however many orders it was asked."""
    return {**one, "single_order": None} == {**other, "single_order": None}


def unknown_price(name: str, model: str) -> str:
    return (
        f'a budget needs a price, and the price of "{model}" is not known. Set price_in and price_out '
        f"(USD per million tokens; 0 for a model of your own) under [models.{name}]."
    )


async def _judge_all(session: _Session, run: Run, retry_failed: bool, left: bool) -> None:
    project = session.project
    model = project.settings.models[session.model]
    endpoint = project.settings.endpoints[model.endpoint]
    pages = judge_work(project.store, session.name, session.orders, retry_failed=retry_failed, left=left)
    with GroupCommit(project.store, most_waiting=2 * endpoint.concurrency) as writer:
        async with ChatClient(model.endpoint, endpoint) as client:
            judge = ChatJudge(client, model, project.guidelines, session.options)

            async def do(work: JudgeWork) -> None:
                await _judge_one(session, run, judge, writer, work)

            await work_through(pages, do, endpoint.concurrency, run)


async def _judge_one(
    session: _Session, run: Run, judge: ChatJudge, writer: GroupCommit, work: JudgeWork
) -> None:
    """Ask until an answer can be read or the attempts are used up; record every call with its result."""
    key = content_key("judge", work.pair_key, session.rater.key, work.order, work.round)
    prior = session.prior.get(key, [])
    # A retry on demand is a new round of attempts after those that failed.
    asked = len(prior) % session.settings.attempts if work.failed_before else len(prior)
    unread = prior[-1].raw if prior and asked else None
    attempt = prior[-1].attempt + 1 if prior else 1
    left = max(1, session.settings.attempts - asked)
    while run.stop is None:
        messages = judge.messages(work.prompt, work.first, work.second, unread)
        size = sum(len(message["content"].encode()) for message in messages)
        try:
            reply = await _paid_ask(session, run, judge, messages, size)
        except CallFailed as failed:
            await writer.put([_failure(session, work, key, failed.kind, str(failed))])
            run.finish(failed=True)
            return
        row = _call(session, key, attempt, size, reply)
        try:
            answer = read_reply(reply)
        except Unreadable as problem:
            unread, attempt, left = reply.text, attempt + 1, left - 1
            rows = [(schema.call, {**row, "outcome": "unreadable", "raw": reply.text})]
            if left:
                await writer.put(rows)
                continue
            message = f"{session.settings.attempts} answers could not be read; of the last: {problem}"
            await writer.put([*rows, _failure(session, work, key, "unreadable", message)])
            run.finish(failed=True)
            return
        await writer.put(
            [(schema.call, row), (schema.vote, _vote(session, work, key, answer, reply.seconds))]
        )
        run.finish()
        return


async def _paid_ask(
    session: _Session, run: Run, judge: ChatJudge, messages: Sequence[dict[str, str]], size: int
) -> Any:
    price, most = session.price, session.options.max_tokens
    expected = tokens_of(size)
    worst = price.cost(expected, most) if price else 0.0

    def actual(reply: Any) -> float:
        return cost_row(reply, price, size)["cost_usd"] or 0.0

    return await run.paid(lambda: judge.ask(messages, expected + most), worst, actual)


def _call(session: _Session, key: bytes, attempt: int, size: int, reply: Any) -> dict[str, Any]:
    return {
        "work_key": key,
        "attempt": attempt,
        "stage": "judge",
        "model": session.model,
        "outcome": "used",
        "raw": None,
        **cost_row(reply, session.price, size),
        "at": time.time(),
    }


def _vote(session: _Session, work: JudgeWork, key: bytes, answer: Answer, seconds: float) -> dict[str, Any]:
    vote = vote_of(
        answer,
        work.pair_id,
        session.rater_id,
        work.order,
        seconds=seconds,
        guideline_id=session.guideline_id,
    )
    return vote_row(vote, key)


def _failure(session: _Session, work: JudgeWork, key: bytes, kind: str, message: str) -> Any:
    failure = Failure(
        "judge", kind, message[:2000], pair_id=work.pair_id, rater_id=session.rater_id, order=work.order
    )
    return schema.failure, failure_row(failure, key)


def _result(session: _Session, run: Run, pending: int) -> JudgeResult:
    stop = run.stop
    if stop is not None and not isinstance(stop, (BudgetReached, KeyboardInterrupt)):
        raise stop
    return JudgeResult(
        session.name,
        pending,
        votes=run.done - run.failed,
        failures=run.failed,
        calls=run.calls,
        spent_usd=run.budget.spent - session.spent_before if session.price else None,
        stopped=str(stop) if stop is not None else None,
        notes=session.notes,
    )


def _run_local(
    project: Project,
    name: str,
    settings: JudgeSettings,
    orders: tuple[Order, ...],
    retry_failed: bool,
    progress: Progress,
) -> JudgeResult:
    with project.store.read() as connection:
        left = comes_later(connection, project, name)
        pending = totals.judge_pending(connection, name, orders, retry_failed=retry_failed, left=left)
    votes, failures = judge_locally(
        project,
        name,
        settings,
        orders,
        retry_failed=retry_failed,
        left=left,
        report=_reporter(pending, progress),
    )
    return JudgeResult(name, pending, votes, failures, calls=0, spent_usd=0.0, stopped=None)


def _reporter(total: int, progress: Progress) -> Callable[[int, int], None]:
    return lambda done, failed: progress(done=done, total=total, failed=failed, spent_usd=0.0)
