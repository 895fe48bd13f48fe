"""What the other labels of a prompt say of a pair: its responses stand in other pairs too.

Each response has a utility: what the reward model gives it, plus its own normal
deviation. All labels of the prompt but the pair's own move it (a Bradley-Terry
posterior mode); what that leaves for the pair is a margin its own label had no
say in. How much a deviation may be, and how far the reward model's margins are
believed, is chosen for each fold of the prompts by the labels of the others, so that
these are explained best: chosen by all, it would flatter labels that mean nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse, special
from scipy.sparse import csgraph

from pairwright.errors import NotConverged
from pairwright.reward.cross_fit import FOLDS, folds_of
from pairwright.reward.head import one_thread

SPREADS = (0.0, 0.5, 1.0, 1.5, 2.5)
SCALES = (0.4, 0.7, 1.0, 1.5)
_STEPS, _HALVINGS = 100, 30
_SETTLED = 1e-6  # the steepest slope of a fit that is done
_MOST = 150  # pairs of a prompt that hear each other; more are cut into parts


@dataclass(frozen=True, slots=True)
class Consistent:
    """`margins` (n,), and what explains all labels best; a spread of 0 hears no other labels."""

    margins: np.ndarray
    spread: float
    scale: float


def hear_others(
    margins: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    chosen: Sequence[object],
    rejected: Sequence[object],
) -> Consistent:
    """Margins with the prompt's other labels heard.

    `margins` (n,) out of fold, `labels` (n,) how surely the chosen one is better,
    `groups` (n,) prompts, `chosen` and `rejected` (n) name the responses.
    """
    shared = _shared(groups, chosen, rejected)
    ways = [(0.0, scale) for scale in SCALES]
    if shared:
        ways += [(spread, scale) for spread in SPREADS[1:] for scale in SCALES]
    heard = np.array([scale * margins for _, scale in ways])
    with one_thread():
        for i, (spread, _) in enumerate(ways):
            for rows, design in shared if spread else ():
                heard[i, rows] = _left_out(heard[i, rows], labels[rows], design, spread)
    losses = np.logaddexp(0, heard) - labels * heard
    fold = folds_of(groups, FOLDS, 0)
    found = np.zeros(len(margins))
    for each in range(FOLDS):
        inside = fold != each if (fold != each).any() else fold == each
        best = int(np.argmin(losses[:, inside].mean(1)))
        found[fold == each] = heard[best, fold == each]
    return Consistent(found, *ways[int(np.argmin(losses.mean(1)))])


def _shared(
    groups: np.ndarray, chosen: Sequence[object], rejected: Sequence[object]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """(rows, design matrix +1/-1) of pairs of a prompt that are joined by responses they share."""
    names: dict[tuple[object, object], int] = {}
    sides = np.array([
        [names.setdefault((group, one), len(names)) for one in (first, second)]
        for group, first, second in zip(groups.tolist(), chosen, rejected, strict=True)
    ]).reshape(-1, 2)  # fmt: skip
    met = sparse.coo_matrix((np.ones(len(sides)), (sides[:, 0], sides[:, 1])), shape=(len(names),) * 2)
    _, part = csgraph.connected_components(met.tocsr(), directed=False)
    of_pair = part[sides[:, 0]]
    order = np.argsort(of_pair, kind="stable")
    found = []
    for rows in np.split(order, np.flatnonzero(np.diff(of_pair[order])) + 1):
        for some in _cut(rows, sides):
            used, place = np.unique(sides[some], return_inverse=True)
            place = place.reshape(-1, 2)
            if len(some) < 2 or len(used) == 2 * len(some):
                continue
            design = np.zeros((len(some), len(used)))
            np.add.at(design, (np.arange(len(some)), place[:, 0]), 1)
            np.add.at(design, (np.arange(len(some)), place[:, 1]), -1)
            found.append((some, design))
    return found


def _cut(rows: np.ndarray, sides: np.ndarray) -> list[np.ndarray]:
    """Pairs that hang together, in equal parts of _MOST at most: neighbours stay beside each other."""
    if len(rows) <= _MOST:
        return [rows]
    used, place = np.unique(sides[rows], return_inverse=True)
    place = place.reshape(-1, 2)
    met = sparse.coo_matrix((np.ones(len(rows)), (place[:, 0], place[:, 1])), shape=(len(used),) * 2)
    walk = csgraph.breadth_first_order(met.tocsr(), 0, directed=False, return_predecessors=False)
    rank = np.empty(len(used), int)
    rank[walk] = np.arange(len(walk))
    order = np.lexsort((rank[place].max(1), rank[place].min(1)))
    return np.array_split(rows[order], -(-len(rows) // _MOST))


def _left_out(prior: np.ndarray, labels: np.ndarray, design: np.ndarray, spread: float) -> np.ndarray:
    """(m,) each pair's margin given the other pairs' labels; all leave-one-out fits at once.

    Newton's method, each step halved until it climbs: far from its optimum a whole step can leave a
    posterior this flat for good. Raises NotConverged.
    """
    m, k = design.shape
    heard = 1.0 - np.eye(m)  # row i: the fit without pair i
    utility = np.zeros((m, k))
    ridge = np.eye(k) / spread**2

    def height(of: np.ndarray) -> np.ndarray:
        z = prior[None] + of @ design.T
        return np.asarray(
            (heard * (labels[None] * z - np.logaddexp(0, z))).sum(1) - (of**2).sum(1) / (2 * spread**2)
        )

    here = height(utility)
    for _ in range(_STEPS):
        p = special.expit(prior[None] + utility @ design.T)
        slope = (heard * (labels[None] - p)) @ design - utility / spread**2
        if np.abs(slope).max() < _SETTLED:
            return np.asarray(prior + np.einsum("ik,ik->i", utility, design))
        curve = np.matmul((heard * p * (1 - p))[:, None, :] * design.T[None], design) + ridge
        step = np.linalg.solve(curve, slope[:, :, None])[:, :, 0]
        size = np.ones(m)
        for _ in range(_HALVINGS):
            there = height(utility + size[:, None] * step)
            lower = there < here - 1e-12
            if not lower.any():
                break
            size[lower] /= 2
        utility, here = utility + size[:, None] * step, height(utility + size[:, None] * step)
    raise NotConverged(
        f"the labels of a prompt with {m} pairs of {k} responses did not settle in {_STEPS} steps"
    )
