"""Is the promise kept? Draw after draw of the calibration labels, judged on the pairs left over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from data import RecordedSet
from methods import best_judge
from ranking import one_hot

from pairwright.routing import forecast
from pairwright.routing.guarantee import certify
from pairwright.stats.intervals import binomial_p, clopper_pearson
from pairwright.types import Estimate

# confidence and errors of the calibration sample, confidence of the other pairs, target, delta
Rule = Callable[[np.ndarray, np.ndarray, np.ndarray, float, float], float | None]


def naive(
    confidence: np.ndarray, wrong: np.ndarray, rest: np.ndarray, target: float, delta: float
) -> float | None:
    """The loosest threshold at which the labels at hand agree often enough."""
    order = np.argsort(-confidence, kind="stable")
    agreeing = np.cumsum(wrong[order]) / np.arange(1, len(order) + 1) <= 1 - target
    kept = np.flatnonzero(agreeing)
    return _below(confidence[order], kept[-1] + 1) if len(kept) else None


def three_starts(
    confidence: np.ndarray, wrong: np.ndarray, rest: np.ndarray, target: float, delta: float
) -> float | None:
    """Fixed-sequence testing on ten coverages from three starts, a third of delta each."""
    order = np.argsort(-confidence, kind="stable")
    sure, errors = confidence[order], np.cumsum(wrong[order])
    counts = np.unique(np.maximum(1, np.round(np.linspace(0.1, 1, 10) * len(sure)).astype(int)))
    p = binomial_p(errors[counts - 1], counts, 1 - target)
    best = None
    for start in (0.2, 0.5, 0.8):
        i = int(np.argmin(np.abs(counts / len(sure) - start)))
        while i < len(counts) and p[i] <= delta / 3:
            best = i if best is None else max(best, i)
            i += 1
    return None if best is None else _below(sure, counts[best])


def pairwright(
    confidence: np.ndarray, wrong: np.ndarray, rest: np.ndarray, target: float, delta: float
) -> float | None:
    return certify(confidence, wrong, target, delta, rest=rest).threshold


def _below(sure: np.ndarray, count: int) -> float:
    return float(sure[count]) if count < len(sure) else -np.inf


RULES: dict[str, Rule] = {
    "naive": naive,
    "fixed sequence, three starts": three_starts,
    "Pairwright": pairwright,
}


@dataclass(frozen=True)
class Kept:
    """`violations`: share of draws in which the promise was broken. `coverage`: mean share accepted."""

    violations: Estimate
    coverage: float
    error: float


def measure(
    data: RecordedSet, n_labels: int, targets: tuple[float, ...], delta: float, draws: int
) -> dict[tuple[str, str, float], Kept]:
    """(scores, rule, target) -> what came of it."""
    truth, n = data.truth, len(data.truth)
    counts: dict[tuple[str, str, float], list[tuple[int, int, int]]] = {}
    for draw in range(draws):
        rng = np.random.default_rng(draw)
        chosen = np.zeros(n, bool)
        chosen[rng.choice(n, n_labels, replace=False)] = True
        labels = one_hot(truth, chosen)
        crossed = forecast.cross_fit(data.ballots, labels, data.groups, seed=draw)
        scores = {
            "best judge": best_judge(data.ballots, labels),
            "beliefs": (crossed.probs.argmax(1), crossed.confidence),
        }
        for source, (label, confidence) in scores.items():
            # Verdicts have few levels: a random hair's breadth tells equals apart, the same for all rules.
            confidence = confidence + 1e-9 * rng.random(n)
            wrong = label != truth
            for rule, choose in RULES.items():
                for target in targets:
                    threshold = choose(confidence[chosen], wrong[chosen], confidence[~chosen], target, delta)
                    taken = np.zeros(n, bool) if threshold is None else confidence > threshold
                    taken &= ~chosen
                    counts.setdefault((source, rule, target), []).append(
                        (int(taken.sum()), int(wrong[taken].sum()), int((~chosen).sum()))
                    )
    return {key: kept(np.array(rows), key[2]) for key, rows in counts.items()}


def kept(rows: np.ndarray, target: float) -> Kept:
    accepted, errors, rest = rows.T
    broken = errors > (1 - target) * accepted + 1e-9
    return Kept(
        clopper_pearson(int(broken.sum()), len(rows)),
        float((accepted / rest).mean()),
        float(errors.sum() / max(accepted.sum(), 1)),
    )
