"""The books: every try that was charged is a row, and none costs more than was held back for it."""

import asyncio
from contextlib import suppress

import pytest
from sqlalchemy import select

from pairwright.errors import BudgetReached, EndpointError, PairwrightError
from pairwright.models.budget import Budget
from pairwright.models.chat import CallFailed
from pairwright.models.ledger import Tried
from pairwright.models.prices import Price
from pairwright.models.replies import ChatReply
from pairwright.stages.pay.paid_calls import Run, work_through
from pairwright.stages.pay.payer import Payer
from pairwright.store import schema
from pairwright.store.store import Store
from pairwright.store.writer import GroupCommit

PRICE = Price(1e6, 1e6, "a dollar a token")
REPLY = ChatReply("Yes.", "stop", False, 10, 2, None, 0.5, 1)
KEY = b"0123456789abcdef"
CACHED = Price(1e6, 1e6, "a dollar a token, ten cents from the cache", 1e5)


def reply_of(prompt_tokens=10, completion_tokens=2, text="Yes."):
    return ChatReply(text, "stop", False, prompt_tokens, completion_tokens, None, 0.5, 1)


def sending(*tries):
    """A call whose tries come to these: a reply, the usage of one that failed, or None for free."""

    async def send(ledger):
        for each in tries:
            await ledger.before()
            if isinstance(each, ChatReply):
                usage = each.prompt_tokens, each.completion_tokens
                ledger.after(Tried(usage, failed=False, answer_bytes=len(each.text), served="m-1"))
                return each
            ledger.after(Tried(each, failed=True))
        raise CallFailed("server", "broke off")

    return send


@pytest.fixture
def store(tmp_path):
    with Store.open(str(tmp_path / "pairwright.db"), create=True) as store:
        yield store


def books_of(store, *calls, limit=None, price=PRICE, size=100, most=50):
    """Make the calls one after the other; gives the rows, and the run."""

    async def go(writer):
        run = Run(Budget(limit), 0)
        payer = Payer(run, "judge", "m", price, writer)
        account = payer.account(KEY, 1)
        for each in calls:
            with suppress(CallFailed):
                await account.pay(each, size, most)
                await writer.put([account.row("used")])
        return run

    with GroupCommit(store) as writer:
        run = asyncio.run(go(writer))
    with store.read() as connection:
        return connection.execute(select(schema.call).order_by(schema.call.c.id)).all(), run


def test_an_answer_is_booked_at_the_endpoints_own_count(store):
    [row], run = books_of(store, sending(reply_of()))
    assert (row.prompt_tokens, row.completion_tokens, row.cost_usd) == (10, 2, 12)
    assert (row.counted, row.cost_known, row.outcome, row.served) == (True, True, "used", "m-1")
    assert (run.budget.spent, run.calls) == (12, 1)


@pytest.mark.parametrize("limit", [None, 1e6], ids=["without a budget", "with one"])
def test_tries_that_were_charged_and_failed_are_rows_whether_or_not_an_answer_came_in_the_end(store, limit):
    failing = [(7, 3), (None, None), None]
    rows, run = books_of(store, sending(*failing, reply_of()), sending(*failing), limit=limit)
    assert [row.outcome for row in rows] == ["failed", "failed", "used", "failed", "failed"]
    assert [row.attempt for row in rows] == [1, 2, 3, 4, 5]
    assert [row.cost_usd for row in rows] == [10, 164 + 50, 12, 10, 164 + 50]
    assert [row.cost_known for row in rows] == [True, False, True, True, False]
    assert run.budget.spent == sum(row.cost_usd for row in rows)
    assert run.calls == 2


@pytest.mark.parametrize(
    ("counted", "booked"), [((None, None), (164, 50)), ((10, None), (10, 50)), ((None, 2), (164, 2))]
)
def test_what_the_endpoint_did_not_count_is_booked_at_the_worst_case_and_marked(store, counted, booked):
    [row], run = books_of(store, sending(reply_of(*counted)))
    assert (row.prompt_tokens, row.completion_tokens) == booked
    assert (row.counted, row.cost_known) == (False, False)
    assert run.uncounted_usd == row.cost_usd == sum(booked)


def test_an_answer_without_a_limit_is_no_more_tokens_than_bytes(store):
    [row], _ = books_of(store, sending(reply_of(None, None, "é" * 30)), most=0)
    assert row.completion_tokens == 30


def test_without_a_price_the_cost_is_unknown_rather_than_zero(store):
    [row], _ = books_of(store, sending(reply_of()), price=None)
    assert (row.cost_usd, row.cost_known, row.counted) == (None, False, True)


def test_each_try_is_held_back_for_and_one_that_does_not_fit_is_not_sent(store):
    """A retry is a call like others: the money of the first is gone."""
    with pytest.raises(BudgetReached, match=r"\$214\.00 is spent and the next call may cost \$214"):
        books_of(store, sending((None, None), reply_of()), limit=300)
    with store.read() as connection:
        assert [row.cost_usd for row in connection.execute(select(schema.call))] == [214]


