"""Time and memory of `pairwright convert` over many pairs: python benchmarks/convert.py [ROWS].

Each row holds about 1.5 KB. In the same run the same rows are made by a bare loop of orjson, which checks
nothing, and by `map` of the package datasets, if it is installed. Time, CPU and peak memory are those of the
whole process.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = (
    ("trl-dpo", ".jsonl"),
    ("trl-dpo", ".jsonl", "--split", "0.9,0.05,0.05", "--per-prompt", "4"),
    ("trl-dpo", ".parquet"),
    ("llama-factory-kto", ".jsonl", "--split-pairs"),
)
USED = (
    "import resource; used = resource.getrusage(resource.RUSAGE_SELF);"
    "print(used.ru_maxrss, used.ru_utime + used.ru_stime, file=sys.stderr)"
)
CONVERT = f"import sys; from pairwright.cli.main import run; code = run(sys.argv[1:]); {USED}; sys.exit(code)"
LOOP = f"""
import sys, orjson
def chat(role, text):
    return [{{"role": role, "content": text}}]
with open(sys.argv[1], "rb") as rows, open(sys.argv[2], "wb") as out:
    for line in rows:
        row = orjson.loads(line)
        made = {{"prompt": chat("user", row["prompt"]), "chosen": chat("assistant", row["chosen"]),
                "rejected": chat("assistant", row["rejected"])}}
        out.write(orjson.dumps(made, option=orjson.OPT_APPEND_NEWLINE))
{USED}
"""
MAP = f"""
import sys, datasets
datasets.disable_progress_bars()
def made(row):
    answers = {{name: [{{"role": "assistant", "content": row[name]}}] for name in ("chosen", "rejected")}}
    return {{"prompt": [{{"role": "user", "content": row["prompt"]}}], **answers}}
rows = datasets.load_dataset("json", data_files=sys.argv[1], cache_dir=sys.argv[2] + ".cache", split="train")
rows.map(made).to_json(sys.argv[2])
{USED}
"""


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "pairs.jsonl"
        _write(source, rows)
        size = source.stat().st_size / rows
        print(f"{rows:,} pairs of {size:,.0f} bytes")
        _measure("a loop of orjson", rows, "-c", LOOP, str(source), str(folder / "loop.jsonl"))
        for to, ending, *more in RUNS:
            options = ["convert", str(source), str(folder / f"out{ending}"), "--to", to, *more]
            _measure(" ".join((to, ending, *more)), rows, "-c", CONVERT, *options)
        _measure("map of datasets", rows, "-c", MAP, str(source), str(folder / "map.jsonl"))


def _write(source: Path, rows: int) -> None:
    """Pairs of words, no two alike."""
    some = random.Random(1)
    words = ["".join(some.choices("abcdefghijklmnopqrstuvwxyz", k=some.randint(2, 9))) for _ in range(3_000)]
    with source.open("w", encoding="utf-8") as file:
        for i in range(rows):
            texts = {"prompt": 40, "chosen": 90, "rejected": 90}
            row = {name: f"{name} {i} {' '.join(some.choices(words, k=k))}" for name, k in texts.items()}
            file.write(json.dumps(row) + "\n")


def _measure(what: str, rows: int, *command: str) -> None:
    began = time.monotonic()
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    seconds = time.monotonic() - began
    if done.returncode:
        print(f"  {what}: not run ({done.stderr.strip().splitlines()[-1]})")
        return
    memory, cpu = (float(each) for each in done.stderr.split()[-2:])
    print(f"  {what}: {seconds:.1f} s, {cpu / rows * 1e6:.0f} us CPU a row, {memory / 1024:.0f} MB")


if __name__ == "__main__":
    main()
