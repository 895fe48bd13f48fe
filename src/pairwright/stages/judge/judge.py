"""pairs -> votes: every judge answers every pair it has not answered, in each order."""

from __future__ import annotations

import asyncio
from functools import partial
from operator import attrgetter
from typing import Any

from pairwright.errors import BudgetReached, InputError
from pairwright.judging.parsing import Unreadable
from pairwright.judging.strategies import STRATEGIES
from pairwright.judging.votes import vote_of
from pairwright.literals import checked
from pairwright.models.chat import CallFailed
from pairwright.models.chat_judge import ChatJudge, read_reply
from pairwright.stages.judge.per_prompt import Aids
from pairwright.stages.judge.result import JudgeResult, failed_before
from pairwright.stages.judge.session import (
    JudgeSession,
    check_asking,
    check_images,
    cut_notes,
    notes_on,
    open_session,
)
from pairwright.stages.judge.shared_calls import Rankings, ScoredResponses, SharedJudge
from pairwright.stages.panel.asked import (
    comes_later,
    judge_settings,
    orders_of,
    refused_judges,
)
from pairwright.stages.panel.beliefs import renew_beliefs
from pairwright.stages.pay.asked_once import Prepared
from pairwright.stages.pay.bounds import tokens_of
from pairwright.stages.pay.calls import EndpointCalls
from pairwright.stages.pay.dispatch import Dispatch, Via
from pairwright.stages.pay.images import ImagesSent
from pairwright.stages.pay.paid_calls import CallProgress, Run, no_progress, only_first
from pairwright.stages.pay.payer import Payer, unlimited
from pairwright.stages.pay.workers import Worker, by_others, pages_of, paying, work_beside
from pairwright.stages.project.judge_kinds import kind_of
from pairwright.stages.project.project import Project
from pairwright.store import schema
from pairwright.store.figures import totals
from pairwright.store.judge.pending import JudgeWork
from pairwright.store.votes import (
    ANEW,
    PAGE,
    asked_anew,
    failure_row,
    retract_judge,
    vote_row,
)
from pairwright.store.writer import GroupCommit
from pairwright.types import Answer, Failure


@checked
def run_judge(
    project: Project,
    name: str,
    *,
    budget_usd: float | None = None,
    single_order: bool = False,
    retry_failed: bool = False,
    rejudge: bool = False,
    limit: int | None = None,
    via: Via = "live",
    progress: CallProgress = no_progress,
) -> JudgeResult:
    """Let judge `name` answer what it has not answered. Resumable; nothing is paid twice.

    `budget_usd` is a hard stop on the project's total spend. `rejudge` retracts the judge's votes and asks
    anew; `single_order` asks in one order only, this time, whatever the settings say. With `limit` only so
    many pairs are judged. `via` is who makes the calls. Raises ConfigError, EndpointError, StoreError, and
    InputError for a judge found no better than chance.
    """
    settings = judge_settings(project, name)
    with project.store.read() as connection:
        refused = refused_judges(connection, project)
    if name in refused and not rejudge:
        raise InputError(
            f"judge {name} is {refused[name]} against people, so it is not asked. Change its model or its "
            f'guidelines and pass --rejudge, or force it: [route] trust = ["{name}"]'
        )
    orders = orders_of(single_order or settings.single_order)
    # A local judge costs nothing; it only must not do the same work as another process.
    if not kind_of(settings.kind).paid:
        with project.store.exclusively("judge"):
            # Not above: reward models take longer to import than hundreds of calls to be made.
            from pairwright.stages.judge.local import judge_locally

            if rejudge:
                _ask_anew(project, name)
            return judge_locally(
                project, name, settings, orders, retry_failed=retry_failed, limit=limit, progress=progress
            )
    assert settings.model is not None  # checked when the project file was read
    with paying(project, f"judge {name}", via, alone=rejudge) as worker:
        dispatch = Dispatch(project, "judge", [settings.model], via)
        dispatch.begin()
        session = open_session(project, name, settings, orders, budget_usd, worker)
        if rejudge:
            check_images(session)
            asyncio.run(check_asking(session))
            _ask_anew(project, name)
            retry_failed = True
        with project.store.read() as connection:
            left = comes_later(connection, project, name)
            pending = totals.judge_pending(connection, name, orders, retry_failed=retry_failed, left=left)
        if limit is not None:
            pending = min(pending, limit * len(orders))
        stop_within_s, me = project.settings.project.stop_within_s, worker.id if worker else None
        run = Run(session.budget, pending, progress, stop_within_s, me)
        if pending:
            check_images(session)
            asyncio.run(_judge_all(session, run, retry_failed, left, limit, dispatch, worker))
        dispatch.end(run.stop)
        if worker is not None:
            with project.store.read() as connection:
                still = totals.judge_pending(connection, name, orders, left=left)
            dispatch.notes += by_others(pending - run.done - still, "answer")
            pending = min(pending, run.done + still)
    return _result(session, run, pending, dispatch)


def _ask_anew(project: Project, name: str) -> None:
    """Retract the judge's votes, and with them what was decided by them, until it is asked again.

    One that was asked anew before and stopped half-way just goes on.
    """
    with project.store.write() as connection:
        if not asked_anew(connection, name):
            pairs = retract_judge(connection, name, ANEW)
            for at in range(0, len(pairs), PAGE):
                renew_beliefs(connection, project, pairs[at : at + PAGE])


