"""Make the demo's packaged excerpt of LLMBar (src/pairwright/demo/*.jsonl) from the full data set.

    python tools/make_demo_data.py DATA_FOLDER

DATA_FOLDER holds `llmbar/` with pairs.jsonl.gz, human_labels.jsonl.gz and
judge_verdicts.jsonl.gz. The same data always gives the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SUBSET, JUDGE, STRATEGY = "Natural", "GPT-4", "Vanilla"
EXPECTED = {"llmbar_natural_pairs.jsonl": 100, "gpt4_verdicts.jsonl": 200, "gold_labels.jsonl": 100}
PACKAGE = Path(__file__).parents[1] / "src" / "pairwright" / "demo"

Row = dict[str, Any]


def read(path: Path) -> Iterator[Row]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def pick(row: Row, *fields: str) -> Row:
    return {field: row[field] for field in fields}


def excerpt(llmbar: Path) -> dict[str, list[Row]]:
    """The rows of each file, in the order of the data set."""
    pairs = [
        pick(row, "id", "prompt", "response_a", "response_b")
        for row in read(llmbar / "pairs.jsonl.gz")
        if row["subset"] == SUBSET
    ]
    ids = {row["id"] for row in pairs}
    verdicts = [
        pick(row, "id", "order", "verdict", "raw")
        for row in read(llmbar / "judge_verdicts.jsonl.gz")
        if row["id"] in ids and (row["judge"], row["strategy"]) == (JUDGE, STRATEGY)
    ]
    labels = [
        pick(row, "id", "annotator", "label")
        for row in read(llmbar / "human_labels.jsonl.gz")
        if row["id"] in ids
    ]
    return {
        "llmbar_natural_pairs.jsonl": pairs,
        "gpt4_verdicts.jsonl": verdicts,
        "gold_labels.jsonl": labels,
    }


def write(path: Path, rows: list[Row]) -> None:
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    path.write_bytes("".join(lines).encode())


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="the folder that holds llmbar/")
    parser.add_argument("--out", type=Path, default=PACKAGE, help="where the files go (the package)")
    options = parser.parse_args()
    llmbar = options.data / "llmbar"
    if not (llmbar / "pairs.jsonl.gz").is_file():
        print(f"error: no pairs.jsonl.gz in {llmbar}; give the folder that holds llmbar/.", file=sys.stderr)
        return 1
    files = excerpt(llmbar)
    wrong = [
        f"{name}: {len(rows)} rows, expected {EXPECTED[name]}"
        for name, rows in files.items()
        if len(rows) != EXPECTED[name]
    ]
    if wrong:
        print(
            f"error: {llmbar} is not the data set this was written for: {'; '.join(wrong)}.", file=sys.stderr
        )
        return 1
    for name, rows in files.items():
        write(options.out / name, rows)
        print(f"{len(rows):4d} rows  {options.out / name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
