"""A million prompts through the store: `python benchmarks/million.py [N]`.

Makes a JSON lines file of N prompts with two responses each (about 200
characters a text, no two alike), then runs every command in a process of its own
and prints wall seconds, prompts a second, CPU microseconds a prompt and the most memory it held.

Before a step its loop runs: what one would write instead, in plain Python on a SQLite file of its own.
It does the step's work for the same rows: reads each line as JSON, hashes prompts, responses, pairs and
votes for unique keys, inserts row by row into tables with the indexes that the next step needs, in one
transaction; for an export it joins the same labels and writes the same rows with `json`. It checks
nothing, keeps no origins, times or reasons, writes no side file, has no hash chain, and can't go on after
a stop. The ratio is of CPU, start-up included on both sides: the fewer the prompts, the more of it is
that. Modules are compiled beforehand, as an installed package's are.
"""

from __future__ import annotations

import argparse
import compileall
import os
import random
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
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


NAIVE_HEAD = """
import hashlib, json, sqlite3, sys
store = sqlite3.connect("naive.db")
def key(*texts):
    return hashlib.blake2b("".join(texts).encode(), digest_size=16).digest()
"""
NAIVE = {  # by step: the loop one would write instead
    "add": """
store.execute("CREATE TABLE prompt (id INTEGER PRIMARY KEY, key BLOB UNIQUE, messages TEXT, given)")
store.execute("CREATE TABLE response (id INTEGER PRIMARY KEY, key BLOB UNIQUE, prompt_id, text TEXT)")
for line in open("prompts.jsonl", "rb"):
    row = json.loads(line)
    messages = json.dumps([{"role": "user", "content": row["prompt"]}])
    prompt = store.execute(
        "INSERT OR IGNORE INTO prompt (key, messages, given) VALUES (?, ?, ?)",
        (key(row["prompt"]), messages, str(row["id"])),
    ).lastrowid
    for text in row["responses"]:
        store.execute(
            "INSERT OR IGNORE INTO response (key, prompt_id, text) VALUES (?, ?, ?)",
            (key(row["prompt"], text), prompt, text),
        )
store.execute("CREATE INDEX by_prompt ON response (prompt_id)")
store.commit()
""",
    "pair": """
store.execute("CREATE TABLE pair (id INTEGER PRIMARY KEY, key BLOB UNIQUE, prompt_id, a, b)")
for prompt, messages in store.execute("SELECT id, messages FROM prompt"):
    (a, one), (b, other) = store.execute("SELECT id, text FROM response WHERE prompt_id = ?", (prompt,))
    store.execute(
        "INSERT OR IGNORE INTO pair (key, prompt_id, a, b) VALUES (?, ?, ?, ?)",
        (key(messages, one, other), prompt, a, b),
    )
store.commit()
""",
    "judge": """
store.execute(
    "CREATE TABLE vote (id INTEGER PRIMARY KEY, key BLOB UNIQUE, pair_id INTEGER, shown TEXT, verdict TEXT)"
)
store.execute("CREATE INDEX by_pair ON vote (pair_id)")
sides = "JOIN response a ON a.id = pair.a JOIN response b ON b.id = pair.b"
for pair, pair_key, a, b in store.execute(f"SELECT pair.id, pair.key, a.text, b.text FROM pair {sides}"):
    for shown in "AB", "BA":
        verdict = "A" if len(a) < len(b) else "B"
        store.execute(
            "INSERT OR IGNORE INTO vote (key, pair_id, shown, verdict) VALUES (?, ?, ?, ?)",
            (key(pair_key.hex(), shown), pair, shown, verdict),
        )
store.commit()
""",
    "route": """
store.execute("CREATE TABLE belief (id INTEGER PRIMARY KEY, pair_id INTEGER, verdict TEXT, probability REAL)")
store.execute("CREATE INDEX belief_by_pair ON belief (pair_id)")
for (pair,) in store.execute("SELECT id FROM pair"):
    votes = [verdict for (verdict,) in store.execute("SELECT verdict FROM vote WHERE pair_id = ?", (pair,))]
    share = votes.count("A") / len(votes)
    store.execute(
        "INSERT INTO belief (pair_id, verdict, probability) VALUES (?, ?, ?)",
        (pair, "A" if share > 0.5 else "B", max(share, 1 - share)),
    )
store.commit()
""",
}
ROWS = (
    "SELECT messages, verdict, a.text, b.text FROM belief JOIN pair ON pair.id = pair_id JOIN prompt ON "
    "prompt.id = pair.prompt_id JOIN response a ON a.id = pair.a JOIN response b ON b.id = pair.b"
)
NAIVE["export dpo"] = f"""
with open("dpo.jsonl", "w") as file:
    for messages, verdict, a, b in store.execute("{ROWS}"):
        sides = (a, b) if verdict == "A" else (b, a)
        chosen, rejected = ([{{"role": "assistant", "content": text}}] for text in sides)
        row = {{"prompt": json.loads(messages), "chosen": chosen, "rejected": rejected}}
        print(json.dumps(row), file=file)
"""
NAIVE["export kto"] = f"""
with open("kto.jsonl", "w") as file:
    for messages, verdict, a, b in store.execute("{ROWS}"):
        for text, label in (a, verdict == "A"), (b, verdict == "B"):
            said = [{{"role": "assistant", "content": text}}]
            row = {{"prompt": json.loads(messages), "completion": said, "label": label}}
            print(json.dumps(row), file=file)
"""


def compiled() -> None:
    """Compile the package as an installer does, lest every command compiles it anew where Python may not."""
    package = find_spec("pairwright")
    for folder in (package and package.submodule_search_locations) or ():
        compileall.compile_dir(folder, quiet=1)


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
    compiled()
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
            loop = run(["-c", NAIVE_HEAD + NAIVE[name]], project) if name in NAIVE else None
            seconds, cpu, peak = run(["-m", "pairwright", *step], project)
            beside = f" {cpu / loop[1]:6.1f} times a loop of {1e6 * loop[1] / rows:.0f} us" if loop else ""
            print(
                f"{name:<12}{seconds:8.1f} s {rows / seconds:10,.0f} prompts/s "
                f"{1e6 * cpu / rows:8.0f} us CPU {peak:8.0f} MiB peak{beside}",
                flush=True,
            )
        print(f"store {(project / 'pairwright.db').stat().st_size / 2**20:,.0f} MiB")


if __name__ == "__main__":
    main()
