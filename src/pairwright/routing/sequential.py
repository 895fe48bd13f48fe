"""The same promise where labels arrive one by one and anyone may look after every label.

An exact test is valid once, at a number of labels fixed beforehand. Here a
wager against "the accepted err at least as often as allowed" is kept on every
threshold; its capital can exceed 1/delta with probability delta at most, however
often one looks (Ville's inequality; Waudby-Smith & Ramdas, "Estimating means of
bounded random variables by betting", JRSS B 86 (2024)). Labels drawn with
unequal chances count by the inverse of their chance, so that choosing what to
label never breaks the promise; the same wager turned round is the alarm on an
audit of what was accepted.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pairwright.routing.guarantee import STARTS, Certificate, fallback

COVERAGES = tuple(np.round(np.arange(0.05, 1.01, 0.05), 2).tolist())


@dataclass
class Wagers:
    """A wager on each of several thresholds.

    `thresholds` (strict to loose) and what they cover are fixed before the first
    label; `least_chance` is the smallest chance any pair has of being labelled.
    """

    target: float
    delta: float
    thresholds: np.ndarray
    coverages: np.ndarray
    least_chance: float = 1.0
    labels: int = 0
    _log_capital: np.ndarray = field(init=False)
    _best: np.ndarray = field(init=False)
    _accepted: np.ndarray = field(init=False)
    _errors: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        if not 0 < self.least_chance <= 1:
            raise ValueError(f"a chance lies between 0 and 1; got {self.least_chance}")
        n = len(self.thresholds)
        self._log_capital, self._best = np.zeros((n, len(_BETS))), np.zeros(n)
        self._accepted, self._errors = np.zeros(n), np.zeros(n)

    @classmethod
    def on(
        cls,
        confidence: np.ndarray,
        target: float = 0.9,
        delta: float = 0.1,
        *,
        least_chance: float = 1.0,
        coverages: tuple[float, ...] = COVERAGES,
    ) -> Wagers:
        """Thresholds at these coverages of all pairs' confidences (n_pairs,)."""
        thresholds = np.quantile(confidence, 1 - np.array(coverages))
        thresholds = np.where(np.array(coverages) >= 1, -np.inf, thresholds)
        return cls(target, delta, thresholds, np.array(coverages), least_chance)

    def see(self, confidence: float, wrong: bool, chance: float = 1.0) -> None:
        """One label. `chance`: with which this pair was drawn to be labelled."""
        if chance < self.least_chance - 1e-12:
            raise ValueError(f"drawn with chance {chance}, under the least chance {self.least_chance}")
        alpha = 1 - self.target
        inside = confidence > self.thresholds
        # In units of the largest loss a wager can meet, so that no bet can lose more than it has.
        step = np.where(inside, (alpha - wrong) * self.least_chance / chance, 0.0)
        worst = 1 - alpha
        self._log_capital += np.log1p(_BETS[None, :] * step[:, None] / worst)
        top = self._log_capital.max(1)
        mixed = top + np.log(np.exp(self._log_capital - top[:, None]).mean(1))
        self._best = np.maximum(self._best, mixed)
        self._accepted += inside
        self._errors += inside * wrong
        self.labels += 1

    def certificate(self) -> Certificate:
        """What may be accepted now. Valid whenever it is asked for."""
        passed = fallback(np.exp(-self._best), self.coverages, self.delta, STARTS)
        tested = f"betting, valid at any time, {self.labels} labels so far"
        if passed is None:
            return Certificate(self.target, self.delta, None, self.labels, 0, 0.0, tested)
        return Certificate(
            self.target,
            self.delta,
            float(self.thresholds[passed]),
            self.labels,
            int(self._accepted[passed]),
            float(self._errors[passed]),
            tested,
        )


# Capital is spread over fixed bets: no tuning, and close to the best of them in hindsight.
_BETS = np.array([0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9])


@dataclass
class Alarm:
    """Rings when the accepted err more than they may, with at most `delta` false alarms for ever."""

    target: float
    delta: float = 0.05
    seen: int = 0
    errors: int = 0
    _log_capital: np.ndarray = field(default_factory=lambda: np.zeros(len(_BETS)))
    _best: float = 0.0

    def see(self, wrong: bool) -> None:
        """One audited pair, drawn by chance from those accepted."""
        alpha = 1 - self.target
        self._log_capital += np.log1p(_BETS * (wrong - alpha) / alpha)
        self.seen += 1
        self.errors += int(wrong)
        top = float(self._log_capital.max())
        self._best = max(self._best, top + float(np.log(np.exp(self._log_capital - top).mean())))

    @property
    def rings(self) -> bool:
        return bool(self._best >= -np.log(self.delta))
