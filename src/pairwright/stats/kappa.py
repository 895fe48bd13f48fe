"""Agreement beyond chance of two raters (Cohen) and of any number (Fleiss), with intervals.

Cohen, Educ. Psychol. Meas. 20 (1960), weighted 1968; Fleiss, Psychol. Bull. 76
(1971), here with any number of answers an item. Intervals are bootstraps over
items, drawn by pattern of answers so that large sets cost no more than small.

Both depend on how common each value is, so on verdicts of pairs whose sides are
arbitrary every item counts with its mirror (`mirror`, see stats/agreement).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from pairwright.literals import checked
from pairwright.stats.agreement import one_way_round
from pairwright.types import Estimate

Weights = Literal["none", "linear", "quadratic"]
DRAWS = 1000


@checked
def cohen_kappa(
    one: np.ndarray,
    other: np.ndarray,
    k: int = 3,
    *,
    weights: Weights = "none",
    mirror: Sequence[int] | None = None,
    seed: int = 0,
) -> Estimate:
    """Kappa of two raters on the same items. one, other (n,): values 0..k-1.

    `weights` are for values in order: how much a near miss counts. `mirror` is what each
    value becomes when the sides of an item are exchanged, where these are arbitrary. Raises
    ValueError with no items, or where both always gave one same value.
    """
    if mirror is not None:  # one way round, so that the draws don't depend on sides either
        to = np.array(mirror)
        turned = (to[one], to[other])
        keep = one * k + other <= turned[0] * k + turned[1]
        one, other = np.where(keep, one, turned[0]), np.where(keep, other, turned[1])
    table = np.zeros((k, k))
    np.add.at(table, (one, other), 1.0)
    n = int(table.sum())
    value = _cohen(_mirrored(table[None], mirror), weights)[0] if n else np.nan
    if not np.isfinite(value):
        raise ValueError("kappa is not defined: " + ("no items" if not n else "all answers are the same"))
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(n, (table / n).ravel(), size=DRAWS).reshape(-1, k, k).astype(float)
    draws = _mirrored(draws, mirror)
    return _interval(float(value), _cohen(draws, weights), n, f"Cohen's kappa ({weights} weights)")


def _mirrored(tables: np.ndarray, mirror: Sequence[int] | None) -> np.ndarray:
    """(..., k, k) tables of two raters' values, each added to itself with the sides exchanged."""
    if mirror is None:
        return tables
    to = list(mirror)
    return np.asarray(tables + tables[..., to, :][..., :, to])


def _cohen(tables: np.ndarray, weights: Weights) -> np.ndarray:
    k = tables.shape[1]
    v = np.arange(k)
    apart = {
        "none": (v[:, None] != v).astype(float),
        "linear": np.abs(v[:, None] - v).astype(float),
        "quadratic": (v[:, None] - v) ** 2.0,
    }[weights]
    p = tables / tables.sum((1, 2), keepdims=True)
    chance = p.sum(2)[:, :, None] * p.sum(1)[:, None, :]
    expected = (apart * chance).sum((1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(expected > 0, 1 - (apart * p).sum((1, 2)) / expected, np.nan))


def fleiss_kappa(counts: np.ndarray, *, mirror: Sequence[int] | None = None, seed: int = 0) -> Estimate:
    """Kappa of any raters. counts (n_items, k): how often each value was given to each item.

    `mirror` as for `cohen_kappa`. Items with fewer than two answers are left out. Raises
    ValueError with fewer than two items left, or where all answers are one value.
    """
    useful = counts[counts.sum(1) >= 2]
    if len(useful) < 2:
        raise ValueError(f"kappa needs two items with two answers or more; there are {len(useful)}")
    patterns, times = np.unique(one_way_round(useful, mirror), axis=0, return_counts=True)
    value = _fleiss(times[None].astype(float), patterns, mirror)[0]
    if not np.isfinite(value):
        raise ValueError("kappa is not defined: all answers are the same")
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(len(useful), times / len(useful), size=DRAWS).astype(float)
    return _interval(float(value), _fleiss(draws, patterns, mirror), len(useful), "Fleiss' kappa")


def _fleiss(times: np.ndarray, patterns: np.ndarray, mirror: Sequence[int] | None) -> np.ndarray:
    n = patterns.sum(1)
    agree = (patterns * (patterns - 1)).sum(1) / (n * (n - 1))
    observed = times @ agree / times.sum(1)
    shares = times @ (patterns if mirror is None else patterns + patterns[:, list(mirror)])
    shares = shares / shares.sum(1, keepdims=True)
    chance = (shares**2).sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(chance < 1, (observed - chance) / (1 - chance), np.nan))


def _interval(value: float, draws: np.ndarray, n: int, method: str) -> Estimate:
    draws = draws[np.isfinite(draws)]
    low, high = np.quantile(draws, [0.025, 0.975]) if len(draws) else (value, value)
    return Estimate(value, float(low), float(high), n, f"{method}, bootstrap 95%")
