"""Everything learned from one look at people's labels, fixed so that it can be applied later.

One step where all judges are asked about every pair; several in a cascade,
where each step hears one judge more and only what stays unsure goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from pairwright.literals import checked
from pairwright.routing import forecast
from pairwright.routing.cascade import certify_cascade
from pairwright.routing.decide import REFUSED
from pairwright.routing.guarantee import Certificate, Fewest, certify
from pairwright.routing.judge_accuracy import judges_worth
from pairwright.routing.signals import Ballots

Ties = Literal["count", "apart"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a cascade: what is believed once these judges were heard, and above what it is accepted."""

    judges: tuple[str, ...]
    forecaster: forecast.Folded
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
        return cls(tuple(values["judges"]), forecast.Folded.from_dict(values["forecaster"]), threshold)


@dataclass(frozen=True, slots=True)
class Sample:
    """The calibration sample of one frame: arrays over all pairs.

    pool: the pairs of the frame. drawn: those of them that were drawn for people,
    all with the same chance. label: what people say together, 0 A, 1 B, 2 TIE, -1 where that is
    not known (yet): a drawn pair without a label counts as an error. `ties`
    "apart": pairs that people call a tie leave the test. fewest: how many of the
    accepted audits leave (see `certify`).
    """

    pool: np.ndarray
    drawn: np.ndarray
    label: np.ndarray
    ties: Ties = "count"
    fewest: Fewest | None = None


@dataclass(frozen=True, slots=True)
class Weighed:
    """What was learned from one look.

    `own` (n_labelled, 3) are forecasts of labelled pairs without their own labels, `rows` say which.
    `shares` says what part of the pairs each step is asked about. tested
    (n_answered, 2): the last step's confidence in each drawn pair that people answered,
    and whether they agree. confidence (n_pairs,): the last step's in every pair.
    `refused` are judges that no forecaster hears. tested_confidence and tested_verdict
    (n_steps, n_drawn): of drawn pairs in their order, for `retest`.
    """

    steps: tuple[Step, ...]
    certificate: Certificate
    rows: np.ndarray
    own: np.ndarray
    shares: tuple[float, ...]
    tested: np.ndarray
    confidence: np.ndarray
    refused: tuple[str, ...]
    tested_confidence: np.ndarray
    tested_verdict: np.ndarray


def weigh(
    ballots: Ballots,
    labels: np.ndarray,
    groups: np.ndarray,
    sample: Sample,
    steps: Sequence[Sequence[str]],
    costs: Sequence[float],
    person: float,
    *,
    target: float,
    delta: float,
    seed: int,
    trust: Sequence[str] = (),
) -> Weighed:
    """Fit on all labels and certify on the calibration sample.

    labels (n_pairs, 3): people's shares of A, B, TIE, zeros where nobody was
    asked; for the fit only. groups (n_pairs,): the prompt of each pair. `steps`
    names the judges heard by the end of each step, `costs` what a step adds per
    pair, `person` what a person's answer costs. Judges that the sample shows to be no
    better than chance are not heard, except those in `trust`; each fold of
    prompts finds that out from the other folds' labels. Raises ValueError with under 20 labels.
    """
    chosen = [_Chosen(judges, sample, trust, ballots) for judges in steps]
    crossed = [
        forecast.cross_fit(ballots.of_judges(judges), labels, groups, seed=seed, pool=sample.pool, hear=hear)
        for judges, hear in zip(steps, chosen, strict=True)
    ]
    verdict = np.stack([each.probs.argmax(1) for each in crossed])
    confidence = np.stack([each.confidence for each in crossed])
    drawn, rest = sample.drawn, sample.pool & ~sample.drawn
    found = retest(
        None,
        confidence[:, drawn],
        verdict[:, drawn],
        sample.label[drawn],
        confidence[:, rest],
        costs,
        person,
        target=target,
        delta=delta,
        ties=sample.ties,
        fewest=sample.fewest,
    )
    rows = np.flatnonzero(labels.sum(1) > 0)
    answered = drawn & (sample.label >= 0)
    right = verdict[-1] == sample.label
    return Weighed(
        tuple(
            Step(tuple(judges), each.forecaster, threshold)
            for judges, each, threshold in zip(steps, crossed, found.thresholds, strict=True)
        ),
        found.certificate,
        rows,
        crossed[-1].probs[rows],
        found.shares,
        np.stack([confidence[-1][answered], right[answered]], axis=1),
        confidence[-1],
        _unheard(crossed, steps),
        confidence[:, drawn],
        verdict[:, drawn],
    )


@dataclass(frozen=True, slots=True)
class Retested:
    """thresholds (n_steps,): None where nothing may be accepted. `shares` reach each step."""

    certificate: Certificate
    thresholds: tuple[float | None, ...]
    shares: tuple[float, ...]


