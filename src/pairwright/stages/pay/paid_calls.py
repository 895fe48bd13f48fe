"""Many paid calls at once: workers, a budget, and an orderly stop.

A stop (budget reached, endpoint refusing everything, Ctrl-C) lets calls in
flight finish and be recorded, and starts nothing new.
"""

from __future__ import annotations

import asyncio
import re
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

from pairwright.errors import BudgetReached, ConfigError, EndpointError, PairwrightError
from pairwright.models.budget import Budget
from pairwright.models.chat import CallFailed
from pairwright.models.prices import Price
from pairwright.stages.project.project import Project
from pairwright.store import schema
from pairwright.store.figures import totals

T = TypeVar("T")

# For estimates, until an endpoint has counted for us: English runs at about 4 bytes a token, code and
# other scripts at about 3.
BYTES_PER_TOKEN = 3.0


class CallProgress(Protocol):
    """Told about every finished piece of work of a paid stage."""

    def __call__(self, *, done: int, total: int, failed: int, spent_usd: float) -> None: ...


def no_progress(*, done: int, total: int, failed: int, spent_usd: float) -> None:
    """For callers that don't watch."""


@dataclass
class Run:
    """What one run of a paid stage has done so far, and why it must stop, if it must."""

    budget: Budget
    total: int
    progress: CallProgress = no_progress
    done: int = 0
    failed: int = 0
    calls: int = 0
    stop: Exception | KeyboardInterrupt | None = None
    refused: Refused = field(default_factory=lambda: Refused())
    _settled: asyncio.Event = field(default_factory=asyncio.Event)
    _in_flight: int = 0

    @property
    def in_flight(self) -> int:
        return self._in_flight

    def finish(self, *, failed: bool = False) -> None:
        """Count one piece of work as done (or recorded as failed)."""
        self.done += 1
        self.failed += failed
        self.progress(done=self.done, total=self.total, failed=self.failed, spent_usd=self.budget.spent)

    async def paid(
        self,
        call: Callable[[], Awaitable[T]],
        worst_usd: float,
        actual_usd: Callable[[T], float],
        failed_usd: Callable[[CallFailed], float] = lambda _failed: 0.0,
        about: tuple[Hashable, int] = (None, 0),
    ) -> T:
        """Make one call, its worst case held back from the budget.

        `about` is the pair or prompt and the call's size. Raises BudgetReached before it
        starts, EndpointError where calls about others were refused too; after any stop nothing starts.
        """
        await self._hold_back(worst_usd)
        self._in_flight += 1
        self.calls += 1
        cost = 0.0
        try:
            reply = await call()
            cost = actual_usd(reply)
            self.refused.answered = True
            return reply
        except CallFailed as failed:
            cost = failed_usd(failed)
            if (every := self.refused.also(failed, *about)) is not None:
                self.stop = self.stop or every
                raise every from None
            raise
        except EndpointError as error:
            self.stop = self.stop or error
            raise
        finally:
            self._in_flight -= 1
            self.budget.settle(worst_usd, cost)
            self._settled.set()

    async def _hold_back(self, worst_usd: float) -> None:
        while self.stop is None:
            try:
                return self.budget.reserve(worst_usd)
            except BudgetReached as error:
                # Calls in flight hold their worst case back; most cost less and free the rest.
                if not self._in_flight:
                    self.stop = error
                    raise
                self._settled.clear()
                await self._settled.wait()
        # Not the stop itself: a KeyboardInterrupt raised in a task would end the event loop.
        raise PairwrightError(f"not started: {self.stop}")


@dataclass
class Refused:
    """Calls of one run that were refused before any was answered: soon enough, nothing more is sent.

    One text may be refused for what it says, or for its length, which tells of texts as long.
    """

    answered: bool = False
    _sizes: dict[str, dict[Hashable, int]] = field(default_factory=dict)

    ALIKE = 1.5  # from the largest to the smallest text
    FEW, MANY = 2, 10  # pairs or prompts

    def also(self, failed: CallFailed, about: Hashable, size: int) -> EndpointError | None:
        """Count one more; the error to stop with where enough have been refused."""
        refusal = failed.refusal
        if self.answered or about is None or refusal is None or refusal.about == "text":
            return None
        said = refusal.about if refusal.about != "unknown" else re.sub(r"\d+", "", str(failed))[:160]
        sizes = self._sizes.setdefault(said, {})
        sizes[about] = size
        known = refusal.about != "unknown"
        alike = refusal.about != "length" or max(sizes.values()) <= self.ALIKE * min(sizes.values())
        if len(sizes) < (self.FEW if known and alike else self.MANY):
            return None
        remedy = (
            "Take a model or server with a longer context, a smaller max_tokens, or leave long texts out. "
            if refusal.about == "length"
            else "Change what it refuses in pairwright.toml. "
        )
        return EndpointError(
            f"every request so far was refused, so nothing more is sent: {failed}. {remedy}"
            "If only these texts are refused, run again: it goes on with the others"
        )


