"""The chat client against servers that answer, fail, slow down, hang and lie."""

import asyncio
import json
import logging
import socket
import sys
import time
import traceback
from email.utils import formatdate

import pytest
from aiohttp import web

from pairwright.errors import ConfigError, EndpointError
from pairwright.models.chat import CallFailed, ChatClient
from pairwright.models.loopback import Behaviour, LoopbackServer
from pairwright.models.settings import EndpointSettings

BODY = {"model": "small", "messages": [{"role": "user", "content": "Why?"}]}
KEY = "sk-secret-0123456789"
CLOCK_SLACK_S = 0.02  # between the server's clock and the event loop's


class Server:
    """Gives the answers in turn, the last one from then on; keeps when it was asked, and what."""

    def __init__(self, *answers):
        self.answers, self.times, self.bodies = list(answers), [], []
        self.asked = asyncio.Event()

    async def __aenter__(self):
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._handle)
        self.runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}/v1"
        return self

    async def __aexit__(self, *_):
        await self.runner.cleanup()

    async def _handle(self, request):
        self.times.append(time.monotonic())
        self.bodies.append(await request.json())
        self.asked.set()
        answer = self.answers[min(len(self.times), len(self.answers)) - 1]
        if not isinstance(answer, tuple):
            answer = (200, answer)
        status, said, headers = (*answer, {})[:3]
        raw = said if isinstance(said, bytes) else json.dumps(said).encode()
        return web.Response(status=status, body=raw, headers=headers)


def saying(content, **message):
    """A reply with that content."""
    return {"choices": [{"message": {"role": "assistant", "content": content, **message}}]}


def client(url, **settings):
    settings = {"url": url, "max_tries": 3, **settings}
    return ChatClient("main", EndpointSettings(**settings), first_wait_s=0.01)


async def ask(url, **settings):
    async with client(url, **settings) as chat:
        return await chat.chat(BODY)


def reply_to(*answers, **settings):
    """What the client makes of those answers, and how many requests it sent."""

    async def run():
        async with Server(*answers) as server:
            return await ask(server.url, **settings), len(server.times)

    return asyncio.run(run())


def failure_of(*answers, **settings):
    async def run():
        async with Server(*answers) as server:
            with pytest.raises((CallFailed, EndpointError)) as caught:
                await ask(server.url, **settings)
            return caught.value, len(server.times)

    return asyncio.run(run())


def a_free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


# --- what a reply says ---


def test_a_reply_is_read_with_its_usage_logprobs_and_finish_reason():
    tokens = [{"token": "Yes", "logprob": -0.1, "top_logprobs": []}]
    answer = {
        "choices": [
            {"message": {"content": "Yes"}, "finish_reason": "stop", "logprobs": {"content": tokens}}
        ],
        "usage": {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8},
    }
    reply, _ = reply_to(answer)
    assert (reply.text, reply.finish_reason, reply.refused) == ("Yes", "stop", False)
    assert (reply.prompt_tokens, reply.completion_tokens) == (7, 1)
    assert reply.logprobs == tokens
    assert reply.tries == 1
    assert reply.seconds > 0


def test_the_body_is_sent_as_it_is():
    async def run():
        async with Server(saying("ok")) as server:
            await ask(server.url)
            return server.bodies

    assert asyncio.run(run()) == [BODY]


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"usage": None},
        {"usage": []},
        {"usage": {"prompt_tokens": "many", "completion_tokens": -1}},
        {"usage": {"prompt_tokens": True}},
    ],
)
def test_without_a_usable_count_tokens_are_unknown_rather_than_zero(extra):
    reply, _ = reply_to({**saying("ok"), **extra})
    assert (reply.prompt_tokens, reply.completion_tokens) == (None, None)


@pytest.mark.parametrize("logprobs", [None, [], [{"token": "a"}], {}, {"content": None}, {"tokens": ["a"]}])
def test_logprobs_of_another_shape_are_left_out(logprobs):
    answer = saying("ok")
    answer["choices"][0]["logprobs"] = logprobs
    assert reply_to(answer)[0].logprobs is None


