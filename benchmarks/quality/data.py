"""The real sets as checks see them: human labels where there are, else a judge's preference."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pairwright.quality.example import Example, RaterVote

DATA = Path(os.environ.get("PAIRWRIGHT_DATA", Path(__file__).parents[2].parent / "shared" / "data"))


def rows(name: str) -> Iterator[dict[str, Any]]:
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def hh() -> list[Example]:
    """HH-RLHF, harmless: the last answers of each transcript, as published."""
    found = []
    for i, row in enumerate(rows("hh_rlhf_harmless_test/raw")):
        prompt, _, chosen = row["chosen"].rpartition("\n\nAssistant:")
        rejected = row["rejected"].rpartition("\n\nAssistant:")[2]
        asked = prompt.rpartition("\n\nHuman:")[2].strip()
        found.append(Example(f"hh-{i}", prompt, asked, chosen.strip(), rejected.strip(), "A"))
    return found


def pandalm() -> list[Example]:
    """What most of three people said; two judges' verdicts beside it."""
    said = defaultdict(list)
    for row in rows("pandalm/human_labels"):
        said[row["id"]].append(row["label"])
    judged = judges_of("pandalm", lambda row: row["judge"])
    found = []
    for row in rows("pandalm/pairs"):
        verdict = Counter(said[row["id"]]).most_common(1)[0][0]
        models = row["models"].split("_")
        found.append(
            Example(
                row["id"], row["prompt"], row["prompt"], str(row["response_a"]), str(row["response_b"]),
                verdict, models[0], models[-1], source="people", said=tuple(judged[row["id"]]),
            )
        )  # fmt: skip
    return found


def llmbar() -> list[Example]:
    """An expert's label; the verdicts of GPT-4 under two strategies beside it."""
    said = {row["id"]: row["label"] for row in rows("llmbar/human_labels")}
    judged = judges_of("llmbar", _asked)
    return [
        Example(
            row["id"], row["prompt"], row["prompt"], row["response_a"], row["response_b"], said[row["id"]],
            source="people", said=tuple(judged[row["id"]]),
        )
        for row in rows("llmbar/pairs")
    ]  # fmt: skip


def _asked(row: dict[str, Any]) -> str | None:
    known = row["judge"] == "GPT-4" and row["strategy"] in ("Vanilla", "Metrics_Reference")
    return f"{row['judge']}/{row['strategy']}" if known else None


def judges_of(name: str, named: Any) -> dict[str, list[RaterVote]]:
    found = defaultdict(list)
    for row in rows(f"{name}/judge_verdicts"):
        if (judge := named(row)) is not None and row["verdict"]:
            found[row["id"]].append(RaterVote(judge, "judge", row.get("order") or "AB", row["verdict"]))
    return found


def alpaca() -> list[Example]:
    """Twelve models' answers against the reference model's; a GPT-4 judge's preference is the label."""
    prompts = {row["prompt_id"]: row["prompt"] for row in rows("alpaca_eval/prompts")}
    texts = {(row["prompt_id"], row["model"]): row["response"] for row in rows("alpaca_eval/responses")}
    found = []
    for row in rows("alpaca_eval/judge_preferences"):
        a, b = texts.get((row["prompt_id"], row["model"])), texts.get((row["prompt_id"], row["against"]))
        better = row["prob_model_better"]
        if a is not None and b is not None and better is not None:
            prompt, verdict = prompts[row["prompt_id"]], "A" if better > 0.5 else "B"
            name = f"{row['prompt_id']}:{row['model']}"
            found.append(
                Example(name, prompt, prompt, a, b, verdict, row["model"], row["against"], source="judge")
            )
    return found


SETS = {"hh_rlhf": hh, "pandalm": pandalm, "llmbar": llmbar, "alpaca_eval": alpaca}
