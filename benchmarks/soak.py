"""Everything at once for as long as you like: people, judges, exports and reports over one project.

    python benchmarks/soak.py [--minutes 60] [--store postgresql://...] [--people 20] [--pairs 20000]

Simulated people answer over HTTP, `judge` asks a loopback server at a bounded rate, `export` and `report`
run one after the other, again and again. Printed at intervals: memory and descriptors of the server and
the judge, and the 95th percentile of what people wait for. At the end no acknowledged answer may be missing.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import psutil
from annotate import Annotator, made_project
from sqlalchemy import select

from pairwright.annotate.security import cookie_of
from pairwright.models.loopback import Behaviour, LoopbackServer
from pairwright.stages.people import accounts
from pairwright.stages.project.project import Project
from pairwright.store import schema

PORT = 8498
SETTINGS = """
[endpoints.loopback]
url = "{url}"
concurrency = 4
requests_per_minute = {rate}

[models.small]
endpoint = "loopback"
model = "small"
price_in = 0
price_out = 0

[judges.main]
model = "small"

[route]
accept = "stated"
"""
COLUMNS = (
    "minute",
    "server MB",
    "descriptors",
    "judge MB",
    "next pair p95 ms",
    "save p95 ms",
    "answers",
    "export s",
    "report s",
)


class Busy:
    """A command that is run again whenever it has ended."""

    def __init__(self, root: Path, *verbs: tuple[str, ...]) -> None:
        self.root, self.verbs, self.turn = root, verbs, 0
        self.seconds: dict[str, float] = {}
        self.failures: list[str] = []
        self.process: subprocess.Popen[bytes] | None = None
        self.began = 0.0

    def go_on(self) -> None:
        if self.process is not None:
            if self.process.poll() is None:
                return
            verb = self.verbs[(self.turn - 1) % len(self.verbs)][0]
            self.seconds[verb] = time.perf_counter() - self.began
            if self.process.returncode not in (0, 2):
                self.failures.append(f"{verb} ended with {self.process.returncode}")
        words = self.verbs[self.turn % len(self.verbs)]
        self.turn, self.began = self.turn + 1, time.perf_counter()
        command = [sys.executable, "-m", "pairwright", "-C", str(self.root), *words]
        with (self.root / f"{words[0]}.log").open("w") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)


def megabytes(process: subprocess.Popen[bytes] | None) -> float:
    try:
        return psutil.Process(process.pid).memory_info().rss / 2**20 if process else 0.0
    except psutil.NoSuchProcess:
        return 0.0


def p95_ms(people: list[Annotator], kind: str) -> float:
    """Of what was asked since this was asked last; NaN where nothing was."""
    times = [seconds for one in people for seconds in one.times[kind]]
    for one in people:
        one.times[kind].clear()
    return float(np.quantile(times, 0.95)) * 1000 if times else float("nan")


async def soak(
    people: list[Annotator], server: subprocess.Popen[bytes], busy: list[Busy], minutes: float, rows: int
) -> None:
    """Keep all at it, and print so many rows of figures, evenly spaced."""
    judge, writes = busy
    began = time.perf_counter()
    working = [asyncio.create_task(each.work(began + minutes * 60)) for each in people]
    for row in range(1, rows + 1):
        while time.perf_counter() < began + minutes * 60 * row / rows:
            for each in busy:
                each.go_on()
            await asyncio.sleep(0.2)
        figures = (
            minutes * row / rows,
            megabytes(server),
            psutil.Process(server.pid).num_fds(),
            megabytes(judge.process),
            p95_ms(people, "get"),
            p95_ms(people, "save"),
            sum(len(one.acknowledged) for one in people),
            writes.seconds.get("export", float("nan")),
            writes.seconds.get("report", float("nan")),
        )
        shown = (f"{each:.1f}" if each < 10 else f"{each:,.0f}" for each in figures)
        print(f"| {' | '.join(shown)} |", flush=True)
    await asyncio.gather(*working)


def lost(project: Project, people: list[Annotator]) -> int:
    with project.store.read() as connection:
        keys = {key.hex() for key in connection.scalars(select(schema.vote.c.key))}
    return len(set().union(*(each.acknowledged for each in people)) - keys)


async def all_at_once(url: str, cookie: str, tokens: list[str], pause: float, *rest: Any) -> list[Annotator]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        people = [Annotator(http, url, cookie, token, pause, i) for i, token in enumerate(tokens)]
        await soak(people, *rest)
    return people


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--store")
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--pause", type=float, default=4.0, help="seconds before each answer, in the mean")
    parser.add_argument("--calls", type=int, default=600, help="calls of the judge a minute")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, LoopbackServer(Behaviour(latency_ms=100)) as endpoint:
        root = Path(folder) / "soak"
        project = made_project(root, asked.store, asked.pairs)
        with (root / "pairwright.toml").open("a") as file:
            file.write(SETTINGS.format(url=endpoint.url, rate=asked.calls))
        endpoint.keep_requests = False
        members = [accounts.known_or_new(project, f"person {i}", "annotator") for i in range(asked.people)]
        tokens = [accounts.start_session(project, each) for each in members]
        log = root / "server.log"
        command = [sys.executable, "-m", "pairwright", "-C", str(root), "annotate", "--no-browser"]
        command += ["--port", str(PORT)]
        with log.open("w") as out:
            server = subprocess.Popen(command, stdout=out, stderr=out)
        page = ("report", "--output", str(root / "report.html"))
        busy = [Busy(root, ("judge", "--limit", "500")), Busy(root, ("export",), page)]
        try:
            while "/key/" not in log.read_text():
                assert server.poll() is None, log.read_text()
                time.sleep(0.2)
            kind = "PostgreSQL" if asked.store else "SQLite"
            rate = f"{asked.calls} calls of a judge a minute"
            print(f"{kind}: {asked.people} people, {asked.pairs:,} pairs, {rate}\n")
            print(f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}")
            rest = (server, busy, asked.minutes, max(3, min(30, round(asked.minutes))))
            url, cookie = f"http://127.0.0.1:{PORT}", cookie_of(project.store.name)
            people = asyncio.run(all_at_once(url, cookie, tokens, asked.pause, *rest))
        finally:
            for each in busy:
                each.stop()
            server.terminate()
            server.wait(20)
        missing, failed = lost(project, people), sum(each.failed for each in people)
        told = "; ".join(each for of in busy for each in of.failures) or "none"
        print(
            f"\n{missing} acknowledged answers lost, {failed} requests failed, commands that failed: {told}"
        )
        project.close()
        if missing or any(each.failures for each in busy):
            sys.exit(1)


if __name__ == "__main__":
    main()
