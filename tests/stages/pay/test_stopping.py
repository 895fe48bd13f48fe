"""Signals: the first lets calls in flight finish, for a while; the second, or the end of it, gives them up."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap

import pytest

SIGNALS = [("SIGINT", "Ctrl-C"), ("SIGTERM", "SIGTERM"), ("SIGHUP", "SIGHUP")]
PROGRAM = """
import asyncio, itertools, sys
from pairwright import interrupts
from pairwright.errors import BudgetReached
from pairwright.models.budget import Budget
from pairwright.stages.pay.paid_calls import Run, work_through

mode, taken = sys.argv[1:]
if taken == "taken":
    interrupts.take_all()
run = Run(Budget(None), 0, stop_within_s=0.2 if mode == "bounded" else 8.0)
stopped = asyncio.Event()

def say(*words):
    print(*words, flush=True)

async def do(item):
    held = await run.hold(lambda: 0.5)
    try:
        say("started")
        if mode == "budget" and item == 3:
            run.stop_for(BudgetReached("spent"))
        # In flight until told: by the first signal, or for ever.
        await (stopped.wait() if mode == "finish" else asyncio.sleep(3600))
        say("finished")
    finally:
        run.settle(held, 0.5)

async def watch():
    while run.stop is None:
        await asyncio.sleep(0.01)
    say("stopping")
    stopped.set()

async def main():
    watching = asyncio.create_task(watch())
    await work_through(([n] for n in itertools.count()), do, 4, run)
    await watching

asyncio.run(main())
say(f"booked {run.budget.spent:g}, stop: {type(run.stop).__name__} {run.stop}")
"""
GIVEN_UP = "4 calls were given up without an answer and booked at the worst case, all others were kept"


@pytest.fixture
def program(tmp_path):
    """Four calls in flight and many to come, in a process of its own."""
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(PROGRAM))
    running = []

    def start(mode, taken="taken", before=()):
        process = subprocess.Popen(
            [*before, sys.executable, str(path), mode, taken],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        assert [process.stdout.readline() for _ in range(4)] == ["started\n"] * 4
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("name", "told"), SIGNALS)
def test_the_first_signal_lets_calls_in_flight_finish_and_starts_nothing_new(program, name, told):
    process = program("finish")
    os.kill(process.pid, getattr(signal, name))
    out, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert out.splitlines() == [
        "stopping",
        *["finished"] * 4,
        f"booked 2, stop: KeyboardInterrupt by {told}; calls in flight were finished and kept",
    ]
    assert f"{told}: 4 calls in flight will be finished and kept" in errors


@pytest.mark.parametrize(("name", "told"), SIGNALS)
def test_the_second_signal_gives_up_what_is_in_flight_and_books_it(program, name, told):
    process = program("hang")
    os.kill(process.pid, getattr(signal, name))
    assert process.stdout.readline() == "stopping\n"
    os.kill(process.pid, getattr(signal, name))
    out, errors = process.communicate(timeout=30)
    assert out.strip() == f"booked 2, stop: KeyboardInterrupt by {told}; {GIVEN_UP}"
    assert (process.returncode, "Traceback" in errors) == (0, False)


def test_what_gives_no_answer_in_time_is_given_up_and_booked(program):
    process = program("bounded")
    os.kill(process.pid, signal.SIGTERM)
    out, errors = process.communicate(timeout=30)
    assert out.splitlines()[-1] == f"booked 2, stop: KeyboardInterrupt by SIGTERM; {GIVEN_UP}"
    assert "for 0.2 s at most" in errors


def test_a_signal_during_another_stop_is_still_the_first(program):
    process = program("budget")
    assert process.stdout.readline() == "stopping\n"
    os.kill(process.pid, signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)
    os.kill(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert out.strip() == "booked 2, stop: BudgetReached spent"


def test_a_signal_that_is_ignored_stays_so(program):
    process = program("hang", before=["nohup"])
    os.kill(process.pid, signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)


def test_a_program_of_ones_own_ends_by_the_signal_once_all_is_kept(program):
    process = program("finish", taken="own")
    os.kill(process.pid, signal.SIGTERM)
    out, _ = process.communicate(timeout=30)
    assert out.splitlines() == ["stopping", *["finished"] * 4]
    assert process.returncode == -signal.SIGTERM


def test_the_handlers_from_before_are_there_again_afterwards():
    from pairwright.models.budget import Budget
    from pairwright.stages.pay.paid_calls import Run, work_through

    async def do(_):
        assert signal.getsignal(signal.SIGTERM) is not before[signal.SIGTERM]

    numbers = [getattr(signal, name) for name, _ in SIGNALS]
    before = {number: signal.getsignal(number) for number in numbers}
    run = Run(Budget(None), 1)
    asyncio.run(work_through(iter([[1]]), do, 1, run))
    assert run.stop is None
    assert {number: signal.getsignal(number) for number in numbers} == before
