"""How fast judging goes, every verdict on disk: `python benchmarks/judge.py [CALLS]`.

A loopback server answers after 50 ms; 64 calls are in flight; each call is
about 3 KB. Ideal is CALLS x 50 ms / 64. `pairwright judge` runs as a user runs
it, in a process of its own, start-up included.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

LATENCY_MS, IN_FLIGHT = 50, 64
PAIRWRIGHT = [sys.executable, "-m", "pairwright"]

SETTINGS = """
[endpoints.loopback]
url = "http://127.0.0.1:{port}/v1"
concurrency = {in_flight}
[models.judge]
endpoint = "loopback"
model = "judge"
price_in = 0.15
price_out = 0.6
[judges.main]
model = "judge"
"""


def project(folder: Path, pairs: int, port: int) -> None:
    subprocess.run([*PAIRWRIGHT, "init", str(folder)], check=True, stdout=subprocess.DEVNULL)
    with (folder / "pairwright.toml").open("a") as settings:
        settings.write(SETTINGS.format(port=port, in_flight=IN_FLIGHT))
    with (folder / "pairs.jsonl").open("w") as rows:
        for n in range(pairs):
            row = {
                "prompt": f"Question {n}: " + "what is known of this? " * 6,
                "response_a": f"First answer to {n}. " + "It is so because of that. " * 15,
                "response_b": f"Second answer to {n}. " + "That is so because of this. " * 15,
            }
            rows.write(json.dumps(row) + "\n")
    add = [*PAIRWRIGHT, "-C", str(folder), "add", str(folder / "pairs.jsonl")]
    subprocess.run(add, check=True, stdout=subprocess.DEVNULL)


def first_to_last(project: Path) -> float:
    """Seconds from the first call's start to the last verdict's row."""
    with closing(sqlite3.connect(project / "pairwright.db")) as store:
        began, ended = store.execute(
            "SELECT (SELECT min(at - seconds) FROM call), (SELECT max(at) FROM vote)"
        ).fetchone()
    return float(ended - began)


def main() -> None:
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    server = subprocess.Popen(
        [sys.executable, "-m", "pairwright.models.loopback", "--latency-ms", str(LATENCY_MS)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        port = json.loads(server.stdout.readline())["port"]
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "project"
            project(root, calls // 2, port)
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            began = time.monotonic()
            done = subprocess.run(
                [*PAIRWRIGHT, "-C", str(root), "judge", "--json"], check=True, stdout=subprocess.PIPE
            )
            wall = time.monotonic() - began
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            result = json.loads(done.stdout)["judges"][0]
            busy = first_to_last(root)
    finally:
        server.terminate()
        server.wait()
    assert result["votes"] == calls, result
    cpu = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    ideal = calls * LATENCY_MS / 1000 / IN_FLIGHT
    print(f"{calls:,} judge calls, {IN_FLIGHT} in flight, {LATENCY_MS} ms each; ideal {ideal:.1f} s")
    print(f"first call sent to last verdict written: {busy:.1f} s = {busy / ideal:.2f} x ideal")
    print(f"whole process, start-up included: {wall:.1f} s = {wall / ideal:.2f} x ideal")
    print(f"CPU {cpu / calls * 1000:.2f} ms a call; peak memory {after.ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