async def work_through(
    pages: Iterator[list[T]], do: Callable[[T], Awaitable[None]], workers: int, run: Run
) -> None:
    """Do every item of `pages`, `workers` at a time, until done or `run.stop` is set.

    An error of `do` or of `pages` becomes `run.stop`: the other calls in flight are
    paid for, so they finish first. What to do about it is the caller's.
    """
    queue: asyncio.Queue[T | None] = asyncio.Queue(maxsize=workers)

    async def feed() -> None:
        try:
            while run.stop is None and (page := await asyncio.to_thread(next, pages, None)) is not None:
                for item in page:
                    await queue.put(item)
                    if run.stop is not None:
                        break
        except Exception as error:
            run.stop = run.stop or error
        for _ in range(workers):  # not when cancelled: then nobody is left to take them
            await queue.put(None)

    async def work() -> None:
        while (item := await queue.get()) is not None:
            if run.stop is not None:
                continue  # drain, so that the feeder can end
            try:
                await do(item)
            except (Exception, KeyboardInterrupt) as error:
                run.stop = run.stop or error

    with _finish_on_interrupt(run):
        async with asyncio.TaskGroup() as group:
            group.create_task(feed())
            for _ in range(workers):
                group.create_task(work())


@contextmanager
def _finish_on_interrupt(run: Run) -> Iterator[None]:
    """The first Ctrl-C lets calls in flight finish; the second ends at once."""
    loop = asyncio.get_running_loop()
    asked = False

    def halt() -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        run.stop = run.stop or KeyboardInterrupt("by Ctrl-C; calls in flight were finished and kept")
        sys.stderr.write(
            f"\nCtrl-C: {run.in_flight} calls in flight are finished and kept; once more ends at once.\n"
        )

    try:
        loop.add_signal_handler(signal.SIGINT, halt)
    except (NotImplementedError, RuntimeError, ValueError):  # not the main thread, or Windows
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)


class TokenBound:
    """The most tokens a text of some bytes may be: one a byte, until the endpoint's own counts say less."""

    ENOUGH = 20  # counts, after which the densest text seen, and a quarter more, is the bound

    def __init__(self) -> None:
        self._seen, self._densest = 0, 0.0

    def learn(self, size: int, tokens: int | None) -> None:
        if tokens and size:
            self._seen += 1
            self._densest = max(self._densest, tokens / size)

    def of(self, size: int) -> int:
        rate = min(1.0, 1.25 * self._densest) if self._seen >= self.ENOUGH else 1.0
        return int(size * rate) + 64  # the chat template's own


def most_tokens_out(body: Mapping[str, Any], budget: float | None, model: str) -> int:
    """The most tokens this request can be answered with. Raises ConfigError where a budget can't hold it."""
    fields = ("max_completion_tokens", "max_tokens", "max_new_tokens", "max_output_tokens")
    limits = [body[name] for name in fields if isinstance(body.get(name), int)]
    answers = max((body[name] for name in ("n", "best_of") if isinstance(body.get(name), int)), default=1)
    if not limits and budget is not None:
        raise ConfigError(
            f"a budget needs a limit on the length of an answer, and requests to {model} have none: "
            f"take max_tokens out of omit under [models.{model}], or name its field in max_tokens_field."
        )
    return max(limits, default=0) * answers


