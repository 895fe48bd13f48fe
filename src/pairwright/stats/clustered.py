"""Shares and means of pairs that come several to a prompt: what is said of one prompt is not said twice.

The variance is that of sums over clusters (Liang & Zeger, Biometrika 73, 1986; for Wilson's interval the
effective number of cases, Kish 1965). With one pair a prompt these are the usual intervals.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import special

from pairwright.stats.intervals import wilson
from pairwright.types import Estimate


def clustered_share(values: np.ndarray, groups: np.ndarray, level: float = 0.95) -> Estimate:
    """The mean of `values` (n,) in [0, 1] (a half is half a case), of clusters named by `groups` (n,).

    Wilson's interval for as many independent cases as tell as much; `n` is the number of values.
    Raises ValueError where there are none.
    """
    n = len(values)
    if not n:
        raise ValueError("a share of no cases is not defined")
    share = float(np.mean(values))
    clusters, variance = _variance(values, groups)
    plain = share * (1 - share)
    # Where all say the same the clusters are what may be counted on.
    cases = min(float(n), plain / variance if variance > 0 and plain > 0 else float(clusters))
    found = wilson(share * cases, cases, level)
    return replace(found, n=n, method=f"Wilson {level:.0%}, by prompts")


def clustered_mean(values: np.ndarray, groups: np.ndarray, level: float = 0.95) -> Estimate:
    """The mean of `values` (n,), such as differences on the same pairs, with a normal interval by clusters.

    Raises ValueError where there are none.
    """
    if not len(values):
        raise ValueError("the mean of no cases is not defined")
    mean = float(np.mean(values))
    half = float(special.ndtri(0.5 + level / 2)) * float(np.sqrt(_variance(values, groups)[1]))
    return Estimate(mean, mean - half, mean + half, len(values), f"normal {level:.0%}, by prompts")


def _variance(values: np.ndarray, groups: np.ndarray) -> tuple[int, float]:
    """(clusters, variance of the mean)."""
    _, group = np.unique(groups, return_inverse=True)
    sums = np.bincount(group, weights=np.asarray(values, float) - np.mean(values))
    count = len(sums)
    return count, float((sums**2).sum() / len(values) ** 2 * count / max(1, count - 1))
