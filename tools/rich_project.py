"""A project with something of everything, to look at: real pairs, people and judges' verdicts.

PandaLM (three people, two judges, five models) and LLMBar (gold labels, GPT-4 and ChatGPT), from the
folder PAIRWRIGHT_DATA. Made up are the seconds people took, a careless person, people's answers on
LLMBar (drawn about its gold labels), some planted faults, a strong judge (right in 95 %), and the
answers (with tokens and prices) of a judge that a loopback server plays.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pairwright.cli.main import run
from pairwright.models.loopback import LoopbackServer
from pairwright.stages.project.project import Project
from pairwright.store.people.tasks import next_tasks, waiting

DATA = Path(os.environ.get("PAIRWRIGHT_DATA", Path(__file__).parents[2] / "shared" / "data"))
SETTINGS = """\
[endpoints.loopback]
url = "{url}"
concurrency = 16

[models.small]
endpoint = "loopback"
model = "small"
price_in = 0.15
price_out = 0.60

[judges.gpt4]
kind = "replay"
path = "gpt4.jsonl"

[judges.strong]
kind = "replay"
path = "strong.jsonl"

[judges.chatgpt]
kind = "replay"
path = "chatgpt.jsonl"

[judges.pandalm-7b]
kind = "replay"
path = "pandalm-7b.jsonl"

[judges.small]
model = "small"

[route]
target = 0.8

