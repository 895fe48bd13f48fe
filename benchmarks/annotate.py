"""The annotation page under load: 100 people at once against 100,000 open pairs, on SQLite or PostgreSQL.

    python benchmarks/annotate.py [--store postgresql://...] [--people 100] [--pairs 100000] [--seconds 60]

The real server in a process of its own, real HTTP over loopback, sessions made
as an invitation makes them. Everybody fetches ahead, answers after a pause
(exponential, `--pause` s in the mean), one in twenty takes the last answer
back, one in fifty sends an answer twice. `--pause 0` is back to back. Afterwards
the store is checked: no answer lost, none twice, no pair over its overlap. The
server's CPU time is that of its own process: all it did, an answer and its next
pair each.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import aiohttp
import numpy as np
from sqlalchemy import func, select, text

from pairwright.annotate.security import cookie_of, csrf_token
from pairwright.stages.add.add import add_files
from pairwright.stages.people import accounts
from pairwright.stages.project.project import Project
from pairwright.stages.route.route import run_route
from pairwright.store import schema
from pairwright.store.votes import is_current

OVERLAP = 2
WORDS = [
    "the",
    "model",
    "gives",
    "an",
    "answer",
    "that",
    "is",
    "long",
    "enough",
    "to",
    "be",
    "read",
    "with",
    "some",
    "care",
    "and",
    "**formatted**",
    "in",
    "`markdown`",
    "as",
    "models",
    "do",
]


def made_project(root: Path, store: str | None, n: int) -> Project:
    """A project with n pairs of some 150 words a response, all open to people."""
    Project.init(root)
    base = f'[project]\nstore = "{store}"\n' if store else ""
    (root / "pairwright.toml").write_text(
        f"{base}[annotate]\noverlap = {OVERLAP}\noverlap_most = {OVERLAP}\n"
    )
    rng = random.Random(0)
    with (root / "pairs.jsonl").open("w") as file:
        for i in range(n):
            a, b = (" ".join(rng.choices(WORDS, k=150)) for _ in "ab")
            row = {"id": f"p{i}", "prompt": f"Question {i}?", "response_a": a, "response_b": b}
            file.write(json.dumps(row) + "\n")
    project = Project.open(root)
    add_files(project.store, [root / "pairs.jsonl"])
    run_route(project)
    return project


class Annotator:
    """One simulated person with a browser's habits."""

    def __init__(
        self, http: aiohttp.ClientSession, url: str, cookie: str, token: str, pause: float, seed: int
    ) -> None:
        self.http, self.url, self.pause = http, url, pause
        self.headers = {"cookie": f"{cookie}={token}", "x-csrf": csrf_token(token)}
        self.rng = random.Random(seed)
        self.times: dict[str, list[float]] = {"get": [], "save": [], "undo": []}
        self.acknowledged: set[str] = set()
        self.undone = 0
        self.failed = 0

    async def call(self, kind: str, path: str, body: dict | None = None) -> dict:
        began = time.perf_counter()
        method = "POST" if body is not None else "GET"
        async with self.http.request(method, self.url + path, json=body, headers=self.headers) as response:
            answer = await response.json()
            if response.status != 200:
                self.failed += 1
                return {}
        self.times[kind].append(time.perf_counter() - began)
        return answer

    async def work(self, until: float) -> None:
        ahead: list[str] = []
        await asyncio.sleep(self.rng.random() * self.pause)
        while time.perf_counter() < until:
            found = await self.call("get", f"/api/work?n={3 - len(ahead)}&have={','.join(ahead)}")
            ahead += [task["id"] for task in found.get("tasks", [])]
            await asyncio.sleep(self.rng.expovariate(1) * self.pause)
            task = ahead.pop(0)
            body = {
                "id": task,
                "key": uuid4().hex,
                "choice": self.rng.choice(["left", "right", "tie"]),
                "seconds": 20,
            }
            for _ in range(2 if self.rng.random() < 0.02 else 1):
                if await self.call("save", "/api/answer", body):
                    self.acknowledged.add(body["key"])
            if self.rng.random() < 0.05:
                undone = await self.call("undo", "/api/undo", {"id": task, "key": uuid4().hex})
                if undone.get("undone"):
                    self.undone += 1
                    ahead.insert(0, task)