@dataclass
class Payer:
    """Paid calls of one stage to one model: held within the budget, and each as a row with its cost."""

    run: Run
    stage: str
    model: str
    price: Price | None
    bound: TokenBound = field(default_factory=TokenBound)

    @property
    def repeats(self) -> bool:
        """Whether a try that may have been charged for is repeated without asking: not under a budget."""
        return self.run.budget.limit is None

    async def pay(
        self, call: Callable[[], Awaitable[Any]], size: int, most: int, about: Hashable = None
    ) -> Any:
        """Make a call of `size` bytes that is answered with `most` tokens at worst. Raises CallFailed.

        `about` tells the pair or prompt from others.
        """
        worst = self.price.cost(self.bound.of(size), most) if self.price else 0.0
        reply = await self.run.paid(
            call,
            worst,
            lambda reply: cost_row(reply, self.price, size)["cost_usd"] or 0.0,
            lambda failed: sum(lost["cost_usd"] or 0.0 for lost in self._lost(failed, size, most)),
            (about, size),
        )
        self.bound.learn(size, reply.prompt_tokens)
        return reply

    def row(
        self,
        key: bytes,
        attempt: int,
        outcome: str,
        reply: Any,
        size: int,
        raw: str | None = None,
        *,
        images: int = 0,
    ) -> tuple[Any, dict[str, Any]]:
        """An answer as a row of `call`. `images` of its `size` are no bytes of text."""
        cost = cost_row(reply, self.price, size)
        return schema.call, self._row(key, attempt, outcome, {**cost, "prompt_bytes": size - images}, raw)

    def lost_rows(
        self, key: bytes, attempt: int, failed: CallFailed, size: int, most: int
    ) -> list[tuple[Any, dict[str, Any]]]:
        """Rows for tries that gave nothing but may have been charged for, from `attempt` on."""
        lost = self._lost(failed, size, most)
        return [(schema.call, self._row(key, attempt + i, "failed", each)) for i, each in enumerate(lost)]

    def _row(
        self, key: bytes, attempt: int, outcome: str, cost: Mapping[str, Any], raw: str | None = None
    ) -> dict[str, Any]:
        return {
            "work_key": key,
            "attempt": attempt,
            "stage": self.stage,
            "model": self.model,
            "outcome": outcome,
            "raw": raw,
            **cost,
            "at": time.time(),
        }

    def _lost(self, failed: CallFailed, size: int, most: int) -> list[dict[str, Any]]:
        """Token and cost columns of each such try: at worst, where the endpoint did not say."""
        rows = []
        for given_in, given_out in failed.billed:
            tokens_in, tokens_out = given_in or self.bound.of(size), given_out or most
            rows.append(
                {
                    "prompt_tokens": tokens_in,
                    "completion_tokens": tokens_out,
                    "cost_usd": self.price.cost(tokens_in, tokens_out) if self.price else None,
                    "cost_known": False,
                    "prompt_bytes": size,
                    "seconds": 0.0,
                    "tries": 1,
                }
            )
        return rows


def spent_before(project: Project, connection: Connection, limit: float | None) -> float:
    """What the project has paid, with calls made before their price was known at the price known now.

    Raises ConfigError where a budget is to hold and some price still is not known.
    """
    spent = totals.spent_usd(connection)
    for each in totals.unpriced(connection):
        price = project.price(each.model) if each.model in project.settings.models else None
        if price is not None:
            spent += price.cost(each.prompt_tokens, each.completion_tokens)
        elif limit is not None:
            raise ConfigError(
                f"{each.calls:,} calls to {each.model} have no price: what is spent is not known. "
                f"Set price_in and price_out (USD per million tokens) under [models.{each.model}]."
            )
    return spent


def unknown_price(name: str, model: str) -> str:
    return (
        f'a budget needs a price, and the price of "{model}" is not known. Set price_in and price_out '
        f"(USD per million tokens; 0 for a model of your own) under [models.{name}]."
    )


def tokens_of(size: int) -> int:
    """Tokens to expect for that many bytes of UTF-8."""
    return int(size / BYTES_PER_TOKEN) + 8


def cost_row(reply: Any, price: Price | None, prompt_bytes: int) -> dict[str, Any]:
    """The token and cost columns of a call: the endpoint's own count, or an estimate marked as such."""
    counted = reply.prompt_tokens is not None and reply.completion_tokens is not None
    tokens_in = reply.prompt_tokens if counted else tokens_of(prompt_bytes)
    tokens_out = reply.completion_tokens if counted else tokens_of(len(reply.text.encode()))
    return {
        "prompt_tokens": tokens_in,
        "completion_tokens": tokens_out,
        "cost_usd": price.cost(tokens_in, tokens_out) if price else None,
        "cost_known": counted and price is not None,
        "prompt_bytes": prompt_bytes,
        "seconds": reply.seconds,
        "tries": reply.tries,
    }
