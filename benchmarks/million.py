"""A million prompts through the store: `python benchmarks/million.py [N]`.

Makes a JSON lines file of N prompts with two responses each (about 200
characters a text, no two alike), then runs every step in a process of its own
and prints wall seconds, rows a second and the most memory it held.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import orjson

WORDS = (  # noqa: SIM905
    "river stone lamp garden winter paper bridge signal copper meadow engine harbour letter window "
    "forest market silver cloud kitchen mountain"
).split()
TEXT_CHARS = 200

STEPS = {
    "add": "from pairwright.stages.add import add_files; add_files(store, [file])",
    "add again": "from pairwright.stages.add import add_files; add_files(store, [file])",
    "pair": "from pairwright.stages.pair import make_pairs; make_pairs(store)",
    "pair again": "from pairwright.stages.pair import make_pairs; make_pairs(store)",
}
PROGRAM = """
import sys
from pairwright.store.store import Store
file, database = sys.argv[1:]
with Store.open(database, create=True) as store:
    {step}
"""


def text(chance: random.Random) -> str:
    words = " ".join(chance.choices(WORDS, k=TEXT_CHARS // 8))
    return f"{words} {chance.getrandbits(64):x}".ljust(TEXT_CHARS, ".")


def make_file(path: Path, rows: int) -> None:
    chance = random.Random(0)
    with path.open("wb") as file:
        for number in range(rows):
            row = {"id": number, "prompt": text(chance), "responses": [text(chance), text(chance)]}
            file.write(orjson.dumps(row) + b"\n")


def run(step: str, file: Path, database: Path) -> tuple[float, float]:
    """(wall seconds, peak MiB) of one step in a fresh process."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", PROGRAM.format(step=STEPS[step]), file, database])
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{step} failed")
    scale = 2**20 if sys.platform == "darwin" else 2**10  # macOS counts bytes, Linux KiB
    return seconds, usage.ru_maxrss / scale


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("rows", type=int, nargs="?", default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="pairwright-million-") as folder:
        file, database = Path(folder) / "prompts.jsonl", Path(folder) / "pairwright.db"
        make_file(file, rows)
        print(
            f"{rows:,} prompts, {2 * rows:,} responses, {file.stat().st_size / 2**20:,.0f} MiB of JSON lines"
        )
        for step in STEPS:
            seconds, peak = run(step, file, database)
            print(
                f"{step:<12}{seconds:8.1f} s {rows / seconds:10,.0f} prompts/s {peak:8.0f} MiB peak",
                flush=True,
            )
        print(f"database {database.stat().st_size / 2**20:,.0f} MiB")


if __name__ == "__main__":
    main()