async def _judge_all(
    session: JudgeSession,
    run: Run,
    retry_failed: bool,
    left: bool,
    limit: int | None,
    dispatch: Dispatch,
    worker: Worker | None,
) -> None:
    project = session.project
    model = project.settings.models[session.model]
    endpoint = project.settings.endpoints[model.endpoint]
    scan = session.scan(endpoint.most_in_flight, retry_failed=retry_failed, left=left)
    pages = only_first(pages_of(worker, scan, attrgetter("prompt_id"), run), limit, attrgetter("pair_id"))
    with GroupCommit(project.store) as writer:
        async with EndpointCalls(project, model.endpoint, dispatch) as client:
            judge = ChatJudge(client, model, project.guidelines, session.options, secret=session.secret)

            payer = session.payer(run, writer)
            prepared = Prepared(project.store, writer, payer)
            images = ImagesSent(project, session.model)
            aids = Aids(client, model, session.options, payer, prepared, images)
            shared: SharedJudge | None = None
            if kind_of(session.settings.kind).scores:
                shared = ScoredResponses(session, client, prepared)
            elif STRATEGIES[session.options.strategy].ranks:
                shared = Rankings(session, judge, prepared)

            async def do(work: JudgeWork) -> None:
                if session.settings.longest is not None:
                    work = work._replace(a=session.shown(work.a), b=session.shown(work.b))
                if shared is not None:
                    await _read_off(session, run, shared, writer, work)
                else:
                    await _judge_one(session, run, judge, aids, images, payer, writer, work)

            await work_beside(worker, pages, do, attrgetter("prompt_id"), endpoint.most_in_flight, run)


async def _read_off(
    session: JudgeSession, run: Run, shared: SharedJudge, writer: GroupCommit, work: JudgeWork
) -> None:
    """One vote from calls that serve several, which keep their own record."""
    key = session.key_of(work)
    try:
        answer = await shared.answer(work)
    except CallFailed as failed:
        await writer.put([_failure(session, work, key, failed.kind, str(failed))])
        run.finish(failed=True)
        return
    await writer.put([(schema.vote, _vote(session, work, key, answer, None))])
    run.finish()


async def _judge_one(
    session: JudgeSession,
    run: Run,
    judge: ChatJudge,
    aids: Aids,
    images: ImagesSent,
    payer: Payer,
    writer: GroupCommit,
    work: JudgeWork,
) -> None:
    """Ask until an answer can be read or the attempts are used up; record every call with its result."""
    key = session.key_of(work)
    prior = session.prior.get(key, [])
    # A retry on demand is a new round of attempts after those that failed.
    read = sum(call.outcome != "failed" for call in prior)
    asked = read % session.settings.attempts if work.failed_before else read
    unread = prior[-1].raw if prior and asked else None
    account = payer.account(key, prior[-1].attempt + 1 if prior else 1, work.pair_id)
    left, most = max(1, session.settings.attempts - asked), session.most_out
    while run.stop is None:
        try:
            aid = await aids.of(work.prompt)
            shown = judge.messages(work.prompt, work.first, work.second, unread, aid)
            messages = images.messages(shown)
            size, of_images = images.size(messages)
            send = partial(judge.ask, messages, tokens_of(size) + most)
            reply = await account.pay(send, size, most, images=of_images)
        except CallFailed as failed:
            await writer.put([_failure(session, work, key, failed.kind, str(failed))])
            run.finish(failed=True)
            return
        try:
            answer = read_reply(reply, session.options.strategy, sampled=session.options.temperature > 0)
        except Unreadable as problem:
            row = account.row("unreadable", raw=reply.raw)
            unread, left = reply.raw, left - 1
            if left and not reply.declined:
                await writer.put([row])
                continue
            message = f"{session.settings.attempts} answers could not be read; of the last: {problem}"
            kind, told = ("refused", str(problem)) if reply.declined else ("unreadable", message)
            await writer.put([row, _failure(session, work, key, kind, told)])
            run.finish(failed=True)
            return
        vote = schema.vote, _vote(session, work, key, answer, reply.seconds or None)
        await writer.put([account.row("used"), vote])
        run.finish()
        return


def _vote(
    session: JudgeSession, work: JudgeWork, key: bytes, answer: Answer, seconds: float | None
) -> dict[str, Any]:
    vote = vote_of(
        answer,
        work.pair_id,
        session.rater_id,
        work.order,
        seconds=seconds,
        guideline_id=session.guideline_id,
    )
    return vote_row(vote, key)


def _failure(session: JudgeSession, work: JudgeWork, key: bytes, kind: str, message: str) -> Any:
    failure = Failure(
        "judge", kind, message[:2000], pair_id=work.pair_id, rater_id=session.rater_id, order=work.order
    )
    return schema.failure, failure_row(failure, key)


def _result(session: JudgeSession, run: Run, pending: int, dispatch: Dispatch) -> JudgeResult:
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
        notes=(
            *unlimited({session.model: session.price}, session.budget.limit),
            *notes_on(session.project, session.rater, session.model),
            *cut_notes(session),
            *dispatch.notes,
        ),
        failed_before=failed_before(session.project, session.name, run.failed),
        uncounted_usd=run.uncounted_usd,
        waiting=run.deferred,
        servers=dispatch.servers,
    )
