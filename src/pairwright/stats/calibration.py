"""Whether a confidence means what it says.

Brier, Monthly Weather Review 78 (1950); expected calibration error with equal
numbers a bin: Nixon et al., "Measuring Calibration in Deep Learning" (2019).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pairwright.stats.intervals import clopper_pearson
from pairwright.types import Estimate


@dataclass(frozen=True, slots=True)
class Bin:
    """Cases of like confidence: its mean, and how often they were right."""

    confidence: float
    right: Estimate


def reliability(confidence: np.ndarray, right: np.ndarray, bins: int = 10) -> list[Bin]:
    """The reliability diagram: bins of equal size from the least to the most confident.

    confidence (n,) in [0, 1], right (n,) 0 or 1. Equal confidences are not told apart
    by their order, so a bin may be uneven. Raises ValueError without cases.
    """
    if not len(confidence):
        raise ValueError("a reliability diagram of no cases is not defined")
    order = np.argsort(confidence, kind="stable")
    sure, hit = np.asarray(confidence, float)[order], np.asarray(right, float)[order]
    ends = np.searchsorted(sure, sure[(np.arange(1, bins + 1) * len(sure)) // bins - 1], side="right")
    found, start = [], 0
    for end in np.unique(ends):
        if end > start:
            found.append(
                Bin(
                    float(sure[start:end].mean()),
                    clopper_pearson(int(hit[start:end].sum()), int(end - start)),
                )
            )
            start = int(end)
    return found


def expected_calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = 10) -> float:
    """The mean distance between confidence and the share right, over bins by their size."""
    found = reliability(confidence, right, bins)
    return float(sum(b.right.n * abs(b.confidence - b.right.value) for b in found) / len(confidence))


def brier(probs: np.ndarray, labels: np.ndarray) -> float:
    """The mean squared distance of probabilities (n, k) from labels (n, k): 0 is perfect."""
    return float(((np.asarray(probs) - np.asarray(labels)) ** 2).sum(1).mean())
