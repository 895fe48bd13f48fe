"""The same guarantee where labels arrive one by one and anyone may look after every label.

An exact test is valid once, at a number of labels fixed beforehand. Here a wager
is kept on every threshold, and its capital can exceed 1/delta with probability
delta at most, however often one looks (Ville's inequality; Waudby-Smith & Ramdas,
"Estimating means of bounded random variables by betting", JRSS B 86 (2024)).

What is drawn comes from a frame, at random and without replacement, and what is
guaranteed is about the pairs of that frame that are not drawn. So each wager is on
a finite population: if the pairs not drawn held one error too many, this many
errors would still have to come (`_capital`). Unanswered pairs count against
whoever profits: as errors in a wager that certifies, as right in one that alarms.

The same wager turned round is the alarm, on audits of what was accepted and on
drawn pairs above a certified threshold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from pairwright.routing.guarantee import Certificate
from pairwright.stats.intervals import wilson

COVERAGES = tuple(np.round(np.arange(0.05, 1.01, 0.05), 2).tolist())
FIRST = 50  # drawn pairs, in the order drawn, that the first generation is weighed on
PASSED = 1.1  # times that many, when people are so far some of the first will stay open
ENOUGH = 0.9  # of the first answered are enough to weigh on
ALARM = 0.05  # false alarms, for ever

# (coverage, share of delta): testing goes from strict to loose, and what a start did not lose is passed
# on to the next (the fallback procedure: Wiens, Pharmaceutical Statistics 2 (2003)).
STARTS = ((0.15, 0.05), (0.35, 0.8), (1.0, 0.15))

# Capital is spread over fixed bets, most of it on those that suit judges worth accepting. A bet is the
# share of capital lost with one error; it is best where errors are 1 - bet of those allowed.
_BETS = np.array([0.2, 0.4, 0.6, 0.8])
_SPREAD = np.array([0.1, 0.4, 0.4, 0.1])


def start_of(generation: int) -> int:
    """The place in the order drawn from which a generation wagers: it is weighed on labels before it only."""
    return int(FIRST * 2**generation)


def share_of(generation: int) -> float:
    """What a generation may spend of delta: a half, a quarter, ...; together never more than all of it."""
    return float(0.5 ** (generation + 1))


def due(answered: np.ndarray, generation: int) -> bool:
    """Whether a generation can be weighed now.

    answered (n_drawn,): in the order drawn. Most pairs before it are answered, or
    people have gone well past them: one that stays open stalls nothing.
    """
    start = start_of(generation)
    if len(answered) < start or not answered[:start].any():
        return False
    most = answered[:start].mean() >= ENOUGH and answered[start - 1 :].any()
    return bool(most or answered[:start].all() or answered[int(PASSED * start) :].any())


@dataclass
class Wagers:
    """One generation's wagers, one on each of several thresholds.

    `thresholds` (strict to loose) and what they cover are fixed before the first
    label heard; `delta` is what this generation may spend; `undrawn` (n_thresholds,)
    is how many pairs of the frame above each threshold were not drawn, None for a
    stream without end. Drawn pairs are heard in the order drawn, each once; the
    certificate is a function of the labels as they are now, so one that is
    retracted or answered late is heard by building the wagers anew.

    Why it holds. Take one threshold, M pairs of the frame above it from `start`
    on, K of them wrong. In the order drawn the i-th is wrong with probability
    mu_i = (K - S)/(M - i + 1) given the S errors before it. With a fixed bet b
    the capital multiplies by 1 - b at an error and by 1 + b mu_i/(1 - mu_i) else:
    a martingale, so 1/delta is ever reached with probability delta at most. Now
    suppose the guarantee is broken: more than alpha R of the R not drawn are wrong.
    Then from i on at least (errors seen from i on) + floor(alpha R) + 1 are wrong,
    whatever the unanswered ones are; with this smaller mu_i, and with every
    unanswered pair taken for an error, each factor is at most the true one. So the
    capital counted here is, at every time, at most that of the true martingale:
    any certificate that breaks the guarantee needs the true one to have reached
    1/delta, in whatever order people answered, skipped or changed their labels,
    and the most it ever came to counts. (Who answers when must not depend on what
    the labels of later pairs would be.)

    Thresholds are tested strict to loose by the fallback procedure, which is
    exact for "more than alpha of all M above it are wrong", and for the pairs not
    drawn where M is large beside the sample; in small frames each threshold's own
    test still is, and simulations of the path keep delta (tests).
    """

    target: float
    delta: float
    thresholds: np.ndarray
    coverages: np.ndarray
    undrawn: np.ndarray | None = None
    _confidence: list[float] = field(default_factory=list)
    _wrong: list[float] = field(default_factory=list)
    _tie: list[bool] = field(default_factory=list)

    @classmethod
    def on(
        cls,
        confidence: np.ndarray,
        target: float = 0.9,
        delta: float = 0.1,
        *,
        undrawn: np.ndarray | None = None,
        coverages: Sequence[float] = COVERAGES,
    ) -> Wagers:
        """Thresholds at these coverages of all pairs' confidences (n_pairs,).

        undrawn: the confidences of the frame's pairs that were not drawn.
        """
        thresholds = np.quantile(confidence, 1 - np.array(coverages))
        thresholds = np.where(np.array(coverages) >= 1, -np.inf, thresholds)
        above = None if undrawn is None else (undrawn[None, :] > thresholds[:, None]).sum(1)
        return cls(target, delta, thresholds, np.array(coverages), above)

    def see(self, confidence: float, wrong: bool | None, *, apart: bool = False) -> None:
        """The next pair in the order drawn: every drawn one, answered or not, from where the wagers start.

        `wrong` is None while nobody has answered it. `apart`: people call it a tie, and ties leave the test.
        """
        self._confidence.append(confidence)
        self._wrong.append(np.nan if wrong is None else float(wrong))
        self._tie.append(apart)

    @property
    def labels(self) -> int:
        """Pairs answered so far."""
        return int(np.sum(~np.isnan(self._wrong) & ~np.array(self._tie, bool)))

    def certificate(self) -> Certificate:
        """What may be accepted now. Valid whenever it is asked for."""
        heard = [self._heard(i) for i in range(len(self.thresholds))]
        won = np.array([self._won(wrong, rest) for wrong, rest in heard])
        passed = _fallback(np.exp(-won), self.coverages, self.delta)
        open_ = int(np.isnan(self._wrong[: self._furthest()]).sum())
        tested = f"betting, valid at any time, {self.labels} labels so far"
        tested += f", {open_} unanswered counted as wrong" if open_ else ""
        if passed is None:
            return Certificate(self.target, self.delta, None, self.labels, 0, 0.0, tested)
        wrong = heard[passed][0]
        return Certificate(
            self.target,
            self.delta,
            float(self.thresholds[passed]),
            self.labels,
            int((~np.isnan(wrong)).sum()),
            float(np.nansum(wrong)),
            tested,
        )

    def alarm(self, threshold: float) -> Alarm:
        """A wager that the pairs drawn above a threshold of these err too often.

        Any of them may be asked for: false alarms are shared out over all.
        """
        at = int(np.flatnonzero(self.thresholds == threshold)[0])
        wrong, rest = self._heard(at)
        pool = None if rest is None else len(wrong) + rest
        found = Alarm(self.target, ALARM / len(self.thresholds), pool)
        return found.hear(None if np.isnan(each) else bool(each) for each in wrong)

    def _furthest(self) -> int:
        answered = np.flatnonzero(~np.isnan(self._wrong))
        return int(answered[-1]) + 1 if len(answered) else 0

    def _heard(self, i: int) -> tuple[np.ndarray, int | None]:
        """Of pairs above threshold i but ties set apart: whether wrong, in the order drawn; and the rest.

        Of the pairs not drawn only as many as people take a side on, by the low end of an interval.
        """
        inside, tie = np.array(self._confidence) > self.thresholds[i], np.array(self._tie, bool)
        wrong = np.array(self._wrong)[inside & ~tie]
        if self.undrawn is None:
            return wrong, None
        rest, ties = int(self.undrawn[i]), int((inside & tie).sum())
        sides = int((~np.isnan(wrong)).sum())
        return wrong, int(rest * wilson(sides, sides + ties, 0.998).low) if ties else rest

    def _won(self, wrong: np.ndarray, rest: int | None) -> float:
        """The logarithm of the most that was won on one threshold; nothing where labels speak against it."""
        known = wrong[~np.isnan(wrong)]
        alpha = round(1 - self.target, 12)
        if not len(known) or known.mean() > alpha or rest == 0:
            return 0.0
        return max(0.0, float(_capital(wrong, rest, alpha).max()))


def newest_certificate(generations: Sequence[Wagers]) -> tuple[int, Certificate]:
    """The newest generation that certifies anything, and what; the newest of all where none does."""
    for i in reversed(range(len(generations))):
        found = generations[i].certificate()
        if found.threshold is not None:
            return i, found
    return len(generations) - 1, generations[-1].certificate()


def _fallback(p: np.ndarray, coverage: np.ndarray, delta: float) -> int | None:
    """The last test that passes, strict to loose; what a passed test had to spend goes to the next."""
    given = np.zeros(len(p))
    for place, share in STARTS:
        given[int(np.argmin(np.abs(coverage - place)))] += share * delta
    left, passed = 0.0, None
    for i in range(len(p)):
        left += given[i]
        if p[i] <= left + 1e-12:
            passed = i
        else:
            left = 0.0
    return passed


def _capital(wrong: np.ndarray, rest: int | None, alpha: float) -> np.ndarray:
    """(m,) the logarithm of the capital after each pair, spread over all bets; nan is an error.

    mu: how likely the next would be wrong if the `rest` not drawn broke the guarantee by one error.
    """
    m, error = len(wrong), np.isnan(wrong) | (wrong > 0)
    if rest is None:
        mu = np.full(m, alpha)
    else:
        to_come = np.cumsum(np.nan_to_num(wrong)[::-1])[::-1]
        mu = (to_come + np.floor(alpha * rest + 1e-9) + 1) / (np.arange(m, 0, -1) + rest)
        mu = np.clip(mu, 0, 1 - 1e-9)
    right = np.log1p(_BETS[:, None] * (mu / (1 - mu))[None, :])
    log = np.cumsum(np.where(error[None, :], np.log1p(-_BETS)[:, None], right), axis=1)
    return np.asarray(np.logaddexp.reduce(log + np.log(_SPREAD)[:, None], axis=0))


# How much of the capital one right answer costs the alarm. Small bets find moderate drift: at 84 % where
# 90 % are guaranteed the best is 0.067; larger ones find a judge that broke.
_DOUBTS = np.array([0.015, 0.03, 0.05, 0.075, 0.11, 0.17, 0.3, 0.6])
_DOUBTED = np.array([0.04, 0.1, 0.22, 0.28, 0.16, 0.08, 0.07, 0.05])
RESTARTS = 0.2  # of the capital is kept for wagers that begin later, for what goes bad after a good start
EVERY = 25  # pairs between these starts


@dataclass
class Alarm:
    """Rings when the accepted err more than they may, with at most `delta` false alarms for ever.

    Hears pairs in the order they were drawn. One without an answer (None) counts
    as right: that can only keep the capital down, so the alarm is valid in whatever
    order people answer, whenever it is looked at, and a skip never rings it. What
    is guaranteed is that each pair, given those before, is wrong with probability
    1 - target at most; `pool`, where given, that at most so many of these are, of
    which the heard are drawn without replacement.

    No alarm can be quick about a small difference: on average it takes
    ln(1/delta) / KL(error, allowed) pairs at least, 174 at 84 % where 90 % are guaranteed.
    """

    target: float
    delta: float = ALARM
    pool: int | None = None
    seen: int = 0
    errors: int = 0
    _places: int = 0
    _capital: np.ndarray = field(default_factory=lambda: (1 - RESTARTS) * _DOUBTED)
    _kept: float = RESTARTS
    _best: float = 0.0

    def see(self, wrong: bool | None) -> None:
        """The next pair in the order drawn; None while nobody has answered it."""
        mu = 1 - self.target
        if self.pool is not None:
            allowed = np.floor(mu * self.pool + 1e-9) - self.errors
            mu = min(max(allowed, 1e-3) / max(self.pool - self._places, 1), 1.0)
        if self._places and self._places % EVERY == 0:
            number = self._places // EVERY
            begun = RESTARTS / (number * (number + 1))  # over all numbers these come to RESTARTS
            self._capital, self._kept = self._capital + begun * _DOUBTED, self._kept - begun
        self._capital = self._capital * (1 + _DOUBTS * ((1.0 if wrong else 0.0) / mu - 1))
        self._places += 1
        self.seen += wrong is not None
        self.errors += bool(wrong)
        # What can never be lost again is never more than this, whatever the capital.
        self._best = max(self._best, float(self._capital.sum()) + self._kept)
        self._capital = np.minimum(self._capital, 1e200)

    def hear(self, wrong: Iterable[bool | None]) -> Alarm:
        """Several, in the order drawn."""
        for each in wrong:
            self.see(each)
        return self

    @property
    def rings(self) -> bool:
        return bool(self._best >= 1 / self.delta)
