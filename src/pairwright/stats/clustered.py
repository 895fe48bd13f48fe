"""Shares and means of pairs that come several to a prompt: what is said of one prompt is not said twice.

The variance is that of sums over clusters (Liang & Zeger, Biometrika 73, 1986; for Wilson's interval the
effective number of cases, Kish 1965). With one pair a prompt these are the usual intervals.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy

from pairwright.stats.intervals import wilson
from pairwright.types import Estimate

_PRIOR_ALIKE, _PRIOR_CLUSTERS = 0.1, 5


def clustered_share(values: np.ndarray, groups: np.ndarray, level: float = 0.95) -> Estimate:
    """The mean of `values` (n,) in [0, 1] (a half is half a case), of clusters named by `groups` (n,).

    Wilson's interval for as many independent cases as tell as much: n over the design effect
    1 + (m - 1) r (Kish 1965), m the size of a cluster and r how alike its cases are. That is
    measured and drawn towards 0.1, the more so the fewer clusters there are, for of five
    nobody knows it; and a few clusters count less by the t distribution. `n` is the number
    of values. Raises ValueError where there are none.
    """
    n = len(values)
    if not n:
        raise ValueError("a share of no cases is not defined")
    share = float(np.mean(values))
    _, sizes = np.unique(groups, return_counts=True)
    clusters, variance = _variance(values, groups)
    size, plain = float((sizes**2).sum() / n), share * (1 - share) / n
    alike = 0.0
    if size > 1 and plain > 0:
        alike = min(1.0, max(0.0, (variance / plain - 1) / (size - 1)))
    alike = (clusters * alike + _PRIOR_CLUSTERS * _PRIOR_ALIKE) / (clusters + _PRIOR_CLUSTERS)
    cases = n / (1 + (size - 1) * alike)
    if size > 1:
        z = scipy.special.ndtri(0.5 + level / 2)
        cases *= float(z / scipy.special.stdtrit(max(clusters - 1, 2), 0.5 + level / 2)) ** 2
    found = wilson(share * cases, cases, level)
    return replace(found, n=n, method=f"Wilson {level:.0%}, by prompts")


def clustered_mean(values: np.ndarray, groups: np.ndarray, level: float = 0.95) -> Estimate:
    """The mean of `values` (n,), such as differences on the same pairs, with a normal interval by clusters.

    Raises ValueError where there are none.
    """
    if not len(values):
        raise ValueError("the mean of no cases is not defined")
    mean = float(np.mean(values))
    half = float(scipy.special.ndtri(0.5 + level / 2)) * float(np.sqrt(_variance(values, groups)[1]))
    return Estimate(mean, mean - half, mean + half, len(values), f"normal {level:.0%}, by prompts")


def _variance(values: np.ndarray, groups: np.ndarray) -> tuple[int, float]:
    """(clusters, variance of the mean)."""
    _, group = np.unique(groups, return_inverse=True)
    sums = np.bincount(group, weights=np.asarray(values, float) - np.mean(values))
    count = len(sums)
    return count, float((sums**2).sum() / len(values) ** 2 * count / max(1, count - 1))
