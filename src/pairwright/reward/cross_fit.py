"""Margins of pairs by models that never saw them: K folds grouped by prompt, several times over.

What a model says of a pair it was trained on is what it was told (in-sample
"agreement" is 98 % whatever the labels); out of fold it is an opinion. See
`cleanlab.filter.find_label_issues` and METHODS of confident learning (Northcutt et
al. 2021), which ask for the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pairwright.errors import InputError
from pairwright.reward.light import Comparisons, train

FOLDS = 5
REPEATS = 2
FEWEST = 50  # pairs


@dataclass(frozen=True)
class OutOfFold:
    """`margins` (n,): mean over repeats; `spread` (n,) their standard deviation over repeats."""

    margins: np.ndarray
    spread: np.ndarray
    strength: float


def folds_of(groups: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """(n,) the fold of each pair; a group is in one fold."""
    names, group = np.unique(groups, return_inverse=True)
    of_group = np.random.default_rng(seed).permutation(len(names)) % folds
    return np.asarray(of_group[group])


def cross_fit(
    pairs: Comparisons,
    *,
    folds: int = FOLDS,
    repeats: int = REPEATS,
    seed: int = 0,
    strength: float | None = None,
    weights: np.ndarray | None = None,
    use_form: bool = True,
    use_words: bool = True,
) -> OutOfFold:
    """Out-of-fold margins. Raises InputError where there are too few pairs or prompts."""
    if len(pairs) < FEWEST or len(np.unique(pairs.groups)) < 2 * folds:
        raise InputError(
            f"{len(pairs):,} labelled pairs of {len(np.unique(pairs.groups)):,} prompts are too few for a "
            f"reward model: it takes {FEWEST} pairs of {2 * folds} prompts at least"
        )
    all_margins, strengths = [], []
    for repeat in range(repeats):
        fold = folds_of(pairs.groups, folds, seed + 1000 * repeat)
        margins = np.zeros(len(pairs))
        for each in range(folds):
            inside, outside = np.flatnonzero(fold != each), np.flatnonzero(fold == each)
            model = train(
                pairs,
                inside,
                strength=strength,
                weights=weights,
                seed=seed + each,
                use_form=use_form,
                use_words=use_words,
            )
            margins[outside] = model.margins(pairs, outside)
            strengths.append(model.strength)
        all_margins.append(margins)
    stacked = np.array(all_margins)
    return OutOfFold(stacked.mean(0), stacked.std(0), float(np.median(strengths)))
