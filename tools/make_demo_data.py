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

# (judge, strategy) -> file. Two ways of asking GPT-4, and a judge that is worse than a coin here.
VERDICTS = {
    ("GPT-4", "Vanilla"): "gpt4_verdicts.jsonl",
    ("GPT-4", "Rating"): "gpt4_rating_verdicts.jsonl",
    ("ChatGPT-0301", "Vanilla"): "chatgpt_verdicts.jsonl",
}
EXPECTED = {"llmbar_pairs.jsonl": 419, "gold_labels.jsonl": 419} | dict.fromkeys(VERDICTS.values(), 838)
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
    files: dict[str, list[Row]] = {name: [] for name in EXPECTED}
    for row in read(llmbar / "pairs.jsonl.gz"):
        files["llmbar_pairs.jsonl"].append(pick(row, "id", "subset", "prompt", "response_a", "response_b"))
    for row in read(llmbar / "judge_verdicts.jsonl.gz"):
        if (row["judge"], row["strategy"]) in VERDICTS:
            files[VERDICTS[row["judge"], row["strategy"]]].append(verdict(row))
    for row in read(llmbar / "human_labels.jsonl.gz"):
        files["gold_labels.jsonl"].append(pick(row, "id", "annotator", "label"))
    return files


def verdict(row: Row) -> Row:
    """One recorded verdict; two equal scores are a tie, whatever was made of them afterwards."""
    kept = pick(row, "id", "order", "verdict")
    if row.get("raw"):
        kept["raw"] = row["raw"]
    scores = row.get("scores")
    if scores and all(scores):  # one of them is blank where the judge gave none
        kept["scores"] = [float(score) for score in scores]
        if kept["scores"][0] == kept["scores"][1]:
            kept["verdict"] = "TIE"
    return kept


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
