"""A project judged live, and the same through a provider's batches with two kills: equal labels, half the price.

`PAIRS=50000 make test-batches` for the size of a real one.
"""

import os
import signal
import subprocess
import sys
import time

import pytest
from batch_providers import OpenAIBatches
from projects import JUDGE, a_project, add_rows, rows
from sqlalchemy import text
from stages.pay.test_batches import project_of

from pairwright.models.loopback import LoopbackServer
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.route.route import run_route

pytestmark = pytest.mark.slow
PAIRS = int(os.environ.get("PAIRS", "5000"))


def add(project):
    add_rows(
        project,
        (
            {"id": f"pair-{i}", "prompt": f"Question {i}?", "response_a": f"yes {i}", "response_b": f"no {i}"}
            for i in range(PAIRS)
        ),
    )


def labels(project):
    run_route(project)
    query = "SELECT pair_id, decision, verdict FROM belief WHERE id IN (SELECT max(id) FROM belief GROUP BY pair_id)"
    with project.store.read() as connection:
        return sorted(tuple(row) for row in connection.execute(text(query)))


def cost(project):
    return sum(call.cost_usd for call in rows(project, "call"))


def killed_after(project, seconds):
    command = [
        sys.executable,
        "-m",
        "pairwright",
        "-C",
        str(project.root),
        "judge",
        "--via",
        "batch",
        "--wait",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    alive = process.poll() is None
    process.send_signal(signal.SIGKILL) if alive else None
    process.wait()
    return alive


def test_two_kills_change_no_label_and_cost_nothing(tmp_path):
    with LoopbackServer(keep_requests=False) as live:
        (tmp_path / "live").mkdir()
        first = a_project(tmp_path / "live", live)
        add(first)
        began = time.process_time()
        assert run_judge(first, "main").votes == 2 * PAIRS
        at_once = time.process_time() - began
    answers = LoopbackServer(keep_requests=False)
    with OpenAIBatches(lambda body: answers.completion(body), looks=1) as server:
        second = project_of(tmp_path, server, settings=JUDGE + '\n[route]\naccept = "stated"\n', pairs=0)
        add(second)
        kills = sum(killed_after(second, 3 + PAIRS / 2500 * share) for share in (1, 3))
        began = time.process_time()
        while (result := run_judge(second, "main", via="batch")).waiting:
            time.sleep(0.01)
        last = time.process_time() - began
    assert result.failures == 0
    assert labels(first) == labels(second)
    assert cost(second) == pytest.approx(cost(first) / 2)
    assert len(server.bill) == len(set(server.bill)) == 2 * PAIRS
    print(
        f"\n{PAIRS:,} pairs, {kills} kills, {len(server.made)} batches: booked ${cost(second):.4f} instead of "
        f"${cost(first):.4f}; CPU of the live run {at_once:.1f} s, of what was left after the kills {last:.1f} s"
    )
