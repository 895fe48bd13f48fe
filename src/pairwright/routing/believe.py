"""One calibrated probability from everything the judges said about a pair.

All judges together form one forecast, fitted on the pairs people have labelled:
judges err together, so their votes are never counted as if they were
independent people (see stats/anchored.py for how people come in on top).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pairwright.routing.signals import Ballots, SignalPlan
from pairwright.stats import logit

FOLDS = 10
FEWEST = 10  # labels, under which nothing is fitted
# On the log-odds a signal may move a pair by; measured in benchmarks/routing, flat from 1 to 3.
SCALE = 1.7


@dataclass(frozen=True, slots=True)
class Forecaster:
    """What the judges' votes are worth, fixed: gives probabilities for any pair they voted on."""

    plan: SignalPlan
    fit: logit.Fit
    n_labels: int

    def predict(self, ballots: Ballots) -> np.ndarray:
        """(n_pairs, 3): probability of A, B, TIE."""
        signals = self.plan.read(ballots)
        return self.fit.predict(signals.x, signals.s)

    def as_dict(self) -> dict[str, Any]:
        return {
            "plan": self.plan.as_dict(),
            "w": self.fit.w.tolist(),
            "v": self.fit.v.tolist(),
            "covariance": self.fit.covariance.tolist(),
            "evidence": self.fit.evidence,
            "n_labels": self.n_labels,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Forecaster:
        fitted = logit.Fit(
            np.array(values["w"]),
            np.array(values["v"]),
            np.array(values["covariance"]),
            values["evidence"],
        )
        return cls(SignalPlan.from_dict(values["plan"]), fitted, values["n_labels"])


def fit(ballots: Ballots, labels: np.ndarray, plan: SignalPlan | None = None) -> Forecaster:
    """Fit on the labelled pairs.

    labels (n_pairs, 3): how much people's labels count for A, B, TIE; a row of
    zeros is a pair nobody labelled, a row that sums to 1 one labelled pair.
    Raises ValueError with fewer than 10 labelled pairs, NotConverged.
    """
    plan = plan or SignalPlan.of(ballots)
    signals = plan.read(ballots)
    known = labels.sum(1) > 0
    if known.sum() < FEWEST:
        raise ValueError(
            f"{int(known.sum())} labelled pairs can't tell what judges are worth: {FEWEST} at least"
        )
    fitted = logit.fit(
        signals.x[known], signals.s[known], labels[known], SCALE * signals.x_scale, signals.s_scale
    )
    return Forecaster(plan, fitted, int(known.sum()))


@dataclass(frozen=True, slots=True)
class CrossFit:
    """Forecasts in which no pair's own label, nor one of its group, had a say.

    probs (n_pairs, 3): of A, B, TIE. confidence (n_pairs,): in the likeliest, on
    the scale of `forecaster`, which was fitted on all labels: so a threshold
    tested on labelled pairs means the same on the others.
    """

    probs: np.ndarray
    confidence: np.ndarray
    forecaster: Forecaster


def cross_fit(
    ballots: Ballots, labels: np.ndarray, groups: Sequence[int] | np.ndarray, *, seed: int = 0
) -> CrossFit:
    """Forecast every labelled pair from ten folds' labels less its own, the others from all labels.

    `groups` (n_pairs,) is the prompt of each pair: pairs of one prompt stand in
    the same of ten folds. Raises ValueError with fewer than 20 labelled pairs.
    """
    plan = SignalPlan.of(ballots)
    signals = plan.read(ballots)
    known = labels.sum(1) > 0
    if known.sum() < 2 * FEWEST:
        raise ValueError(
            f"{int(known.sum())} labelled pairs are too few for {FOLDS} folds: {2 * FEWEST} at least"
        )
    fold = folds_of(np.asarray(groups), known, seed)

    def fitted(train: np.ndarray) -> logit.Fit:
        return logit.fit(
            signals.x[train], signals.s[train], labels[train], SCALE * signals.x_scale, signals.s_scale
        )

    whole = fitted(known)
    probs = whole.predict(signals.x, signals.s)
    confidence = best_label(probs)[1]
    scale = np.sort(confidence)
    result, own_confidence = probs.copy(), confidence.copy()
    for k in range(FOLDS):
        own = known & (fold == k)
        theirs = fitted(known & (fold != k)).predict(signals.x, signals.s)
        result[own] = theirs[own]
        own_confidence[own] = _on_scale(best_label(theirs)[1], own, scale)
    return CrossFit(result, own_confidence, Forecaster(plan, whole, int(known.sum())))


def _on_scale(confidence: np.ndarray, own: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """One fold's confidence in its own pairs, as what is as rare among all pairs is called on `scale`.

    Without this a fold that holds many errors would be the surest of all, for it
    was trained on what is left: few.
    """
    order = np.sort(confidence)
    first, last = (np.searchsorted(order, confidence[own], side=side) for side in ("left", "right"))
    return np.asarray(scale[(first + last - 1) // 2])


def folds_of(groups: np.ndarray, known: np.ndarray, seed: int) -> np.ndarray:
    """(n_pairs,) fold numbers, equal within a group, evenly filled over the labelled pairs."""
    names, index = np.unique(groups, return_inverse=True)
    rng = np.random.default_rng(seed)
    labelled = np.zeros(len(names), bool)
    labelled[index[known]] = True
    place = np.zeros(len(names), int)
    for part in (np.flatnonzero(labelled), np.flatnonzero(~labelled)):
        place[rng.permutation(part)] = np.arange(len(part)) % FOLDS
    return np.asarray(place[index])


def best_label(probs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n,) the likeliest of A 0, B 1, TIE 2, and (n,) its probability: the confidence in it.

    Confidence comes in steps of a twentieth in log-odds: finer differences are
    noise of the fit, and a ranking by noise sorts errors to the top.
    """
    top = np.clip(probs.max(1), 1e-9, 1 - 1e-9)
    step = np.round(20 * np.log(top / (1 - top))) / 20
    return probs.argmax(1), np.round(1 / (1 + np.exp(-step)), 9)
