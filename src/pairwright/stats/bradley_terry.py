"""How strong each competitor is, from who beat whom: Bradley-Terry with ties, and intervals.

P(i beats j) : P(tie) : P(j beats i) = s_i : t sqrt(s_i s_j) : s_j (Davidson, JASA
65 (1970); without ties Bradley & Terry, Biometrika 39 (1952)). On the log scale that
is a multinomial logit, fitted by Newton's method; its curvature gives the intervals.
Where comparisons come in groups they are widened to the sandwich over groups (Liang &
Zeger, Biometrika 73 (1986)), and never narrowed: of few groups a sandwich says too little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from pairwright.errors import NotConverged


@dataclass(frozen=True, slots=True)
class Strengths:
    """log_strength (n,): mean zero. error (n,): its standard error. `tie`: log of how common ties are.

    `covariance` (n, n) of the log strengths, for differences.
    """

    log_strength: np.ndarray
    error: np.ndarray
    covariance: np.ndarray
    tie: float | None

    def beats(self, i: int, j: int) -> float:
        """The probability that i beats j, ties aside."""
        return float(1 / (1 + np.exp(self.log_strength[j] - self.log_strength[i])))


def bradley_terry(
    winner: np.ndarray,
    loser: np.ndarray,
    tied: np.ndarray,
    n: int,
    *,
    weight: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    ridge: float = 0.0,
    steps: int = 100,
) -> Strengths:
    """Log strengths of n competitors.

    winner, loser (m,): competitors 0..n-1; tied (m,): whether it was a tie, where the
    names say nothing. `weight` (m,) counts a comparison as so many. `groups` (m,) names
    what hangs together, such as the comparisons of one prompt: errors are by these. `ridge` is a normal
    prior of this precision on log strengths. Raises NotConverged where, without a
    ridge, somebody never lost or never won against the rest (their strength would be
    infinite), or where it does not settle.
    """
    w = np.ones(len(winner)) if weight is None else weight
    if ridge == 0:
        _connected(winner, loser, tied, n)
    # Sum over equal comparisons first: there are n^2 kinds at most.
    key = (np.minimum(winner, loser) * n + np.maximum(winner, loser)).astype(np.int64)
    kinds, place = np.unique(key, return_inverse=True)
    i, j = kinds // n, kinds % n
    outcome = np.where(tied, 2, np.where(winner < loser, 0, 1))
    counts = np.zeros((len(kinds), 3))
    np.add.at(counts, (place, outcome), w)
    with_ties = bool(counts[:, 2].any())
    d = n + with_ties
    features = np.zeros((len(kinds), 3 if with_ties else 2, d))
    rows = np.arange(len(kinds))
    features[rows, 0, i] = 1
    features[rows, 1, j] = 1
    if with_ties:
        features[rows, 2, i] += 0.5
        features[rows, 2, j] += 0.5
        features[rows, 2, n] = 1
    counts = counts[:, : features.shape[1]]
    precision = np.zeros(d)
    precision[:n] = ridge
    theta = np.zeros(d)
    for _ in range(steps):
        scores = features @ theta
        p = np.exp(scores - scores.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        total = counts.sum(1, keepdims=True)
        gradient = np.einsum("kc,kcd->d", counts - total * p, features) - precision * theta
        mean = np.einsum("kc,kcd->kd", p, features)
        second = np.einsum("kc,kcd,kce->de", total * p, features, features)
        hessian = second - np.einsum("k,kd,ke->de", total[:, 0], mean, mean) + np.diag(precision)
        hessian[:n, :n] += 1.0 / n  # strengths are only known up to a constant: fix their mean at zero
        step = np.linalg.solve(hessian, gradient)
        theta = theta + step / max(1.0, float(np.abs(step).max()) / 3)  # no leaps from a poor start
        if float(np.abs(step).max()) < 1e-9:
            break
    else:
        raise NotConverged(f"Bradley-Terry did not settle in {steps} steps on {len(winner):,} comparisons")
    covariance = np.linalg.inv(hessian)
    if groups is not None:
        names, group = np.unique(groups, return_inverse=True)
        cell = place * features.shape[1] + outcome
        told = scipy.sparse.coo_matrix(
            (w, (group, cell)), shape=(len(names), len(kinds) * features.shape[1])
        ).tocsr()
        slopes = told @ (features - mean[:, None]).reshape(-1, d)
        sandwich = covariance @ (slopes.T @ slopes) @ covariance * len(names) / max(1, len(names) - 1)
    centre = np.eye(n) - 1 / n
    of_strength = centre @ covariance[:n, :n] @ centre
    if groups is not None:
        plain = np.maximum(np.diag(of_strength), 1e-300)
        wider = np.sqrt(np.maximum(1.0, np.diag(centre @ sandwich[:n, :n] @ centre) / plain))
        of_strength = of_strength * np.outer(wider, wider)
    return Strengths(
        theta[:n] - theta[:n].mean(),
        np.sqrt(np.maximum(np.diag(of_strength), 0)),
        of_strength,
        float(theta[n]) if with_ties else None,
    )


def _connected(winner: np.ndarray, loser: np.ndarray, tied: np.ndarray, n: int) -> None:
    """Everybody must be reachable from everybody by wins (a tie counts both ways), Ford 1957."""
    source = np.concatenate([winner, loser[tied]])
    target = np.concatenate([loser, winner[tied]])
    graph = scipy.sparse.coo_matrix((np.ones(len(source)), (source, target)), shape=(n, n))
    groups, part = scipy.sparse.csgraph.connected_components(graph, directed=True, connection="strong")
    if groups > 1:
        alone = [int(i) for i in np.flatnonzero(np.bincount(part)[part] == 1)]
        raise NotConverged(
            f"the comparisons fall into {groups} groups between which wins go one way only"
            + (f" (competitors {alone[:5]} never lost, or never won)" if alone else "")
            + ": strengths would be infinite. Compare across the groups, or pass ridge=0.1"
        )
