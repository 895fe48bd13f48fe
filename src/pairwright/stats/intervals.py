"""Exact binomial tests and intervals.

Sources: Clopper & Pearson, Biometrika 26 (1934); Wilson, JASA 22 (1927).
"""

from __future__ import annotations

import math

import numpy as np
import scipy

from pairwright.types import Estimate


def binomial_p(errors: np.ndarray | int, n: np.ndarray | int, rate: float) -> np.ndarray:
    """P(Binomial(n, rate) <= errors): the exact p-value against "the error rate is at least `rate`".

    Elementwise over arrays; 1 where n is 0, for no cases tell nothing.
    """
    k, n = np.asarray(errors, float), np.asarray(n, float)
    inside = np.minimum(k, np.maximum(n - 1, 0))
    p = scipy.special.betainc(np.maximum(n - inside, 1), inside + 1, 1 - rate)
    return np.where(k >= n, 1.0, p)


def clopper_pearson(successes: int, n: int, level: float = 0.95) -> Estimate:
    """A share with its exact two-sided interval. Raises ValueError where n is 0."""
    if n <= 0:
        raise ValueError("a share of no cases is not defined")
    tail = (1 - level) / 2
    low = 0.0 if successes == 0 else float(scipy.special.betaincinv(successes, n - successes + 1, tail))
    high = 1.0 if successes == n else float(scipy.special.betaincinv(successes + 1, n - successes, 1 - tail))
    return Estimate(successes / n, low, high, n, f"Clopper-Pearson {level:.0%}")


def wilson(successes: float, n: float, level: float = 0.95) -> Estimate:
    """A share with Wilson's score interval: close to its stated level on average, never empty.

    `successes` and `n` may be effective (weighted) counts. Raises ValueError where n is 0.
    """
    if n <= 0:
        raise ValueError("a share of no cases is not defined")
    z = float(scipy.special.ndtri(0.5 + level / 2))
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Estimate(share, max(0.0, middle - half), min(1.0, middle + half), round(n), f"Wilson {level:.0%}")


def labels_to_certify(target: float, delta: float, observed_error: float, most: int = 100_000) -> int | None:
    """The fewest accepted labelled cases that certify `target` at `delta` if errors come at this rate.

    None where they never would: the observed error is not under 1 - target.
    """
    alpha = 1 - target
    if observed_error >= alpha:
        return None
    low, high = 1, 1
    while high <= most and not _certifies(high, observed_error, alpha, delta):
        low, high = high, high * 2
    if high > most:
        return None
    while low < high:
        middle = (low + high) // 2
        if _certifies(middle, observed_error, alpha, delta):
            high = middle
        else:
            low = middle + 1
    return low


def _certifies(n: int, rate: float, alpha: float, delta: float) -> bool:
    return bool(binomial_p(math.ceil(rate * n - 1e-9), n, alpha) <= delta)


def difference(now: Estimate, before: Estimate) -> Estimate:
    """One share minus another of other cases, both by `wilson`: Newcombe's interval from theirs.

    Source: Newcombe, Statistics in Medicine 17 (1998), method 10.
    """
    gap = now.value - before.value
    low = gap - math.hypot(now.value - now.low, before.high - before.value)
    high = gap + math.hypot(now.high - now.value, before.value - before.low)
    return Estimate(gap, max(-1.0, low), min(1.0, high), now.n + before.n, "Newcombe 95%")
