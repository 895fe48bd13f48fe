"""A model looks for false statements in labelled pairs: paid like any judge call, asked once, never twice.

What it answered is kept with its cost, and every later `check` reads it off for
nothing. What failed is asked again by the next fact-check.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import islice
from typing import Any

from pairwright.errors import BudgetReached, ConfigError
from pairwright.judging.facts import ANSWER, MOST_TOKENS, VERSION, Mistake, fact_messages, parse_facts
from pairwright.judging.parsing import Unreadable
from pairwright.judging.rubric import ask_again
from pairwright.keys import content_key
from pairwright.literals import checked
from pairwright.models.chat import CallFailed, Client
from pairwright.models.chat_judge import read_text
from pairwright.models.ledger import Ledger
from pairwright.models.replies import ChatReply
from pairwright.models.server import ServerUse
from pairwright.quality.example import Example, Finding
from pairwright.stages.pay.asked_once import Asking, Prepared, Unread
from pairwright.stages.pay.bounds import most_tokens_out, tokens_of
from pairwright.stages.pay.calls import EndpointCalls
from pairwright.stages.pay.dispatch import Dispatch, Via
from pairwright.stages.pay.paid_calls import CallProgress, Run, no_progress
from pairwright.stages.pay.payer import Payer, unknown_price
from pairwright.stages.pay.waves import in_waves
from pairwright.stages.pay.workers import Worker, budget_of, pages_of, paying, work_beside
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result
from pairwright.store.check.examples import Examples
from pairwright.store.judge.pending import Take, answers_of_stage
from pairwright.store.pay.workers import BY_PAIR
from pairwright.store.secret import project_secret
from pairwright.store.writer import GroupCommit
from pairwright.types import Message

STAGE = "check"
ATTEMPTS = 2
PAGE = 500
Numbered = tuple[int, Example]  # and the pair's number


@dataclass(frozen=True, slots=True, repr=False)
class FactCheckResult(Result):
    """`pairs` had to be asked about, `failures` came to nothing. `spent_usd` is this run's, if known.

    `uncounted_usd` of it is booked at the worst case, for the endpoint counted no tokens. `waiting` pairs
    wait for calls that are planned, or in a batch. `servers`, by endpoint: what was found out of each.
    """

    model: str
    pairs: int
    calls: int
    failures: int
    spent_usd: float | None
    stopped: str | None
    uncounted_usd: float = 0.0
    waiting: int = 0
    notes: tuple[str, ...] = ()
    servers: dict[str, list[ServerUse]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True, repr=False)
class FactEstimate(Result):
    """What a fact-check would take: pairs not asked about yet, tokens, and USD where the price is known."""

    model: str
    pairs: int
    tokens_in: int
    usd: float | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@checked
def run_fact_check(
    project: Project,
    *,
    budget_usd: float | None = None,
    via: Via = "live",
    wait: bool = False,
    progress: CallProgress = no_progress,
) -> FactCheckResult:
    """Ask about every labelled pair that was not asked about. Resumable.

    `via` is who makes the calls; with `wait` it returns when none of them is waited for any more.
    Raises ConfigError where no model is set or its price is needed, EndpointError, StoreError.
    """

    def once() -> FactCheckResult:
        return _fact_check(project, budget_usd, via, progress)

    return in_waves(project, once, lambda done: bool(done.waiting and not done.stopped), wait=wait)


def _fact_check(
    project: Project, budget_usd: float | None, via: Via, progress: CallProgress
) -> FactCheckResult:
    name = model_of(project)
    model, price = project.settings.models[name], project.price(name)
    limit = budget_usd if budget_usd is not None else project.settings.project.budget_usd
    if limit is not None and price is None:
        raise ConfigError(unknown_price(name, model.model))
    dispatch = Dispatch(project, STAGE, [name], via)
    with paying(project, BY_PAIR, via) as worker:
        dispatch.begin()
        with project.store.read() as connection:
            budget = budget_of(project, connection, limit, worker)
        before, pairs = budget.spent, sum(1 for _ in _pending(project, name))
        run = Run(
            budget, pairs, progress, project.settings.project.stop_within_s, worker.id if worker else None
        )
        if pairs:
            asyncio.run(_ask_all(project, name, run, dispatch, worker))
        dispatch.end(run.stop)
    if run.stop is not None and not isinstance(run.stop, BudgetReached | KeyboardInterrupt):
        raise run.stop
    spent = run.budget.spent - before if price else None
    stopped = str(run.stop) if run.stop else None
    return FactCheckResult(
        name,
        pairs,
        run.calls,
        run.failed,
        spent,
        stopped,
        run.uncounted_usd,
        run.deferred,
        tuple(dispatch.notes),
        dispatch.servers,
    )


def estimate_fact_check(project: Project) -> FactEstimate:
    """What it would take. Sends and spends nothing."""
    name = model_of(project)
    price = project.price(name)
    pairs = tokens = 0
    for example in _pending(project, name):
        pairs += 1
        tokens += tokens_of(sum(len(message["content"].encode()) for message in _messages(example)))
    usd = price.cost(tokens, pairs * MOST_TOKENS // 4) if price else None  # a quarter: most lists are short
    return FactEstimate(name, pairs, tokens, usd)


def model_of(project: Project) -> str:
    name = project.settings.check.fact_check
    if name is None:
        raise ConfigError(
            '--fact-check needs a model: set fact_check = "NAME", one of [models.NAME], under [check] in '
            f"{project.root / 'pairwright.toml'}"
        )
    return name


def known_facts(project: Project) -> Iterator[Finding]:
    """What the model of the settings has found so far, read off its kept answers."""
    name = project.settings.check.fact_check
    if name is None:
        return
    with project.store.read() as connection:
        known = answers_of_stage(connection, STAGE)
    if not known:
        return
    for example in Examples(project.store):
        raw = known.get(_key(project, name, example)) if example.decided else None
        if raw is not None:
            yield from _findings(name, example, *parse_facts(raw, example.a, example.b))


def _findings(name: str, example: Example, of_a: list[Mistake], of_b: list[Mistake]) -> Iterator[Finding]:
    chosen, rejected = (of_a, of_b) if example.verdict == "A" else (of_b, of_a)
    if not chosen:
        return
    first = chosen[0]
    reason = f'{name} says of "{first.quote[:100]}": {first.error[:200]}'
    if rejected:
        yield Finding(
            "chosen_has_errors", "info", f"{reason} (it objects to the rejected one too)",
            "neither may be right: see for yourself", example.id, "fact_check", first.quote[:100],
        )  # fmt: skip
        return
    remedy = "see whether it is so; send the pair to people, or flip it"
    yield Finding("chosen_has_errors", "warning", reason, remedy, example.id, "fact_check", first.quote[:100])


def _messages(example: Example, secret: bytes | None = None) -> list[dict[str, str]]:
    return fact_messages(
        (Message("user", example.prompt),), example.a, example.b, example.reference, secret=secret
    )


def _key(project: Project, name: str, example: Example) -> bytes:
    model = project.settings.models[name]
    return content_key(
        "facts", VERSION, model.model, model.extra, example.prompt, example.a, example.b, example.reference
    )


def _pending(project: Project, name: str, examples: Examples | None = None) -> Iterator[Example]:
    with project.store.read() as connection:
        known = answers_of_stage(connection, STAGE)
    for example in examples or Examples(project.store):
        unseen = any(message.images for message in example.messages)  # and so no facts to look for
        if example.decided and not unseen and _key(project, name, example) not in known:
            yield example


def _pages(project: Project, name: str, tried: set[int], take: Take | None) -> Iterator[list[Numbered]]:
    """Pairs to ask about, with their numbers; once each in a run, for what fails stays to be asked about."""
    examples = Examples(project.store)
    pending = ((examples.numbers[example.id], example) for example in _pending(project, name, examples))
    stream = (each for each in pending if each[0] not in tried)
    while page := list(islice(stream, PAGE)):
        mine = take([number for number, _ in page]) if take else {number for number, _ in page}
        tried |= mine
        yield [each for each in page if each[0] in mine]


async def _ask_all(project: Project, name: str, run: Run, dispatch: Dispatch, worker: Worker | None) -> None:
    model = project.settings.models[name]
    endpoint = project.settings.endpoints[model.endpoint]
    tried: set[int] = set()

    def scan(take: Take | None, _again: bool) -> Iterator[list[Numbered]]:
        return _pages(project, name, tried, take)

    def number(work: Numbered) -> int:
        return work[0]

    pages = pages_of(worker, scan, number, run)
    with project.store.write() as connection:
        secret = project_secret(connection)
    with GroupCommit(project.store) as writer:
        async with EndpointCalls(project, model.endpoint, dispatch) as client:
            payer = Payer(run, STAGE, name, project.price(name), writer)
            prepared = Prepared(project.store, writer, payer)

            async def do(work: Numbered) -> None:
                example = work[1]
                try:
                    await prepared.text(
                        _key(project, name, example),
                        partial(_asking, project, name, client, payer, secret, example),
                    )
                except CallFailed:
                    run.finish(failed=True)
                    return
                run.finish()

            await work_beside(worker, pages, do, number, endpoint.most_in_flight, run)


def _asking(
    project: Project,
    name: str,
    client: Client,
    payer: Payer,
    secret: bytes,
    example: Example,
    unread: Unread,
) -> Asking:
    model = project.settings.models[name]
    messages = _messages(example, secret)
    if unread is not None:
        messages += ask_again(*unread, ANSWER)
    body = {
        "model": model.model,
        "messages": messages,
        "temperature": 0.0,
        model.max_tokens_field: MOST_TOKENS,
        **model.extra,
    }
    for name_of_field in model.omit:
        body.pop(name_of_field, None)
    size = sum(len(message["content"].encode()) for message in messages)
    most = most_tokens_out(body, payer.run.budget.limit, name)

    async def send(ledger: Ledger) -> ChatReply:
        return await client.chat(body, expected_tokens=tokens_of(size) + most, ledger=ledger)

    return Asking(send, size, most, partial(_problem, example), ATTEMPTS)


def _problem(example: Example, reply: ChatReply) -> str | None:
    try:
        read_text(reply, partial(parse_facts, a=example.a, b=example.b), "its list")
    except Unreadable as problem:
        return str(problem)
    return None