async def load(url: str, cookie: str, tokens: list[str], pause: float, seconds: float) -> list[Annotator]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        people = [Annotator(http, url, cookie, token, pause, i) for i, token in enumerate(tokens)]
        until = time.perf_counter() + seconds
        await asyncio.gather(*(each.work(until) for each in people))
    return people


def checked(project: Project, people: list[Annotator]) -> str:
    """What the store holds against what was acknowledged. Raises AssertionError where they differ."""
    with project.store.read() as connection:
        keys = {key.hex() for key in connection.scalars(select(schema.vote.c.key))}
        undone = connection.execute(select(func.count()).select_from(schema.retraction)).scalar_one()
        current = (
            select(schema.vote.c.pair_id, func.count().label("n"))
            .where(is_current())
            .group_by(schema.vote.c.pair_id)
            .subquery()
        )
        most = connection.execute(select(func.max(current.c.n))).scalar_one()
        twice = connection.execute(
            text(
                "SELECT COUNT(*) FROM (SELECT pair_id, rater_id FROM vote WHERE NOT EXISTS "
                "(SELECT 1 FROM retraction WHERE vote_id = vote.id) "
                "GROUP BY pair_id, rater_id HAVING COUNT(*) > 1) AS double_votes"
            )
        ).scalar_one()
    sent = set().union(*(each.acknowledged for each in people))
    assert sent == keys, f"{len(sent - keys)} answers lost, {len(keys - sent)} that nobody sent"
    assert twice == 0, f"{twice} people voted twice on a pair"
    assert most <= OVERLAP, f"a pair has {most} votes"
    assert undone == sum(each.undone for each in people)
    return f"{len(keys):,} answers, none lost or doubled; at most {most} people a pair (overlap {OVERLAP})"


def cpu_seconds(pid: int) -> float:
    """The CPU time a process has taken, in user and in system mode."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def shown(name: str, seconds: list[float]) -> str:
    ms = np.array(seconds) * 1000
    figures = [np.median(ms), np.quantile(ms, 0.95), np.quantile(ms, 0.99), ms.max()]
    return f"| {name} | {len(ms):,} | {' | '.join(f'{each:.0f}' for each in figures)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store")
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--pause", type=float, default=5.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "load"
        project = made_project(root, asked.store, asked.pairs)
        members = [accounts.known_or_new(project, f"person {i}", "annotator") for i in range(asked.people)]
        tokens = [accounts.start_session(project, each) for each in members]
        command = [
            sys.executable,
            "-m",
            "pairwright",
            "-C",
            str(root),
            "annotate",
            "--no-browser",
            "--port",
            "8499",
        ]
        with (root / "server.log").open("w") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            while "/key/" not in (root / "server.log").read_text():
                assert server.poll() is None, (root / "server.log").read_text()
                time.sleep(0.2)
            began = cpu_seconds(server.pid)
            people = asyncio.run(
                load(
                    "http://127.0.0.1:8499", cookie_of(project.store.name), tokens, asked.pause, asked.seconds
                )
            )
            spent = cpu_seconds(server.pid) - began
        finally:
            server.terminate()
            server.wait(20)
        kind = "PostgreSQL" if asked.store else "SQLite"
        how_long = f"{asked.seconds:.0f} s, a pause of {asked.pause:g} s before each answer"
        print(f"{kind}: {asked.people} people, {asked.pairs:,} open pairs, {how_long}")
        print("| | calls | median ms | p95 | p99 | slowest |\n|---|---|---|---|---|---|")
        for name, of in (("next pair", "get"), ("save", "save"), ("undo", "undo")):
            print(shown(name, [each for one in people for each in one.times[of]]))
        answers = sum(len(each.times["save"]) for each in people)
        print(f"server: {1000 * spent / answers:.1f} ms of CPU an answer with its next pair")
        print(checked(project, people))
        print(f"failed calls: {sum(each.failed for each in people)}")
        project.close()


if __name__ == "__main__":
    main()
