"""What the other labels of a prompt say of a pair: its responses stand in other pairs too.

Each response has a utility: what the reward model gives it, plus its own normal
deviation. All labels of the prompt but the pair's own move it (a Bradley-Terry
posterior mode); what that leaves for the pair is a margin its own label had no
say in. How much a deviation may be, and how far the reward model's margins are
believed, is chosen so that left-out labels are explained best.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pairwright.reward.head import log_loss, one_thread

SPREADS = (0.0, 0.5, 1.0, 1.5, 2.5)
SCALES = (0.4, 0.7, 1.0, 1.5)
_STEPS = 8
_MOST = 60  # other labels of a prompt that are heard: those that share a response come first


@dataclass(frozen=True, slots=True)
class Consistent:
    """`margins` (n,), and what was chosen; a spread of 0 hears no other labels."""

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
    scale = min(SCALES, key=lambda each: log_loss(each * margins, labels))
    best = Consistent(scale * margins, 0.0, scale)
    best_loss = log_loss(best.margins, labels)
    shared = _shared(groups, chosen, rejected)
    if not shared:
        return best
    for spread in SPREADS[1:]:
        for each in SCALES:
            heard = each * margins
            with one_thread():
                for rows, design in shared:
                    heard[rows] = _left_out(heard[rows], labels[rows], design, spread)
            loss = log_loss(heard, labels)
            if loss < best_loss:
                best, best_loss = Consistent(heard, spread, each), loss
    return best


def _shared(
    groups: np.ndarray, chosen: Sequence[object], rejected: Sequence[object]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """(rows, design matrix +1/-1) of prompts in which a response stands in two pairs."""
    by: dict[object, list[int]] = defaultdict(list)
    for row, group in enumerate(groups.tolist()):
        by[group].append(row)
    found = []
    for rows in by.values():
        rows = rows[:_MOST]
        names = {
            name: i
            for i, name in enumerate(
                dict.fromkeys([*(chosen[r] for r in rows), *(rejected[r] for r in rows)])
            )
        }
        if len(rows) < 2 or len(names) == 2 * len(rows):
            continue
        design = np.zeros((len(rows), len(names)))
        for i, row in enumerate(rows):
            design[i, names[chosen[row]]] += 1
            design[i, names[rejected[row]]] -= 1
        found.append((np.array(rows), design))
    return found


def _left_out(prior: np.ndarray, labels: np.ndarray, design: np.ndarray, spread: float) -> np.ndarray:
    """(m,) each pair's margin given the other pairs' labels; all leave-one-out fits at once."""
    m, k = design.shape
    heard = 1.0 - np.eye(m)  # row i: the fit without pair i
    utility = np.zeros((m, k))
    ridge = np.eye(k) / spread**2
    for _ in range(_STEPS):
        z = np.clip(prior[None] + utility @ design.T, -30, 30)
        p = 1 / (1 + np.exp(-z))
        slope = (heard * (labels[None] - p)) @ design - utility / spread**2
        curve = np.einsum("ij,ja,jb->iab", heard * p * (1 - p), design, design) + ridge
        utility = utility + np.linalg.solve(curve, slope[:, :, None])[:, :, 0]
    return np.asarray(prior + np.einsum("ik,ik->i", utility, design))
