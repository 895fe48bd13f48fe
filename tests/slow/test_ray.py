"""Exported calls on a real Ray cluster of two workers, one of which is killed: the votes are one machine's.

Needs the extra `ray`: `python -m pytest -m slow tests/slow/test_ray.py`.
"""

import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest
from projects import a_project, add_pairs, rows

from pairwright.models.batch.on_ray import make_calls_on_ray
from pairwright.models.loopback import Behaviour, LoopbackServer
from pairwright.models.settings import EndpointSettings
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.pay.call_files import export_calls, import_calls

pytestmark = pytest.mark.slow
ray = pytest.importorskip("ray", reason="the extra `ray` is not installed")
PAIRS = 300


def workers():
    """The processes in which Ray runs our part."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if "ray::" in line and "MapWorker" in line:
                found.append(int(entry.name))
    return found


def kill_one(server, killed):
    while server.answered < PAIRS // 3:
        time.sleep(0.02)
    if there := workers():
        os.kill(there[0], signal.SIGKILL)
        killed.append(there[0])


def test_a_worker_that_is_killed_loses_nothing_and_the_votes_are_one_machines(tmp_path):
    with LoopbackServer(Behaviour(latency_ms=20)) as server:
        project = a_project(tmp_path, server)
        add_pairs(project, PAIRS)
        assert run_judge(project, "main", via="files").waiting == 2 * PAIRS
        written = export_calls(project, tmp_path / "calls", shards=3)
        killed = []
        watcher = threading.Thread(target=kill_one, args=(server, killed), daemon=True)
        watcher.start()
        endpoint = EndpointSettings(url=server.url, concurrency=8)
        sources, out = [Path(name) for name in written.files], tmp_path / "replies"
        done = make_calls_on_ray(sources, out, endpoint, address=None, workers=2)
        watcher.join(5)
        assert killed
        assert (done.lines, done.made, done.no_reply) == (2 * PAIRS, 2 * PAIRS, 0)
        again = make_calls_on_ray(sources, out, endpoint, address=None, workers=2)
        assert (again.known, again.made) == (2 * PAIRS, 0)
        read = import_calls(project, sorted(out.glob("*.parquet")))
        assert read.replies == 2 * PAIRS
        assert run_judge(project, "main", via="files").votes == 2 * PAIRS
        (tmp_path / "live").mkdir()
        other = a_project(tmp_path / "live", server)
        add_pairs(other, PAIRS)
        run_judge(other, "main")

    def said(project):
        return sorted((vote.pair_id, vote.order) for vote in rows(project, "vote"))

    assert said(project) == said(other)
    assert len(json.dumps(said(project))) > 0
