"""Figures of a ranking: how often right among the surest, and what people have to do."""

from __future__ import annotations

import numpy as np

COVERAGES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
OVERALL = (0.90, 0.95, 0.97)


def shuffled(
    label: np.ndarray, confidence: np.ndarray, truth: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Right or wrong, surest first; equals in random order, so that no order of the file helps."""
    order = np.lexsort((rng.random(len(label)), -confidence))
    return (label == truth)[order]


def accuracy_at(right: np.ndarray, coverage: float) -> float:
    return float(right[: max(1, round(coverage * len(right)))].mean())


def area_under_risk_coverage(right: np.ndarray) -> float:
    """The mean error rate over all coverages: lower is better."""
    return float(np.mean(np.cumsum(~right) / np.arange(1, len(right) + 1)))


def share_error(right: np.ndarray) -> float:
    """The standard error of the share right of all."""
    return float(np.sqrt(right.mean() * (1 - right.mean()) / len(right)))


def area_error(right: np.ndarray) -> float:
    """The standard error of that area: a sum of errors, each weighed by the coverages it counts in."""
    n = len(right)
    weight = np.cumsum(1 / np.arange(n, 0, -1))[::-1]
    return float(np.sqrt((weight**2 * ~right).sum() * right.mean()) / n)


def people_needed(right: np.ndarray, overall: float) -> float:
    """The least share that must go to people (who are right) for this share of all labels to be right."""
    kept = np.flatnonzero(np.cumsum(~right) / len(right) <= 1 - overall + 1e-12)
    return float(1 - (kept[-1] + 1) / len(right)) if len(kept) else 1.0