@checked
def retest(
    before: Sequence[float | None] | None,
    confidence: np.ndarray,
    verdict: np.ndarray,
    label: np.ndarray,
    rest: np.ndarray,
    costs: Sequence[float],
    person: float,
    *,
    target: float,
    delta: float,
    ties: Ties = "count",
    fewest: Fewest | None = None,
) -> Retested:
    """The same test of the same forecasts, by people's labels as they are now.

    confidence, verdict (n_steps, n_drawn): of the calibration sample, as recorded when
    judges were weighed; label (n_drawn,): people's, now. rest (n_steps, n_rest):
    confidence in the frame's other pairs; fewest: see `certify`. before (n_steps,): the
    recorded thresholds, which may become stricter and never looser; None: there are none.
    """
    n_steps = len(confidence)
    nothing = (None,) * n_steps
    if ties == "apart":
        sided = label != 2
        # Of the others as large a part is taken to have a side as of those drawn.
        share = sided.mean() if len(sided) else 1.0
        kept = np.linspace(0, rest.shape[1] - 1, int(share * rest.shape[1])).astype(int)
        rest = rest[:, _by_confidence(rest)[kept]]
        confidence, verdict, label = confidence[:, sided], verdict[:, sided], label[sided]
    wrong = (verdict != label).astype(float)
    if n_steps == 1:
        certificate = certify(confidence[0], wrong[0], target, delta, rest=rest[0], fewest=fewest)
        thresholds: tuple[float | None, ...] = (certificate.threshold,)
        shares: tuple[float, ...] = (1.0,)
    else:
        certificate, thresholds, shares = _cascade(
            confidence, wrong, rest, fewest, costs, person, target, delta
        )
    if before is None:
        return Retested(certificate, thresholds, shares)
    if None in before or None in thresholds:
        return Retested(replace(certificate, threshold=None, accepted=0, errors=0.0), nothing, shares)
    stricter = tuple(max(then, now) for then, now in zip(before, thresholds, strict=True))  # type: ignore[type-var]
    at = np.where((confidence > np.array(stricter)[:, None]).any(0), 1, 0)
    first = (confidence > np.array(stricter)[:, None]).argmax(0)
    errors = float((at * wrong[first, np.arange(len(label))]).sum())
    kept_certificate = replace(certificate, threshold=stricter[-1], accepted=int(at.sum()), errors=errors)
    return Retested(kept_certificate, stricter, shares)


def _by_confidence(rest: np.ndarray) -> np.ndarray:
    return np.asarray(np.argsort(-np.nan_to_num(rest[-1], nan=-1.0), kind="stable"))


def _cascade(
    confidence: np.ndarray,
    wrong: np.ndarray,
    rest: np.ndarray,
    fewest: Fewest | None,
    costs: Sequence[float],
    person: float,
    target: float,
    delta: float,
) -> tuple[Certificate, tuple[float | None, ...], tuple[float, ...]]:
    found = certify_cascade(confidence, wrong, costs, person, target, delta, rest=rest, fewest=fewest)
    would_do = None
    if found.thresholds is None:
        would_do = certify(confidence[-1], wrong[-1], target, delta, rest=rest[-1], fewest=fewest).would_do
    certificate = Certificate(
        target,
        delta,
        None if found.thresholds is None else found.thresholds[-1],
        found.labels,
        found.accepted,
        found.errors,
        f"exact hypergeometric, fixed sequence over {len(confidence)} steps at once, {found.labels} labels",
        would_do,
    )
    return certificate, found.thresholds or (None,) * len(confidence), found.reached


class _Chosen:
    """The judges of a step that the labels a fold may see don't show to be useless."""

    def __init__(self, judges: Sequence[str], sample: Sample, trust: Sequence[str], ballots: Ballots) -> None:
        self.judges, self.sample, self.trust, self.ballots = judges, sample, trust, ballots

    def __call__(self, labels: np.ndarray) -> Sequence[str]:
        drawn = self.sample.drawn & (self.sample.label >= 0)
        worth = judges_worth(self.ballots, labels * drawn[:, None])
        bad = {each.judge for each in worth if each.standing in REFUSED} - set(self.trust)
        return [name for name in self.judges if name not in bad]


def _unheard(crossed: Sequence[forecast.CrossFit], steps: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Judges of the last step that no fold's forecaster hears: they need not be asked any more."""
    heard = {name for each in crossed for one in each.forecaster.forecasters for name in one.plan.judges}
    return tuple(name for name in steps[-1] if name not in heard)


@dataclass(frozen=True, slots=True)
class Applied:
    """probs (n_pairs, 3), confidence (n_pairs,), threshold (n_pairs,; nan: nothing may be accepted).

    `step` (n_pairs,) is the furthest step whose judges have all been heard.
    """

    probs: np.ndarray
    confidence: np.ndarray
    threshold: np.ndarray
    step: np.ndarray


def apply(steps: Sequence[Step], ballots: Ballots, groups: np.ndarray, step: np.ndarray) -> Applied:
    """What is believed of each pair at the step it has reached. groups (n_pairs,): its prompt.

    A pair on which a judge of its step was not heard is never accepted at that step.
    """
    n = ballots.n_pairs
    probs, threshold, confidence = np.zeros((n, 3)), np.full(n, np.nan), np.full(n, np.nan)
    for i, each in enumerate(steps):
        here = step == i
        if here.any():
            theirs, sure = each.forecaster.predict(ballots, groups)
            probs[here], confidence[here] = theirs[here], sure[here]
            threshold[here] = np.nan if each.threshold is None else each.threshold
    threshold[np.isnan(confidence)] = np.nan
    unheard = np.isnan(confidence)
    confidence[unheard] = forecast.best_label(probs[unheard])[1]
    return Applied(probs, confidence, threshold, step)
