"""Commands started from the page: one at a time, stopped in order, and what they say is kept."""

import time

import pytest
from projects import a_project, add_pairs

from pairwright.annotate.runner import Runner
from pairwright.errors import InputError
from pairwright.models.loopback import Behaviour, LoopbackServer
from pairwright.stages.next_step import next_step

JUDGED = '\n[judges.main]\nmodel = "small"\n'


def ended(runner):
    until = time.monotonic() + 60
    while (state := runner.running.state())["running"]:
        assert time.monotonic() < until
        time.sleep(0.05)
    return state


def test_a_command_is_run_and_what_it_said_is_told(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 2)
        runner = Runner(project)
        runner.start(next_step(project))
        state = ended(runner)
        assert (state["command"], state["failed"]) == ("pairwright route", False)
        assert any("2 pairs wait for people" in line for line in state["said"])
        assert next_step(project).command == "pairwright annotate"


def test_one_at_a_time_and_stopping_it_keeps_what_was_paid_for(tmp_path):
    with (
        LoopbackServer(Behaviour(latency_ms=300)) as server,
        a_project(tmp_path, server, settings=JUDGED) as project,
    ):
        add_pairs(project, 60)
        runner, step = Runner(project), next_step(project)
        runner.start(step)
        with pytest.raises(InputError, match="pairwright judge is running already"):
            runner.start(step)
        until = time.monotonic() + 60
        while not server.answered:
            assert time.monotonic() < until
            time.sleep(0.05)
        runner.stop()
        state = runner.running.state()
        assert not state["running"]
        left = next_step(project)
        assert left.kind == "judge"
        assert left.answers <= step.answers - server.answered


def test_a_command_that_fails_says_why(tmp_path):
    with LoopbackServer() as server, a_project(tmp_path, server, settings=JUDGED) as project:
        add_pairs(project, 2)
        step = next_step(project)
        (project.root / "pairwright.toml").write_text("nonsense = 1\n")
        runner = Runner(project)
        runner.start(step)
        state = ended(runner)
        assert state["failed"]
        assert any("nonsense" in line for line in state["said"])
