"""200 kills around sending and fetching batches: `make test-batches` prints what came of each provider.

No call is made twice for want of looking, no reply that was paid for is lost, and the books are the bill.
"""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from batch_providers import SERVERS, reply_in
from projects import add_pairs, rows
from stages.pay.test_batches import GOOD, project_of

pytestmark = pytest.mark.slow
KILLS = 40  # a provider, of which there are five
PAIRS = 30


@pytest.mark.parametrize("kind", sorted(SERVERS))
def test_kills_at_any_moment_double_nothing_and_lose_nothing(tmp_path, kind):
    draw = random.Random(kind)
    with SERVERS[kind](lambda body: reply_in(kind, GOOD), looks=1, slow_s=0.1) as server:
        project = project_of(tmp_path, server, kind, pairs=PAIRS, listed_s=0)
        killed = pairs = 0
        while killed < KILLS:
            process = start(project)
            time.sleep(draw.uniform(0.0, 0.35) if await_start(process, server) else 0)
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                killed += 1
            process.communicate()
            if not open_work(project):
                pairs += PAIRS
                add_pairs(project, PAIRS + pairs)
        _, errors = start(project).communicate(timeout=300)
        assert "Traceback" not in errors
    votes, calls = rows(project, "vote"), rows(project, "call")
    assert len(votes) == 2 * len(rows(project, "pair"))
    assert len({(vote.pair_id, vote.order) for vote in votes}) == len(votes)
    assert len(server.bill) == len(set(server.bill)) == len(calls)
    assert rows(project, "planned_call") == []
    half = (100 * 1.0 + 10 * 2.0) / 1e6 / 2
    assert sum(call.cost_usd for call in calls) == pytest.approx(half * len(server.bill))
    print(
        f"\n{kind}: {killed} kills, {len(server.made)} batches, {len(server.bill):,} calls billed and booked"
    )


def start(project):
    return subprocess.Popen(
        [sys.executable, "-m", "pairwright", "-C", str(project.root), "judge", "--via", "batch", "--wait"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def await_start(process, server):
    """Wait until the command has asked the provider anything; False where it ended before."""
    asked = len(server.asked)
    while process.poll() is None:
        if len(server.asked) > asked:
            return True
        time.sleep(0.002)
    return False


def open_work(project):
    return len(rows(project, "vote")) < 2 * len(rows(project, "pair"))
