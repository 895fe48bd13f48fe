"""prompts -> responses: every prompt gets the responses it lacks, from one model or a mix."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from pairwright.errors import BudgetReached, ConfigError
from pairwright.formats.canonical import Rated
from pairwright.judging.thinking import response_in, thought_in
from pairwright.keys import content_key, seeded_fraction
from pairwright.literals import checked
from pairwright.models.chat import CallFailed
from pairwright.models.ledger import Ledger
from pairwright.models.prices import Price
from pairwright.models.replies import ChatReply
from pairwright.models.server import ServerUse
from pairwright.models.settings import ModelSettings
from pairwright.quality.refusals import looks_like_refusal
from pairwright.stages.pay.bounds import most_tokens_out, tokens_of
from pairwright.stages.pay.calls import EndpointCalls
from pairwright.stages.pay.dispatch import Dispatch, Via
from pairwright.stages.pay.images import ImagesSent, check_sees_images
from pairwright.stages.pay.paid_calls import (
    CallProgress,
    Deferred,
    Run,
    no_progress,
    only_first,
)
from pairwright.stages.pay.payer import Payer, unknown_price, unlimited
from pairwright.stages.pay.waves import in_waves
from pairwright.stages.pay.workers import (
    Worker,
    at_once,
    budget_of,
    by_others,
    pages_of,
    paying,
    work_beside,
)
from pairwright.stages.project.project import Project
from pairwright.stages.project.settings import GenerateSettings
from pairwright.stages.result import Result
from pairwright.store import clock, schema
from pairwright.store.figures import totals
from pairwright.store.judge.pending import PAGE, GenerateWork, PriorCall, Take, generate_work, prior_calls
from pairwright.store.rows import turns_stored
from pairwright.store.votes import failure_row
from pairwright.store.writer import GroupCommit
from pairwright.turns import without_reasoning
from pairwright.types import Failure, Message, Prompt


@dataclass(frozen=True, slots=True, repr=False)
class GenerateResult(Result):
    """What one run did. `spent_usd` is this run's, None where a price is unknown.

    `uncounted_usd` of it is booked at the worst case, for the endpoint counted no tokens.
    `failed_before` responses failed in earlier runs and were not asked for again. `waiting` ones wait for
    calls that are planned, or in a batch: run again to go on. `servers`, by endpoint: what was found out of
    each.
    """

    pending: int
    responses: int
    failures: int
    calls: int
    spent_usd: float | None
    stopped: str | None
    failed_before: int = 0
    uncounted_usd: float = 0.0
    notes: tuple[str, ...] = ()
    waiting: int = 0
    servers: dict[str, list[ServerUse]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def model_of_slot(settings: GenerateSettings, seed: int, prompt_key: bytes, slot: int) -> str:
    """Which model draws this slot: in turn, or by weight; the same every time."""
    models = settings.models
    if settings.mix == "all":
        return models[slot % len(models)]
    weights = [settings.weights.get(name, 1.0) for name in models]
    at = seeded_fraction("model of slot", seed, prompt_key, slot) * sum(weights)
    for name, weight in zip(models, weights, strict=True):
        at -= weight
        if at < 0:
            return name
    return models[-1]


@checked
def run_generate(
    project: Project,
    *,
    budget_usd: float | None = None,
    retry_failed: bool = False,
    limit: int | None = None,
    via: Via = "live",
    wait: bool = False,
    progress: CallProgress = no_progress,
) -> GenerateResult:
    """Draw the responses that are missing. Resumable; a response that is there is never drawn again.

    `budget_usd` is a hard stop on the project's total spend. With `limit` only so many prompts are drawn for.
    `via` is who makes the calls; with `wait` it returns when none of them is waited for any more. Raises
    ConfigError, EndpointError, StoreError.
    """

    def once() -> GenerateResult:
        return _generate(project, budget_usd, retry_failed, limit, via, progress)

    return in_waves(project, once, lambda done: bool(done.waiting and not done.stopped), wait=wait)


def _generate(
    project: Project,
    budget_usd: float | None,
    retry_failed: bool,
    prompts: int | None,
    via: Via,
    progress: CallProgress,
) -> GenerateResult:
    settings = project.settings.generate
    if not settings.models:
        raise ConfigError(
            'there is no model to generate with: set models = ["NAME"] under [generate] '
            "(and [models.NAME], [endpoints.NAME]), or add responses with `pairwright add`."
        )
    limit = budget_usd if budget_usd is not None else project.settings.project.budget_usd
    prices = {name: project.price(name) for name in settings.models}
    for name, price in prices.items():
        if limit is not None and price is None:
            raise ConfigError(unknown_price(name, project.settings.models[name].model))
    dispatch = Dispatch(project, "generate", settings.models, via)
    with paying(project, "generate", via) as worker:
        dispatch.begin()
        with project.store.read() as connection:
            budget = budget_of(project, connection, limit, worker)
            prior = prior_calls(connection, "generate")
            _, missing, failed = totals.responses_missing(
                connection, settings.responses_per_prompt, all_prompts=project.settings.pair.all_prompts
            )
        pending, spent = missing if retry_failed else missing - failed, budget.spent
        if prompts is not None:
            pending = min(pending, prompts * settings.responses_per_prompt)
        within_s = project.settings.project.stop_within_s
        run = Run(budget, pending, progress, within_s, worker.id if worker else None)
        if pending:
            for name in settings.models:
                check_sees_images(project, f"model {name}", name)
            session = _Session(project, run, prices, prior, dispatch, worker)
            asyncio.run(session.draw_all(retry_failed, prompts))
        dispatch.end(run.stop)
        if worker is not None:
            with project.store.read() as connection:
                _, missing, failed_now = totals.responses_missing(
                    connection, settings.responses_per_prompt, all_prompts=project.settings.pair.all_prompts
                )
            still = missing - failed_now
            dispatch.notes += by_others(pending - run.done - still, "response")
            pending = min(pending, run.done + still)
    stop = run.stop
    if stop is not None and not isinstance(stop, (BudgetReached, KeyboardInterrupt)):
        raise stop
    known = all(price is not None for price in prices.values())
    return GenerateResult(
        pending,
        run.done - run.failed,
        run.failed,
        run.calls,
        run.budget.spent - spent if known else None,
        str(stop) if stop is not None else None,
        0 if retry_failed else failed,
        run.uncounted_usd,
        (*unlimited(prices, limit), *dispatch.notes),
        run.deferred,
        dispatch.servers,
    )


class _Session:
    """One run: its clients, its writer, and what it is drawing."""

    def __init__(
        self,
        project: Project,
        run: Run,
        prices: Mapping[str, Price | None],
        prior: dict[bytes, list[PriorCall]],
        dispatch: Dispatch,
        worker: Worker | None,
    ) -> None:
        self.project, self.run, self.prior, self.prices = project, run, prior, prices
        self.dispatch, self.worker = dispatch, worker
        self.settings = project.settings.generate
        self.images = {name: ImagesSent(project, name) for name in prices}
        self.clients: dict[str, EndpointCalls] = {}

    async def draw_all(self, retry_failed: bool, prompts: int | None) -> None:
        used = {self.project.settings.models[name].endpoint for name in self.settings.models}
        endpoints = {name: self.project.settings.endpoints[name] for name in sorted(used)}
        workers = sum(endpoint.most_in_flight for endpoint in endpoints.values())

        def scan(take: Take | None, again: bool) -> Iterator[list[GenerateWork]]:
            for page in generate_work(
                self.project.store,
                self.settings.responses_per_prompt,
                retry_failed=retry_failed and not again,
                all_prompts=self.project.settings.pair.all_prompts,
                take=take,
                page_of=PAGE if take is None else at_once(workers),
            ):
                if take is not None:
                    self._read_prior(page)
                yield page

        def about(work: GenerateWork) -> int:
            return work.prompt_id

        pages = only_first(pages_of(self.worker, scan, about, self.run), prompts, about)
        with GroupCommit(self.project.store) as self.writer:
            self.payers = {
                name: Payer(self.run, "generate", name, price, self.writer)
                for name, price in self.prices.items()
            }
            async with AsyncExitStack() as stack:
                for name in endpoints:
                    calls = EndpointCalls(self.project, name, self.dispatch)
                    self.clients[name] = await stack.enter_async_context(calls)
                # A prompt has several calls. Those answered and not yet written count: a kill costs them.
                self.in_hand = {
                    name: asyncio.Semaphore(endpoint.most_in_flight) for name, endpoint in endpoints.items()
                }
                await work_beside(self.worker, pages, self.draw_prompt, about, workers, self.run)

    async def draw_prompt(self, work: GenerateWork) -> None:
        """Draw all missing slots of a prompt at once; they share what texts the prompt has already."""
        texts = {_same(text) for text in work.texts}

        async def draw(slot: int) -> None:
            model = model_of_slot(self.settings, self.project.settings.project.seed, work.prompt_key, slot)
            async with self.in_hand[self.project.settings.models[model].endpoint]:
                await self.draw_slot(work, slot, texts)

        for outcome in await asyncio.gather(*map(draw, work.slots), return_exceptions=True):
            if isinstance(outcome, Deferred):
                self.run.deferred += 1
            elif isinstance(outcome, BaseException):
                raise outcome

    async def draw_slot(self, work: GenerateWork, slot: int, texts: set[str]) -> None:
        """Draw until the response is a new one or the redraws are used up; record every call."""
        name, body, params, key = self._request(work, slot)
        model = self.project.settings.models[name]
        prior = self.prior.get(key, ())
        # At temperature 0 another draw gives the same text again.
        draws = 1 + (self.settings.redraws if model.temperature > 0 else 0)
        drawn = sum(call.outcome != "failed" for call in prior)
        left = draws - (drawn % draws if slot in work.failed_slots else drawn)
        left = max(1, left)
        try:
            body["messages"] = self.images[name].messages(body["messages"])
        except CallFailed as failed:
            await self._fail(work, slot, key, failed.kind, str(failed))
            return
        size, of_images = sent_bytes(body, self.images[name])
        account = self.payers[name].account(key, prior[-1].attempt + 1 if prior else 1, work.prompt_id)
        most = most_tokens_out(body, self.run.budget.limit, name)
        client = self.clients[model.endpoint]

        async def send(ledger: Ledger) -> ChatReply:
            return await client.chat(body, expected_tokens=tokens_of(size) + most, ledger=ledger)

        while self.run.stop is None:
            try:
                reply = await account.pay(send, size, most, images=of_images)
            except CallFailed as failed:
                await self._fail(work, slot, key, failed.kind, str(failed))
                return
            uncalled_for = reply.declined and "tools" not in body  # nothing was on offer, nothing is said
            said = (
                Rated("") if uncalled_for else response_of(reply, keep_reasoning=self.settings.keep_reasoning)
            )
            same = _same(said.text)
            outcome = "empty" if not same else "duplicate" if same in texts else "used"
            # The response holds all that the model said, or else the call does.
            whole = reply.text.strip() in ("", said.text) and not (reply.reasoning and not said.turns)
            call = account.row(outcome, raw=None if whole and same else reply.raw)
            if outcome == "used":
                texts.add(same)
                row = _response(work, slot, key, name, params, said, reply)
                await self.writer.put([call, (schema.response, row)])
                self.run.finish()
                return
            left -= 1
            if reply.refused or uncalled_for:
                await self._fail(work, slot, key, "refused", f"{model.model}: {reply.declined}", call)
                return
            if not left:
                await self._fail(work, slot, key, outcome, _why(outcome, draws, model, reply), call)
                return
            await self.writer.put([call])

    def _request(self, work: GenerateWork, slot: int) -> tuple[str, dict[str, Any], dict[str, Any], bytes]:
        """Which model draws a slot, what it is sent, what is kept of its parameters, and the work's key."""
        name = model_of_slot(self.settings, self.project.settings.project.seed, work.prompt_key, slot)
        body = request_body(self.project.settings.models[name], work.prompt)
        params = {key: value for key, value in body.items() if key not in ("messages", "tools")}
        if body["messages"][0]["role"] == "system" and work.prompt.messages[0].role != "system":
            params["system"] = body["messages"][0]["content"]  # kept with what was drawn under it
        return name, body, params, content_key("generate", work.prompt_key, params, slot)

    def _read_prior(self, page: Sequence[GenerateWork]) -> None:
        """What others, who are gone, have paid for about these prompts."""
        keys = [self._request(work, slot)[-1] for work in page for slot in work.slots]
        with self.project.store.read() as connection:
            self.prior |= prior_calls(connection, "generate", keys)

    async def _fail(
        self,
        work: GenerateWork,
        slot: int,
        key: bytes,
        kind: str,
        message: str,
        *calls: tuple[Any, dict[str, Any]],
    ) -> None:
        failure = Failure("generate", kind, message[:2000], prompt_id=work.prompt_id, slot=slot)
        await self.writer.put([*calls, (schema.failure, failure_row(failure, key))])
        self.run.finish(failed=True)


