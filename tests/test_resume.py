"""kill -9 at any moment, run again: nothing lost, nothing doubled, no answered call sent again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from projects import JUDGE, a_project, add_pairs, add_rows, rows

from pairwright.models.loopback import Behaviour, LoopbackServer

IN_FLIGHT = 8  # the concurrency of tests/projects.py


def start(project, verb):
    return subprocess.Popen(
        [sys.executable, "-m", "pairwright", "-C", str(project.root), verb, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_to_end(project, verb):
    process = start(project, verb)
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return json.loads(out)


def kill_after(project, verb, server, answers):
    """Start, wait until the server has given some answers, kill -9. Gives what is on disk then."""
    process = start(project, verb)
    target = server.answered + answers
    while server.answered < target:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    process.stderr.close()


def sent_twice(server):
    """How many requests were sent more than once."""
    seen = Counter(json.dumps(body, sort_keys=True) for body in server.requests)
    return sum(n - 1 for n in seen.values())


@pytest.fixture
def server():
    with LoopbackServer(Behaviour(latency_ms=20)) as server:
        yield server


def test_a_killed_judge_run_goes_on_where_it_was(tmp_path, server):
    project = a_project(tmp_path, server)
    add_pairs(project, 150)
    kills = 3
    for _ in range(kills):
        before = len(rows(project, "vote"))
        kill_after(project, "judge", server, answers=60)
        time.sleep(0.1)  # answers the killed process did not wait for
        assert len(rows(project, "vote")) > before, "what was answered before the kill is on disk"
    run_to_end(project, "judge")

    votes = rows(project, "vote")
    assert len(votes) == 300
    assert {(vote.pair_id, vote.order) for vote in votes} == {
        (p, o) for p in range(1, 151) for o in ("AB", "BA")
    }
    calls = rows(project, "call")
    assert len(calls) == 300
    assert {call.work_key for call in calls} == {vote.key for vote in votes}
    # Whoever has an answer waits until it is on the disk: no more than the calls in flight are lost.
    assert sent_twice(server) <= kills * IN_FLIGHT
    assert len(server.requests) == 300 + sent_twice(server)


def test_an_answer_that_was_on_disk_is_never_asked_for_again(tmp_path, server):
    project = a_project(tmp_path, server)
    add_pairs(project, 150)
    kill_after(project, "judge", server, answers=100)
    time.sleep(0.1)
    paid = len(rows(project, "call"))
    asked = len(server.requests)
    run_to_end(project, "judge")
    assert len(server.requests) - asked == 300 - paid


def test_a_killed_generate_run_goes_on_where_it_was(tmp_path, server):
    project = a_project(tmp_path, server, '[generate]\nmodels = ["small"]\nresponses_per_prompt = 2\n')
    add_rows(project, ({"prompt": f"Question {i}?"} for i in range(100)))
    kill_after(project, "generate", server, answers=60)
    time.sleep(0.1)
    paid, asked = len(rows(project, "call")), len(server.requests)
    assert paid >= 20
    run_to_end(project, "generate")
    responses = rows(project, "response")
    assert Counter(response.prompt_id for response in responses) == dict.fromkeys(range(1, 101), 2)
    assert len({(response.prompt_id, response.text) for response in responses}) == 200
    used = sum(call.outcome == "used" for call in rows(project, "call"))
    assert used == 200
    again = sum(call.outcome == "duplicate" for call in rows(project, "call"))
    assert len(server.requests) - asked == 200 + again - paid


def test_an_unreadable_answer_is_not_paid_for_again_after_a_kill(tmp_path):
    """The first answer of every pair can't be read; after the kill only the second is asked for."""

    def reply(body, n):
        return '{"verdict": "A", "confidence": "HIGH"}' if len(body["messages"]) > 2 else "Hm."

    with LoopbackServer(Behaviour(latency_ms=20), reply=reply) as server:
        project = a_project(tmp_path, server, JUDGE)
        add_pairs(project, 100)
        kill_after(project, "judge", server, answers=100)
        time.sleep(0.1)
        paid, asked = len(rows(project, "call")), len(server.requests)
        run_to_end(project, "judge")
        assert len(rows(project, "vote")) == 200
        assert len(rows(project, "call")) == 400
        assert len(server.requests) - asked == 400 - paid


def test_two_runs_at_once_are_refused_rather_than_paid_twice(tmp_path, server):
    project = a_project(tmp_path, server)
    add_pairs(project, 500)
    server.behaviour = Behaviour(latency_ms=2000)  # until the second has been told
    first = start(project, "judge")
    while not server.requests:
        time.sleep(0.005)
    second = start(project, "judge")
    out, _ = second.communicate(timeout=30)
    server.behaviour = Behaviour()
    assert second.returncode == 1
    assert "another process is generating or judging" in json.loads(out)["error"]["message"]
    first.communicate(timeout=60)
    assert len(server.requests) == 1000
