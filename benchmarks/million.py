"""A million prompts through the store: `python benchmarks/million.py [N]`.

Makes a JSON lines file of N prompts with two responses each (about 200
characters a text, no two alike), then runs every command in a process of its own
and prints wall seconds, prompts a second, CPU microseconds a prompt and the most memory it held.
Beside `add` stands the loop one would write instead: parse each line, hash its texts, insert
them one by one.
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
    "export kto": ["export", "--shape", "kto", "--split-pairs"],
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


NAIVE = """
import hashlib, json, sqlite3, sys
store = sqlite3.connect(sys.argv[2])
store.execute("CREATE TABLE prompt (id INTEGER PRIMARY KEY, key BLOB UNIQUE, messages TEXT, given TEXT)")
store.execute("CREATE TABLE response (id INTEGER PRIMARY KEY, key BLOB UNIQUE, prompt_id INTEGER, text TEXT)")
with open(sys.argv[1], "rb") as file:
    for line in file:
        row = json.loads(line)
        key = hashlib.blake2b(row["prompt"].encode(), digest_size=16).digest()
        messages = json.dumps([{"role": "user", "content": row["prompt"]}])
        prompt = store.execute(
            "INSERT OR IGNORE INTO prompt (key, messages, given) VALUES (?, ?, ?)",
            (key, messages, str(row["id"])),
        ).lastrowid
        for text in row["responses"]:
            key = hashlib.blake2b((row["prompt"] + text).encode(), digest_size=16).digest()
            store.execute(
                "INSERT OR IGNORE INTO response (key, prompt_id, text) VALUES (?, ?, ?)", (key, prompt, text)
            )
store.commit()
"""


def run(command: list[str], folder: Path) -> tuple[float, float, float]:
    """(wall seconds, CPU seconds, peak MiB) of one command in a fresh process."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, *command], cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} failed")
    scale = 2**20 if sys.platform == "darwin" else 2**10  # macOS counts bytes, Linux KiB
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / scale


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
        commands = {name: ["-m", "pairwright", *step] for name, step in STEPS.items()}
        for name, command in {"naive loop": ["-c", NAIVE, str(file), "naive.db"], **commands}.items():
            seconds, cpu, peak = run(command, project)
            print(
                f"{name:<12}{seconds:8.1f} s {rows / seconds:10,.0f} prompts/s "
                f"{1e6 * cpu / rows:8.0f} us CPU {peak:8.0f} MiB peak",
                flush=True,
            )
        print(f"store {(project / 'pairwright.db').stat().st_size / 2**20:,.0f} MiB")


if __name__ == "__main__":
    main()
