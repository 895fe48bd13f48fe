"""What judges' verdicts are worth and what it costs to know: `python benchmarks/routing [PART ...]`.

Parts: ranking, promise, looks, claim, speed (all by default), and frame, which is only run by
name: it takes hours. `--quick` draws less often.

    python benchmarks/routing frame --seeds 200 --jobs 2 --keep outcomes.jsonl
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import defaultdict
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from claim import claim
from data import DATA, load, sets
from frame import DELTA, HEADER, SCENARIOS, table
from frame import measure as frame
from looks import looks
from made import MADE
from methods import PERSON, best_judge, calls_usd
from promise import measure
from ranking import FIGURES, beside, by_number, spread, ten_fold_table
from speed import speed

from pairwright.types import Estimate

PARTS = ["ranking", "promise", "looks", "claim", "speed"]  # all but `frame`
LOOKS = defaultdict(
    lambda: [(100, 100, 0.8)],
    llmbar=[(50, 50, 0.95), (100, 100, 0.95)],
    pandalm=[(100, 100, 0.8), (200, 200, 0.85)],
    alpaca_eval=[(100, 100, 0.85), (100, 100, 0.9)],
)
NUMBERS = (25, 50, 100, 200, 377)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", choices=[*PARTS, "frame", []])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--sets", nargs="*")
    parser.add_argument("--draws", type=int, default=1000, help="of the calibration sample: promise, looks")
    of_frame = parser.add_argument_group("frame")
    of_frame.add_argument("--seeds", type=int, default=200)
    of_frame.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    of_frame.add_argument("--scenarios", nargs="*", choices=[*SCENARIOS], default=[*SCENARIOS])
    of_frame.add_argument("--keep", type=Path, help="outcomes are kept in this file, and not run again")
    options = parser.parse_args()
    parts = options.parts or PARTS
    if "frame" in parts:
        guarantee(options)
    if parts == ["frame"]:
        return
    names = options.sets or [*sets(), *(MADE if parts == ["ranking"] else ())]
    if not names:
        sys.exit(f"no recorded sets in {DATA}: set PAIRWRIGHT_DATA to their folder")
    began = time.perf_counter()
    for name in names:
        if "ranking" in parts:
            ranking(name, options.quick)
        if "promise" in parts:
            promise(name, 100 if options.quick else options.draws)
        if "looks" in parts:
            print(f"\n## {name}: where further labels are drawn, and looking after each\n")
            header("labels, then more, target", ("rule", "promise broken", "accepted", "errors among them"))
            for first, more, target in LOOKS[name]:
                found = looks(load(name), target, first, more, 100 if options.quick else options.draws)
                for rule, kept in found.items():
                    figures = [shown(kept.violations), f"{kept.coverage:.3f}", f"{kept.error:.3f}"]
                    row(f"{first}, {more}, {target:.0%}", [rule, *figures])
        if "claim" in parts and (DATA / name / "human_labels.jsonl.gz").exists():
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


def guarantee(options: argparse.Namespace) -> None:
    seeds = 20 if options.quick else options.seeds
    found = frame(options.scenarios, seeds, options.jobs, options.keep)
    print(f"\n## The guarantee in ordinary use, {seeds} seeds a scenario, delta {DELTA}\n")
    header(HEADER[0], HEADER[1:])
    kept = True
    for first, *cells in table(found):
        kept &= cells[1] != "NO"
        row(first, cells)
    if not kept:
        sys.exit("the guarantee was broken more often than stated")


def ranking(name: str, quick: bool) -> None:
    data = load(name)
    print(f"\n## {name}: {len(data.truth)} pairs, {len(data.ballots.judges)} judges\n")
    if name in MADE:
        print("Made-up judges: only the comparison with simpler methods means anything.")
    print("Ten-fold, labels of the pair's own fold unseen; 95 % intervals over pairs and splits.\n")
    header("method", (*FIGURES, "USD a pair for 95%"))
    people = FIGURES.index("people for 95%")
    for method, estimates in ten_fold_table(data, 2 if quick else 10).items():
        asked, calls = estimates[people], calls_usd(method, data.ballots)
        low, value, high = (calls + PERSON * e for e in (asked.low, asked.value, asked.high))
        row(method, [*map(shown, estimates), f"{value:.2f} [{low:.2f}, {high:.2f}]"])
    print(f"\nA person at ${PERSON:.0f} a pair on all of them: right on all, by definition.")
    if np.isnan(data.ballots.prob_a).all():
        print("No judge of this set gives token probabilities, so there is no row for them.")
    for n in (n for n in NUMBERS if n <= 0.9 * len(data.truth)):
        print(f"\n{n} labels, measured on the other pairs; 95 % of draws.\n")
        header("method", FIGURES)
        found, errors = by_number(data, n, 10 if quick else 50)
        for method, values in found.items():
            row(method, [shown(e) for e in spread(values)])
        print(
            "\nPairwright less simpler methods: mean, (one standard error), draws worse by more than that.\n"
        )
        header("less", ("right on all", "area under risk-coverage"))
        for method, gaps in beside(found, errors).items():
            row(method, [f"{each.gap:+.3f} ({each.error:.3f}) {each.worse:.0%}" for each in gaps])


def shown(e: Estimate) -> str:
    return f"{e.value:.3f} [{e.low:.3f}, {e.high:.3f}]"


def promise(name: str, draws: int) -> None:
    data, delta = load(name), 0.1
    judge = np.mean(best_judge(data.ballots, np.eye(3)[data.truth])[0] == data.truth)
    targets = (0.90, 0.95) if judge > 0.8 else (0.80, 0.85)  # what is asked for where judges are good, or not
    print(f"\n## {name}: the promise at delta {delta}, {draws} draws of the calibration labels\n")
    header("labels, target, scores", ("rule", "promise broken", "accepted", "errors among them"))
    for n in (n for n in (50, 100, 200, 300) if n <= 0.8 * len(data.truth)):
        for (scores, rule, target), kept in measure(data, n, targets, delta, draws).items():
            broken = kept.violations
            row(
                f"{n}, {target}, {scores}", [rule, shown(broken), f"{kept.coverage:.3f}", f"{kept.error:.3f}"]
            )


def header(first: str, names: tuple[str, ...]) -> None:
    row(first, list(names))
    print("|" + "---|" * (len(names) + 1))


def row(first: str, cells: list[str]) -> None:
    print("| " + " | ".join([first, *cells]) + " |", flush=True)


if __name__ == "__main__":  # frame starts processes that import this file
    main()
