"""Margins of pairs by models that never saw them: K folds grouped by prompt, several times over.

What a model says of a pair it was trained on is what it was told (in-sample
"agreement" is 98 % whatever the labels); out of fold it is an opinion. See
`cleanlab.filter.find_label_issues` and METHODS of confident learning (Northcutt et
al. 2021), which ask for the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from scipy import sparse

from pairwright.amounts import counted
from pairwright.errors import InputError
from pairwright.reward.head import fit_head
from pairwright.reward.light import Comparisons, LightModel, train
from pairwright.whole_file import whole_file

FOLDS = 5
REPEATS = 2
FEWEST = 50  # pairs


class Scorer(Protocol):
    """Any reward model: `margins` gives the score of chosen minus that of rejected, (n,) for n rows."""

    def margins(self, pairs: Comparisons, rows: np.ndarray, /) -> np.ndarray: ...


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
    """Out-of-fold margins of the light model. Raises InputError where there are too few pairs or prompts."""
    strengths = []

    def fit(rows: np.ndarray, seed: int) -> LightModel:
        model = train(
            pairs,
            rows,
            strength=strength,
            weights=weights,
            seed=seed,
            use_form=use_form,
            use_words=use_words,
        )
        strengths.append(model.strength)
        return model

    found = cross_fit_by(fit, pairs, folds=folds, repeats=repeats, seed=seed)
    return OutOfFold(*found, float(np.median(strengths)))


def cross_fit_by(
    fit: Callable[[np.ndarray, int], Scorer],
    pairs: Comparisons,
    *,
    folds: int = FOLDS,
    repeats: int = REPEATS,
    seed: int = 0,
    kept: KeptMargins | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """(mean, standard deviation) over repeats of out-of-fold margins, (n,) each.

    `fit(rows, seed)` trains on these rows, which all have a label; `kept` holds what a fold
    said before, so that work that was broken off goes on. Raises InputError where there are
    too few pairs or prompts.
    """
    labelled = np.isfinite(pairs.labels)
    prompts = len(np.unique(pairs.groups[labelled]))
    if labelled.sum() < FEWEST or prompts < 2 * folds:
        raise InputError(
            f"{counted(int(labelled.sum()), 'labelled pair')} of {counted(prompts, 'prompt')} "
            "are too few for a "
            f"reward model: it takes {FEWEST} pairs of {2 * folds} prompts at least ({folds} folds)"
        )
    all_margins = []
    for repeat in range(repeats):
        fold = folds_of(pairs.groups, folds, seed + 1000 * repeat)
        margins = np.zeros(len(pairs))
        for each in range(folds):
            inside, outside = np.flatnonzero((fold != each) & labelled), np.flatnonzero(fold == each)
            name = f"fold-{repeat}-{each}"
            said = kept.load(name) if kept else None
            if said is None:
                said = fit(inside, seed + each).margins(pairs, outside)
                if kept:
                    kept.save(name, said)
            margins[outside] = said
        all_margins.append(margins)
    stacked = np.array(all_margins)
    return stacked.mean(0), stacked.std(0)


def calibrated(raw: np.ndarray, pairs: Comparisons, *, folds: int = FOLDS, seed: int = 0) -> np.ndarray:
    """(n,) margins in any unit as log-odds: each fold's by the one slope that fits the other folds' labels.

    No intercept: which response is called chosen must not matter. Slopes under 0 stay 0,
    for a model that is worse than a coin says nothing.
    """
    fold = folds_of(pairs.groups, folds, seed)
    found = np.zeros(len(raw))
    size = max(float(np.std(raw)), 1e-12)
    design = sparse.csr_matrix((raw / size)[:, None])
    for each in range(folds):
        inside = np.flatnonzero((fold != each) & np.isfinite(pairs.labels))
        slope = fit_head(design[inside], pairs.labels[inside], 100.0)
        found[fold == each] = max(0.0, float(slope[0])) * raw[fold == each] / size
    return found


def unit_of(raw: np.ndarray, pairs: Comparisons) -> float:
    """What turns raw margins into log-odds, by all labels: for pairs that have none of their own."""
    size = max(float(np.std(raw)), 1e-12)
    some = np.isfinite(pairs.labels)
    slope = fit_head(sparse.csr_matrix((raw / size)[some, None]), pairs.labels[some], 100.0)
    return max(0.0, float(slope[0])) / size


@dataclass(frozen=True)
class KeptMargins:
    """Margins on disk, in a folder that belongs to one model and one state of the labels."""

    folder: Path

    def load(self, name: str) -> np.ndarray | None:
        path = self.folder / f"{name}.npy"
        return np.load(path, allow_pickle=False) if path.exists() else None

    def save(self, name: str, margins: np.ndarray) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with whole_file(self.folder / f"{name}.npy") as file:
            np.save(file, margins, allow_pickle=False)