def test_content_may_be_a_list_of_parts():
    parts = [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Yes, "}, {"text": "sir"}]
    assert reply_to(saying(parts))[0].text == "Yes, sir"


def test_content_may_be_null():
    reply, asked = reply_to(saying(None))
    assert (reply.text, reply.refused, asked) == ("", False, 1)


def test_a_refusal_is_marked_and_its_words_are_the_text():
    reply, _ = reply_to(saying(None, refusal="I can't help with that."))
    assert (reply.text, reply.refused) == ("I can't help with that.", True)


def test_a_filtered_answer_is_a_refusal():
    answer = saying("")
    answer["choices"][0]["finish_reason"] = "content_filter"
    assert reply_to(answer)[0].refused


@pytest.mark.parametrize("text", ["Grüße, 世界 👩‍👩‍👧", "שלום", "e\u0301", "\u2028line", "\U0010ffff"])
def test_any_unicode_comes_through(text):
    assert reply_to(saying(text))[0].text == text


def test_what_a_database_cannot_hold_is_replaced():
    # Half a surrogate pair is written by models that are cut off in the middle of an emoji.
    raw = rb'{"choices": [{"message": {"content": "a\ud83d b\u0000 c\ud83d\ude00"}}]}'
    assert reply_to(raw)[0].text == "a\ufffd b\ufffd c😀"


# --- tried again ---


def test_a_server_error_is_tried_again():
    reply, asked = reply_to((500, {"error": "crashed"}), (503, b""), saying("ok"))
    assert (reply.text, reply.tries, asked) == ("ok", 3, 3)


def test_a_rate_limit_is_tried_again():
    reply, asked = reply_to((429, {"error": {"message": "slow down"}}), saying("ok"))
    assert (reply.text, reply.tries, asked) == ("ok", 2, 2)


def test_a_body_cut_off_is_asked_for_again():
    with LoopbackServer(Behaviour(cut_rate=1)) as server:
        reply = asyncio.run(ask(server.url))
        assert (reply.tries, len(server.requests)) == (2, 2)


def test_a_web_page_with_status_200_is_asked_for_again():
    reply, asked = reply_to(b"<html>Bad gateway</html>", saying("ok"))
    assert (reply.text, asked) == ("ok", 2)


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b'{"choices": [{"mess',
        b"[" * 100_000,
        b"\xff\xfe\xfd",
        b"null",
        b"[]",
        {},
        {"choices": []},
        {"choices": [{}]},
        {"choices": [{"message": None}]},
        saying(3),
        {"error": {"message": "upstream failed"}},
    ],
    ids=repr,
)
def test_a_reply_that_is_not_one_is_asked_for_again(broken):
    reply, asked = reply_to(broken, saying("ok"))
    assert (reply.text, asked) == ("ok", 2)


# --- given up ---


@pytest.mark.parametrize(
    ("answer", "kind", "status"),
    [
        ((500, {"error": "crashed"}), "server", 500),
        ((408, b""), "server", 408),
        ((429, {"error": {"message": "slow down"}}), "rate_limited", 429),
        (b"<html>", "bad_reply", 200),
    ],
)
def test_after_max_tries_the_call_has_failed_and_says_how(answer, kind, status):
    error, asked = failure_of(answer, max_tries=3)
    assert isinstance(error, CallFailed)
    assert (error.kind, error.status, error.tries, asked) == (kind, status, 3, 3)
    assert "main (http://127.0.0.1" in str(error)
    assert "3 tries" in str(error)


def test_a_request_that_is_refused_is_not_sent_again():
    error, asked = failure_of((400, {"error": {"message": "max_tokens is too large"}}))
    assert isinstance(error, CallFailed)
    assert (error.kind, error.status, asked) == ("rejected", 400, 1)
    assert "max_tokens is too large" in str(error)


def test_no_answer_in_time_is_a_timeout():
    with LoopbackServer(Behaviour(hang_rate=1)) as server, pytest.raises(CallFailed) as caught:
        asyncio.run(ask(server.url, read_timeout_s=0.05, max_tries=2))
    assert (caught.value.kind, caught.value.tries) == ("timeout", 2)


@pytest.mark.parametrize("last_words", [saying("ok"), (500, b"dying")], ids=["answer", "error"])
def test_a_server_that_dies_after_having_answered_costs_calls_not_the_run(last_words):
    """It may be restarting, so the call goes on to its last try and others may fare better."""

    async def run():
        async with Server(last_words) as server, client(server.url, max_tries=5) as chat:
            first = asyncio.create_task(chat.chat(BODY))
            await server.asked.wait()
            await server.runner.cleanup()
            await asyncio.wait([first])
            if first.exception() is None:
                await chat.chat(BODY)
            await first

    with pytest.raises(CallFailed) as caught:
        asyncio.run(run())
    assert caught.value.tries == 5


