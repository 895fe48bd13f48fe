"""One endpoint with several servers: calls go to those that work, and which one answered is known."""

import asyncio
import socket
import time
from contextlib import ExitStack

import pytest

from pairwright.errors import ConfigError, EndpointError
from pairwright.models.chat import CallFailed, ChatClient
from pairwright.models.ledger import NoLedger
from pairwright.models.loopback import Behaviour, LoopbackServer
from pairwright.models.server import FIRST_REST_S, Server
from pairwright.models.settings import EndpointSettings
from pairwright.models.transport import Trouble


def body(n):
    return {"model": "small", "messages": [{"role": "user", "content": f"Why {n}?"}]}


class Books(NoLedger):
    """Every try, as a ledger is told of it."""

    def __init__(self):
        self.tried = []

    def after(self, tried):
        self.tried.append(tried)


def endpoint(*servers, **settings):
    first, *others = [each if isinstance(each, dict) else {"url": each} for each in servers]
    return EndpointSettings(**first, also=others, **settings)


def ask(calls, *servers, ledger=None, **settings):
    """The replies to that many calls, failures among them, and what was found out about each server."""

    async def run():
        client = ChatClient("main", endpoint(*servers, **settings), first_wait_s=0.01)
        async with client:
            asked = (client.chat(body(n), ledger=ledger) for n in range(calls))
            return await asyncio.gather(*asked, return_exceptions=True), client.use()

    return asyncio.run(run())


def nobody():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}/v1"


def test_calls_are_spread_over_servers_and_each_is_made_once():
    with LoopbackServer(Behaviour(latency_ms=5)) as one, LoopbackServer(Behaviour(latency_ms=5)) as other:
        replies, used = ask(200, one.url, other.url)
        assert {reply.tries for reply in replies} == {1}
        assert len(one.requests) + len(other.requests) == 200
        assert min(len(one.requests), len(other.requests)) >= 60
    assert sum(each.answered for each in used) == 200


def test_the_slower_server_gets_less():
    with LoopbackServer(Behaviour(latency_ms=2)) as fast, LoopbackServer(Behaviour(latency_ms=1500)) as slow:
        ask(300, fast.url, slow.url)
        assert len(fast.requests) > 2 * len(slow.requests)


def test_a_server_that_is_not_there_costs_no_call_a_try_and_is_left_alone():
    with LoopbackServer(Behaviour(latency_ms=2)) as there:
        replies, used = ask(100, nobody(), there.url, max_tries=1)
        assert [reply.tries for reply in replies] == [1] * 100
        assert len(there.requests) == 100
    assert used[0].answered == 0
    assert used[0].troubles < 20
    assert "cannot be reached" in used[0].last_trouble


@pytest.mark.parametrize(
    "broken",
    [Behaviour(error_rate=1), Behaviour(reset_rate=1), Behaviour(rate_limit_rate=1, retry_after_s=30)],
    ids=["500", "reset", "429"],
)
def test_calls_of_a_server_that_fails_go_to_the_others(broken):
    with LoopbackServer(broken) as bad, LoopbackServer(Behaviour(latency_ms=2)) as good:
        replies, _ = ask(100, bad.url, good.url)
        assert all(reply.tries <= 2 for reply in replies)
        assert len(bad.requests) < 30


def test_a_server_that_hangs_is_given_up_and_its_calls_go_to_the_others():
    with LoopbackServer(Behaviour(hang_rate=1)) as bad, LoopbackServer(Behaviour(latency_ms=2)) as good:
        replies, used = ask(60, bad.url, good.url, read_timeout_s=2)
        assert {reply.tries for reply in replies} == {1, 2}
        assert len(good.requests) == 60
    assert used[0].too_much == used[0].troubles > 0


