"""What becomes of a reward model when doubted labels are dropped, flipped or softened before it is trained.

Every model is cross-fitted by the same folds, so each pair's margin is held out in all
of them; a repaired pair keeps its own side, so that margins of all repairs can be compared.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pairwright.reward.cross_fit import FOLDS, cross_fit
from pairwright.reward.light import Comparisons
from pairwright.reward.verify import softened

LABELS_RIGHT = 0.9  # as sure as labels are taken to be before a reward model is heard


def repairs(
    pairs: Comparisons,
    doubted: np.ndarray,
    support: np.ndarray,
    *,
    strength: float | None = None,
    folds: int = FOLDS,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """repair -> (n,) out-of-fold margins towards the chosen response as it is labelled now.

    `doubted` are rows, `support` (n,) the model's probability that the label is right.
    """
    soft = np.array([softened(LABELS_RIGHT, each) for each in support[doubted]])
    labels = {
        "as they are": pairs.labels,
        "flipped": _put(pairs.labels, doubted, 1 - pairs.labels[doubted]),
        "softened": _put(pairs.labels, doubted, np.where(pairs.labels[doubted] == 0.5, 0.5, soft)),
    }
    weights = _put(np.ones(len(pairs)), doubted, np.zeros(len(doubted)))
    found = {name: _margins(pairs, told, None, strength, folds, seed) for name, told in labels.items()}
    return {**found, "dropped": _margins(pairs, pairs.labels, weights, strength, folds, seed)}


def _margins(
    pairs: Comparisons,
    labels: np.ndarray,
    weights: np.ndarray | None,
    strength: float | None,
    folds: int,
    seed: int,
) -> np.ndarray:
    told = replace(pairs, labels=labels)
    told.__dict__["seen"] = pairs.seen  # the same texts: their features need not be made anew
    return cross_fit(told, folds=folds, repeats=1, seed=seed, strength=strength, weights=weights).margins


def _put(values: np.ndarray, rows: np.ndarray, new: np.ndarray) -> np.ndarray:
    found = values.astype(float).copy()
    found[rows] = new
    return found
