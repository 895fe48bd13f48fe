"""Many paid calls at once: the budget holds, and every stop lets calls in flight finish."""

import asyncio
import random
import threading

import pytest

from pairwright.errors import BudgetReached, PairwrightError, StoreError
from pairwright.models.budget import Budget
from pairwright.stages.pay.paid_calls import Run, work_through


def pages(n, size=10):
    """The numbers up to n, in pages."""
    numbers = list(range(n))
    return iter([numbers[i : i + size] for i in range(0, n, size)])


def a_run(limit_usd=None, total=100):
    return Run(Budget(limit_usd), total)


async def soon():
    """Some turns of the event loop."""
    for _ in range(5):
        await asyncio.sleep(0)


class Calls:
    """Calls that end when told to; what started and what ended."""

    def __init__(self, run):
        self.run, self.started, self.ended, self.gates = run, [], [], {}

    async def pay(self, name, worst, cost):
        held, charged = await self.run.hold(lambda: worst), 0.0
        try:
            self.started.append(name)
            gate = self.gates[name] = asyncio.Event()
            await gate.wait()
            self.ended.append(name)
            charged = cost
            return cost
        finally:
            self.run.settle(held, charged)

    def begin(self, name, worst, cost):
        return asyncio.create_task(self.pay(name, worst, cost))

    async def end(self, name):
        self.gates[name].set()
        await soon()


# --- one paid call ---


def test_the_worst_case_is_held_back_while_a_call_is_out_and_the_true_cost_booked_after():
    async def go():
        run = a_run(1.0)
        calls = Calls(run)
        task = calls.begin("a", 0.6, 0.1)
        await soon()
        assert (run.budget.spent, run.budget.left) == (0, pytest.approx(0.4))
        await calls.end("a")
        assert await task == 0.1
        assert (run.budget.spent, run.budget.left) == (0.1, 0.9)

    asyncio.run(go())


def test_a_call_that_does_not_fit_waits_for_calls_in_flight_to_cost_less_than_feared():
    async def go():
        calls = Calls(a_run(1.0))
        first, second = calls.begin("first", 0.9, 0.1), calls.begin("second", 0.9, 0.1)
        await soon()
        assert calls.started == ["first"]
        await calls.end("first")
        assert calls.started == ["first", "second"]
        await calls.end("second")
        await asyncio.gather(first, second)
        assert calls.run.stop is None

    asyncio.run(go())


def test_the_budget_is_reached_when_nothing_in_flight_can_free_enough():
    async def go():
        calls = Calls(a_run(1.0))
        first, second = calls.begin("first", 0.9, 0.9), calls.begin("second", 0.9, 0.1)
        await soon()
        assert not second.done()
        await calls.end("first")
        assert await first == 0.9
        with pytest.raises(BudgetReached):
            await second
        assert isinstance(calls.run.stop, BudgetReached)
        assert calls.started == ["first"]

    asyncio.run(go())


def test_after_the_budget_is_reached_not_even_a_call_that_would_fit_is_started():
    async def go():
        calls = Calls(a_run(1.0))
        first = calls.begin("first", 0.9, 0.9)
        large, small = calls.begin("large", 0.5, 0.1), calls.begin("small", 0.2, 0.1)
        await soon()
        small_enough = calls.begin("small enough", 0.05, 0.01)
        await soon()
        await calls.end("small enough")
        await calls.end("first")
        await asyncio.wait([first, large, small])
        later = calls.begin("later", 0.01, 0.01)
        await asyncio.wait([later, small_enough])
        assert calls.started == ["first", "small enough"]
        assert isinstance(large.exception(), BudgetReached)
        for refused in (small, later):
            assert "the budget of $1.00 is reached" in str(refused.exception())

    asyncio.run(go())


def test_a_cancelled_call_holds_nothing():
    async def go():
        calls = Calls(a_run(1.0))
        task = calls.begin("a", 0.9, 0.9)
        await soon()
        task.cancel()
        await asyncio.wait([task])
        assert calls.run.budget.left == 1

    asyncio.run(go())


def test_the_worst_case_is_asked_for_anew_once_something_has_ended():
    """What was learned meanwhile may have made it larger."""

    async def go():
        calls = Calls(a_run(1.0))
        first = calls.begin("first", 0.9, 0.1)
        await soon()
        worst = [0.5]
        second = asyncio.create_task(calls.run.hold(lambda: worst[0]))
        await soon()
        worst[0] = 0.8
        await calls.end("first")
        assert (await first, await second) == (0.1, 0.8)
        assert calls.run.budget.left == pytest.approx(0.1)

    asyncio.run(go())


