"""One calibrated probability from everything the judges said about a pair.

All judges together form one forecast, fitted on the pairs people have labelled:
judges err together, so their votes are never counted as if they were
independent people (see stats/anchored.py for how people come in on top).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pairwright.routing.signals import Ballots, SignalPlan, Signals
from pairwright.stats import logit

FOLDS = 10
FEWEST = 10  # labels, under which nothing is fitted
# On the log-odds a signal may move a pair by; measured in benchmarks/routing, flat from 1 to 3.
SCALE = 1.7
RARE = np.array([-2.0, 0.0, 0.0])  # of s: people call a tie rarely, until labels say otherwise
MOST_JUDGES = 6  # that are tried on their own
# Times as likely at first as what hears everybody; measured in benchmarks/routing on made-up judges.
SIMPLER = 3.0
LEAST = 0.01  # a candidate with a smaller share is left out


@dataclass(frozen=True, slots=True)
class WeighedModel:
    """One candidate: a model of some of the signals x (`columns`), and its share in the forecast."""

    name: str
    columns: tuple[int, ...]
    fit: logit.Fit
    share: float


@dataclass(frozen=True, slots=True)
class Forecaster:
    """What the judges' votes are worth, fixed: gives probabilities for any pair they voted on."""

    plan: SignalPlan
    parts: tuple[WeighedModel, ...]
    evidence: float
    n_labels: int

    def predict(self, ballots: Ballots) -> np.ndarray:
        """(n_pairs, 3): probability of A, B, TIE."""
        signals = self.plan.read(ballots)
        return np.asarray(
            sum(
                part.share * part.fit.predict(signals.x[:, list(part.columns)], signals.s)
                for part in self.parts
            )
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "plan": self.plan.as_dict(),
            "parts": [
                {
                    "name": part.name,
                    "columns": list(part.columns),
                    "share": part.share,
                    "w": part.fit.w.tolist(),
                    "v": part.fit.v.tolist(),
                    "covariance": part.fit.covariance.tolist(),
                    "evidence": part.fit.evidence,
                }
                for part in self.parts
            ],
            "evidence": self.evidence,
            "n_labels": self.n_labels,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Forecaster:
        """Also what was written when there was one candidate."""
        parts = values.get("parts") or [
            {**values, "name": "everything", "columns": range(len(values["w"])), "share": 1.0}
        ]
        return cls(
            SignalPlan.from_dict(values["plan"]),
            tuple(
                WeighedModel(
                    each["name"],
                    tuple(each["columns"]),
                    logit.Fit(
                        np.array(each["w"]),
                        np.array(each["v"]),
                        np.array(each["covariance"]),
                        each["evidence"],
                    ),
                    each["share"],
                )
                for each in parts
            ),
            values["evidence"],
            values["n_labels"],
        )


def fit(ballots: Ballots, labels: np.ndarray, plan: SignalPlan | None = None) -> Forecaster:
    """Fit on the labelled pairs.

    labels (n_pairs, 3): how much people's labels count for A, B, TIE; a row of
    zeros is a pair nobody labelled, a row that sums to 1 one labelled pair.
    Raises ValueError with fewer than 10 labelled pairs, NotConverged.
    """
    known = int((labels.sum(1) > 0).sum())
    if known < FEWEST:
        raise ValueError(f"{known} labelled pairs can't tell what judges are worth: {FEWEST} at least")
    return _fit(ballots, labels, plan)


def _fit(ballots: Ballots, labels: np.ndarray, plan: SignalPlan | None = None) -> Forecaster:
    """Every candidate fitted, and mixed as far as the labels are evidence for it."""
    plan = plan or SignalPlan.of(ballots)
    signals, known = plan.read(ballots), labels.sum(1) > 0
    x, s, said = signals.x[known], signals.s[known], labels[known]
    found = []
    for candidate in _candidates(signals, x, said):
        columns = list(candidate.columns)
        fitted = logit.fit(x[:, columns], s, said, candidate.scale, signals.s_scale, s_mean=RARE)
        found.append((candidate, fitted, fitted.evidence + np.log(candidate.prior)))
    score = np.array([each[2] for each in found])
    share = np.exp(score - score.max())
    evidence = float(score.max() + np.log(share.sum()))
    share = np.where(share < LEAST * share.sum(), 0, share)
    share /= share.sum()
    parts = [
        WeighedModel(candidate.name, candidate.columns, fitted, float(part))
        for (candidate, fitted, _), part in zip(found, share, strict=True)
        if part > 0
    ]
    return Forecaster(plan, tuple(parts), evidence, int(known.sum()))


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A model that might do: the signals it hears, how much each may be worth, how likely it is at first."""

    name: str
    columns: tuple[int, ...]
    scale: np.ndarray
    prior: float


def _candidates(signals: Signals, x: np.ndarray, labels: np.ndarray) -> list[_Candidate]:
    """From the simplest thing that might work to everything; of several judges, the simple is likelier."""
    of, everything = np.array(signals.of, object), np.arange(len(signals.of))
    judges = [of == j for j in range(sum(isinstance(each, int) for each in set(signals.of)))]
    said = everything[of != "other"]
    simple = SIMPLER if len(judges) > 2 else 1.0
    kinds: list[list[_Candidate]] = []

    def kind(likely: float, *options: tuple[str, np.ndarray, float | np.ndarray]) -> None:
        kinds.append(
            [
                _Candidate(
                    name,
                    tuple(columns.tolist()),
                    SCALE * times * signals.x_scale[columns],
                    likely / len(options),
                )
                for name, columns, times in options
            ]
        )

    common = everything[of == "all"]
    if len(judges) > 2:  # of two, the weight of each is as easily learned as one for both
        kind(simple, *((signals.names[c], np.array([c]), times) for c in common for times in (1.0, 4.0)))
        families = [c for c in everything if str(of[c]).startswith("family")]
        if families:
            kind(
                simple, *((signals.names[c], np.array([c]), times) for c in families for times in (1.0, 3.0))
            )
        # Every judge about as good as the others of its family.
        alike = np.where([isinstance(each, int) for each in of], 0.2, 3.0)
        kind(1.0, *_with_and_without("all alike", everything, said, alike))
    kind(simple, *(option for judge in _best(signals, x, labels, judges) for option in judge))
    kind(1.0, *_with_and_without("everything", everything, said, np.ones(len(of))))
    total = sum(each.prior for options in kinds for each in options)
    return [replace(each, prior=each.prior / total) for options in kinds for each in options]


def _with_and_without(
    name: str, everything: np.ndarray, said: np.ndarray, times: np.ndarray
) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """With position and length; and without, which is likelier at first: few labels can't tell."""
    return [(name, everything, times), *((f"{name} judges say", said, k * times[said]) for k in (0.7, 1.5))]


def _best(
    signals: Signals, x: np.ndarray, labels: np.ndarray, judges: Sequence[np.ndarray]
) -> list[list[tuple[str, np.ndarray, float]]]:
    """Options for the judges that are best on their own: each signal it gives, and all of them.

    A judge that also says how sure it is isn't heard by its bare votes, which rank nothing.
    """
    side = labels[:, 0] - labels[:, 1]
    right = [
        float((np.sign(x[:, columns][:, 0]) * side).sum()) if columns.any() else -np.inf for columns in judges
    ]
    found = []
    for j in np.argsort(right)[::-1][:MOST_JUDGES]:
        columns = np.flatnonzero(judges[j])
        options = [(signals.names[c], np.array([c]), 2.0) for c in columns[len(columns) > 1 :]]
        if len(columns) > 1:
            options.append((f"judge {j}", columns, 2.0))
        found.append(options)
    return found


@dataclass(frozen=True, slots=True)
class Folded:
    """A forecaster for each fold of prompts: a pair is forecast by the one that saw no label of its fold.

    So what is tested on labelled pairs is what is applied to all others: the same
    models, each on prompts whose labels it doesn't know (Bayle et al., "Cross-validation
    Confidence Intervals for Test Error", NeurIPS 2020). `values` and `means` (a tuple a
    fold) put confidences of all models on one scale: what is as rare among
    all pairs of the frame is called the same. Without this a model trained on
    folds with few errors would be surer than the others, and a threshold would
    mean something else in every fold.
    """

    forecasters: tuple[Forecaster, ...]
    values: tuple[np.ndarray, ...]
    means: tuple[np.ndarray, ...]
    seed: int

    def predict(self, ballots: Ballots, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n_pairs, 3) probabilities of A, B, TIE and (n_pairs,) confidence; nan where a judge wasn't heard.

        groups (n_pairs,): the prompt of each pair.
        """
        fold = fold_of(groups, self.seed, len(self.forecasters))
        probs, confidence = np.zeros((ballots.n_pairs, 3)), np.full(ballots.n_pairs, np.nan)
        for k, forecaster in enumerate(self.forecasters):
            rows = np.flatnonzero(fold == k)
            own = ballots.of_pairs(rows)
            probs[rows] = forecaster.predict(own)
            judges = [ballots.judges.index(name) for name in forecaster.plan.judges]
            heard = ~np.isnan(own.means(own.verdict.astype(float)))[:, judges]
            complete = rows[heard.all(1) & bool(judges)]  # who hears no judge is never sure
            confidence[complete] = self._on_scale(k, best_label(probs[complete])[1])
        return probs, confidence

    def _on_scale(self, k: int, confidence: np.ndarray) -> np.ndarray:
        if not len(self.values[k]):
            return confidence  # the only model there is
        place = np.searchsorted(self.values[k], confidence, side="right") - 1
        return np.asarray(self.means[k][np.maximum(place, 0)])

    def as_dict(self) -> dict[str, Any]:
        return {
            "folds": [each.as_dict() for each in self.forecasters],
            "values": [each.tolist() for each in self.values],
            "means": [each.tolist() for each in self.means],
            "seed": self.seed,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Folded:
        """Also what was written when one forecaster served all pairs."""
        if "folds" not in values:
            return cls((Forecaster.from_dict(values),), (np.array([]),), (np.array([]),), 0)
        return cls(
            tuple(Forecaster.from_dict(each) for each in values["folds"]),
            tuple(np.array(each) for each in values["values"]),
            tuple(np.array(each) for each in values["means"]),
            values["seed"],
        )


@dataclass(frozen=True, slots=True)
class CrossFit:
    """Forecasts in which no pair's own label, nor one of its fold of prompts, had a say.

    probs (n_pairs, 3): of A, B, TIE. confidence (n_pairs,): in the likeliest; nan
    where a judge was not heard. `forecaster` says the same of later pairs.
    """

    probs: np.ndarray
    confidence: np.ndarray
    forecaster: Folded


# (labels of a fold's model) -> names of the judges it may hear
Hear = Callable[[np.ndarray], Sequence[str]]


def cross_fit(
    ballots: Ballots,
    labels: np.ndarray,
    groups: Sequence[int] | np.ndarray,
    *,
    seed: int = 0,
    pool: np.ndarray | None = None,
    hear: Hear | None = None,
) -> CrossFit:
    """Forecast every pair from the labels of the other nine folds.

    groups (n_pairs,): the prompt of each pair, which decides its fold. pool
    (n_pairs,): among which confidences are ranked (all pairs). `hear` chooses
    judges by the labels a fold's model may see. Raises ValueError with fewer
    than 20 labelled pairs.
    """
    groups = np.asarray(groups)
    known = labels.sum(1) > 0
    if known.sum() < 2 * FEWEST:
        raise ValueError(
            f"{int(known.sum())} labelled pairs are too few for {FOLDS} folds: {2 * FEWEST} at least"
        )
    fold = fold_of(groups, seed)
    forecasters = []
    for k in range(FOLDS):
        seen = labels * (fold != k)[:, None]
        heard = ballots if hear is None else ballots.of_judges(hear(seen))
        forecasters.append(_fit(heard, seen))
    framed = ballots if pool is None else ballots.of_pairs(np.flatnonzero(pool))
    folded = _on_one_scale(forecasters, framed, seed)
    return CrossFit(*folded.predict(ballots, groups), folded)


def _on_one_scale(forecasters: Sequence[Forecaster], ballots: Ballots, seed: int) -> Folded:
    """Every fold's confidences named by what its equals in rank are called on average over folds."""
    ranked = [np.sort(best_label(each.predict(ballots))[1]) for each in forecasters]
    scale = np.round(np.stack(ranked).mean(0), 9)
    values = [np.unique(each) for each in ranked]
    means = []
    for each, distinct in zip(ranked, values, strict=True):
        first, last = (np.searchsorted(each, distinct, side=side) for side in ("left", "right"))
        means.append(scale[(first + last - 1) // 2])
    return Folded(tuple(forecasters), tuple(values), tuple(means), seed)


def fold_of(groups: np.ndarray, seed: int, folds: int = FOLDS) -> np.ndarray:
    """(n_pairs,) the fold of each prompt: by its number alone, so that it is the same whenever asked."""
    start = seed * 0x9E3779B97F4A7C15 % 2**64
    mixed = np.asarray(groups).astype(np.uint64) + np.uint64(start)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):  # splitmix64
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return np.asarray((mixed ^ (mixed >> np.uint64(31))) % np.uint64(folds), int)


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
