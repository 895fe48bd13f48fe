"""Whether a light reward model finds wrong labels: `python benchmarks/reward [PART ...]`.

Parts: flips, honesty, curve, speed (all by default). Labels are flipped at known
rates in real sets; every variant ranks them, none saw which.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from scipy import sparse, stats

sys.path.insert(0, str(Path(__file__).parents[1] / "quality"))

from data import DATA, SETS, rows

from pairwright.reward.consistency import hear_others
from pairwright.reward.cross_fit import cross_fit
from pairwright.reward.curve import fit_law, learning_curve
from pairwright.reward.light import Comparisons, train
from pairwright.reward.verify import verify

PARTS = ["flips", "honesty", "curve", "speed"]
RATES = (0.05, 0.1, 0.2)
PER_PROMPT = 7  # AlpacaEval: pairs of a prompt


def alpaca() -> Comparisons:
    """Pairs of two models' answers whose preferences against the reference differ by over 2 in log-odds."""
    prompts = {row["prompt_id"]: row["prompt"] for row in rows("alpaca_eval/prompts")}
    texts = {(row["prompt_id"], row["model"]): row["response"] for row in rows("alpaca_eval/responses")}
    odds: dict[str, dict[str, float]] = {}
    for row in rows("alpaca_eval/judge_preferences"):
        p, key = row["prob_model_better"], (row["prompt_id"], row["model"])
        if p is not None and key in texts and row["model"] != "NullModel":
            p = min(max(p, 1e-4), 1 - 1e-4)
            odds.setdefault(row["prompt_id"], {})[row["model"]] = float(np.log(p / (1 - p)))
    rng = np.random.default_rng(0)
    found = []
    for prompt, of in odds.items():
        names = sorted(of)
        pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if abs(of[a] - of[b]) > 2]
        for at in rng.permutation(len(pairs))[:PER_PROMPT]:
            a, b = pairs[at]
            better, worse = (a, b) if of[a] > of[b] else (b, a)
            found.append((prompts[prompt], texts[prompt, better], texts[prompt, worse], prompt))
    return _comparisons(found)


def of_set(name: str) -> Comparisons:
    found = [
        (e.prompt, e.chosen, e.rejected, e.prompt)
        for e in SETS[name]()
        if e.decided and e.chosen != e.rejected
    ]
    return _comparisons(found)


def _comparisons(found: list[tuple[str, str, str, str]]) -> Comparisons:
    prompts, chosen, rejected, groups = zip(*found, strict=True)
    return Comparisons(
        prompts, chosen, rejected, np.ones(len(found)), np.unique(groups, return_inverse=True)[1]
    )


DATASETS = {
    "alpaca_eval": alpaca,
    **{name: (lambda name=name: of_set(name)) for name in ("hh_rlhf", "pandalm", "llmbar")},
}


def flipped(pairs: Comparisons, rate: float, seed: int) -> tuple[Comparisons, np.ndarray]:
    flip = np.random.default_rng(seed).random(len(pairs)) < rate
    chosen = tuple(r if f else c for c, r, f in zip(pairs.chosen, pairs.rejected, flip, strict=True))
    rejected = tuple(c if f else r for c, r, f in zip(pairs.chosen, pairs.rejected, flip, strict=True))
    made = Comparisons(pairs.prompts, chosen, rejected, pairs.labels, pairs.groups)
    (fc, wc, fr, wr), sides = pairs.seen, flip[:, None]
    pick = sparse.diags(flip.astype(float)), sparse.diags(1 - flip.astype(float))
    made.__dict__["seen"] = (  # the same features, sides changed: they need not be made anew
        np.where(sides, fr, fc), (pick[0] @ wr + pick[1] @ wc).tocsr(),
        np.where(sides, fc, fr), (pick[0] @ wc + pick[1] @ wr).tocsr(),
    )  # fmt: skip
    return made, flip


def auroc(wrong: np.ndarray, doubt: np.ndarray) -> float:
    ranks = stats.rankdata(doubt)
    n = wrong.sum()
    return float((ranks[wrong].sum() - n * (n + 1) / 2) / (n * (~wrong).sum()))


def variants(pairs: Comparisons) -> dict[str, np.ndarray]:
    """name -> margins, the smaller the more doubted."""
    fitted = cross_fit(pairs)
    heard = hear_others(fitted.margins, pairs.labels, pairs.groups, pairs.chosen, pairs.rejected)
    length = np.array(
        [np.log(len(c) + 20) - np.log(len(r) + 20) for c, r in zip(pairs.chosen, pairs.rejected, strict=True)]
    )
    every = np.arange(len(pairs))
    loose = train(pairs, strength=30.0).margins(pairs, every)
    found = {
        "length only": length * (1 if (length > 0).mean() >= 0.5 else -1),
        "words only, cross-fitted": cross_fit(
            pairs, strength=fitted.strength, repeats=1, use_form=False
        ).margins,
        "naive, in-sample, same penalty": train(pairs, strength=fitted.strength).margins(pairs, every),
        "naive, in-sample, weak penalty": loose,
        "cross-fitted once": cross_fit(pairs, strength=fitted.strength, repeats=1).margins,
        "cross-fitted twice": fitted.margins,
        "... and the prompt's other labels heard": heard.margins,
    }
    if (quality := _cleanlab(fitted.margins)) is not None:
        found["cleanlab, self-confidence of the same margins"] = quality
    return found


def _cleanlab(margins: np.ndarray) -> np.ndarray | None:
    try:
        from cleanlab.rank import get_label_quality_scores
    except ImportError:
        return None
    p = 1 / (1 + np.exp(-margins))
    # Both orientations, so that there are two classes.
    probs = np.vstack([np.column_stack([1 - p, p]), np.column_stack([p, 1 - p])])
    labels = np.r_[np.ones(len(p), int), np.zeros(len(p), int)]
    scores = get_label_quality_scores(labels, probs, method="self_confidence")
    return np.asarray(scores[: len(p)])


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
                row(
                    f"{rate:.0%}", variant, f"{auroc(flip, -margins):.2f}", f"{flip[worst].mean():.0%}",
                    f"{flip[worst].sum() / flip.sum():.0%}", *_shares(margins, flip),
                )  # fmt: skip


def _shares(margins: np.ndarray, flip: np.ndarray) -> tuple[str, str]:
    """How often it agrees with the labels, and is right; a score that is no margin says neither."""
    if (margins >= 0).all():
        return "-", "-"
    return f"{(margins > 0).mean():.1%}", f"{((margins > 0) != flip).mean():.1%}"


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
        rng = np.random.default_rng(0)
        drawn = []
        for _ in range(300):
            a, b, c = fit_law(n[:-1], value[:-1] + rng.normal(0, error[:-1]), error[:-1])
            drawn.append(a - b * n[-1] ** -c + rng.normal(0, error[-1]))
        low, high = np.quantile(drawn, [0.025, 0.975])
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
    for part, work in (("flips", flips), ("honesty", honesty), ("curve", curve), ("speed", speed)):
        if part in parts:
            work()
    print(f"\n{time.perf_counter() - began:.0f} s in all", file=sys.stderr)


if __name__ == "__main__":
    main()