def test_a_wait_ends_where_the_run_stops():
    async def go():
        run = a_run()
        waiting = asyncio.create_task(run.unless_stopped(asyncio.sleep(3600)))
        await soon()
        run.stop_for(BudgetReached("spent"))
        with pytest.raises(PairwrightError, match="not started: spent"):
            await asyncio.wait_for(waiting, 20)

    asyncio.run(go())


@pytest.mark.parametrize("seed", range(3))
def test_the_limit_is_never_overrun_however_many_calls_at_once(seed):
    async def go():
        draw, run = random.Random(seed), a_run(1.0, 500)

        async def do(_):
            held = await run.hold(lambda: 0.01)
            await asyncio.sleep(draw.random() / 1000)
            run.settle(held, draw.random() * 0.01)
            run.finish()

        await work_through(pages(500), do, 16, run)
        assert isinstance(run.stop, BudgetReached)
        assert 0.98 < run.budget.spent <= 1.0
        assert run.done > 100

    asyncio.run(go())


# --- many ---


def test_every_item_is_done_once_at_most_so_many_at_a_time():
    async def go():
        done, now, most = [], 0, 0

        async def do(item):
            nonlocal now, most
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.001)
            now -= 1
            done.append(item)

        run = a_run()
        await asyncio.wait_for(work_through(pages(100), do, 7, run), 20)
        assert (sorted(done), most, run.stop) == (list(range(100)), 7, None)

    asyncio.run(go())


@pytest.mark.parametrize("n", [0, 1, 5])
def test_more_workers_than_items_end_too(n):
    async def go():
        done = []

        async def do(item):
            done.append(item)

        await asyncio.wait_for(work_through(pages(n, size=2), do, 64, a_run()), 20)
        assert sorted(done) == list(range(n))

    asyncio.run(go())


def test_pages_are_read_ahead_by_no_more_than_the_workers_can_hold():
    read, done = [], []

    def reading():
        for n in range(1000):
            read.append(n)
            assert len(read) - len(done) <= 2 * 4 + 2
            yield [n]

    async def go():
        async def do(item):
            await asyncio.sleep(0)
            done.append(item)

        run = a_run()
        await work_through(reading(), do, 4, run)
        assert run.stop is None

    asyncio.run(go())
    assert len(done) == 1000


@pytest.mark.parametrize("error", [StoreError("disk full"), ValueError("a bug"), BudgetReached("spent")])
def test_an_error_of_one_item_stops_the_others_in_order(error):
    """Those in flight finish, nothing new starts, and the error is there for the caller to raise."""

    async def go():
        started, finished, stopped = [], [], asyncio.Event()

        async def do(item):
            started.append(item)
            if item == 20:
                stopped.set()
                raise error
            if item > 12:
                await stopped.wait()
                await soon()
            finished.append(item)

        run = a_run()
        await asyncio.wait_for(work_through(pages(10_000), do, 8, run), 20)
        assert run.stop is error
        assert sorted([*finished, 20]) == sorted(started)
        assert set(range(20)) <= set(finished)
        assert len(started) < 40

    asyncio.run(go())


def test_an_error_of_reading_stops_in_order_too():
    async def go():
        started, finished = [], []

        def reading():
            yield [1, 2, 3]
            raise StoreError("the disk is gone")

        async def do(item):
            started.append(item)
            await asyncio.sleep(0.01)
            finished.append(item)

        run = a_run()
        await asyncio.wait_for(work_through(reading(), do, 4, run), 20)
        assert str(run.stop) == "the disk is gone"
        assert finished == started

    asyncio.run(go())


def test_the_first_error_is_the_one_that_is_kept():
    async def go():
        async def do(item):
            raise StoreError(f"error {item}")

        run = a_run()
        await work_through(pages(100), do, 8, run)
        assert str(run.stop) == "error 0"

    asyncio.run(go())


def test_cancelling_ends_at_once():
    async def go():
        async def do(_):
            await asyncio.sleep(3600)

        task = asyncio.create_task(work_through(pages(10_000), do, 8, a_run()))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 20)

    asyncio.run(go())


def test_it_works_off_the_main_thread_where_no_signal_can_be_caught():
    done = []

    async def do(item):
        done.append(item)

    thread = threading.Thread(target=lambda: asyncio.run(work_through(pages(20), do, 4, a_run())))
    thread.start()
    thread.join(20)
    assert sorted(done) == list(range(20))


def test_progress_is_told_of_every_piece():
    told = []
    run = Run(Budget(None, spent_usd=0.5), 2, lambda **now: told.append(now))
    run.finish()
    run.finish(failed=True)
    assert told == [
        {"done": 1, "total": 2, "failed": 0, "spent_usd": 0.5},
        {"done": 2, "total": 2, "failed": 1, "spent_usd": 0.5},
    ]
