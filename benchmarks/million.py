"""A million prompts through the store: `python benchmarks/million.py [N]`.

Makes a JSON lines file of N prompts with two responses each (about 200
characters a text, no two alike), then runs every command in a process of its own
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

# As typed, in the project's folder. The judge is the double that prefers the shorter response.
STEPS = {
    "add": ["add", "prompts.jsonl"],
    "add again": ["add", "prompts.jsonl"],
    "pair": ["pair"],
    "pair again": ["pair"],
    "judge": ["judge"],
    "route": ["route"],
    "status": ["status"],
    "export dpo": ["export", "--shape", "dpo"],
    "export kto": ["export", "--shape", "kto"],
}
SETTINGS = """
[judges.shorter]
kind = "shorter"

[route]
accept = "stated"
"""


def text(chance: random.Random) -> str:
    words = " ".join(chance.choices(WORDS, k=TEXT_CHARS // 8 + chance.randrange(5)))
    return f"{words} {chance.getrandbits(64):x}"


def make_file(path: Path, rows: int) -> None:
    chance = random.Random(0)
    with path.open("wb") as file:
        for number in range(rows):
            row = {"id": number, "prompt": text(chance), "responses": [text(chance), text(chance)]}
            file.write(orjson.dumps(row) + b"\n")


def run(step: list[str], folder: Path) -> tuple[float, float]:
    """(wall seconds, peak MiB) of one command in a fresh process."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "pairwright", *step], cwd=folder, stdout=subprocess.DEVNULL
    )
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
        project = Path(folder)
        subprocess.run(
            [sys.executable, "-m", "pairwright", "init", folder], check=True, stdout=subprocess.DEVNULL
        )
        (project / "pairwright.toml").write_text(SETTINGS)
        file = project / "prompts.jsonl"
        make_file(file, rows)
        size = file.stat().st_size / 2**20
        print(f"{rows:,} prompts, {2 * rows:,} responses, {size:,.0f} MiB of JSON lines")
        for name, step in STEPS.items():
            seconds, peak = run(step, project)
            print(
                f"{name:<12}{seconds:8.1f} s {rows / seconds:10,.0f} prompts/s {peak:8.0f} MiB peak",
                flush=True,
            )
        print(f"store {(project / 'pairwright.db').stat().st_size / 2**20:,.0f} MiB")


if __name__ == "__main__":
    main()
