"""What 1, 10 and 100 million pairs cost and take: `python benchmarks/scale.py --us 700`.

Tokens a pair are those of `pairwright judge --dry-run` on the demo's 419 real pairs, in both orders. What is
given is an assumption until you have measured it: what your endpoint lets through (calls a second), what a
GPU of yours reads and writes (tokens a second), and the CPU a pair takes here from `add` to `export`, which
`benchmarks/million.py` prints.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import orjson

import pairwright

PAIRS = Path(pairwright.__file__).parent / "demo" / "llmbar_pairs.jsonl"
SETTINGS = """
[endpoints.openai]
url = "https://api.openai.com/v1"
api_key_env = "OPENAI_API_KEY"

[models.judge]
endpoint = "openai"
model = "{model}"

[judges.judge]
model = "judge"
"""
MILLIONS = (1, 10, 100)


def estimated(model: str, via: str) -> tuple[int, dict[str, float]]:
    """(pairs, what it is said to take to judge them). Nothing is sent."""
    with tempfile.TemporaryDirectory(prefix="pairwright-scale-") as folder:
        command = [sys.executable, "-m", "pairwright", "-C", folder]
        subprocess.run([*command, "init", folder], check=True, stdout=subprocess.DEVNULL)
        (Path(folder) / "pairwright.toml").write_text(SETTINGS.format(model=model))
        subprocess.run([*command, "add", str(PAIRS)], check=True, stdout=subprocess.DEVNULL)
        told = subprocess.run(
            [*command, "judge", "--dry-run", "--via", via, "--json"], check=True, capture_output=True
        ).stdout
        pairs = orjson.loads(
            subprocess.run([*command, "status", "--json"], check=True, capture_output=True).stdout
        )["pairs"]
    (stage,) = orjson.loads(told)["stages"]
    return pairs, stage


def hours(seconds: float) -> str:
    return f"{seconds / 86400:,.1f} days" if seconds > 2 * 86400 else f"{seconds / 3600:,.1f} h"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="gpt-4.1-mini", help="one whose price is known")
    parser.add_argument("--calls-per-s", type=float, default=100, help="what the endpoint lets through")
    parser.add_argument("--reads", type=float, default=30_000, help="tokens a second one GPU reads")
    parser.add_argument("--writes", type=float, default=5_000, help="tokens a second one GPU writes")
    parser.add_argument("--us", type=float, required=True, help="CPU a pair here, in microseconds")
    asked = parser.parse_args()
    pairs, live = estimated(asked.model, "live")
    _, batch = estimated(asked.model, "batch")
    calls, read, written = (live[name] / pairs for name in ("calls", "prompt_tokens", "completion_tokens"))
    print(f"{pairs} pairs: {calls:g} calls, {read:,.0f} tokens read and {written:.0f} written a pair\n")
    print(
        f"| pairs | {asked.model} live | in batches | {asked.calls_per_s:g} calls/s | 1 GPU | 8 GPUs | here |"
    )
    print("| --- " * 7 + "|")
    for million in MILLIONS:
        n = million * 1e6
        gpu = n * (read / asked.reads + written / asked.writes)
        cells = (
            f"{million} million",
            f"${n * live['usd'] / pairs:,.0f}",
            f"${n * batch['usd'] / pairs:,.0f}",
            hours(n * calls / asked.calls_per_s),
            hours(gpu),
            hours(gpu / 8),
            hours(n * asked.us / 1e6),
        )
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
