"""The server that misbehaves as told: each behaviour, by content and seed."""

import asyncio
import json
import subprocess
import sys

import aiohttp
import orjson
import pytest

from pairwright.models.chat import ChatClient
from pairwright.models.loopback import Behaviour, LoopbackServer
from pairwright.models.settings import EndpointSettings

SCHEMA = {"type": "json_schema", "json_schema": {"name": "verdict", "schema": {}}}


def asking(text, **fields):
    return {"model": "small", "messages": [{"role": "user", "content": text}], **fields}


def judging(text, **fields):
    return asking(text, response_format={"type": "json_object"}, **fields)


async def post(url, body, key=None):
    """Status, headers and body of one answer, as they come over the wire."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{url}/chat/completions", data=orjson.dumps(body)) as response,
    ):
        return response.status, response.headers, await response.read()


async def arrival(server, n):
    """Return when n requests have come."""
    while len(server.requests) < n:  # noqa: ASYNC110  (the server is in another thread)
        await asyncio.sleep(0.01)


def answers(server, bodies, **settings):
    """Those requests one after the other, as the chat client sees the replies."""

    async def run():
        endpoint = EndpointSettings(url=server.url, **settings)
        async with ChatClient("loopback", endpoint, first_wait_s=0.001) as client:
            return [await client.chat(body) for body in bodies]

    return asyncio.run(run())


def statuses(behaviour, bodies):
    async def run():
        return [(await post(server.url, body))[0] for body in bodies]

    with LoopbackServer(behaviour) as server:
        return asyncio.run(run())


def verdicts(behaviour, n=200, **fields):
    with LoopbackServer(behaviour) as server:
        return [json.loads(r.text) for r in answers(server, [judging(f"{i}", **fields) for i in range(n)])]


# --- what it answers ---


def test_a_question_is_answered_with_text_and_a_count_of_tokens():
    with LoopbackServer() as server:
        (reply,) = answers(server, [asking("Why is the sky blue?")])
    assert reply.text.startswith("Answer 1 to 'Why is the sky blue?'")
    assert reply.finish_reason == "stop"
    assert (reply.prompt_tokens, reply.completion_tokens) == (6, len(reply.text) // 4 + 1)


def test_the_same_question_again_is_answered_differently():
    with LoopbackServer() as server:
        texts = [reply.text for reply in answers(server, [asking("Why?")] * 5)]
    assert len(set(texts)) == 5


def test_a_judge_request_is_answered_with_the_same_verdict_every_time():
    with LoopbackServer() as server:
        first, again, other = (
            reply.text for reply in answers(server, [judging("x"), judging("x"), judging("y")])
        )
    assert json.loads(first).keys() == {"verdict", "confidence", "reason"}
    assert first == again
    assert json.loads(other)["verdict"] in ("A", "B", "TIE")


def test_a_request_that_speaks_of_a_verdict_is_a_judge_request():
    with LoopbackServer() as server:
        (reply,) = answers(server, [asking('Answer in JSON: {"verdict": ...}')])
    assert "verdict" in json.loads(reply.text)


def test_log_probabilities_come_when_asked_for_and_agree_with_the_verdict():
    with LoopbackServer(Behaviour(tie_rate=0.3)) as server:
        replies = answers(server, [judging(str(n), logprobs=True) for n in range(30)])
        (without,) = answers(server, [judging("1")])
    assert without.logprobs is None
    for reply in replies:
        assert "".join(token["token"] for token in reply.logprobs) == reply.text
        decided = max(reply.logprobs[1]["top_logprobs"], key=lambda option: option["logprob"])
        assert decided["token"] == json.loads(reply.text)["verdict"]


def test_own_answers_see_the_request_and_how_often_it_came_before():
    with LoopbackServer(reply=lambda body, n: f"{body['model']} {n}") as server:
        assert [r.text for r in answers(server, [asking("x"), asking("x")])] == ["small 0", "small 1"]


def test_the_requests_received_are_kept_and_answers_counted():
    with LoopbackServer() as server:
        answers(server, [asking("x"), asking("y")])
        assert server.requests == [asking("x"), asking("y")]
        assert server.answered == 2
    with LoopbackServer(keep_requests=False) as server:
        answers(server, [asking("x")])
        assert server.requests == []


# --- faults ---


@pytest.mark.parametrize(
    ("behaviour", "status"), [(Behaviour(error_rate=1), 500), (Behaviour(rate_limit_rate=1), 429)]
)
def test_a_fault_of_transport_passes(behaviour, status):
    assert statuses(behaviour, [asking("x")] * 3) == [status, 200, 200]


def test_a_rejected_request_is_rejected_every_time():
    assert statuses(Behaviour(reject_rate=1), [asking("x")] * 3) == [400] * 3


@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_a_rate_is_a_share_of_requests(rate):
    met = statuses(Behaviour(reject_rate=rate), [asking(str(n)) for n in range(300)])
    assert met.count(400) / 300 == pytest.approx(rate, abs=0.08)


def test_the_same_request_meets_the_same_fate_and_another_seed_another():
    bodies = [asking(str(n)) for n in range(50)]
    behaviour = Behaviour(seed=1, reject_rate=0.3, error_rate=0.3)
    there = statuses(behaviour, bodies)
    back = statuses(behaviour, bodies[::-1])
    assert there == back[::-1]
    assert there != statuses(Behaviour(seed=2, reject_rate=0.3, error_rate=0.3), bodies)


def test_a_rate_limit_says_how_long_to_wait():
    with LoopbackServer(Behaviour(rate_limit_rate=1, retry_after_s=1.5)) as server:
        status, headers, _ = asyncio.run(post(server.url, asking("x")))
    assert (status, headers["Retry-After"]) == (429, "1.5")


def test_garbage_is_a_web_page_with_status_200():
    with LoopbackServer(Behaviour(garbage_rate=1)) as server:
        status, headers, raw = asyncio.run(post(server.url, asking("x")))
        assert (status, headers["Content-Type"].split(";")[0]) == (200, "text/html")
        assert raw.startswith(b"<html>")
        assert answers(server, [asking("x")])[0].tries == 1  # it passes


def test_a_cut_answer_ends_in_the_middle_of_its_body():
    with LoopbackServer(Behaviour(cut_rate=1)) as server:
        with pytest.raises(aiohttp.ClientPayloadError):
            asyncio.run(post(server.url, asking("x")))
        assert answers(server, [asking("x")])[0].tries == 1


def test_a_hung_request_is_never_answered():
    with LoopbackServer(Behaviour(hang_rate=1)) as server:
        for _ in range(2):
            with pytest.raises(TimeoutError):
                asyncio.run(asyncio.wait_for(post(server.url, asking("x")), 0.1))
        assert (len(server.requests), server.answered) == (2, 0)


def test_an_answer_takes_its_latency():
    with LoopbackServer(Behaviour(latency_ms=80)) as server:
        (reply,) = answers(server, [asking("x")])
    assert reply.seconds >= 0.079


def test_calls_in_flight_are_counted():
    async def run(server, n):
        calls = [asyncio.create_task(post(server.url, asking(str(i)))) for i in range(n)]
        await arrival(server, n)
        for call in calls:
            call.cancel()

    with LoopbackServer(Behaviour(hang_rate=1)) as server:
        asyncio.run(run(server, 7))
        assert server.most_in_flight == 7


def test_a_wrong_key_is_refused_and_repeated():
    with LoopbackServer(Behaviour(api_key="right")) as server:
        status, _, raw = asyncio.run(post(server.url, asking("x"), key="wrong"))
        assert (status, b"Bearer wrong" in raw) == (401, True)
        assert asyncio.run(post(server.url, asking("x")))[0] == 401
        assert asyncio.run(post(server.url, asking("x"), key="right"))[0] == 200


def test_what_an_endpoint_does_not_support_is_refused():
    bodies = [judging("x"), judging("x", logprobs=True), asking("x", response_format=SCHEMA)]
    assert statuses(Behaviour(no_json_schema=True), bodies) == [200, 200, 400]
    assert statuses(Behaviour(no_logprobs=True), bodies) == [200, 400, 200]


# --- what it says wrongly ---


def test_an_endpoint_may_not_count_tokens():
    with LoopbackServer(Behaviour(no_usage=True)) as server:
        (reply,) = answers(server, [asking("x")])
    assert (reply.prompt_tokens, reply.completion_tokens) == (None, None)


def test_a_judge_may_tie_be_unsure_or_prefer_what_it_saw_first():
    assert {v["verdict"] for v in verdicts(Behaviour(tie_rate=1), 20)} == {"TIE"}
    assert {v["confidence"] for v in verdicts(Behaviour(low_rate=1), 20)} == {"LOW"}
    assert {v["verdict"] for v in verdicts(Behaviour(first_bias=1), 20)} == {"A"}
    usual = verdicts(Behaviour(tie_rate=0.2, low_rate=0.3))
    assert sum(v["verdict"] == "TIE" for v in usual) == pytest.approx(40, abs=20)
    assert sum(v["confidence"] == "LOW" for v in usual) == pytest.approx(60, abs=25)
    assert sum(v["verdict"] == "A" for v in usual) == pytest.approx(80, abs=25)


def test_an_answer_that_cannot_be_read_is_drawn_anew_at_every_asking():
    with LoopbackServer(Behaviour(unreadable_rate=0.5)) as server:
        texts = {reply.text for reply in answers(server, [judging("x")] * 20)}
    assert len(texts) == 2
    assert "Both responses have their merits." in texts


def test_a_generation_may_repeat_itself_be_cut_off_or_refuse():
    with LoopbackServer(Behaviour(same_rate=1, length_rate=1)) as server:
        (reply,) = answers(server, [asking("x")])
        assert (reply.text, reply.finish_reason) == ("Same again.", "length")
    with LoopbackServer(Behaviour(refusal_rate=1)) as server:
        (reply,) = answers(server, [asking("x")])
        assert reply.refused
        assert reply.text == "I'm sorry, but I can't help with that."


# --- starting and stopping ---


def test_a_port_that_is_taken_is_an_error_at_once():
    with (
        LoopbackServer() as server,
        pytest.raises(OSError, match="address"),
        LoopbackServer(port=server.port),
    ):
        pass


def test_it_stops_while_requests_hang():
    async def run():
        with LoopbackServer(Behaviour(hang_rate=1)) as server:
            call = asyncio.create_task(post(server.url, asking("x")))
            await arrival(server, 1)
        with pytest.raises(aiohttp.ClientError):
            await call

    asyncio.run(asyncio.wait_for(run(), 30))


@pytest.fixture
def command(tmp_path):
    log = tmp_path / "log"
    served = [sys.executable, "-m", "pairwright.models.loopback", "--port", "0"]
    process = subprocess.Popen(
        [*served, "--log", str(log), "--error-rate", "1", "--no-usage"], stdout=subprocess.PIPE, text=True
    )
    yield process, log
    process.kill()
    process.communicate()


def test_the_command_prints_its_port_and_serves_as_told(command):
    process, log = command
    said = json.loads(process.stdout.readline())
    assert said["url"] == f"http://127.0.0.1:{said['port']}/v1"
    assert asyncio.run(post(said["url"], asking("x")))[0] == 500
    status, _, raw = asyncio.run(post(said["url"], asking("x")))
    assert status == 200
    assert "usage" not in json.loads(raw)

    taken = subprocess.run(
        [*process.args[:3], "--port", str(said["port"])], capture_output=True, text=True, check=False
    )
    assert taken.returncode == 2
    assert f"cannot listen on port {said['port']}" in taken.stderr
    assert "Traceback" not in taken.stderr

    # A line for every request and every answer; a fault is no answer.
    asked, again, answered = (line.split() for line in log.read_text().splitlines())
    assert (asked[0], again[0], answered[0]) == ("asked", "asked", "answered")
    assert asked[1] == again[1] == answered[1]


def test_the_log_goes_on_in_the_same_file(tmp_path):
    log = tmp_path / "log"
    for _ in range(2):
        with LoopbackServer(Behaviour(log=str(log))) as server:
            answers(server, [asking("x"), asking("y")])
    lines = [line.split()[0] for line in log.read_text().splitlines()]
    assert lines == ["asked", "answered"] * 4