def test_a_server_that_comes_back_is_used_again(monkeypatch):
    monkeypatch.setattr("pairwright.models.server.FIRST_REST_S", 0.05)

    async def run(port, good):
        client = ChatClient("main", endpoint(f"http://127.0.0.1:{port}/v1", good.url), first_wait_s=0.01)
        async with client:
            await asyncio.gather(*(client.chat(body(n)) for n in range(20)))
            with LoopbackServer(port=port) as back:
                for n in range(20, 2000):
                    await client.chat(body(n))
                    if back.answered > 5:
                        return back.answered
                    await asyncio.sleep(0)
        return 0

    port = int(nobody().rpartition(":")[2].partition("/")[0])
    with LoopbackServer(Behaviour(latency_ms=2)) as good:
        assert asyncio.run(run(port, good)) > 5


def test_a_server_rests_longer_for_each_try_that_failed_and_not_for_each_call_that_was_under_way():
    settings = endpoint("http://one/v1", "http://other/v1")
    server = Server("main", settings.servers[0], settings)
    gone = Trouble("connection", "refused")
    for _ in range(64):
        server.failed(gone, 100.0)
    assert server.rest_until == 100.0 + FIRST_REST_S
    for tries in (1, 2, 3):
        now = server.rest_until
        server.failed(gone, now)
        server.failed(gone, now)
        assert server.rest_until == now + FIRST_REST_S * 2**tries


def test_where_all_are_gone_the_run_ends_as_with_one():
    (first, *_), _ = ask(1, nobody(), nobody())
    assert isinstance(first, EndpointError)
    assert "Is the server running" in str(first)


def test_a_call_that_fails_everywhere_is_a_failure_after_max_tries():
    with ExitStack() as stack:
        bad = [stack.enter_context(LoopbackServer(reply=lambda *_: {"status": 500})) for _ in range(2)]
        (failed,), _ = ask(1, *(each.url for each in bad), max_tries=4)
        assert isinstance(failed, CallFailed)
        assert (failed.kind, failed.tries) == ("server", 4)
        assert all(each.requests for each in bad)


def test_a_call_that_failed_at_each_waits_before_it_asks_them_again():
    """Both are away for a moment: tries must not be used up within it."""
    asked = []

    def busy_at_first(_body, _n):
        asked.append(time.monotonic())
        return {"status": 503} if len(asked) <= 4 else "ok"

    with ExitStack() as stack:
        both = [stack.enter_context(LoopbackServer(reply=busy_at_first)) for _ in range(2)]

        async def run():
            settings = endpoint(*(each.url for each in both), max_tries=6)
            async with ChatClient("main", settings, first_wait_s=0.4) as client:
                return await client.chat(body(0))

        assert asyncio.run(run()).tries == 5
    assert asked[2] - asked[1] >= 0.1  # a quarter of the first wait at least
    assert {len(each.requests) for each in both} == {2, 3}


def test_a_bad_key_takes_its_server_out_and_says_so(monkeypatch):
    monkeypatch.setenv("GOOD_KEY", "sk-good-0123456789")
    monkeypatch.setenv("BAD_KEY", "sk-bad-0123456789")
    behaviour = Behaviour(api_key="sk-good-0123456789", latency_ms=2)
    with LoopbackServer(behaviour) as one, LoopbackServer(behaviour) as other:
        replies, used = ask(
            100,
            {"url": one.url, "api_key_env": "BAD_KEY"},
            {"url": other.url, "api_key_env": "GOOD_KEY"},
            max_tries=1,
        )
        assert all(reply.tries == 1 for reply in replies)
        assert other.answered == 100
        assert len(one.requests) <= 8
    assert "401" in used[0].out
    assert "Check the key in BAD_KEY" in used[0].out
    assert "sk-bad" not in used[0].out
    assert used[1].out is None


def test_where_no_key_is_good_the_run_ends_and_names_them_all(monkeypatch):
    monkeypatch.setenv("ONE_KEY", "sk-one-0123456789")
    monkeypatch.setenv("OTHER_KEY", "sk-other-0123456789")
    with LoopbackServer(Behaviour(api_key="sk-good-0123456789")) as server:
        errors, _ = ask(
            30,
            {"url": server.url, "api_key_env": "ONE_KEY"},
            {"url": server.url, "api_key_env": "OTHER_KEY"},
        )
    assert all(isinstance(each, EndpointError) for each in errors)
    assert "ONE_KEY" in str(errors[0])
    assert "OTHER_KEY" in str(errors[0])
    assert "sk-o" not in str(errors[0])


