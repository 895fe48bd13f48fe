"""What judges' verdicts are worth and what it costs to know: `python benchmarks/routing [PART ...]`.

Parts: ranking, promise, claim, speed (all by default). `--quick` draws less often.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from claim import claim
from data import DATA, load, sets
from promise import measure
from ranking import FIGURES, by_number, ten_fold_table
from speed import speed

NUMBERS = (25, 50, 100, 200)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", choices=["ranking", "promise", "claim", "speed", []])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--sets", nargs="*")
    options = parser.parse_args()
    parts = options.parts or ["ranking", "promise", "claim", "speed"]
    names = options.sets or sets()
    if not names:
        sys.exit(f"no recorded sets in {DATA}: set PAIRWRIGHT_DATA to their folder")
    began = time.perf_counter()
    for name in names:
        if "ranking" in parts:
            ranking(name, options.quick)
        if "promise" in parts:
            promise(name, options.quick)
        if "claim" in parts:
            print(f"\n## {name}: the claim, people on the least certain pairs\n")
            columns = (
                "right among the sure",
                "overall",
                "random routing",
                "one person on all",
                "points",
                "saving",
            )
            header("to people", columns)
            for first, *cells in claim(load(name)):
                row(first, cells)
    if "speed" in parts:
        speed()
    print(f"\n{time.perf_counter() - began:.0f} s in all", file=sys.stderr)


def ranking(name: str, quick: bool) -> None:
    data = load(name)
    print(f"\n## {name}: {len(data.truth)} pairs, {len(data.ballots.judges)} judges\n")
    print("Ten-fold, labels of the pair's own fold unseen; 95 % intervals over pairs and splits.\n")
    header("method", FIGURES)
    for method, estimates in ten_fold_table(data, 2 if quick else 10).items():
        row(method, [f"{e.value:.3f} [{e.low:.3f}, {e.high:.3f}]" for e in estimates])
    for n in (n for n in NUMBERS if n < 0.6 * len(data.truth)):
        print(f"\n{n} labels, measured on the other pairs; 95 % of draws.\n")
        header("method", FIGURES)
        for method, estimates in by_number(data, n, 10 if quick else 50).items():
            row(method, [f"{e.value:.3f} [{e.low:.3f}, {e.high:.3f}]" for e in estimates])


def promise(name: str, quick: bool) -> None:
    data = load(name)
    delta, draws = 0.1, 100 if quick else 1000
    best = float(np.mean(data.truth < 2))
    targets = (0.90, 0.95) if best > 0.95 else (0.80, 0.85)
    print(f"\n## {name}: the promise at delta {delta}, {draws} draws of the calibration labels\n")
    header("labels, target, scores", ("rule", "promise broken", "accepted", "errors among them"))
    for n in (50, 100, 200):
        for (scores, rule, target), kept in measure(data, n, targets, delta, draws).items():
            broken = kept.violations
            shown = f"{broken.value:.3f} [{broken.low:.3f}, {broken.high:.3f}]"
            row(f"{n}, {target}, {scores}", [rule, shown, f"{kept.coverage:.3f}", f"{kept.error:.3f}"])


def header(first: str, names: tuple[str, ...]) -> None:
    row(first, list(names))
    print("|" + "---|" * (len(names) + 1))


def row(first: str, cells: list[str]) -> None:
    print("| " + " | ".join([first, *cells]) + " |", flush=True)


main()