def test_a_cancelled_try_is_booked_at_its_worst_case(store):
    async def go(writer):
        run = Run(Budget(1000.0), 0)
        account = Payer(run, "judge", "m", PRICE, writer).account(KEY, 1)

        async def send(ledger):
            await ledger.before()
            tried = Tried((None, None), failed=True)
            try:
                await asyncio.sleep(3600)
            finally:
                ledger.after(tried)

        task = asyncio.create_task(account.pay(send, 100, 50))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return run

    with GroupCommit(store) as writer:
        run = asyncio.run(go(writer))
    assert (run.budget.spent, run.budget.left, run.in_flight) == (214, 786, 0)
    with store.read() as connection:
        assert connection.execute(select(schema.call.c.outcome)).scalars().all() == ["failed"]


def test_an_answer_that_an_error_came_after_is_booked_all_the_same(store):
    async def go(writer):
        run = Run(Budget(None), 0)
        payer = Payer(run, "judge", "m", PRICE, writer)

        async def do(_item):
            await payer.account(KEY, 1).pay(sending(reply_of()), 100, 50)
            raise ValueError("a bug in reading it")

        await work_through(iter([[1]]), do, 1, run)
        return run

    with GroupCommit(store) as writer:
        run = asyncio.run(go(writer))
    assert str(run.stop) == "a bug in reading it"
    with store.read() as connection:
        [row] = connection.execute(select(schema.call)).all()
    assert (row.outcome, row.cost_usd, row.cost_known) == ("failed", 12, True)


def test_under_a_budget_no_more_are_in_flight_than_were_counted_and_one(store):
    """Nobody knows how long the first answers are: not all of them are out at once."""

    async def go(writer, limit):
        run, out, most = Run(Budget(limit), 0), 0, []
        payer = Payer(run, "judge", "m", PRICE, writer)

        async def send(ledger):
            nonlocal out
            await ledger.before()
            out += 1
            most.append(out)
            await asyncio.sleep(0.001)
            out -= 1
            ledger.after(Tried((10, 2), failed=False))
            return REPLY

        calls = (payer.account(n.to_bytes(16), 1).pay(send, 100, 50) for n in range(40))
        await asyncio.gather(*calls)
        return most

    with GroupCommit(store) as writer:
        most = asyncio.run(go(writer, 1e9))
        assert most[0] == 1
        assert all(now <= done for done, now in enumerate(most, 1))
        assert max(most) > 8
        assert max(asyncio.run(go(writer, None))) == 40


def test_what_is_learned_of_one_answer_is_held_back_for_those_in_flight_too(store):
    async def go(writer):
        run = Run(Budget(10_000.0), 0)
        payer = Payer(run, "judge", "m", PRICE, writer)
        payer.bound.counted = 5
        gate = asyncio.Event()

        def call(name, usage, wait):
            async def send(ledger):
                await ledger.before()
                if wait:
                    await gate.wait()
                ledger.after(Tried(usage, failed=False))
                return REPLY

            return payer.account(name, 1).pay(send, 100, 50)

        slow = asyncio.create_task(call(b"a", (10, 2), True))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert run.budget.left == 10_000 - 214
        await call(b"b", (10, 450), False)  # 400 over its limit: 500 are added
        assert run.budget.left == 10_000 - 460 - 714
        gate.set()
        await slow
        assert run.budget.left == 10_000 - 460 - 12

    with GroupCommit(store) as writer:
        asyncio.run(go(writer))


def test_an_endpoint_that_refuses_everything_stops_the_run_at_once(store):
    async def go(writer):
        run = Run(Budget(None), 0)
        payer = Payer(run, "judge", "m", PRICE, writer)

        async def refused(ledger):
            await ledger.before()
            ledger.after(Tried(None, failed=True))
            raise EndpointError("wrong key")

        with pytest.raises(EndpointError):
            await payer.account(KEY, 1).pay(refused, 100, 50)
        with pytest.raises(PairwrightError, match="not started: wrong key"):
            await payer.account(KEY, 1).pay(sending(REPLY), 100, 50)
        assert (run.calls, run.budget.spent) == (1, 0)

    with GroupCommit(store) as writer:
        asyncio.run(go(writer))


def test_tokens_from_the_endpoints_cache_cost_what_they_cost_there(store):
    async def send(ledger):
        await ledger.before()
        ledger.after(Tried((10, 2), failed=False, answer_bytes=4, cached_tokens=8))
        return REPLY

    rows, _ = books_of(store, send, price=CACHED)
    assert rows[0].cached_tokens == 8
    assert rows[0].cost_usd == pytest.approx(2 + 0.8 + 2)
    assert rows[0].prompt_tokens == 10


def test_a_count_of_cached_tokens_beyond_the_prompts_is_not_believed(store):
    async def send(ledger):
        await ledger.before()
        ledger.after(Tried((10, 2), failed=False, answer_bytes=4, cached_tokens=1000))
        return REPLY

    rows, _ = books_of(store, send, price=CACHED)
    assert rows[0].cost_usd == pytest.approx(1.0 + 2)
