"""Make the demo's excerpt of LLMBar: `python tools/make_demo_data.py FOLDER`.

FOLDER holds `pairs.jsonl.gz`, `judge_verdicts.jsonl.gz` and
`human_labels.jsonl.gz` of LLMBar (MIT). Takes the pairs of the subset Natural,
GPT-4's verdicts with the strategy Vanilla in both orders, and the gold labels.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "src" / "pairwright" / "demo"


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def write(name: str, kept: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept)
    (TARGET / name).write_text(text, encoding="utf-8")
    print(f"{name}: {len(kept)} rows, {len(text.encode()):,} bytes")


def only(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names}


def main() -> None:
    source = Path(sys.argv[1])
    pairs = [row for row in rows(source / "pairs.jsonl.gz") if row["subset"] == "Natural"]
    ids = {row["id"] for row in pairs}
    verdicts = [
        only(row, "id", "order", "verdict", "raw")
        for row in rows(source / "judge_verdicts.jsonl.gz")
        if row["id"] in ids and row["judge"].startswith("GPT-4") and row["strategy"] == "Vanilla"
    ]
    labels = [row for row in rows(source / "human_labels.jsonl.gz") if row["id"] in ids]
    write(
        "llmbar_natural_pairs.jsonl", [only(row, "id", "prompt", "response_a", "response_b") for row in pairs]
    )
    write("gpt4_verdicts.jsonl", verdicts)
    write("gold_labels.jsonl", [only(row, "id", "annotator", "label") for row in labels])


if __name__ == "__main__":
    main()
