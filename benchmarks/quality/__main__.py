"""Whether the checks find what they should, and how fast: `python benchmarks/quality [PART ...]`.

Parts: natural, planted, sets, flips, speed (all by default).
"""

from __future__ import annotations

import argparse
import sys
import time

from data import DATA, SETS
from planted import Measured

from pairwright.types import Estimate

PARTS = ["natural", "planted", "sets", "flips", "speed"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []])
    parser.add_argument("--pairs", type=int, default=100_000, help="pairs of the run of all checks")
    options = parser.parse_args()
    parts = options.parts or PARTS
    if set(parts) - {"speed"} and not (DATA / "pandalm").exists():
        sys.exit(f"no recorded sets in {DATA}: set PAIRWRIGHT_DATA to their folder")
    began = time.perf_counter()
    if "natural" in parts:
        natural()
    if "planted" in parts:
        planted()
    if "sets" in parts:
        whole_sets()
    if "flips" in parts:
        flips()
    if "speed" in parts:
        speed(options.pairs)
    print(f"\n{time.perf_counter() - began:.0f} s in all", file=sys.stderr)


def natural() -> None:
    from natural import counts, of_whole_sets, precision, unread

    header("Found in real sets as they are, labels as published", ("set", "pairs", "errors", "warnings"))
    for name, load in SETS.items():
        found = counts(name)
        told = {
            severity: ", ".join(f"{n:,} {check}" for (check, s), n in found.most_common() if s == severity)
            for severity in ("error", "warning")
        }
        row(name, f"{len(load()):,}", told["error"], told["warning"])
    print("\nOf all sets together:")
    for said in of_whole_sets():
        print(f"* {said}")
    header("Read by hand, each response of each set taken for the chosen one", ("check", "right", "of"))
    for check, share in precision().items():
        row(check, shown(share), str(share.n))
    left = unread()
    print(f"\n{len(left)} findings not read yet" + (f", such as {left[0]}" if left else ""))


def planted() -> None:
    from planted import planted as measure

    header(
        "Planted in a tenth of 13,000 real pairs (code, tables: in all that have them)",
        ("check", "fault", "planted", "found", "false alarms on the others", "precision"),
    )
    for found in measure():
        _measured(found)


def _measured(found: Measured) -> None:
    row(
        found.check, found.fault, f"{found.planted:,}", shown(found.recall),
        shown(found.false_alarms, 2), shown(found.precision),
    )  # fmt: skip


def whole_sets() -> None:
    from sets import ALL, judges, shortcuts

    header(
        "Planted in sets of pairs with a prompt of their own each",
        ("check", "fault", "planted", "found", "false alarms on the others", "precision"),
    )
    for part in ALL:
        for found in part():
            _measured(found)
    header("Length as a shortcut, 300 labels a set, 60 sets", ("the longer one is chosen in", "said so"))
    for cells in shortcuts():
        row(*cells)
    header(
        "Recorded judges (LLMBar, Vanilla)",
        ("judge", "changed with the order", "failed", "judge_health says"),
    )
    for cells in judges():
        row(*cells)


def flips() -> None:
    from planted import flips as measure

    header(
        "Labels flipped, found by `contested` (judges' recorded verdicts)",
        ("set", "flipped", "flagged", "precision", "recall", "flips found by chance in as many"),
    )
    for name, share, n, precision, recall, base in measure():
        row(name, f"{share:.0%}", f"{n:,}", shown(precision), shown(recall), f"{base:.1%}")


def speed(n: int) -> None:
    from speed import all_checks, autojunk, near, similarity

    found = similarity()
    header("Similarity of two texts of 200 words, one core", ("method", "pairs/s", "times"))
    for name, rate in found:
        row(name, f"{rate:,.0f}", f"{found[0][1] / rate:,.1f}")
    default, off, ours = autojunk()
    print(
        f"\ndifflib by default calls 300 words of which one was changed {default:.1%} alike "
        f"(autojunk off {off:.1%}, ours {ours:.1%})"
    )
    rates = near()
    header("Near-duplicates, one core", ("method", "texts/s", "times"))
    for name, rate in rates:
        row(name, f"{rate:,.0f}", f"{rates[0][1] / rate:,.1f}")
    header(
        "All default checks, 2 x 200 words a pair",
        ("pairs", "workers", "seconds", "pairs/s", "MB at most, main process"),
    )
    for pairs, workers in ((n // 10, 2), (n, 2)):
        seconds, _, megabytes = all_checks(pairs, workers)
        row(f"{pairs:,}", str(workers), f"{seconds:.1f}", f"{pairs / seconds:,.0f}", f"{megabytes:,.0f}")


def header(title: str, columns: tuple[str, ...]) -> None:
    print(f"\n## {title}\n")
    row(*columns)
    row(*("---" for _ in columns))


def row(*cells: str) -> None:
    print("| " + " | ".join(cells) + " |", flush=True)


def shown(share: Estimate, digits: int = 0) -> str:
    return f"{share.value:.{digits}%} [{share.low:.{digits}%}, {share.high:.{digits}%}]"


if __name__ == "__main__":
    main()
