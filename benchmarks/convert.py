"""Time and memory of `pairwright convert` over a million pairs: python benchmarks/convert.py [ROWS].

Each row holds about 900 bytes. Time and peak memory are those of the whole process.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = (
    ("trl-dpo", ".jsonl", "--split", "0.9,0.05,0.05", "--per-prompt", "4"),
    ("trl-dpo", ".parquet"),
    ("llama-factory-kto", ".jsonl", "--split-pairs"),
)
CODE = (
    "import resource, sys; from pairwright.cli.main import run; code = run(sys.argv[1:]);"
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr); sys.exit(code)"
)


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "pairs.jsonl"
        with source.open("w", encoding="utf-8") as file:
            for i in range(rows):
                row = {
                    "prompt": f"question {i} " + "lorem ipsum " * 20,
                    "chosen": f"yes {i} " + "dolor sit " * 40,
                    "rejected": f"no {i} " + "amet " * 40,
                }
                file.write(json.dumps(row) + "\n")
        for to, ending, *more in RUNS:
            out = folder / f"out{ending}"
            began = time.monotonic()
            command = [sys.executable, "-c", CODE, "convert", str(source), str(out), "--to", to, *more]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            seconds, memory = time.monotonic() - began, int(done.stderr.split()[-1]) / 1024
            shown = " ".join((to, ending, *more))
            print(
                f"{rows:,} pairs to {shown}: {seconds:.0f} s, {rows / seconds:,.0f} a second, {memory:.0f} MB"
            )


if __name__ == "__main__":
    main()
