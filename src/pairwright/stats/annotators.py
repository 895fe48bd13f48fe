"""What one person's answers are like beside a reference, a model's name, a judge, and over time.

The reference of a pair is its known (gold) answer, else what most of the others
said where they have a majority. Nobody is measured against themselves.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import scipy

from pairwright.stats.agreement import SIDES
from pairwright.stats.intervals import wilson
from pairwright.stats.raters import CERTAIN, FEWEST, majority_of_others
from pairwright.types import Estimate

PERIODS = 6  # a course is told in so many parts at most


def references(item: np.ndarray, said: np.ndarray, gold: np.ndarray) -> np.ndarray:
    """(n,) 0 A, 1 B, 2 TIE for each answer; -1 where there is nothing to measure it against.

    `item`, `said` and `gold` (-1 unknown) are the columns of all answers.
    """
    return np.asarray(np.where(gold >= 0, gold, majority_of_others(item, said)))


def confusion(reference: np.ndarray, said: np.ndarray) -> np.ndarray:
    """(3, 3) counts, reference by said, over A, B, TIE; answers without a reference are left out.

    Which side is A is arbitrary, so each answer counts half as it is and half with the sides exchanged.
    """
    table = np.zeros((3, 3))
    known = reference >= 0
    np.add.at(table, (reference[known], said[known]), 0.5)
    return np.asarray(table + table[np.ix_(SIDES, SIDES)])


def over_time(right: np.ndarray) -> list[Estimate]:
    """Shares right in equal periods, oldest first; as many as have enough answers. `right` is 0 or 1."""
    periods = min(PERIODS, len(right) // FEWEST)
    if periods < 2:
        return []
    return [wilson(float(part.sum()), len(part)) for part in np.array_split(right, periods)]


def model_bias(
    mine: Sequence[tuple[str, str, int]], others: Sequence[tuple[str, str, int]]
) -> list[tuple[str, Estimate, float]]:
    """Models a person chooses more or less often than others do on the same pairs (p < 0.001).

    Each answer is (model of a, model of b, verdict 0 A, 1 B, 2 TIE). Gives the model,
    the person's share, and that of the others.
    """
    theirs = _chosen(others)
    found = []
    for model, (chosen, met) in sorted(_chosen(mine).items()):
        if met < FEWEST or theirs[model][1] < FEWEST:
            continue
        usual = theirs[model][0] / theirs[model][1]
        table = [[chosen, met - chosen], [theirs[model][0], theirs[model][1] - theirs[model][0]]]
        if scipy.stats.fisher_exact(table)[1] < CERTAIN:
            found.append((model, wilson(chosen, met), usual))
    return found


def _chosen(answers: Sequence[tuple[str, str, int]]) -> Mapping[str, tuple[int, int]]:
    """model -> (times chosen, times it stood against another and one of them was chosen)."""
    chosen, met = Counter[str](), Counter[str]()
    for a, b, verdict in answers:
        if a != b and verdict != 2:
            chosen[(a, b)[verdict]] += 1
            met.update((a, b))
    found: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    found.update({model: (chosen[model], n) for model, n in met.items()})
    return found
