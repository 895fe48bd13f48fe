"""Many paid calls at once: workers, a budget, and an orderly stop.

A stop (budget reached, endpoint refusing everything, Ctrl-C, SIGTERM) lets calls in
flight finish and be recorded, and starts nothing new.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from pairwright.errors import BudgetReached, PairwrightError
from pairwright.models.budget import Budget
from pairwright.stages.pay.refused import Refused
from pairwright.stages.pay.stopping import Stop, finish_on_signals

T = TypeVar("T")


class CallProgress(Protocol):
    """Told about every finished piece of work of a paid stage."""

    def __call__(self, *, done: int, total: int, failed: int, spent_usd: float) -> None: ...


class Deferred(Exception):
    """This work waits for a call that is planned, or sent and not answered. A later run goes on with it."""


def no_progress(*, done: int, total: int, failed: int, spent_usd: float) -> None:
    """For callers that don't watch."""


@dataclass
class Run:
    """What one run of a paid stage has done so far, and why it must stop, if it must.

    `tasks` are those that work goes on in: given up at a second signal, and `stop_within_s` seconds after
    a first one that a machine sent. `at_end` is called when all have ended. `worker_id` is this process
    where others work beside it.
    """

    budget: Budget
    total: int
    progress: CallProgress = no_progress
    stop_within_s: float = 8.0
    worker_id: int | None = None
    done: int = 0
    failed: int = 0
    deferred: int = 0  # pieces of work that wait for calls
    calls: int = 0
    uncounted_usd: float = 0.0  # of what was spent: booked at the worst case, for nobody counted it
    in_flight: int = 0
    stop: Stop | None = None
    refused: Refused = field(default_factory=Refused)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    at_end: list[Callable[[], None]] = field(default_factory=list)
    _waits: set[asyncio.Future[Any]] = field(default_factory=set)
    _settled: asyncio.Event = field(default_factory=asyncio.Event)

    def finish(self, *, failed: bool = False) -> None:
        """Count one piece of work as done (or recorded as failed)."""
        self.done += 1
        self.failed += failed
        self.progress(done=self.done, total=self.total, failed=self.failed, spent_usd=self.budget.spent)

    def stop_for(self, why: Stop) -> None:
        """Start nothing more. The first reason is kept."""
        self.stop = self.stop or why
        for each in self._waits:
            each.cancel()
        self._settled.set()

    async def hold(self, worst_usd: Callable[[], float], may_go: Callable[[], bool] = lambda: True) -> float:
        """Wait until a try may be sent, hold its worst case back, and give that.

        Both are asked anew whenever another try has ended. Raises BudgetReached where nothing in flight
        can free what is lacking, and after any stop.
        """
        while self.stop is None:
            if may_go():
                worst = worst_usd()
                try:
                    self.budget.reserve(worst)
                except BudgetReached as error:
                    # What is in flight holds its worst case back; most cost less and free the rest.
                    if not self.in_flight:
                        self.stop_for(error)
                        raise
                else:
                    self.in_flight += 1
                    return worst
            self._settled.clear()
            await self._settled.wait()
        raise self._not_started()

    def settle(self, held_usd: float, cost_usd: float) -> None:
        """A try has ended."""
        self.in_flight -= 1
        self.budget.settle(held_usd, cost_usd)
        self._settled.set()

    async def unless_stopped(self, waiting: Awaitable[Any]) -> None:
        """Await, but no longer than the run goes on. Raises then."""
        ready = asyncio.ensure_future(waiting)
        if self.stop is not None:
            ready.cancel()
            raise self._not_started()
        self._waits.add(ready)
        try:
            await ready
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self.stop is None or (task is not None and task.cancelling()):
                raise  # it is this task that is cancelled
            raise self._not_started() from None
        finally:
            self._waits.discard(ready)

    def _not_started(self) -> PairwrightError:
        # Not the stop itself: a KeyboardInterrupt raised in a task would end the event loop.
        return PairwrightError(f"not started: {self.stop}")


def only_first(
    pages: Iterator[list[T]], limit: int | None, about: Callable[[T], Hashable]
) -> Iterator[list[T]]:
    """The pages as far as the first `limit` things that the items are about; all without a limit."""
    if limit is None:
        yield from pages
        return
    seen: set[Hashable] = set()
    for page in pages:
        kept = []
        for item in page:
            if about(item) not in seen and len(seen) == limit:
                break
            seen.add(about(item))
            kept.append(item)
        yield kept
        if len(kept) < len(page):
            return


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
            run.stop_for(error)
        for _ in range(workers):  # not when cancelled: then nobody is left to take them
            await queue.put(None)

    async def work() -> None:
        while (item := await queue.get()) is not None:
            if run.stop is not None:
                continue  # drain, so that the feeder can end
            try:
                await do(item)
            except Deferred:
                run.deferred += 1
            except (Exception, KeyboardInterrupt) as error:
                run.stop_for(error)

    try:
        with finish_on_signals(run):
            async with asyncio.TaskGroup() as group:
                for each in (feed(), *(work() for _ in range(workers))):
                    task = group.create_task(each)
                    run.tasks.add(task)
                    task.add_done_callback(run.tasks.discard)
    finally:
        for last in run.at_end:
            last()
