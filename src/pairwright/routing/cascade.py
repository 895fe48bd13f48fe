"""Cheap judge first, then a stronger one, then people: all thresholds chosen together.

For every price one might put on a wrong label there is a cheapest way through
the cascade: accept, ask the next judge, or end with a person, whatever is
expected to cost least. Lowering that price step by step gives one path of
thresholds from strict to loose, made without labels; along it the guarantee is
tested on everything the cascade accepts, at whatever step (pooled risk: the
steps share one delta, where certifying each alone would spend it several times).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from pairwright.routing.guarantee import Fewest, believed_wrong, certify_path, hardest

# Prices of a wrong label, in persons' answers, strict to loose.
PRICES = np.geomspace(400, 0.01, 240)
ENOUGH = 2000  # pairs to find the path by


@dataclass(frozen=True, slots=True)
class CascadeCertificate:
    """thresholds (n_steps,): a pair is accepted at a step where its confidence is greater; None: never.

    -inf accepts every pair that comes to the step. `accepted` and `errors` count
    calibration pairs; `reached` is the share of pairs that each step is asked
    about, and `people` the share that ends there.
    """

    thresholds: tuple[float, ...] | None
    labels: int
    accepted: int
    errors: float
    reached: tuple[float, ...]
    people: float


def certify_cascade(
    confidence: np.ndarray,
    wrong: np.ndarray,
    costs: Sequence[float],
    person: float,
    target: float = 0.9,
    delta: float = 0.1,
    *,
    rest: np.ndarray | None = None,
    fewest: Fewest | None = None,
) -> CascadeCertificate:
    """The cheapest thresholds that keep the guarantee.

    confidence (n_steps, n): after each step, of the label it would accept, on
    calibration pairs asked of every judge; nan, where a judge was not heard, is never
    accepted. wrong (n_steps, n): whether that label is wrong. costs (n_steps,): of
    asking each step's judge about a pair, and `person` that of a person's answer, in
    the same money. rest (n_steps, n_rest): confidence in the frame's pairs that were
    not drawn; without it they are without end. fewest: see `certify`.
    """
    steps, n = confidence.shape
    everything = confidence if rest is None else np.concatenate([confidence, rest], axis=1)
    path = threshold_path(everything, [cost / person for cost in costs])
    where = [_accepted_at(confidence, thresholds) for thresholds in path]
    counts = np.array([(at < steps).sum() for at in where])
    # A rule that accepts fewer than the one before would break the order of the path: it is left out.
    kept = [i for i in range(len(path)) if counts[i] > 0 and counts[i] >= counts[: i + 1].max()]
    ends = [i for j, i in enumerate(kept) if j == 0 or (where[i] != where[kept[j - 1]]).any()]
    errors = np.array([_errors(where[i], wrong) for i in ends])
    beliefs = believed_wrong(confidence)
    believed = np.stack([_errors(where[i], beliefs) for i in ends], axis=1) if ends else np.zeros((0, 0))
    left = None if rest is None else hardest(_counts(rest, path[ends]), fewest, target)
    passed = certify_path(counts[ends], errors, believed, n, target, delta, rest=left) if ends else None
    if passed is None:
        return CascadeCertificate(None, n, 0, 0.0, (1.0,) * steps, 1.0)
    at = _accepted_at(everything, path[ends[passed]])
    reached = tuple(float((at >= step).mean()) for step in range(steps))
    thresholds = tuple(float(t) for t in path[ends[passed]])
    return CascadeCertificate(
        thresholds, n, int(counts[ends[passed]]), float(errors[passed]), reached, float((at == steps).mean())
    )


def threshold_path(confidence: np.ndarray, costs: Sequence[float]) -> np.ndarray:
    """(n_prices, n_steps) thresholds, strict to loose; costs are in persons' answers.

    A threshold that every pair passes is -inf. Pairs that a judge was not heard on are left out.
    """
    confidence = confidence[:, ~np.isnan(confidence).any(0)]
    if confidence.shape[1] > ENOUGH:
        confidence = confidence[:, np.linspace(0, confidence.shape[1] - 1, ENOUGH).astype(int)]
    steps = len(confidence)
    path = np.full((len(PRICES), steps), np.inf)
    if not confidence.size:
        return path
    for i, price in enumerate(PRICES):
        ahead = np.minimum(price * (1 - confidence[-1]), 1.0)
        path[i, -1] = 1 - 1 / price
        for step in range(steps - 2, -1, -1):
            onward = _expected(confidence[step], costs[step + 1] + ahead)
            accepting = price * (1 - confidence[step])
            stay = confidence[step][accepting >= onward]
            path[i, step] = stay.max() if len(stay) else -np.inf
            ahead = np.minimum(accepting, onward)
    path[path < confidence.min(1)] = -np.inf
    # Never stricter further along: what a higher price accepts, a lower one does too.
    return np.asarray(np.minimum.accumulate(path, axis=0))


def _expected(confidence: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """The cost to expect given a confidence: it can only fall as confidence grows."""
    order = np.argsort(confidence, kind="stable")
    fitted = np.empty(len(cost))
    fitted[order] = scipy.optimize.isotonic_regression(cost[order], increasing=False).x
    return fitted


def _accepted_at(confidence: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """(n,) the first step that accepts each pair; n_steps where none does."""
    taken = confidence > thresholds[:, None]  # not so for nan
    return np.where(taken.any(0), taken.argmax(0), len(confidence))


def _counts(confidence: np.ndarray, path: np.ndarray) -> np.ndarray:
    """(m,) how many pairs each thresholds of a path (m, n_steps) accept, at whatever step."""
    return np.array([(_accepted_at(confidence, each) < len(confidence)).sum() for each in path], int)


def _errors(at: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """(...) how many of the pairs accepted at steps `at` (n,) are wrong; wrong (..., n_steps, n)."""
    inside = np.flatnonzero(at < wrong.shape[-2])
    return np.asarray(np.ceil(wrong[..., at[inside], inside]).sum(-1))
