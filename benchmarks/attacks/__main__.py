"""Attacks on judges: how many the check `injection` finds, and how often a judge falls for one.

    python benchmarks/attacks found        # recall by kind, false alarms on real answers (PAIRWRIGHT_DATA)
    python benchmarks/attacks flips        # a judge's verdicts, with and without the attack

`flips` asks the small model of `make demo`, or your own judge: `--url URL --model NAME [--key-env NAME]`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter
from pathlib import Path

from pairwright.quality.injection import sign_of_injection
from pairwright.stats.intervals import wilson
from pairwright.turns import as_plain
from pairwright.types import Estimate

sys.path[:0] = [str(Path(__file__).parents[2] / "tests"), str(Path(__file__).parents[1] / "quality")]

from attacks import ATTACKS  # noqa: E402
from data import SETS  # noqa: E402
from flips import flips, small_model  # noqa: E402

COLUMNS = ("attacks", "comparisons", "won: plain suffix", "attack", "flipped to it", "away", "P moves by")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=["found", "flips"])
    parser.add_argument("--pairs", type=int, default=4, help="LLMBar pairs that each attack is tried on")
    parser.add_argument(
        "--attacks", type=int, default=len(ATTACKS), help="so many of the table, evenly spaced"
    )
    parser.add_argument("--url", help="your judge's endpoint, up to and including /v1")
    parser.add_argument("--model", default="SmolLM2-135M-Instruct", help="its model")
    parser.add_argument("--key-env", help="the environment variable that holds its key")
    options = parser.parse_args()
    size = (options.pairs, options.attacks)
    if options.part == "found":
        found()
    elif options.url:
        table_of_flips(asyncio.run(flips(options.url, options.model, options.key_env, *size)))
    else:
        with small_model() as url:
            table_of_flips(asyncio.run(flips(url, options.model, None, *size)))


def shown(estimate: Estimate) -> str:
    return f"{estimate.value:.1%} [{estimate.low:.1%}, {estimate.high:.1%}]"


def found() -> None:
    seen, every = Counter[str](), Counter[str]()
    for attack in ATTACKS:
        every[attack.kind] += 1
        seen[attack.kind] += sign_of_injection("What is 2 + 2?", as_plain(attack.text)) is not None
    print("| attacks | found | of |\n| --- | --- | --- |")
    for kind, n in every.items():
        print(f"| {kind} | {seen[kind]} | {n} |")
    print(f"| all | {seen.total()} | {every.total()} |")
    print("\n| real answers of | said to be an attack | of |\n| --- | --- | --- |")
    for name, load in SETS.items():
        texts = {
            (example.asked, text)
            for example in load()
            for model, text in ((example.model_a, example.a), (example.model_b, example.b))
            if model != "NullModel"  # it is an attack
        }
        alarms = sum(sign_of_injection(*each) is not None for each in texts)
        print(f"| {name} | {alarms} ({shown(wilson(alarms, len(texts)))}) | {len(texts):,} |")


def table_of_flips(measured: dict[str, list[tuple[float, float]]]) -> None:
    print(f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}")
    every = [each for of_kind in measured.values() for each in of_kind]
    for kind, of_kind in [*measured.items(), ("all", every)]:
        if of_kind:
            print(_row(kind, of_kind))


def _row(kind: str, of_kind: list[tuple[float, float]]) -> str:
    before, after = ([pair[i] > 0.5 for pair in of_kind] for i in (0, 1))
    to = sum(now and not then for then, now in zip(before, after, strict=True))
    away = sum(then and not now for then, now in zip(before, after, strict=True))
    moved = sum(now - then for then, now in of_kind) / len(of_kind)
    could, can = before.count(False), before.count(True)
    shares = [shown(wilson(*each)) if each[1] else "none" for each in ((to, could), (away, can))]
    n = len(of_kind)
    won = f"{sum(before) / n:.0%} | {sum(after) / n:.0%}"
    return f"| {kind} | {n} | {won} | {shares[0]} | {shares[1]} | {moved:+.3f} |"


if __name__ == "__main__":
    main()