def test_a_key_that_is_not_set_is_named_before_anything_is_sent(monkeypatch):
    monkeypatch.delenv("OTHER_KEY", raising=False)
    with LoopbackServer() as server:
        with pytest.raises(ConfigError, match="OTHER_KEY, which is not set"):
            ask(1, server.url, {"url": server.url, "api_key_env": "OTHER_KEY"})
        assert not server.requests


def test_a_pause_of_hours_that_one_asks_for_leaves_the_work_to_the_others():
    limited = Behaviour(rate_limit_rate=1, retry_after_s=7200)
    with LoopbackServer(limited) as one, LoopbackServer(Behaviour(latency_ms=2)) as other:
        replies, _ = ask(100, one.url, other.url)
        assert all(reply.text for reply in replies)
    with LoopbackServer(limited) as one, LoopbackServer(limited) as other:
        errors, _ = ask(30, one.url, other.url)
    assert all(isinstance(each, EndpointError) for each in errors)
    assert "asks to wait 2.0 h" in str(errors[0])


def test_the_books_name_the_server_of_each_try_where_there_are_several():
    books = Books()
    with LoopbackServer(Behaviour(error_rate=1)) as bad, LoopbackServer(Behaviour(latency_ms=2)) as good:
        ask(20, bad.url, good.url, ledger=books)
        assert {tried.server for tried in books.tried if not tried.failed} >= {good.url}
        assert {tried.server for tried in books.tried if tried.failed} == {bad.url}
    alone = Books()
    with LoopbackServer() as server:
        ask(1, server.url, ledger=alone)
    assert [tried.server for tried in alone.tried] == [None]


def test_limits_hold_for_each_server():
    with LoopbackServer(Behaviour(latency_ms=10)) as one, LoopbackServer(Behaviour(latency_ms=10)) as other:
        ask(120, one.url, other.url, concurrency=3)
        assert (one.most_in_flight, other.most_in_flight) == (3, 3)


def test_the_same_server_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        endpoint("http://a/v1", "http://a/v1/")
    endpoint("http://a/v1", {"url": "http://a/v1", "api_key_env": "OTHER_KEY"})  # two accounts


@pytest.mark.parametrize("another_call_comes", [True, False])
def test_a_pause_that_ends_while_the_process_is_busy_is_over_for_all_who_wait(another_call_comes):
    """What wakes those who wait was cancelled by the next call to come, and all waited for ever."""

    async def run(url):
        client = ChatClient("main", endpoint(url))
        async with client:
            loop, [server] = asyncio.get_running_loop(), client._servers
            server.pause_until = loop.time() + 0.01
            calls = [asyncio.create_task(client.chat(body(0)))]
            await asyncio.sleep(0)
            while loop.time() <= server.pause_until:
                pass  # busy, so that the alarm is late
            if another_call_comes:
                calls.append(asyncio.create_task(client.chat(body(1))))
            return await asyncio.wait_for(asyncio.gather(*calls), 30)

    with LoopbackServer() as server:
        assert all(reply.text for reply in asyncio.run(run(server.url)))


# --- how many calls at once, with real sockets ---


def test_a_server_that_refuses_what_is_too_much_is_used_up_to_that():
    with LoopbackServer(Behaviour(latency_ms=10, most_at_once=20)) as server:
        replies, [used] = ask(1500, server.url, max_tries=20)
        assert all(reply.text for reply in replies)
        assert server.refused < 150
    assert 10 <= used.at_once <= 20  # a server has not counted off every call that the client has
    assert used.found == "refused"
    assert used.too_much == server.refused


def test_a_server_that_slows_down_is_not_sent_all_there_is():
    with LoopbackServer(Behaviour(latency_ms=20, slow_over=16)) as server:
        _, [used] = ask(1500, server.url, concurrency=512)
        assert server.most_in_flight < 256
    assert used.at_once < 128


def test_nothing_is_said_to_be_found_by_a_few_calls():
    with LoopbackServer() as server:
        _, [used] = ask(5, server.url)
    assert (used.found, used.answered, used.too_much) == ("open", 5, 0)
