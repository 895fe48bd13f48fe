"""A logistic model of A, B and TIE that can't favour a side.

    logit A = z / 2      logit B = -z / 2      logit TIE = u
    z = x . w            u = s . v

with signals x that change sign when a and b change places and signals s that
don't: swapping the two responses swaps the probabilities of A and B, whatever
was fitted (Davidson's model of ties, JASA 65 (1970), with covariates). There is
no intercept in z. The weights have independent normal priors around zero, so
that few labels give timid probabilities, and predictions are averaged over what
the labels leave open (MacKay, Neural Computation 4 (1992)).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from pairwright.errors import NotConverged


@dataclass(frozen=True, slots=True)
class Fit:
    """Fitted weights: `w` (d,) of signals x, `v` (e,) of signals s, their covariance (d+e, d+e).

    `evidence` is the Laplace approximation to the log marginal likelihood of
    the labels: how well priors and signals of this kind explain them.
    """

    w: np.ndarray
    v: np.ndarray
    covariance: np.ndarray
    evidence: float

    def predict(self, x: np.ndarray, s: np.ndarray, *, moderated: bool = True) -> np.ndarray:
        """Probabilities (n, 3) of A, B, TIE for signals x (n, d) and s (n, e)."""
        z, u = x @ self.w, s @ self.v
        if moderated:
            d = len(self.w)
            spread = ((x @ self.covariance[:d, :d]) * x).sum(1)
            z = z / np.sqrt(1 + np.pi / 8 * spread)
        return _softmax(z, u)


def fit(
    x: np.ndarray,
    s: np.ndarray,
    labels: np.ndarray,
    x_scale: np.ndarray,
    s_scale: np.ndarray,
    *,
    s_mean: np.ndarray | None = None,
    steps: int = 200,
) -> Fit:
    """The posterior mode, by Newton's method.

    x (n, d), s (n, e): signals. labels (n, 3): how much each of A, B, TIE counts
    on a row; a row sums to its weight. x_scale (d,), s_scale (e,): standard
    deviations of the priors, which are around zero, or around `s_mean` (e,). Raises NotConverged.
    """
    d = x.shape[1]
    precision = 1 / np.concatenate([x_scale, s_scale]) ** 2
    mean = np.concatenate([np.zeros(d), np.zeros(s.shape[1]) if s_mean is None else s_mean])
    weights = mean.copy()
    total = labels.sum(1)
    value = _objective(weights, x, s, labels, precision, mean)
    for _ in range(steps):
        p = _softmax(x @ weights[:d], s @ weights[d:])
        gradient = np.concatenate(
            [
                x.T @ (0.5 * (labels[:, 0] - labels[:, 1] - total * (p[:, 0] - p[:, 1]))),
                s.T @ (labels[:, 2] - total * p[:, 2]),
            ]
        )
        gradient -= precision * (weights - mean)
        hessian = _information(x, s, p, total) + np.diag(precision)
        step = scipy.linalg.solve(hessian, gradient, assume_a="pos")
        size = 1.0
        while True:
            trial = weights + size * step
            reached = _objective(trial, x, s, labels, precision, mean)
            if reached >= value - 1e-12 * (1 + abs(value)) or size < 1e-6:
                break
            size /= 2
        weights, value = trial, reached
        if np.abs(size * step).max(initial=0.0) < 1e-6:
            return _finished(weights, x, s, labels, precision, mean)
    raise NotConverged(f"the logistic fit did not settle in {steps} steps on {len(x)} labels")


def _finished(
    weights: np.ndarray,
    x: np.ndarray,
    s: np.ndarray,
    labels: np.ndarray,
    precision: np.ndarray,
    mean: np.ndarray,
) -> Fit:
    d = x.shape[1]
    p = _softmax(x @ weights[:d], s @ weights[d:])
    hessian = _information(x, s, p, labels.sum(1)) + np.diag(precision)
    factor = scipy.linalg.cho_factor(hessian, lower=True)
    covariance = scipy.linalg.cho_solve(factor, np.eye(len(weights)))
    evidence = (
        _objective(weights, x, s, labels, precision, mean)
        + 0.5 * np.log(precision).sum()
        - np.log(np.diag(factor[0])).sum()
    )
    return Fit(weights[:d], weights[d:], covariance, float(evidence))


def _objective(
    weights: np.ndarray,
    x: np.ndarray,
    s: np.ndarray,
    labels: np.ndarray,
    precision: np.ndarray,
    mean: np.ndarray,
) -> float:
    """Log posterior up to a constant."""
    d = x.shape[1]
    p = _softmax(x @ weights[:d], s @ weights[d:])
    return float(
        (labels * np.log(np.maximum(p, 1e-300))).sum() - 0.5 * (precision * (weights - mean) ** 2).sum()
    )


def _information(x: np.ndarray, s: np.ndarray, p: np.ndarray, total: np.ndarray) -> np.ndarray:
    """The expected curvature of the log likelihood, (d+e, d+e)."""
    lean = p[:, 0] - p[:, 1]
    of_z = total * 0.25 * (p[:, 0] + p[:, 1] - lean**2)
    of_u = total * p[:, 2] * (1 - p[:, 2])
    across = -total * 0.5 * p[:, 2] * lean
    d = x.shape[1]
    found = np.empty((d + s.shape[1],) * 2)
    found[:d, :d] = (x * of_z[:, None]).T @ x
    found[:d, d:] = (x * across[:, None]).T @ s
    found[d:, :d] = found[:d, d:].T
    found[d:, d:] = (s * of_u[:, None]).T @ s
    return found


def _softmax(z: np.ndarray, u: np.ndarray) -> np.ndarray:
    # Column by column: reducing over three columns takes longer than all the rest.
    half = np.abs(z) / 2
    most = np.maximum(half, u)
    found = np.empty((len(z), 3))
    found[:, 0], found[:, 1], found[:, 2] = z / 2 - most, -z / 2 - most, u - most
    np.exp(found, out=found)
    found /= (found[:, 0] + found[:, 1] + found[:, 2])[:, None]
    return found
