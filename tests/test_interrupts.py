"""Ctrl-C, SIGTERM and SIGHUP in every verb: one sentence, and never a traceback."""

import json
import os
import pty
import signal
import subprocess
import sys
import time

import pytest
from projects import a_project, add_pairs, rows

from pairwright.cli.verbs import LINES
from pairwright.interrupts import NAMES, TOLD
from pairwright.models.loopback import Behaviour, LoopbackServer

NUMBERS = sorted(NAMES)
# Ends each verb at its first import of its own, and each import of the command line by turns.
STOPPED_IN_IMPORTS = """
import os, signal, sys
class Stop:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), {number})
sys.meta_path.insert(0, Stop())
sys.argv = ["pairwright", *{arguments!r}]
from pairwright.__main__ import main
main()
"""


def program(module, number, *arguments):
    code = STOPPED_IN_IMPORTS.format(module=module, number=int(number), arguments=arguments)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("module", ["pairwright.cli", "typer", "pairwright.cli.verbs"])
def test_while_the_command_line_is_imported(module, number):
    done = program(module, number, "--help")
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, "", f"error: {TOLD}\n")


@pytest.mark.parametrize("verb", LINES)
def test_in_every_verb_while_it_is_imported(verb):
    done = program(f"pairwright.cli.{verb}", signal.SIGINT, verb, "--help")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", f"error: {TOLD}\n")


@pytest.mark.parametrize("number", NUMBERS)
def test_while_a_verb_works(tmp_path, number):
    """`add` from a pipe that nobody writes to any more."""
    project = a_project(tmp_path, None, "")
    process = subprocess.Popen(
        [sys.executable, "-m", "pairwright", "-C", str(project.root), "add", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdin.write('{"prompt": "Why?"}\n' * 5)
    process.stdin.flush()
    _until_it_sleeps(process.pid)
    process.send_signal(number)
    process.wait(30)  # with its input still open
    out, errors = process.communicate()
    assert (process.returncode, errors) == (128 + number, f"error: {TOLD}\n"), out
    assert rows(project, "prompt") == []


@pytest.mark.parametrize("verb", ["annotate", "browse"])
@pytest.mark.parametrize("number", NUMBERS)
def test_a_page_that_is_served(tmp_path, verb, number):
    project = a_project(tmp_path, None, "")
    add_pairs(project, 1)
    process = subprocess.Popen(
        [
            sys.executable,
            "-u",
            "-m",
            "pairwright",
            "-C",
            str(project.root),
            verb,
            "--no-browser",
            "--port",
            "0",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline()
    _until_it_sleeps(process.pid)
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert "Traceback" not in errors
    assert process.returncode in (0, 128 + number)


@pytest.mark.parametrize("number", NUMBERS)
def test_paid_calls_in_flight_are_finished_booked_and_told_of(tmp_path, number):
    with LoopbackServer(Behaviour(latency_ms=300)) as server:
        project = a_project(tmp_path, server)
        add_pairs(project, 100)
        process = _judging(project)
        while server.answered < 20:
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.005)
        process.send_signal(number)
        out, errors = process.communicate(timeout=30)
    result = json.loads(out)["judges"][0]
    assert (process.returncode, "Traceback" in errors) == (2, False)
    assert result["stopped"] == f"by {NAMES[number]}; calls in flight were finished and kept"
    assert "in flight will be finished and kept" in errors
    votes = len(rows(project, "vote"))
    assert votes == len(rows(project, "call")) == len(server.requests) == server.answered < 200
    assert result["votes"] == votes


def test_a_terminal_that_is_closed_is_a_hangup_and_costs_nothing(tmp_path):
    """SIGHUP comes with a terminal that can't be written to any more."""
    with LoopbackServer(Behaviour(latency_ms=300)) as server:
        project = a_project(tmp_path, server)
        add_pairs(project, 100)
        here, there = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "pairwright", "-C", str(project.root), "judge"],
            stdin=there, stdout=there, stderr=there, start_new_session=True,
        )  # fmt: skip
        os.close(there)
        while server.answered < 20:
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGHUP)
        os.close(here)
        process.wait(30)
    votes = len(rows(project, "vote"))
    assert votes == len(rows(project, "call")) == len(server.requests) == server.answered < 200


def test_a_call_that_waits_to_be_tried_again_does_not_hold_up_the_end(tmp_path):
    """The endpoint asks everybody to wait for minutes: nothing is in flight, nothing is waited for."""
    with LoopbackServer(Behaviour(rate_limit_rate=1.0, retry_after_s=300)) as server:
        project = a_project(tmp_path, server)
        add_pairs(project, 20)
        process = _judging(project)
        while not server.requests:
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.005)
        _until_it_sleeps(process.pid)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 2
    assert json.loads(out)["judges"][0]["stopped"].startswith("by Ctrl-C")
    assert rows(project, "failure") == rows(project, "call") == []


ONE_JUDGE = '\n[judges.main]\nmodel = "small"\nstrategy = "{strategy}"\n'


@pytest.mark.parametrize(("strategy", "asked"), [("plain", 8), ("reference", 4), ("ranking", 8)])
def test_what_hangs_is_given_up_at_the_second_signal_and_booked(tmp_path, strategy, asked):
    with LoopbackServer(Behaviour(hang_rate=1.0)) as server:
        project = a_project(tmp_path, server, ONE_JUDGE.format(strategy=strategy))
        add_pairs(project, 20)
        process = _judging(project)
        while server.most_in_flight < asked:  # one reference serves both orders of a pair
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.005)
        process.send_signal(signal.SIGTERM)
        _until_it_sleeps(process.pid)
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=30)
    assert (process.returncode, "Traceback" in errors, "never retrieved" in errors) == (2, False, False)
    result = json.loads(out)["judges"][0]
    given = f"by SIGTERM; {asked} calls were given up without an answer and booked at the worst case"
    assert result["stopped"].startswith(given)
    calls = rows(project, "call")
    assert [call.outcome for call in calls] == ["failed"] * asked
    assert result["spent_usd"] == pytest.approx(sum(call.cost_usd for call in calls))
    assert rows(project, "failure") == []  # they are asked for again without being told to


def test_workers_of_checks_say_nothing_of_their_own(tmp_path):
    """Ctrl-C on a terminal reaches every process of the command."""
    project = a_project(tmp_path, None, "")
    add_pairs(project, 3000)
    process = subprocess.Popen(
        [sys.executable, "-m", "pairwright", "-C", str(project.root), "check", "--workers", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while len(_children(process.pid)) < 2:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, f"error: {TOLD}\n")


def _judging(project):
    return subprocess.Popen(
        [sys.executable, "-m", "pairwright", "-C", str(project.root), "judge", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return file.read().split()


def _until_it_sleeps(pid):
    """Until the process has waited for something for a while, at its work or before it."""
    calm, last = 0, -1
    while calm < 20:
        with open(f"/proc/{pid}/stat") as file:
            spent = sum(int(each) for each in file.read().rsplit(")", 1)[1].split()[11:13])
        calm, last = (calm + 1, spent) if spent == last else (0, spent)
        time.sleep(0.025)
