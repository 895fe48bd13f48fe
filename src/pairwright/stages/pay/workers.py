"""Several processes, on one machine or many, that pay for one stage of one project on PostgreSQL.

Each takes prompts (or pairs) in hand before it asks about them, and money before it spends it, both under
a lease that it renews. What a process that is gone had in hand goes to the others when its lease runs out;
one that finds its own run out starts nothing more. A project on SQLite has one process at a time.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from pairwright.amounts import counted, exact_usd
from pairwright.errors import StoreError
from pairwright.literals import checked
from pairwright.models.budget import Budget, budget_reached
from pairwright.stages.pay.dispatch import Via
from pairwright.stages.pay.paid_calls import Run, work_through
from pairwright.stages.pay.payer import open_budget, spent_before
from pairwright.stages.project.project import Project
from pairwright.store import clock
from pairwright.store.judge.pending import Take
from pairwright.store.pay import planned, workers

T = TypeVar("T")
# Pages of what is left to do, as far as it can be taken in hand (None: all); True when it looks again.
Scan = Callable[[Take | None, bool], Iterator[list[T]]]

BEATS = 5  # in a lease
AHEAD, MOST = 2, 64  # taken in hand: so many times what may be in flight, so many at most
LOOK_S = 0.5  # between looks at whether others have finished
# Of the budget a worker is given so much at a time, or so many times what its next call may cost.
SHARE, CALLS = 0.05, 16


@checked
@contextmanager
def paying(project: Project, task: str, via: Via, *, alone: bool = False) -> Iterator[Worker | None]:
    """Hold the project's spending: beside others where that can be, else alone, which gives None.

    Batches and files are planned, sent and fetched by one process; so is what must happen `alone`. Raises
    StoreError where another process is in the way.
    """
    beside = project.store.path is None and via == "live" and not alone
    if beside:
        with project.store.read() as connection:
            beside = not planned.any_planned(connection)
    with project.store.exclusively("spending", beside_others=beside):
        if not beside:
            yield None
            return
        worker = Worker(project, task)
        try:
            yield worker
        finally:
            worker.leave()


class Worker:
    """One process of several. `id` is its number in the store."""

    def __init__(self, project: Project, task: str) -> None:
        self._project, self._task = project, task
        self._lease_s = project.settings.project.lease_s
        self._heard = _seconds()
        with project.store.write() as connection:
            self.id = workers.join(connection, f"{socket.gethostname()}:{os.getpid()}", task, self._lease_s)
        self._lock = threading.Lock()  # pages are read in one thread, the lease is renewed in another
        self._in_hand: Counter[int] = Counter()  # pieces of work left of each item
        self._finished: list[int] = []  # in hand still, with nothing left to do
        self._refused = False  # others have something in hand
        self._granted = 0.0  # of the budget, since it joined
        self._booked, self._last_call = 0.0, 0  # what its calls in the store cost, and the last of them

    def leave(self) -> None:
        with self._project.store.write() as connection:
            workers.leave(connection, self.id)

    def check(self) -> None:
        """Raises StoreError where the lease has run out: others may be at work on what is in hand here."""
        if _seconds() - self._heard > self._lease_s:
            raise StoreError(
                f"this process was not heard of for {self._lease_s:g} s, so others may have its work by now: "
                "nothing more is sent, and what was paid for is kept. Run again to go on."
            )

    def pages(self, scan: Scan[T], item: Callable[[T], int], run: Run) -> Iterator[list[T]]:
        """What this worker is to do; ends when nothing is left, in the hands of others neither."""
        again = False
        while run.stop is None:
            self._refused = False
            for page in scan(self.take, again):
                with self._lock:
                    self._in_hand.update(item(each) for each in page)
                    self._drop_finished()
                if page:
                    yield page
            if not self._refused:
                return
            time.sleep(LOOK_S)
            again = True

    def take(self, items: Sequence[int]) -> set[int]:
        """Those of these prompts (or pairs) that nobody has in hand, here neither. Raises StoreError."""
        self.check()
        with self._lock, self._project.store.write() as connection:
            self._give_back(connection)
            taken = workers.take(connection, self.id, self._task, items)
            self._refused |= len(taken) < len(set(items))
            self._in_hand.update(dict.fromkeys(taken, 0))
        return taken

    def releasing(
        self, do: Callable[[T], Awaitable[None]], item: Callable[[T], int]
    ) -> Callable[[T], Awaitable[None]]:
        """`do`, which gives back what there is nothing left to do of."""

        async def doing(work: T) -> None:
            try:
                await do(work)
            finally:
                with self._lock:
                    self._in_hand[item(work)] -= 1
                    self._drop_finished(item(work))

        return doing

    @asynccontextmanager
    async def beating(self, run: Run) -> AsyncIterator[None]:
        """Renew the lease while work goes on. Where it is lost the run stops."""

        async def beat() -> None:
            while run.stop is None:
                await asyncio.sleep(self._lease_s / BEATS)
                try:
                    await asyncio.to_thread(self._renew)
                except StoreError as error:
                    run.stop_for(error)

        task = asyncio.create_task(beat())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def grant(self, used_usd: float, worst_usd: float, limit: float) -> float:
        """What this worker may spend since it joined, for a next call that may cost `worst_usd`.

        Raises BudgetReached where that does not fit beside what others were given.
        """
        with self._lock, self._project.store.write() as connection:
            workers.one_at_a_time(connection)
            self._count_booked(connection)
            others, theirs = workers.held_by_others(connection, self.id)
            spent = spent_before(self._project, connection, limit)
            free = limit - (spent - self._booked) - planned.held_usd(connection) - theirs - used_usd
            if worst_usd > free + 1e-11:  # a cent's billionth of rounding is no reason to stop
                others_may = f", {counted(others, 'other process')} may spend {exact_usd(theirs)},"
                raise budget_reached(limit, spent, worst_usd, others_may if others else "")
            share = min(free / (others + 1), max(CALLS * worst_usd, SHARE * free))
            self._granted = used_usd + max(worst_usd, share)
            self._say_so(connection)
        return self._granted

    def _renew(self) -> None:
        with suppress(DBAPIError), self._lock, self._project.store.write() as connection:
            clock.ask(connection)
            self._count_booked(connection)
            self._give_back(connection)
            self._say_so(connection)
        self.check()  # where the database could not be reached for so long

    def _say_so(self, connection: Connection) -> None:
        now = _seconds()
        held = max(0.0, self._granted - self._booked)
        if not workers.heard_of(connection, self.id, self._lease_s, held):
            self._heard = now - 2 * self._lease_s
            self.check()
        self._heard = now

    def _count_booked(self, connection: Connection) -> None:
        cost, self._last_call = workers.booked_since(connection, self.id, self._last_call)
        self._booked += cost

    def _drop_finished(self, *items: int) -> None:
        for each in items or list(self._in_hand):
            if not self._in_hand[each]:
                del self._in_hand[each]
                self._finished.append(each)

    def _give_back(self, connection: Connection) -> None:
        workers.give_back(connection, self.id, self._finished)
        self._finished = []


class SharedBudget(Budget):
    """The project's budget as one of several workers sees it: it is given some at a time."""

    def __init__(self, worker: Worker, limit_usd: float | None, spent_usd: float) -> None:
        super().__init__(limit_usd, spent_usd)
        self._worker, self._before = worker, spent_usd
        self._granted = 0.0

    def reserve(self, worst_case_usd: float) -> None:
        """Hold back what a call may cost at worst. Raises BudgetReached, StoreError for a lost lease."""
        self._worker.check()
        used = self.spent - self._before + self._held
        if self.limit is not None and worst_case_usd > 0 and used + worst_case_usd > self._granted + 1e-11:
            self._granted = self._worker.grant(used, worst_case_usd, self.limit)
        self._held += worst_case_usd


