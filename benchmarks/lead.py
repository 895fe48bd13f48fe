"""How long the lead's pages and `status` take: `python benchmarks/lead.py [--votes N] [--store postgresql://...]`.

A project of N votes by 50 people, two on each pair, is written straight into a store: nine pairs in ten are
labelled, the others wait, some are flagged, skipped, or in dispute. Pages are read by the app as a browser
would, twice: a page may keep what it counted. `--keep FOLDER` keeps the project, and uses it again.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select
from starlette.testclient import TestClient

from pairwright.annotate.app import make_app
from pairwright.annotate.security import cookie_of
from pairwright.stages.figures.status import status_of
from pairwright.stages.people import accounts
from pairwright.stages.project.project import Project
from pairwright.store import schema

PEOPLE, PROMPTS_AT_ONCE = 50, 2_000
SETTINGS = "[annotate]\noverlap = 2\nqualify_pairs = 0\n[route]\naccept = 'stated'\n"
PAGES = {
    "dashboard": "/lead",
    "its figures": "/api/lead/dashboard",
    "people": "/lead/people",
    "a person": "/lead/people/person%207",
    "review": "/lead/review",
    "conflicts": "/lead/conflicts",
    "gold": "/lead/gold",
    "settings": "/lead/settings",
    "hours": "/lead/hours",
}

Rows = dict[str, list[dict[str, Any]]]


class Made:
    """Rows of a project, numbered as they are made."""

    def __init__(self, people: list[int]) -> None:
        self.people, self.chance, self.began = people, random.Random(0), time.time() - 30 * 86400
        self.last: dict[str, int] = {}

    def prompts(self, count: int) -> Rows:
        """So many prompts, each with four responses and all six pairs of these."""
        rows: Rows = {}
        for _ in range(count):
            prompt = self._add(
                rows, "prompt", messages=[{"role": "user", "content": "A question?"}], meta=self._domain()
            )
            responses = [self._add(rows, "response", prompt_id=prompt, text=f"Answer {n}.") for n in range(4)]
            for a, b in combinations(responses, 2):
                self._pair(rows, prompt, a, b)
        return rows

    def _domain(self) -> dict[str, str]:
        return {"domain": self.chance.choice(("law", "code", "chat", "maths"))}

    def _pair(self, rows: Rows, prompt: int, a: int, b: int) -> None:
        pair = self._add(rows, "pair", prompt_id=prompt, a_id=a, b_id=b, policy="all")
        kind = self.chance.random()
        if kind < 0.1:  # nobody has answered
            self._ask(rows, pair, [], "people", 2)
            if kind < 0.002:
                person = self.chance.choice(self.people)
                what = {"stage": "annotate", "kind": "skipped", "message": "skipped"}
                self._add(rows, "failure", pair_id=pair, rater_id=person, **what)
            return
        truth, who = self.chance.choice("AB"), self.chance.sample(self.people, 2)
        said = [truth if self.chance.random() < 0.85 else "TIE" for _ in who]
        votes = [self._vote(rows, pair, person, verdict) for person, verdict in zip(who, said, strict=True)]
        if said[0] == said[1]:
            accepted = {"decision": "accept", "verdict": said[0], "source": "people", "asks": None}
            self._add(rows, "belief", pair_id=pair, reason="people agree", basis={"votes": votes}, **accepted)
        else:
            self._ask(rows, pair, votes, "lead" if kind > 0.99 else "people", 1)
        if kind > 0.999:
            flagged = {"check": "broken", "reason": "broken", "severity": "error"}
            self._add(rows, "flag", pair_id=pair, rater_id=who[0], **flagged)

    def _vote(self, rows: Rows, pair: int, person: int, verdict: str) -> int:
        seconds = self.chance.uniform(5, 60)
        what = {"order": "AB", "verdict": verdict, "seconds": seconds, "guideline_id": 1}
        return self._add(rows, "vote", pair_id=pair, rater_id=person, **what)

    def _ask(self, rows: Rows, pair: int, votes: list[int], whom: str, wanted: int) -> None:
        asked = {"decision": "ask", "verdict": None, "source": "people" if votes else "none", "asks": whom}
        reason = "people disagree: 1 A, 1 TIE" if votes else "no judge: people decide"
        basis = {"votes": votes, "open": wanted}
        self._add(rows, "belief", pair_id=pair, reason=reason, basis=basis, **asked)
        if whom == "people":
            rows.setdefault("task", []).append({"pair_id": pair, "rank": 3.0, "open": wanted})

    def _add(self, rows: Rows, table: str, **values: Any) -> int:
        number = self.last[table] = self.last.get(table, 0) + 1
        at = self.began + 30 * 86400 * self.chance.random()
        row = {"id": number, "at": at, **values}
        if "key" in getattr(schema, table).c:
            row["key"] = os.urandom(16)
        rows.setdefault(table, []).append(row)
        return number


def fill(project: Project, votes: int) -> None:
    members = [accounts.known_or_new(project, f"person {i}", "annotator") for i in range(PEOPLE)]
    with project.store.write() as connection:
        row = {"id": 1, "key": os.urandom(16), "text": "Choose the better one.", "at": time.time()}
        connection.execute(insert(schema.guideline), [row])
    made = Made([each.rater_id for each in members])
    while made.last.get("vote", 0) < votes:
        rows = made.prompts(PROMPTS_AT_ONCE)
        with project.store.write() as connection:
            for table in ("prompt", "response", "pair", "vote", "belief", "failure", "flag", "task"):
                if table in rows:
                    connection.execute(insert(getattr(schema, table)), rows[table])
    if project.store.path is not None:
        with project.store.write() as connection:
            connection.exec_driver_sql("ANALYZE")


def taken(do: Callable[[], Any]) -> tuple[float, float]:
    """(seconds, seconds of this process's CPU)."""
    wall, cpu = time.perf_counter(), time.process_time()
    do()
    return time.perf_counter() - wall, time.process_time() - cpu


def measure(project: Project) -> None:
    lead = accounts.known_or_new(project, "lead", "lead")
    client = TestClient(make_app(project, "lead", ["localhost"]), base_url="http://localhost")
    client.cookies.set(cookie_of(project.store.name), accounts.start_session(project, lead))

    def read(path: str) -> None:
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[-500:])

    print("| | first ms | of CPU | again ms | of CPU |\n|---|---|---|---|---|", flush=True)
    for name, path in PAGES.items():
        first, again = taken(lambda path=path: read(path)), taken(lambda path=path: read(path))
        print(
            f"| {name} | " + " | ".join(f"{1000 * each:,.0f}" for each in (*first, *again)) + " |", flush=True
        )
    wall, cpu = taken(lambda: status_of(project))
    print(f"| `status` | {1000 * wall:,.0f} | {1000 * cpu:,.0f} | | |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--votes", type=int, default=1_000_000)
    parser.add_argument("--store")
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = asked.keep or Path(folder) / "lead"
        if not (root / "pairwright.toml").exists():
            Project.init(root)
            base = f"[project]\nstore = '{asked.store}'\n" if asked.store else ""
            (root / "pairwright.toml").write_text(base + SETTINGS)
        with Project.open(root) as project:
            with project.store.read() as connection:
                votes = connection.execute(select(func.count()).select_from(schema.vote)).scalar_one()
            if not votes:
                fill(project, asked.votes)
            measure(project)


if __name__ == "__main__":
    main()
