"""Everything learned from one look at people's labels, fixed so that it can be applied later.

One step where all judges are asked about every pair; several in a cascade,
where each step hears one judge more and only what stays unsure goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pairwright.routing import believe
from pairwright.routing.cascade import certify_cascade
from pairwright.routing.guarantee import Certificate, certify
from pairwright.routing.signals import Ballots


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a cascade: what is believed once these judges were heard, and above what it is accepted."""

    judges: tuple[str, ...]
    forecaster: believe.Forecaster
    threshold: float | None

    def as_dict(self) -> dict[str, Any]:
        # JSON has no infinity.
        every = self.threshold is not None and np.isinf(self.threshold)
        return {
            "judges": list(self.judges),
            "forecaster": self.forecaster.as_dict(),
            "threshold": "every" if every else self.threshold,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Step:
        threshold = -np.inf if values["threshold"] == "every" else values["threshold"]
        return cls(tuple(values["judges"]), believe.Forecaster.from_dict(values["forecaster"]), threshold)


@dataclass(frozen=True, slots=True)
class Weighed:
    """`own` (n_labelled, 3) are forecasts of labelled pairs without their own labels, `rows` say which.

    `shares` says what part of
    the pairs each step is asked about. tested (n_drawn, 2): the last step's
    confidence in each pair drawn by chance, and whether people agree.
    confidence (n_pairs,): the last step's in every pair.
    """

    steps: tuple[Step, ...]
    certificate: Certificate
    rows: np.ndarray
    own: np.ndarray
    shares: tuple[float, ...]
    tested: np.ndarray
    confidence: np.ndarray


def weigh(
    ballots: Ballots,
    labels: np.ndarray,
    groups: np.ndarray,
    drawn: np.ndarray,
    steps: Sequence[Sequence[str]],
    costs: Sequence[float],
    person: float,
    *,
    target: float,
    delta: float,
    seed: int,
) -> Weighed:
    """Fit on all labels and certify on those drawn by chance.

    labels (n_pairs, 3): people's shares of A, B, TIE, zeros where nobody was
    asked. drawn (n_pairs,): labelled and drawn by chance. `steps` names the
    judges heard by the end of each step, `costs` what a step adds per pair,
    `person` what a person's answer costs. Raises ValueError with under 20 labels.
    """
    crossed = [believe.cross_fit(ballots.of_judges(judges), labels, groups, seed=seed) for judges in steps]
    label = np.stack([each.probs.argmax(1) for each in crossed])
    wrong = 1 - labels[np.arange(len(labels))[None, :], label]
    confidence = np.stack([each.confidence for each in crossed])
    if len(steps) == 1:
        certificate = certify(confidence[0][drawn], wrong[0][drawn], target, delta)
        thresholds: tuple[float | None, ...] = (certificate.threshold,)
        shares: tuple[float, ...] = (1.0,)
    else:
        found = certify_cascade(confidence[:, drawn], wrong[:, drawn], costs, person, target, delta)
        last = certify(confidence[-1][drawn], wrong[-1][drawn], target, delta)
        certificate = Certificate(
            target,
            delta,
            None if found.thresholds is None else found.thresholds[-1],
            found.labels,
            found.accepted,
            found.errors,
            f"exact binomial, fixed sequence over {len(steps)} steps at once, {found.labels} labels",
            last.would_do if found.thresholds is None else None,
        )
        thresholds = found.thresholds or (None,) * len(steps)
        shares = found.reached
    rows = np.flatnonzero(labels.sum(1) > 0)
    return Weighed(
        tuple(
            Step(tuple(judges), each.forecaster, threshold)
            for judges, each, threshold in zip(steps, crossed, thresholds, strict=True)
        ),
        certificate,
        rows,
        crossed[-1].probs[rows],
        shares,
        np.stack([confidence[-1][drawn], 1 - np.ceil(wrong[-1][drawn])], axis=1),
        confidence[-1],
    )


@dataclass(frozen=True, slots=True)
class Applied:
    """probs (n_pairs, 3), confidence (n_pairs,), threshold (n_pairs,; nan: nothing may be accepted).

    `step` (n_pairs,) is the furthest step whose judges have all been heard.
    """

    probs: np.ndarray
    confidence: np.ndarray
    threshold: np.ndarray
    step: np.ndarray


def apply(steps: Sequence[Step], ballots: Ballots, step: np.ndarray) -> Applied:
    """What is believed of each pair at the step it has reached."""
    n = ballots.n_pairs
    probs, threshold = np.zeros((n, 3)), np.full(n, np.nan)
    for i, each in enumerate(steps):
        here = step == i
        if here.any():
            probs[here] = each.forecaster.predict(ballots)[here]
            threshold[here] = np.nan if each.threshold is None else each.threshold
    return Applied(probs, believe.best_label(probs)[1], threshold, step)
