"""The Bradley-Terry head: weights w so that P(chosen is better) = sigma(w . (x_chosen - x_rejected)).

No intercept, for no side is better as such; soft labels and ties as they are
(Bradley & Terry 1952; as a reward model, Ouyang et al. 2022). Convex, so the fit is
the same from every start.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import numpy as np
from scipy import optimize, sparse

from pairwright.errors import NotConverged
from pairwright.extras import needed


@cache
def _pools() -> Any:
    with needed("reward", "the light reward model"):
        from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def one_thread() -> AbstractContextManager[Any]:
    """Many short sums are made here: threads that wait for each other cost more than they bring.

    Measured on 894 pairs on 2 busy cores: 10.4 s of CPU with two threads, 0.35 s with one.
    """
    return _pools().limit(limits=1, user_api="blas")  # type: ignore[no-any-return]


def fit_head(
    differences: sparse.csr_matrix, labels: np.ndarray, strength: float, weights: np.ndarray | None = None
) -> np.ndarray:
    """(d,) weights for `differences` (n, d), chosen minus rejected, of which `labels` (n,) say
    how surely the first is better (1; a tie is 0.5).

    `strength` is the inverse of the L2 penalty, as scikit-learn's C; `weights` (n,) is how
    much each pair counts. Raises NotConverged.
    """
    count = np.ones(len(labels)) if weights is None else weights
    # What no pair differs in has weight 0: with hashed words that is most of all columns.
    told = np.unique(differences.indices)
    whole = np.zeros(differences.shape[1])
    differences = differences[:, told]
    transposed = differences.T.tocsr()

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        z = differences @ w
        value = count @ (np.logaddexp(0, z) - labels * z) + w @ w / (2 * strength)
        slope = count * (1 / (1 + np.exp(-np.clip(z, -500, 500))) - labels)
        return float(value), transposed @ slope + w / strength

    with one_thread():
        done = optimize.minimize(
            loss,
            np.zeros(len(told)),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": 500, "gtol": 1e-4},
        )
    if not done.success and np.abs(done.jac).max() > 1e-2 * max(1.0, len(labels) / 1000):
        raise NotConverged(f"the reward model's head did not settle: {done.message}")
    whole[told] = done.x
    return whole


def log_loss(margins: np.ndarray, labels: np.ndarray) -> float:
    """Mean negative log-likelihood of `labels` given log-odds `margins`."""
    return float(np.mean(np.logaddexp(0, margins) - labels * margins))