def request_body(model: ModelSettings, prompt: Prompt) -> dict[str, Any]:
    """The request that draws one response: with the tools on offer, none of which is ever run by us."""
    messages = without_reasoning(prompt.as_dicts())
    if model.system and messages[0]["role"] != "system":
        messages = [{"role": "system", "content": model.system}, *messages]
    body = {
        "model": model.model,
        "messages": messages,
        "temperature": model.temperature,
        model.max_tokens_field: model.max_tokens,
        **({"tools": list(prompt.tools)} if prompt.tools else {}),
        **({"chat_template_kwargs": dict(prompt.template)} if prompt.template else {}),
        **model.extra,
    }
    for name in model.omit:
        body.pop(name, None)
    return body


def sent_bytes(body: Mapping[str, Any], images: ImagesSent) -> tuple[int, int]:
    """The bytes of a request that its model reads, messages, with their calls, and tools; and of images."""
    messages = body["messages"]
    size, of_images = images.size(messages)
    calls = [each["tool_calls"] for each in messages if each.get("tool_calls")]
    beyond = [*calls, *body.get("tools", ())]
    return size + (len(orjson.dumps(beyond)) if beyond else 0), of_images


def response_of(reply: ChatReply, *, keep_reasoning: bool) -> Rated:
    """A reply as a response: its answer, its calls, and beside these what the model thought."""
    text = response_in(reply.text)
    thought = (reply.reasoning or thought_in(reply.text)) if keep_reasoning else None
    if not text and not reply.calls:
        return Rated("")
    return Rated.of([Message("assistant", text, reply.calls, reasoning=thought)])