# --- the whole endpoint refuses ---


@pytest.mark.parametrize(
    ("answer", "remedy"),
    [
        ((401, {"error": {"message": "Incorrect API key"}}), "Check the key in PAIRWRIGHT_TEST_KEY"),
        ((403, {"error": {"message": "No access"}}), "Check the key in PAIRWRIGHT_TEST_KEY"),
        ((404, {"detail": "no such model"}), "Check the endpoint's url .* and the model's name"),
        ((402, {"error": "pay first"}), "no credit left"),
        ((429, {"error": {"message": "Quota", "type": "insufficient_quota"}}), "no credit left"),
    ],
)
def test_what_concerns_every_call_ends_the_run_and_names_the_remedy(monkeypatch, answer, remedy):
    monkeypatch.setenv("PAIRWRIGHT_TEST_KEY", KEY)
    error, asked = failure_of(answer, api_key_env="PAIRWRIGHT_TEST_KEY")
    assert isinstance(error, EndpointError)
    assert asked == 1
    with pytest.raises(EndpointError, match=remedy):
        raise error


def test_a_host_that_forbids_one_prompt_after_the_key_has_worked_fails_that_call_only():
    async def run():
        async with Server(saying("ok"), (403, {"error": "flagged"})) as server, client(server.url) as chat:
            await chat.chat(BODY)
            await chat.chat(BODY)

    with pytest.raises(CallFailed, match="403: flagged") as caught:
        asyncio.run(run())
    assert caught.value.kind == "rejected"


def test_an_endpoint_that_wants_a_key_and_has_none_set_says_so():
    wanted = pytest.raises(EndpointError, match="wants a key: set api_key_env")
    with LoopbackServer(Behaviour(api_key=KEY)) as server, wanted:
        asyncio.run(ask(server.url))


