"""Exported calls made by a job that sees no project: each reply a line, and none asked for twice."""

import json

import pytest

from pairwright.errors import EndpointError, InputError
from pairwright.models.batch.make import make_calls
from pairwright.models.loopback import Behaviour, LoopbackServer
from pairwright.models.settings import EndpointSettings
from pairwright.stages.pay.call_files import reply_of


def a_call(n):
    messages = [{"role": "user", "content": f"Question {n}?"}]
    body = {"model": "small", "messages": messages, "max_tokens": 10}
    return {"custom_id": f"{n:032x}", "method": "POST", "url": "/v1/chat/completions", "body": body}


def a_file(folder, n=6):
    path = folder / "calls.jsonl"
    path.write_text("".join(json.dumps(a_call(i)) + "\n" for i in range(n)))
    return path


def endpoint(server):
    return EndpointSettings(url=server.url, concurrency=4, max_tries=2)


def replies(path):
    return {reply.id: reply for reply in map(reply_of, map(json.loads, path.read_text().splitlines()))}


def test_every_call_has_its_reply(tmp_path):
    with LoopbackServer() as server:
        done = make_calls(a_file(tmp_path), tmp_path / "out.jsonl", endpoint(server))
    assert (done.lines, done.known, done.made, done.no_reply) == (6, 0, 6, 0)
    found = replies(tmp_path / "out.jsonl")
    assert set(found) == {f"{n:032x}" for n in range(6)}
    assert all(each.status == 200 and "Question" in each.body for each in found.values())


def test_a_job_that_was_killed_goes_on_and_asks_nothing_again(tmp_path):
    out = tmp_path / "out.jsonl"
    with LoopbackServer() as server:
        source = a_file(tmp_path)
        make_calls(source, out, endpoint(server))
        whole = out.read_bytes().splitlines(keepends=True)
        out.write_bytes(b"".join(whole[:3]) + whole[3][:40])
        done = make_calls(source, out, endpoint(server))
        assert (done.known, done.made) == (3, 3)
        assert len(server.requests) == 9
    assert len(replies(out)) == len(out.read_text().splitlines()) == 6


def test_what_is_refused_is_a_reply_and_what_got_none_is_asked_again(tmp_path):
    def answer(body, earlier):
        if "Question 1" in str(body):
            return {"status": 400, "error": {"message": "flagged"}}
        if "Question 2" in str(body) and earlier < 2:
            return {"status": 503, "error": {"message": "overloaded"}}
        return "yes"

    out = tmp_path / "out.jsonl"
    with LoopbackServer(reply=answer) as server:
        first = make_calls(a_file(tmp_path), out, endpoint(server))
        assert (first.made, first.no_reply) == (5, 1)
        assert replies(out)[f"{1:032x}"].status == 400
        assert replies(out)[f"{2:032x}"].status is None
        second = make_calls(a_file(tmp_path), out, endpoint(server))
    assert (second.known, second.made, second.no_reply) == (5, 1, 0)
    assert [line for line in out.read_text().splitlines() if f"{2:032x}" in line][-1].count(
        '"status_code":200'
    ) == 1


def test_a_file_of_something_else_is_named_with_its_line(tmp_path):
    path = a_file(tmp_path, 1)
    with path.open("a") as file:
        file.write('{"prompt": "Why?"}\n')
    with LoopbackServer() as server, pytest.raises(InputError, match=r"calls\.jsonl:2: is no call"):
        make_calls(path, tmp_path / "out.jsonl", endpoint(server))


def test_an_endpoint_that_refuses_everything_ends_the_job(tmp_path):
    with LoopbackServer(Behaviour(api_key="right")) as server, pytest.raises(EndpointError, match="401"):
        make_calls(a_file(tmp_path), tmp_path / "out.jsonl", endpoint(server))
