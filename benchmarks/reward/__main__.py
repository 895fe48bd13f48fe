"""Whether a light reward model finds wrong labels: `python benchmarks/reward [PART ...]`.

Parts: flips, flagged, repair, honesty, curve, speed (all by default). Labels are flipped at known
rates in real sets; every variant ranks them, none saw which.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "quality"))

from comparisons import DATASETS, alpaca, flipped
from data import DATA
from variants import auroc, auroc_within, variants

from pairwright.reward.cross_fit import cross_fit
from pairwright.reward.curve import fit_law, learning_curve
from pairwright.reward.light import Comparisons, train
from pairwright.reward.repair import repairs
from pairwright.reward.verify import halves, verify
from pairwright.stats.clustered import clustered_mean
from pairwright.types import Estimate

PARTS = ["flips", "flagged", "repair", "honesty", "curve", "speed"]
RATES = (0.05, 0.1, 0.2)
TRULY = "repaired as they truly are"


def flips() -> None:
    for name, load in DATASETS.items():
        pairs = load()
        print(f"\n## {name}: {len(pairs):,} pairs, labels flipped\n")
        row(
            "flipped",
            "variant",
            "AUROC",
            "flips among the worst 10 %",
            "of all flips",
            "agrees with labels",
            "right",
        )
        row(*["---"] * 7)
        for rate in RATES:
            made, flip = flipped(pairs, rate, 1)
            for variant, margins in variants(made).items():
                worst = np.argsort(margins)[: len(pairs) // 10]
                low, high = auroc_within(flip, -margins, pairs.groups)
                row(
                    f"{rate:.0%}", variant, f"{auroc(flip, -margins):.2f} [{low:.2f}, {high:.2f}]",
                    f"{flip[worst].mean():.0%}", f"{flip[worst].sum() / flip.sum():.0%}",
                    *_shares(margins, flip),
                )  # fmt: skip


def flagged() -> None:
    """What is flagged by default: margins under 0.1, and cleanlab's find_label_issues."""
    from cleanlab.filter import find_label_issues

    print("\n## What is flagged, one label in ten flipped\n")
    row("set", "by", "flagged", "of them flips", "of all flips")
    row(*["---"] * 5)
    for name, load in DATASETS.items():
        pairs, flip = flipped(load(), 0.1, 1)
        found = verify(pairs, repeats=1)
        p = found.support
        both = np.vstack([np.column_stack([1 - p, p]), np.column_stack([p, 1 - p])])
        labels = np.r_[np.ones(len(p), int), np.zeros(len(p), int)]
        issues = find_label_issues(labels, both)[: len(p)]
        for by, chosen in (("margin under 0.1", 2 * p - 1 < 0.1), ("cleanlab find_label_issues", issues)):
            hits = flip[chosen].sum()
            row(
                name,
                by,
                f"{chosen.sum():,}",
                f"{hits / max(1, chosen.sum()):.0%}",
                f"{hits / flip.sum():.0%}",
            )


def _shares(margins: np.ndarray, flip: np.ndarray) -> tuple[str, str]:
    """How often it agrees with the labels, and is right; a score that is no margin says neither."""
    if (margins >= 0).all():
        return "-", "-"
    return f"{(margins > 0).mean():.1%}", f"{((margins > 0) != flip).mean():.1%}"


def repair() -> None:
    """The worst 10 % dropped, flipped or softened before training: how often is the model right, held out?

    Nested (reward/repair.py): what is doubted is found among the labels trained on.
    """
    print("\n## Right on held-out pairs, one label in five flipped; points beside as they are\n")
    names = ["dropped", "flipped", "softened", TRULY]
    row("set", "labels all right", "as they are", *names)
    row(*["---"] * 7)
    for name, load in DATASETS.items():
        clean = load()
        pairs, flip = flipped(clean, 0.2, 1)
        strength = cross_fit(pairs, repeats=1).strength
        others = {TRULY: (~flip).astype(float)}
        told = repairs(pairs, others=others, strength=strength)
        side = np.where(flip, -1.0, 1.0)
        right = {each: halves(margins, side) for each, margins in told.items()}
        best = halves(cross_fit(clean, repeats=1, strength=strength).margins)
        plain = right["as they are"]
        row(
            name, f"{best.mean():.1%}", f"{plain.mean():.1%}",
            *(_points(clustered_mean(right[each] - plain, pairs.groups)) for each in names),
        )  # fmt: skip