[annotate]
usd_per_pair = 1.0
overlap = 3
"""
# What a response may bring along: none of it may do anything on a page.
HOSTILE = (
    "</pre></details><script>document.title='pwned'</script><img src=x onerror=alert(1)> & \u202egnp.exe"
)


def rows(name: str) -> Iterator[dict[str, Any]]:
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def write(path: Path, found: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in found), encoding="utf-8")


def pairs() -> list[dict[str, Any]]:
    found = []
    for row in rows("pandalm/pairs"):
        a, b = row["models"].split("_")
        found.append(
            {**{name: row[name] for name in ("id", "prompt", "response_a", "response_b")},
             "model_a": a, "model_b": b, "domain": "pandalm"}
        )  # fmt: skip
    for row in rows("llmbar/pairs"):
        found.append(
            {**{name: row[name] for name in ("id", "prompt", "response_a", "response_b")},
             "domain": f"llmbar {row.get('subset', '')}".strip()}
        )  # fmt: skip
    found = [row for row in found if all(_is_text(row[side]) for side in ("response_a", "response_b"))]
    for at, text in ((5, HOSTILE), (77, "My key is sk-proj-" + "a1B2" * 12), (120, HOSTILE * 300)):
        found[at]["response_a"] = text
    return found


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def verdicts() -> dict[str, list[dict[str, Any]]]:
    """judge -> recorded verdicts; `gpt4` heard LLMBar only, `chatgpt` both sets."""
    found: dict[str, list[dict[str, Any]]] = {"gpt4": [], "chatgpt": [], "pandalm-7b": []}
    names = {"GPT-4": "gpt4", "ChatGPT": "chatgpt"}
    for row in rows("llmbar/judge_verdicts"):
        if row["judge"] in names and row["strategy"] == "Vanilla" and row["verdict"]:
            found[names[row["judge"]]].append(_said(row))
    for row in rows("pandalm/judge_verdicts"):
        if row["verdict"]:
            found["chatgpt" if "gpt" in row["judge"] else "pandalm-7b"].append(_said(row))
    chance = random.Random(1)  # noqa: S311
    found["strong"] = []
    for name, said in people().items():
        label = sorted(one["label"] for one in said[:3])[1]
        wrong = {"A": "B", "B": "A", "TIE": "A"}[label]
        verdict = label if chance.random() < 0.95 else wrong
        for order in ("AB", "BA"):
            confidence = "LOW" if verdict == wrong and chance.random() < 0.6 else "HIGH"
            vote = {"id": name, "order": order, "verdict": verdict, "confidence": confidence}
            found["strong"].append({**vote, "reason": f"{verdict} answers what was asked."})
    return found


def _said(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"], "order": row["order"], "verdict": row["verdict"], "confidence": "HIGH",
        "reason": (row.get("raw") or "")[:400] or None,
    }  # fmt: skip


def people() -> dict[str, list[dict[str, Any]]]:
    """pair -> what three people said; of LLMBar, whose gold is one answer, all say that but now and then."""
    chance = random.Random(0)  # noqa: S311
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows("pandalm/human_labels"):
        found.setdefault(row["id"], []).append({**row, "seconds": chance.lognormvariate(3.2, 0.6)})
    for row in rows("llmbar/human_labels"):
        for name in ("annotator1", "annotator2", "annotator3"):
            label = row["label"] if chance.random() > 0.06 else {"A": "B", "B": "A"}.get(row["label"], "A")
            said = {"id": row["id"], "annotator": name, "label": label}
            found.setdefault(row["id"], []).append({**said, "seconds": chance.lognormvariate(3.4, 0.6)})
    for i, said in enumerate(found.values()):
        if i % 12 == 0:  # somebody in a hurry
            label = chance.choice(["A", "A", "A", "B"])
            said.append({**said[0], "annotator": "hasty", "label": label, "seconds": 1.5 + chance.random()})
    return found


def make(root: Path) -> None:
    """The whole of it, by the commands anybody would type."""

    def command(*words: str) -> None:
        code = run(["-C", str(root), *words])
        if code not in (0, 2):
            sys.exit(f"{words} ended with {code}")

    with LoopbackServer() as server:
        Project.init(root)
        (root / "pairwright.toml").write_text(SETTINGS.format(url=server.url), encoding="utf-8")
        write(root / "pairs.jsonl", pairs())
        known = {row["id"] for row in pairs()}
        for name, said in verdicts().items():
            write(root / f"{name}.jsonl", [each for each in said if each["id"] in known])
        command("add", str(root / "pairs.jsonl"))
        command("judge")
        command("route")
    answers = people()
    known = {row["id"] for row in pairs()}
    agreed = [name for name, said in answers.items() if len({one["label"] for one in said[:3]}) == 1]
    gold = [{"id": name, "label": answers[name][0]["label"]} for name in agreed if name in known][::12]
    write(root / "gold.jsonl", gold)
    for round_ in range(3):
        if round_ == 1:  # the first draw was too small to promise anything by: as `route` advises
            command("route", "--more", "320")
        with Project.open(root) as project, project.store.read() as connection:
            open_ = [task.external_id for task in next_tasks(connection, 0, waiting(connection))]
        said = [one for name in open_[:460] if name for one in answers.get(name, [])]
        write(root / "people.jsonl", said)
        command("annotate", "--import", str(root / "people.jsonl"))
        command("route")
    command("gold", str(root / "gold.jsonl"))
    command("label")
    command("check")
    command("verify", "--repeats", "1", "--curve")
    with Project.open(root) as project, project.store.read() as connection:
        from pairwright.store.check.findings import findings

        by_check: dict[str, list[int]] = {}
        for each in findings(connection):
            if each.pair_id is not None:
                by_check.setdefault(each.check, []).append(each.id)
    for verb, check, more in (("dismiss", "too_similar", ["--because", "both are right"]),
                              ("drop", "secrets_and_privacy", []), ("flip", "reward_model", []),
                              ("send", "reward_model", [])):  # fmt: skip
        ids = by_check.get(check, [])[:2] if verb != "send" else by_check.get(check, [])[4:6]
        if ids:
            command("check", verb, *map(str, ids), *more)
    command("route")
    for shape in ("dpo", "kto"):
        command("export", "--shape", shape, *(["--split-pairs"] if shape == "kto" else []))


if __name__ == "__main__":
    make(Path(sys.argv[1]))
