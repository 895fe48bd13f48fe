"""An exact test for a finite number of cases, some of which were drawn and looked at.

M cases hold D errors; m of them are drawn without replacement and k errors are
seen. Are more than a share `rate` of the other r = M - m wrong? They are when at
least u = floor(rate r) + 1 of them are, that is when D >= k + u, so that

    p(k) = P(Hypergeometric(M, D = k + u, m) <= k)

For any D, the chance that a test at level delta passes while the others hold
too many errors is at most delta: where D <= c + u (c errors are the most that
pass) this happens at k <= D - u, with chance p(D - u) <= p(c); where D is larger,
passing at all is rarer than at c + u, where it is p(c). With r growing, p tends to
the binomial test's (the hypergeometric distribution's limit).
"""

from __future__ import annotations

import numpy as np
import scipy

from pairwright.stats.intervals import binomial_p


def rest_p(errors: np.ndarray | float, drawn: np.ndarray, rest: np.ndarray | None, rate: float) -> np.ndarray:
    """The p-value against "more than `rate` of the rest are wrong", elementwise.

    errors among drawn cases, and how many are the rest; None: they are without
    end. Never less than the binomial p-value, so that it also holds for
    more cases of the same kind. 1 where nothing was drawn.
    """
    m = np.asarray(drawn, float)
    k = np.minimum(np.broadcast_to(np.asarray(errors, float), m.shape), m)
    p = binomial_p(k, m, rate)
    if rest is None or not m.size:
        return np.asarray(p)
    r = np.asarray(rest, float)
    wrong = np.floor(rate * r + 1e-9) + 1
    ours = (r > 0) & (k < m)
    exact = np.zeros(m.shape)
    exact[ours] = _hypergeometric(k[ours], m[ours], m[ours] + r[ours], (k + wrong)[ours])
    return np.asarray(np.maximum(p, exact))


def hardest_rest(fewest: np.ndarray, most: np.ndarray, rate: float) -> np.ndarray:
    """(m,) the number of cases from `fewest` to `most` that is hardest to tell of, for `rest_p`.

    One error more may be among the rest each time that it grows by 1 / rate; just
    before that the test is hardest, and hardest of all the first time.
    """
    one_more = np.ceil((np.floor(rate * np.asarray(fewest) + 1e-9) + 1) / rate - 1e-9)
    return np.asarray(np.minimum(one_more - 1, most).astype(int))


def _hypergeometric(k: np.ndarray, m: np.ndarray, M: np.ndarray, D: np.ndarray) -> np.ndarray:
    """P(Hypergeometric(M, D, m) <= k), each probability from the one above it, from k down."""
    if not len(k):
        return np.zeros(0)
    least = np.maximum(0, m + D - M)  # fewer errors can't be drawn
    top = np.exp(_choose(D, k) + _choose(M - D, m - k) - _choose(M, m))
    j = k[:, None] - np.arange(int(k.max()))[None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = j * ((M - D - m)[:, None] + j)
        ratio = ratio / ((D[:, None] - j + 1) * (m[:, None] - j + 1))
    ratio = np.where(j > least[:, None], ratio, 0.0)
    below = np.cumprod(ratio, axis=1).sum(1) if ratio.shape[1] else 0.0
    return np.asarray(np.where(k < least, 0.0, np.minimum(top * (1 + below), 1.0)))


def _choose(n: np.ndarray, k: np.ndarray) -> np.ndarray:
    """The logarithm of n over k; -inf where it is 0."""
    inside = (k >= 0) & (k <= n)
    k = np.where(inside, k, 0)
    log_factorial = scipy.special.gammaln
    ways = log_factorial(n + 1) - log_factorial(k + 1) - log_factorial(n - k + 1)
    return np.where(inside, ways, -np.inf)
