"""How long pages of `pairwright browse` and the report take: `python benchmarks/browse.py [--pairs N]`.

A project of N made-up pairs (texts of 40 and 90 words, two judges in both orders, people on a tenth,
findings on a twentieth) is written straight into a store, then read by the app as a browser would.
`--keep FOLDER` keeps it, and uses it again.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from starlette.testclient import TestClient

from pairwright.browse.app import make_app
from pairwright.stages.figures.report import numbers_of, page_of
from pairwright.stages.project.project import Project
from pairwright.store import schema

PART = 20_000  # pairs of a transaction
TIMES = 3  # a page is read; the quickest counts
WORDS = [
    f"{a}{b}{c}"
    for a in ("pre", "con", "inter", "sub", "trans", "war")
    for b in ("fer", "sen", "mit", "port")
    for c in ("", "ence", "ing", "al", "ed", "ion")
]
PAGES = {
    "first page": "/",
    "newest first": "/?sort=newest",
    "nine tenths in": "/?after={far}",
    "a frequent word": "/?q=warport",
    "a word that is nowhere": "/?q=zzqx",
    "a person, a verdict and a word": "/?annotator=bob&verdict=B&q=warport",
    "people disagree": "/?disagree=people",
    "judges and people disagree": "/?disagree=both",
    "doubted most first": "/?sort=doubted",
    "least sure first": "/?sort=unsure",
}


def fill(project: Project, n: int) -> None:
    chance, now = random.Random(0), time.time()
    names = ("gpt", "claude", "mini", "ann", "bob", "cyd")
    raters = [
        {
            "id": i + 1,
            "key": os.urandom(16),
            "kind": "judge" if i < 3 else "person",
            "name": name,
            "spec": {},
            "at": now,
        }
        for i, name in enumerate(names)
    ]
    with project.store.write() as connection:
        connection.execute(insert(schema.rater), raters)
        connection.execute(
            insert(schema.check_run), [{"id": 1, "result": {"checks": [], "pairs": n}, "at": now}]
        )
    for first in range(1, n + 1, PART):
        rows = _rows(range(first, min(n + 1, first + PART)), chance, now)
        with project.store.write() as connection:
            for table, values in rows.items():
                connection.execute(insert(getattr(schema, table)), values)


def _rows(numbers: range, chance: random.Random, now: float) -> dict[str, list[dict[str, Any]]]:
    made: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("prompt", "response", "pair", "vote", "belief", "finding")
    }

    def text(words: int) -> str:
        return " ".join(chance.choices(WORDS, k=words))

    for i in numbers:
        base = {"at": now}
        messages = [{"role": "user", "content": text(40)}]
        meta = {"domain": chance.choice(["maths", "code", "chat", "law"])}
        made["prompt"].append({**base, "id": i, "key": os.urandom(16), "messages": messages, "meta": meta})
        for number in (2 * i - 1, 2 * i):
            model = chance.choice(["m1", "m2", "m3"])
            row = {"id": number, "key": os.urandom(16), "prompt_id": i, "text": text(90), "model": model}
            made["response"].append({**base, **row})
        row = {
            "id": i,
            "key": os.urandom(16),
            "prompt_id": i,
            "a_id": 2 * i - 1,
            "b_id": 2 * i,
            "policy": "given",
        }
        made["pair"].append({**base, **row, "external_id": f"e{i}"})
        prob = chance.random()
        verdict = "A" if prob > 0.5 else "B"
        voters = [(rater, order) for rater in (1, 2) for order in ("AB", "BA")]
        voters += [(4, "AB"), (5, "AB")] if chance.random() < 0.1 else []
        for rater, order in voters:
            said = verdict if chance.random() < 0.85 else "TIE"
            vote = {"key": os.urandom(16), "pair_id": i, "rater_id": rater, "order": order, "verdict": said}
            made["vote"].append({**base, **vote, "confidence": "HIGH", "reason": "it is better"})
        belief = {"pair_id": i, "decision": "accept", "verdict": verdict, "source": "judge", "reason": "sure"}
        made["belief"].append({**base, **belief, "prob_a": prob, "basis": {}, "votes_sum": 0})
        if chance.random() < 0.05:
            check = chance.choice(["too_similar", "reward_model", "too_fast"])
            finding = {
                "key": os.urandom(16),
                "check_run_id": 1,
                "pair_id": i,
                "check": check,
                "part": "margin",
            }
            finding |= {"severity": "warning", "reason": "as found", "remedy": "look"}
            made["finding"].append({**base, **finding, "value": {"seen": chance.random() - 1}})
    return made


def measure(project: Project, n: int) -> None:
    client = TestClient(make_app(project, ["localhost"]), base_url="http://localhost")
    text = client.get("/").text
    pages = {**PAGES, "a pair": re.search(r"/pair/x-[0-9a-f]+", text)[0]}  # type: ignore[index]
    print(f"| page of {n:,} pairs | ms |\n|---|---|")
    for name, path in pages.items():
        took = []
        for _ in range(TIMES):
            began = time.perf_counter()
            answer = client.get(path.format(far=n * 9 // 10))
            took.append(time.perf_counter() - began)
            assert answer.status_code == 200, answer.text
        more = " (looks further on request)" if "Look further" in answer.text else ""
        print(f"| {name}{more} | {min(took) * 1000:,.0f} |")
    began, cpu = time.perf_counter(), time.process_time()
    page = page_of(numbers_of(project))
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    print(f"| the report: {len(page.encode()) / 1e3:,.0f} KB, {cpu:.1f} s of CPU | {seconds * 1000:,.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=120_000)
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = asked.keep or Path(folder)
        if new := not (root / "pairwright.toml").exists():
            Project.init(root)
        with Project.open(root) as project:
            if new:
                fill(project, asked.pairs)
            measure(project, asked.pairs)


if __name__ == "__main__":
    main()
