"""What becomes of a reward model when doubted labels are dropped, flipped or softened before it is trained.

Nested, so that it is held out in earnest: for every fold of the prompts, what is doubted is found
among the other folds alone, repaired there, and the model trained on these is asked about the fold.
Were doubts found with all labels, those that a fold's own labels caused would flatter every repair.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from pairwright.reward.consistency import hear_others
from pairwright.reward.cross_fit import FOLDS, folds_of
from pairwright.reward.light import Comparisons, train
from pairwright.reward.verify import THRESHOLD, softened

LABELS_RIGHT = 0.9  # as sure as labels are taken to be before a reward model is heard
REVIEW = 0.1
Repaired = tuple[np.ndarray, np.ndarray | None]  # labels, and how much each pair counts


def repairs(
    pairs: Comparisons,
    *,
    margins: np.ndarray | None = None,
    open_: np.ndarray | None = None,
    others: Mapping[str, np.ndarray] | None = None,
    review: float = REVIEW,
    threshold: float = THRESHOLD,
    strength: float | None = None,
    folds: int = FOLDS,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """repair -> (n,) margins of held-out pairs towards the chosen response as it is labelled now.

    Doubted are the surest wrong share `review` with a margin under `threshold`, by the light model
    or by `margins` (n,) in log-odds of a model that was never trained on these labels. `open_` (n,)
    says which labels may be doubted. `others` are further repairs by name: the labels (n,) that
    doubted pairs are given. Raises NotConverged.
    """
    fold = folds_of(pairs.groups, folds, seed)
    found: dict[str, np.ndarray] = {}
    for each in range(folds):
        inside, outside = np.flatnonzero(fold != each), np.flatnonzero(fold == each)
        said = _inner(pairs, inside, strength, folds, seed) if margins is None else margins[inside]
        heard = hear_others(
            said, pairs.labels[inside], pairs.groups[inside],
            [pairs.chosen[i] for i in inside], [pairs.rejected[i] for i in inside],
        ).margins  # fmt: skip
        support = np.full(len(pairs), 0.5)
        support[inside] = 1 / (1 + np.exp(-np.clip(heard, -500, 500)))
        doubted = inside[np.argsort(support[inside], kind="stable")]
        doubted = doubted[2 * support[doubted] - 1 < threshold]
        if open_ is not None:
            doubted = doubted[open_[doubted]]
        doubted = doubted[: max(1, round(review * len(inside)))]
        for name, (labels, weights) in _repaired(pairs, doubted, support, others or {}):
            told = replace(pairs, labels=labels)
            # The same texts: their features need not be made anew.
            told.__dict__.update(seen=pairs.seen, actions=pairs.actions)
            model = train(told, inside, strength=strength, weights=weights, seed=seed)
            found.setdefault(name, np.zeros(len(pairs)))[outside] = model.margins(pairs, outside)
    return found


def _inner(
    pairs: Comparisons, inside: np.ndarray, strength: float | None, folds: int, seed: int
) -> np.ndarray:
    """Margins of the pairs `inside`, each by a model that saw neither its prompt nor what is outside."""
    fold = folds_of(pairs.groups[inside], folds, seed + 1)
    found = np.zeros(len(inside))
    for each in range(folds):
        here = fold == each
        model = train(pairs, inside[~here], strength=strength, seed=seed)
        found[here] = model.margins(pairs, inside[here])
    return found


def _repaired(
    pairs: Comparisons, doubted: np.ndarray, support: np.ndarray, others: Mapping[str, np.ndarray]
) -> Iterator[tuple[str, Repaired]]:
    labels = pairs.labels.astype(float)
    soft = np.array([softened(LABELS_RIGHT, each) for each in support[doubted]])
    yield "as they are", (labels, None)
    yield "dropped", (labels, _put(np.ones(len(pairs)), doubted, np.zeros(len(doubted))))
    yield "flipped", (_put(labels, doubted, 1 - labels[doubted]), None)
    yield "softened", (_put(labels, doubted, np.where(labels[doubted] == 0.5, 0.5, soft)), None)
    for name, told in others.items():
        yield name, (_put(labels, doubted, told[doubted]), None)


def _put(values: np.ndarray, rows: np.ndarray, new: np.ndarray) -> np.ndarray:
    found = values.copy()
    found[rows] = new
    return found