def _same(text: str) -> str:
    """Texts that differ in white space only are the same response."""
    return " ".join(text.split())


def _why(outcome: str, draws: int, model: ModelSettings, reply: ChatReply) -> str:
    if outcome == "empty":
        thought = " but for thinking" if reply.raw.strip() else ""
        remedy = (
            "raise max_tokens" if reply.finish_reason == "length" else "see how its endpoint gives thinking"
        )
        return f"{draws} draws from {model.model} were empty{thought}" + (f": {remedy}" if thought else "")
    hint = "raise its temperature" if model.temperature < 1 else "ask for fewer responses, or mix models"
    return f"{draws} draws from {model.model} repeated a response this prompt has already: {hint}"


def _response(
    work: GenerateWork,
    slot: int,
    key: bytes,
    name: str,
    params: dict[str, Any],
    said: Rated,
    reply: ChatReply,
) -> dict[str, Any]:
    mark = None
    if reply.refused or (not reply.calls and looks_like_refusal(said.text)):
        mark = "refused"
    elif reply.finish_reason == "length":
        mark = "truncated"
    return {
        "key": key,
        "prompt_id": work.prompt_id,
        "text": said.text,
        "model": name,
        "params": params,
        "slot": slot,
        "mark": mark,
        "source": None,
        "at": clock.now(),
        "turns": turns_stored(said.turns),
    }
