"""How fast judging goes, every verdict on disk: `python benchmarks/judge.py [CALLS]`.

A loopback server answers after 50 ms; 64 calls are in flight; each call is about 3 KB. Ideal is
CALLS x 50 ms / 64 (`--in-flight` and `--latency-ms` set others). `pairwright judge` runs as a user runs it,
in a process of its own, start-up included: once with `concurrency = 64`, and once with nothing set against a
server that does 64 at once and slows down beyond. A bare aiohttp loop sends as many requests of the same size
in the same run, and keeps nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stand_in import StandIn

PAIRWRIGHT = [sys.executable, "-m", "pairwright"]

SETTINGS = """
[endpoints.loopback]
url = "http://127.0.0.1:{port}/v1"
{concurrency}
[models.judge]
endpoint = "loopback"
model = "judge"
price_in = 0.15
price_out = 0.6
[judges.main]
model = "judge"
"""


@dataclass
class Used:
    """What a child process took, and what it said."""

    wall: float
    cpu: float
    said: Any


def child(command: list[str]) -> Used:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Used(wall, cpu, json.loads(done.stdout))


def rows(pairs: int) -> Iterator[dict[str, str]]:
    for n in range(pairs):
        yield {
            "prompt": f"Question {n}: " + "what is known of this? " * 6,
            "response_a": f"First answer to {n}. " + "It is so because of that. " * 15,
            "response_b": f"Second answer to {n}. " + "That is so because of this. " * 15,
        }


def project(folder: Path, pairs: int, port: int, concurrency: str) -> None:
    subprocess.run([*PAIRWRIGHT, "init", str(folder)], check=True, stdout=subprocess.DEVNULL)
    with (folder / "pairwright.toml").open("a") as settings:
        settings.write(SETTINGS.format(port=port, concurrency=concurrency))
    with (folder / "pairs.jsonl").open("w") as file:
        for row in rows(pairs):
            file.write(json.dumps(row) + "\n")
    add = [*PAIRWRIGHT, "-C", str(folder), "add", str(folder / "pairs.jsonl")]
    subprocess.run(add, check=True, stdout=subprocess.DEVNULL)


def first_to_last(project: Path) -> float:
    """Seconds from the first call's start to the last verdict's row."""
    with closing(sqlite3.connect(project / "pairwright.db")) as store:
        began, ended = store.execute(
            "SELECT (SELECT min(at - seconds) FROM call), (SELECT max(at) FROM vote)"
        ).fetchone()
    return float(ended - began)


async def bare(url: str, calls: int, in_flight: int) -> None:
    """The same number of requests of the same size, by aiohttp alone; their answers are read and dropped."""
    import aiohttp

    from pairwright.judging.rubric import ANSWER_SCHEMA, judge_messages
    from pairwright.types import Prompt

    guidelines = judge_messages(Prompt.of("?"), "", "", "")[0]["content"]
    form = {"name": "verdict", "strict": True, "schema": ANSWER_SCHEMA}
    texts = ("\n\n".join(row.values()) for row in rows(calls))

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=in_flight)) as session:

        async def work() -> None:
            for text in texts:
                said = {"role": "user", "content": text}
                body = {
                    "model": "judge",
                    "messages": [{"role": "system", "content": guidelines}, said],
                    "response_format": {"type": "json_schema", "json_schema": form},
                    "logprobs": True,
                    "top_logprobs": 10,
                }
                async with session.post(f"{url}/chat/completions", json=body) as response:
                    reply = await response.json()
                    json.loads(reply["choices"][0]["message"]["content"])["verdict"]

        began = time.monotonic()
        await asyncio.gather(*(work() for _ in range(in_flight)))
        print(json.dumps({"wall": time.monotonic() - began}))


@dataclass(frozen=True)
class Load:
    """Calls, how many of them are in flight, how long each takes; aiohttp alone takes `bare_cpu` seconds."""

    calls: int
    in_flight: int
    latency_ms: float
    bare_cpu: float = 0.0

    @property
    def per_second(self) -> float:
        return self.in_flight * 1000 / self.latency_ms

    @property
    def ideal(self) -> float:
        return self.calls / self.per_second


def judged(load: Load, concurrency: str, **behaviour: float) -> None:
    calls, ideal = load.calls, load.ideal
    with tempfile.TemporaryDirectory() as folder, StandIn(latency_ms=load.latency_ms, **behaviour) as server:
        root = Path(folder) / "project"
        project(root, calls // 2, server.port, concurrency)
        used = child([*PAIRWRIGHT, "-C", str(root), "judge", "--json"])
        result, busy = used.said["judges"][0], first_to_last(root)
    assert result["votes"] == calls, result
    [found] = result["servers"]["loopback"]
    cpu = f"CPU {used.cpu / calls * 1000:.2f} ms a call = {used.cpu / load.bare_cpu:.2f} x bare"
    print(f"{concurrency or 'nothing set'}: {found['at_once']} in flight ({found['found']})")
    print(f"  first call sent to last verdict written: {busy:.1f} s = {busy / ideal:.2f} x ideal")
    print(f"  whole process, start-up included: {used.wall:.1f} s = {used.wall / ideal:.2f} x ideal")
    print(f"  {cpu}, start-up included")
    print(f"  {server.verdict(calls, load.per_second)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast judging goes, every verdict on disk.")
    parser.add_argument("calls", type=int, nargs="?", default=10_000)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--latency-ms", type=float, default=50)
    given = parser.parse_args()
    load = Load(given.calls, given.in_flight, given.latency_ms)
    calls, in_flight, ideal = load.calls, load.in_flight, load.ideal
    print(f"{calls:,} judge calls, {in_flight} in flight, {load.latency_ms:g} ms each; ideal {ideal:.1f} s")
    with StandIn(latency_ms=load.latency_ms) as server:
        loop = child([sys.executable, __file__, "bare", server.url, str(calls), str(in_flight)])
    wall, cpu = loop.said["wall"], loop.cpu / calls * 1000
    print(f"bare aiohttp: {wall:.1f} s = {wall / ideal:.2f} x ideal, CPU {cpu:.2f} ms a call")
    load = replace(load, bare_cpu=loop.cpu)
    judged(load, f"concurrency = {in_flight}")
    judged(load, "", slow_over=in_flight)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"peak memory {peak / (1024**2 if sys.platform == 'darwin' else 1024):.0f} MB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["bare"]:
        asyncio.run(bare(sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
    else:
        main()