@pytest.mark.parametrize("value", [None, "", " \n"])
def test_a_key_that_is_not_set_is_named_before_anything_is_sent(monkeypatch, value):
    monkeypatch.delenv("PAIRWRIGHT_TEST_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("PAIRWRIGHT_TEST_KEY", value)
    with LoopbackServer() as server:
        with pytest.raises(ConfigError, match="endpoint main .* PAIRWRIGHT_TEST_KEY, which is not set"):
            asyncio.run(ask(server.url, api_key_env="PAIRWRIGHT_TEST_KEY"))
        assert not server.requests


def test_a_key_with_a_line_break_inside_is_refused_unseen(monkeypatch):
    monkeypatch.setenv("PAIRWRIGHT_TEST_KEY", f"{KEY}\nX-Other: 1")
    with pytest.raises(ConfigError, match="PAIRWRIGHT_TEST_KEY, has a line break") as caught:
        asyncio.run(ask("http://127.0.0.1:1/v1", api_key_env="PAIRWRIGHT_TEST_KEY"))
    assert "sk-secret" not in str(caught.value)


def test_the_key_is_sent_and_shown_nowhere(monkeypatch, caplog):
    monkeypatch.setenv("PAIRWRIGHT_TEST_KEY", KEY + "\n")
    caplog.set_level(logging.DEBUG)

    async def run(right_key):
        asyncio.get_running_loop().slow_callback_duration = 0  # every step is logged
        with LoopbackServer(Behaviour(api_key=right_key)) as server:
            chat = client(server.url, api_key_env="PAIRWRIGHT_TEST_KEY")
            async with chat:
                assert "sk-secret" not in repr(chat)
                await chat.chat(BODY)

    asyncio.run(run(KEY), debug=True)  # the right key is sent
    with pytest.raises(EndpointError, match=r"Incorrect API key provided: Bearer \[key\]") as caught:
        asyncio.run(run("another"), debug=True)  # the loopback server repeats the wrong one
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caplog.text
    assert "sk-secret" not in shown


@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_not_even_half_the_key_is_shown_where_a_long_message_is_cut(monkeypatch, status):
    monkeypatch.setenv("PAIRWRIGHT_TEST_KEY", KEY)
    said = {"error": {"message": "x" * 290 + KEY}}
    error, _ = failure_of((status, said), api_key_env="PAIRWRIGHT_TEST_KEY", max_tries=1)
    assert "xxx" in str(error)
    assert "sk-secret" not in str(error)


@pytest.mark.parametrize(
    "key", ["sk-secret/with+slashes==", r"sk-secret\back", "sk-secret-é", 'sk-secret"quoted']
)
@pytest.mark.parametrize(
    "body", ['{"detail": ["bad %s"]}', '{"error": {"message": "bad %s"}}', '<html>"bad %s"']
)
def test_a_key_repeated_with_escapes_is_not_shown_either(monkeypatch, key, body):
    monkeypatch.setenv("PAIRWRIGHT_TEST_KEY", key)
    escaped = json.dumps(key)[1:-1]
    for said in (escaped, escaped.replace("/", "\\/")):
        error, _ = failure_of((400, (body % said).encode()), api_key_env="PAIRWRIGHT_TEST_KEY")
        assert "bad [key]" in str(error)
        assert "sk-secret" not in str(error)


def test_a_message_can_always_be_stored():
    error, _ = failure_of((400, b'{"error": {"message": "bad \\u0000 byte"}}'))
    assert "bad \ufffd byte" in str(error)


def test_nobody_listening_ends_the_run_early():
    with pytest.raises(EndpointError, match="cannot be reached: .*Is the server running"):
        asyncio.run(ask(f"http://127.0.0.1:{a_free_port()}/v1", max_tries=50))


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's way with a full backlog")
def test_a_host_that_swallows_connections_ends_the_run_early():
    with socket.socket() as deaf, socket.socket() as one, socket.socket() as two:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for caller in (one, two):
            caller.setblocking(False)
            caller.connect_ex(deaf.getsockname())
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/v1"
        with pytest.raises(EndpointError, match="cannot be reached"):
            asyncio.run(ask(url, connect_timeout_s=0.05, max_tries=50))


def test_a_url_that_is_none_ends_the_run():
    with pytest.raises(EndpointError, match='endpoint main: "http://127.0.0.1:99999/v1" is not a URL'):
        asyncio.run(ask("http://127.0.0.1:99999/v1"))


def test_a_url_with_a_password_is_refused_since_messages_show_it():
    with pytest.raises(ValueError, match="put the key in an environment variable"):
        EndpointSettings(url="https://me:pass@example.com/v1")


# --- limits ---


def in_seconds():
    return {"Retry-After": "0.3"}, time.monotonic() + 0.3


def in_milliseconds():
    return {"retry-after-ms": "300", "Retry-After": "60"}, time.monotonic() + 0.3


def as_a_date():
    at = int(time.time() + 1.5)
    return {"Retry-After": formatdate(at, usegmt=True)}, time.monotonic() + at - time.time()


@pytest.mark.parametrize("asking", [in_seconds, in_milliseconds, as_a_date])
@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_that_the_endpoint_asks_for_is_kept(asking, status):
    async def run():
        async with Server() as server:
            headers, until = asking()
            server.answers = [(status, b"", headers), saying("ok")]
            await ask(server.url)
            assert server.times[1] >= until - CLOCK_SLACK_S

    asyncio.run(asyncio.wait_for(run(), 20))


@pytest.mark.parametrize("value", ["soon", "-5", "0", "Wed, 21 Oct 2015 07:28:00 GMT", "\u00b2"])
def test_a_wait_that_makes_no_sense_is_the_usual_back_off(value):
    reply, asked = reply_to((429, b"", {"Retry-After": value}), saying("ok"))
    assert (reply.text, asked) == ("ok", 2)


def test_an_endpoint_that_asks_for_no_wait_does_not_use_up_the_tries_at_once():
    async def run():
        hasty = [(429, b"", {"Retry-After": "0"}), (429, b"", {"retry-after-ms": "1"})]
        async with Server(*hasty, saying("ok")) as server:
            settings = EndpointSettings(url=server.url, max_tries=3)
            async with ChatClient("main", settings, first_wait_s=0.4) as chat:
                await chat.chat(BODY)
            return server.times

    first, second, third = asyncio.run(run())
    assert second - first >= 0.1 - CLOCK_SLACK_S
    assert third - second >= 0.2 - CLOCK_SLACK_S


def test_a_rate_limit_makes_other_calls_wait_too():
    async def run():
        limited = (429, b"", {"Retry-After": "0.5"})
        async with Server(limited, saying("ok")) as server, client(server.url) as chat:
            calls = [asyncio.create_task(chat.chat(BODY))]
            await server.asked.wait()
            for _ in range(10):  # turns of the event loop for the 429 to arrive
                await asyncio.sleep(0.01)
            calls += [asyncio.create_task(chat.chat(BODY)) for _ in range(5)]
            await asyncio.gather(*calls)
            first, *others = server.times
            assert len(others) == 6
            assert min(others) >= first + 0.5 - CLOCK_SLACK_S

    asyncio.run(run())


def test_no_more_calls_are_in_flight_than_set():
    async def run(url):
        async with client(url, concurrency=5) as chat:
            await asyncio.gather(*(chat.chat(BODY) for _ in range(60)))

    with LoopbackServer(Behaviour(latency_ms=10)) as server:
        asyncio.run(run(server.url))
        assert len(server.requests) == 60
        assert 1 < server.most_in_flight <= 5


def test_requests_a_minute_are_spread_evenly():
    async def run():
        async with Server(saying("ok")) as server, client(server.url, requests_per_minute=600) as chat:
            began = time.monotonic()
            await asyncio.gather(*(chat.chat(BODY) for _ in range(20)))
            return [at - began for at in server.times]

    # 10 a second: one second's worth at once, then each in its turn.
    for n, at in enumerate(asyncio.run(run())):
        assert at >= (n - 9) / 10 - CLOCK_SLACK_S


def test_tries_count_against_the_requests_a_minute():
    async def run():
        settings = {"requests_per_minute": 120, "max_tries": 3}  # two at once, then two a second
        async with Server((500, b""), (500, b""), saying("ok")) as server:
            began = time.monotonic()
            await ask(server.url, **settings)
            assert server.times[2] >= began + 0.5 - CLOCK_SLACK_S

    asyncio.run(run())


def test_a_call_larger_than_the_token_bucket_waits_its_time_and_goes():
    async def run():
        # 100,000 tokens a second in buckets of 600,000.
        async with Server(saying("ok")) as server, client(server.url, tokens_per_minute=6e6) as chat:
            began = time.monotonic()
            await asyncio.wait_for(chat.chat(BODY, expected_tokens=630_000), 20)
            assert server.times[0] >= began + 0.3 - CLOCK_SLACK_S

    asyncio.run(run())


def test_small_calls_do_not_overtake_a_large_one_for_ever():
    async def run():
        # 10,000 tokens a second in buckets of 60,000; the first call empties the bucket.
        async with Server(saying("ok")) as server, client(server.url, tokens_per_minute=6e5) as chat:
            sizes = [60_000, 3_000, *[100] * 20]
            await asyncio.gather(*(chat.chat({"size": n}, expected_tokens=n) for n in sizes))
            return [body["size"] for body in server.bodies]

    assert asyncio.run(run())[:2] == [60_000, 3_000]


# --- stopped ---


def test_a_cancelled_call_leaves_the_client_usable():
    async def run():
        with LoopbackServer(Behaviour(hang_rate=0.5)) as server:
            async with client(server.url, concurrency=1, read_timeout_s=0.3, max_tries=1) as chat:
                for n in range(20):  # some hang when cancelled, some wait for the one slot
                    body = {"model": str(n), "messages": BODY["messages"]}
                    call = asyncio.create_task(chat.chat(body))
                    await asyncio.sleep(0.01)
                    call.cancel()
                    await asyncio.wait([call])
                server.behaviour = Behaviour()
                return await chat.chat(BODY)

    assert asyncio.run(run()).tries == 1


def test_a_failed_call_gives_its_place_back():
    async def run():
        async with Server((400, b"no"), saying("ok")) as server, client(server.url, concurrency=1) as chat:
            with pytest.raises(CallFailed):
                await chat.chat(BODY)
            return await chat.chat(BODY)

    assert asyncio.run(run()).text == "ok"


# --- half answers, other vendors' words, refusals of every call ---


@pytest.mark.parametrize(
    "finish",
    ["length", "max_tokens", "MAX_TOKENS", "model_length", "max_output_tokens", "FinishReason.MAX_TOKENS"],
)
def test_an_answer_that_was_cut_off_is_known_by_any_vendors_word(finish):
    answer = saying("half an")
    answer["choices"][0]["finish_reason"] = finish
    assert reply_to(answer)[0].finish_reason == "length"


@pytest.mark.parametrize(
    "finish", ["stop", "STOP", "eos", "end_turn", "stop_sequence", "COMPLETE", "tool_calls", None]
)
def test_a_whole_answer_stays_one(finish):
    answer = saying("whole")
    answer["choices"][0]["finish_reason"] = finish
    reply, asked = reply_to(answer)
    assert (reply.finish_reason, reply.refused, asked) == (finish, False, 1)


@pytest.mark.parametrize(
    "finish", ["SAFETY", "content-filter", "RECITATION", "PROHIBITED_CONTENT", "refusal"]
)
def test_a_filtered_answer_is_known_by_any_vendors_word(finish):
    answer = saying("I")
    answer["choices"][0]["finish_reason"] = finish
    assert reply_to(answer)[0].refused


@pytest.mark.parametrize(
    "choice",
    [
        {"finish_reason": "error", "error": {"code": 502, "message": "Upstream idle timeout"}},
        {"finish_reason": "stop", "error": {"code": 502, "message": "Upstream idle timeout"}},
        {"finish_reason": "error"},
        {"finish_reason": "abort"},
        {"finish_reason": "MALFORMED_FUNCTION_CALL"},
        {"finish_reason": "insufficient_system_resource"},
    ],
    ids=str,
)
def test_an_answer_that_broke_off_is_asked_for_again_and_then_a_failure_of_the_server(choice):
    broken = saying("The answer breaks off in")
    broken["choices"][0] |= choice
    assert reply_to(broken, saying("whole"))[0].text == "whole"
    error, asked = failure_of(broken)
    assert (error.kind, asked) == ("server", 3)
    assert "error" not in choice or "502: Upstream idle timeout" in str(error)


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning", "thinking"])
def test_thinking_beside_the_answer_is_not_the_answer(name):
    reply, _ = reply_to(saying("Yes", **{name: "Let me think"}))
    assert (reply.text, reply.reasoning, reply.said) == ("Yes", "Let me think", "Yes")


def test_thinking_among_parts_is_not_the_answer():
    parts = [
        {"type": "reasoning", "text": "Hm."},
        {"type": "thinking", "thinking": [{"text": "So"}]},
        {"text": "Yes"},
    ]
    reply, _ = reply_to(saying(parts))
    assert (reply.text, reply.reasoning) == ("Yes", "Hm.So")


@pytest.mark.parametrize(
    ("status", "body", "remedy"),
    [
        (400, [{"error": {"code": 400, "message": "API key not valid."}}], "api_key_env"),
        (400, {"error": {"message": "Invalid authentication credentials"}}, "api_key_env"),
        (200, {"error": {"code": 401, "message": "No auth"}}, "api_key_env"),
        (400, {"error": {"message": "Your credit balance is too low"}}, "no credit left"),
        (400, {"error": {"message": "Unsupported value: 'temperature' does not support 0"}}, 'omit = ."temperature'),
        (422, {"detail": [{"loc": ["body", "top_k"], "msg": "Extra inputs are not permitted"}]}, 'omit = ."top_k'),
        (400, {"error": {"message": "'max_tokens' is not supported. Use 'max_completion_tokens'."}}, "max_tokens_field"),
        (400, {"error": {"message": "The model `x` does not exist"}}, "model's name"),
        (400, {"error": {"message": "System role not supported"}}, "No request to this model"),
    ],
)  # fmt: skip
def test_a_refusal_of_every_call_ends_the_run_at_the_first_one(status, body, remedy):
    async def run():
        async with Server((status, body)) as server, client(server.url) as chat:
            with pytest.raises(EndpointError, match=remedy):
                await chat.chat({**BODY, "temperature": 0, "max_tokens": 9, "top_k": 1})
            return len(server.times)

    assert asyncio.run(run()) == 1


@pytest.mark.parametrize(
    ("said", "about"),
    [
        ("This model's maximum context length is 4096 tokens. However, you requested 5000 tokens", "length"),
        ("prompt is too long: 210000 tokens > 200000 maximum", "length"),
        ("'max_tokens' is too large: 300. This model's maximum context length is 4096 tokens", "length"),
        ("Your request was flagged by our moderation", "text"),
        ("Failed to generate JSON. Please adjust your prompt.", "text"),
        ("logprobs are not supported by this model", "way"),
        ("Invalid parameter: 'response_format' of type 'json_schema' is not supported", "way"),
        ("something else", "unknown"),
    ],
)
def test_a_refusal_that_may_be_of_this_call_only_fails_the_call(said, about):
    async def run():
        async with Server((400, {"error": {"message": said}})) as server, client(server.url) as chat:
            with pytest.raises(CallFailed) as caught:
                await chat.chat({**BODY, "max_tokens": 9, "logprobs": True, "response_format": {}})
            return caught.value.refusal.about

    assert asyncio.run(run()) == about