def _points(gain: Estimate) -> str:
    return f"{100 * gain.value:+.1f} [{100 * gain.low:.1f}, {100 * gain.high:.1f}]"


def honesty() -> None:
    print("\n## What verify says of each set, and of shuffled labels\n")
    row("set", "held out, text alone", "others heard", "length", "words", "naive", "it says")
    row(*["---"] * 7)
    for name, load in DATASETS.items():
        for shuffle in (False, True):
            pairs = load()
            if shuffle:
                pairs, _ = flipped(pairs, 0.5, 2)
            found = verify(pairs)
            row(
                name + (", labels shuffled" if shuffle else ""),
                *(f"{e.value:.1%} [{e.low:.0%}, {e.high:.0%}]" for e in (
                    found.agreement, found.with_others, found.length_only, found.words_only,
                    found.in_sample)),
                found.refused or f"{len(found.flagged()):,} under 0.1",
            )  # fmt: skip


def curve() -> None:
    """Fit on all sizes but the largest: does its interval hold what the largest gave?"""
    print("\n## Learning curves; the largest size held out\n")
    row("set", "measured", "at the largest, from the others", "measured there", "doubling adds")
    row(*["---"] * 5)
    for name, load in DATASETS.items():
        pairs = load()
        if len(pairs) < 800:
            continue
        found = learning_curve(pairs, 0.2)
        n = np.array([p.n for p in found.points])
        value, error = (np.array([getattr(p, part) for p in found.points]) for part in ("value", "error"))
        laws = np.array([fit_law(n[:-1], each[:-1], error[:-1]) for each in found.drawn])
        low, high = np.quantile(laws[:, 0] - laws[:, 1] * n[-1] ** -laws[:, 2], [0.025, 0.975])
        told = ", ".join(f"{a:,}: {b:.1%}" for a, b in zip(n, value, strict=True))
        gain = [f"{100 * each:.1f}" for each in (found.gain[1], found.gain[0], found.gain[2])]
        row(
            name,
            told,
            f"[{low:.1%}, {high:.1%}]",
            f"{value[-1]:.1%}",
            f"{gain[0]} [{gain[1]}, {gain[2]}] points",
        )


def speed() -> None:
    pairs = alpaca()
    times = -(-10_000 // len(pairs))
    many = Comparisons(
        (pairs.prompts * times)[:10_000], (pairs.chosen * times)[:10_000], (pairs.rejected * times)[:10_000],
        np.ones(10_000), np.arange(10_000),
    )  # fmt: skip
    print("\n## Speed, 10,000 pairs of AlpacaEval\n")
    row("what", "seconds", "pairs/s")
    row(*["---"] * 3)
    began = time.perf_counter()
    _ = many.seen
    made = time.perf_counter()
    model = train(many)
    trained = time.perf_counter()
    model.margins(many, np.arange(10_000))
    scored = time.perf_counter()
    for what, seconds in (
        ("features", made - began),
        ("training, features made", trained - made),
        ("scoring, features made", scored - trained),
    ):
        row(what, f"{seconds:.2f}", f"{10_000 / seconds:,.0f}")


def row(*cells: str) -> None:
    print("| " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []])
    parser.add_argument("--sets", nargs="*", choices=DATASETS, default=list(DATASETS))
    options = parser.parse_args()
    parts = options.parts or PARTS
    for name in set(DATASETS) - set(options.sets):
        del DATASETS[name]
    if not (DATA / "pandalm").exists():
        sys.exit(f"no recorded sets in {DATA}: set PAIRWRIGHT_DATA to their folder")
    began = time.perf_counter()
    for part, work in (
        ("flips", flips),
        ("flagged", flagged),
        ("repair", repair),
        ("honesty", honesty),
        ("curve", curve),
        ("speed", speed),
    ):
        if part in parts:
            work()
    print(f"\n{time.perf_counter() - began:.0f} s in all", file=sys.stderr)


if __name__ == "__main__":
    main()