def at_once(in_flight: int) -> int:
    """How much is taken in hand at once: little enough that all end together."""
    return min(AHEAD * in_flight, MOST)


def pages_of(worker: Worker | None, scan: Scan[T], item: Callable[[T], int], run: Run) -> Iterator[list[T]]:
    """What this process is to do: all that is left, or what it takes in hand beside others."""
    return scan(None, False) if worker is None else worker.pages(scan, item, run)


async def work_beside(
    worker: Worker | None,
    pages: Iterator[list[T]],
    do: Callable[[T], Awaitable[None]],
    item: Callable[[T], int],
    concurrency: int,
    run: Run,
) -> None:
    """`work_through`, with a lease that is renewed meanwhile."""
    if worker is None:
        await work_through(pages, do, concurrency, run)
        return
    async with worker.beating(run):
        await work_through(pages, worker.releasing(do, item), concurrency, run)


def by_others(done: int, what: str) -> list[str]:
    """A note on what other processes did meanwhile."""
    return [f"{counted(done, what)} came from other processes meanwhile"] if done > 0 else []


def budget_of(project: Project, connection: Connection, limit: float | None, worker: Worker | None) -> Budget:
    """The project's budget, as `open_budget` says, or this worker's part in it."""
    budget = open_budget(project, connection, limit)
    return budget if worker is None else SharedBudget(worker, limit, budget.spent)


def _seconds() -> float:
    """Runs on while the machine sleeps, and others take over."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
