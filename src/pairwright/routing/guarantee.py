"""Accept without a person only where the guarantee holds: thresholds that hold with finite labels.

The guarantee: of all pairs accepted, at least `target` agree with people, with
probability at least 1 - delta over the draw of the calibration labels.

Labels must be of pairs drawn by chance from those to be decided. Thresholds are
tested from strict to loose, each by an exact binomial test, and testing stops
where one fails (fixed-sequence testing: Angelopoulos et al., "Learn then Test",
2021; Jung et al., "Trust or Escalate", ICLR 2025, whose published code breaks
its own guarantee: it accepts the strictest threshold untested). Two things make
more of the same labels:

- Only those numbers of accepted pairs are tested at which one error more becomes
  affordable. Between them the test can only have become stricter.
- Testing starts where, if confidences were exactly the chances of being right, most
  could be expected to be accepted: where judges tell pairs apart at a strict
  threshold, where confidence says little at a loose one. Labels have no say in it,
  so all of delta is spent there; if confidences are off, less is accepted and the
  guarantee holds all the same.

A threshold is a confidence that lies just below the accepted ones: a pair is
accepted where its confidence is *greater*, so the labels above it are a plain
random sample of what will be accepted.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pairwright.stats.finite import hardest_rest, rest_p
from pairwright.stats.intervals import labels_to_certify

BELIEVED = 200  # made-up outcomes by which it is decided where testing starts
EXPECTED = 0.45  # of the errors allowed, among the surer half: what a good judge does

Fewest = Callable[[np.ndarray], np.ndarray]  # (m,) accepted pairs -> (m,) those that audits leave


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is guaranteed, if anything can be.

    `threshold` is None where nothing may be accepted. `accepted` and `errors`
    count calibration labels above it; `coverage` is their share. `tested` says
    how it was tested. `would_do` is how many labels would probably be
    enough where these were not (None: no number would).
    """

    target: float
    delta: float
    threshold: float | None
    labels: int
    accepted: int
    errors: float
    tested: str
    would_do: int | None = None

    @property
    def coverage(self) -> float:
        return self.accepted / self.labels if self.labels else 0.0

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "coverage": self.coverage}


def certify(
    confidence: np.ndarray,
    wrong: np.ndarray,
    target: float = 0.9,
    delta: float = 0.1,
    *,
    rest: np.ndarray | None = None,
    fewest: Fewest | None = None,
) -> Certificate:
    """The loosest threshold that keeps the guarantee, or one that accepts nothing.

    confidence (n,): of the label that would be accepted. wrong (n,): 1 where
    people said otherwise, 0 where they agree; a fraction counts as one error.
    rest (n_rest,): confidence in the pairs of the frame that were not drawn, which are
    those the guarantee is about; without it they are without end. fewest: of so many
    accepted pairs, how many stay when audits have given the others to people; the
    guarantee holds all the while.
    Raises ValueError for a target or delta outside (0, 1).
    """
    n, confidence, wrong = len(confidence), np.asarray(confidence, float), np.asarray(wrong, float)
    heard = ~np.isnan(confidence)  # others are never accepted
    order = np.flatnonzero(heard)[np.argsort(-confidence[heard], kind="stable")]
    sure, errors = confidence[order], np.cumsum(np.ceil(wrong[order]))
    # Equal confidences stand or fall together.
    ends = np.unique(np.searchsorted(-sure, -sure, side="right"))
    thresholds = np.append(sure, -np.inf)[ends]
    left = None if rest is None else hardest(_above(np.asarray(rest, float), thresholds), fewest, target)
    believed = np.cumsum(believed_wrong(sure), axis=1)[:, ends - 1]
    passed = certify_path(ends, errors[ends - 1], believed, n, target, delta, rest=left)
    tested = f"{_test_name(rest)}, fixed sequence, {n} labels"
    if passed is None:
        would_do = _would_do(sure, errors, target, delta)
        if would_do is not None and rest is not None and would_do >= n + len(rest):
            would_do = None  # there are not so many pairs
        return Certificate(target, delta, None, n, 0, 0.0, tested, would_do)
    threshold = float(thresholds[passed])
    return Certificate(
        target, delta, threshold, n, int(ends[passed]), float(errors[ends[passed] - 1]), tested
    )


def hardest(accepted: np.ndarray, fewest: Fewest | None, target: float) -> np.ndarray:
    """(m,) how many are left of those accepted (m,): of all numbers that audits may leave, the hardest."""
    if fewest is None:
        return accepted
    return hardest_rest(fewest(accepted), accepted, round(1 - target, 12))


def believed_wrong(confidence: np.ndarray) -> np.ndarray:
    """(BELIEVED, ..., n) bool: which of (..., n) labels would be wrong, if right as often as they say.

    The same chance decides a pair in all of `...`, the steps of a cascade.
    """
    chance = np.random.default_rng(0).random((BELIEVED, confidence.shape[-1]))
    return np.asarray(chance.reshape(BELIEVED, *[1] * (confidence.ndim - 1), -1) > confidence)


def _test_name(rest: np.ndarray | None) -> str:
    return "exact binomial" if rest is None else "exact hypergeometric"


def _above(confidence: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """(m,) how many are greater than each threshold."""
    sure = np.sort(confidence[~np.isnan(confidence)])
    return np.asarray(len(sure) - np.searchsorted(sure, thresholds, side="right"))


def certify_path(
    accepted: np.ndarray,
    errors: np.ndarray,
    believed: np.ndarray,
    n: int,
    target: float,
    delta: float,
    *,
    rest: np.ndarray | None = None,
) -> int | None:
    """The last of a path of rules, strict to loose, that keeps the guarantee; None if none does.

    accepted, errors (m,): how many of n calibration pairs each rule accepts, never
    fewer than the one before, and how many of these are wrong. believed (k, m): how many would be
    in k outcomes by the judges' own confidence; decides where testing starts. rest (m,): how many
    of the pairs that were not drawn it accepts; None: they are without end. The path must
    have been fixed without the labels.
    """
    if not 0 < target < 1 or not 0 < delta < 1:
        raise ValueError(f"target and delta lie between 0 and 1; got {target} and {delta}")
    if not len(accepted):
        return None
    affordable = _affordable(accepted, rest, round(1 - target, 12), delta)
    # The first rule that affords each number of errors; and of those that accept as
    # many as any rule does, cheaper ones as far as they go.
    first = np.flatnonzero(np.diff(np.maximum.accumulate(affordable), prepend=-1) > 0)
    if not len(first):
        return None
    most = np.searchsorted(accepted, accepted[-1])
    cheaper = np.linspace(most, len(accepted) - 1, 20).astype(int)
    tested = np.unique(np.concatenate([first, cheaper]))
    start = starting_test(believed[:, tested] <= affordable[tested], accepted[tested])
    failed = np.append(errors[tested] > affordable[tested], True)
    passed = start + int(failed[start:].argmax()) - 1
    return None if passed < start else int(tested[passed])


def starting_test(passing: np.ndarray, accepted: np.ndarray) -> int:
    """The test to start at: most is accepted on average; the loosest of equals, the first if none can pass.

    passing (k, m): which tests each outcome passes.
    """
    reached, so_far = np.zeros(len(accepted)), np.zeros(len(passing))
    for i in range(len(accepted) - 1, -1, -1):
        so_far = np.where(passing[:, i], np.maximum(so_far, accepted[i]), 0)
        reached[i] = so_far.mean()
    return int(np.flatnonzero(reached == reached.max())[-1]) if reached.any() else 0


def _affordable(accepted: np.ndarray, rest: np.ndarray | None, alpha: float, level: float) -> np.ndarray:
    """(m,) the most errors with which each rule passes the test at this level; -1: it can't. By bisection."""
    low, high = np.full(len(accepted), -1), np.maximum(accepted, 1)  # all wrong never passes
    while (open_ := high - low > 1).any():
        middle = np.where(open_, (low + high) // 2, 0)
        passing = rest_p(middle, accepted, rest, alpha) <= level
        low = np.where(open_ & passing, middle, low)
        high = np.where(open_ & ~passing, middle, high)
    return low


def _would_do(sure: np.ndarray, errors: np.ndarray, target: float, delta: float) -> int | None:
    """How many labels would do if errors stay where they are: the cheapest of the surest 20-100 %."""
    n, found = len(sure), []
    for share in (0.2, 0.4, 0.6, 0.8, 1.0):
        accepted = int(share * n)
        if accepted < 10:
            continue
        rate = (float(errors[accepted - 1]) + 0.5) / (accepted + 1)
        needed = labels_to_certify(target, delta, rate)
        if needed is not None:
            found.append(math.ceil(needed / share))
    # Few more than were there can't be the answer: these just failed, and errors were fewest there.
    return max(min(found), math.ceil(1.25 * n)) if found else None


def first_labels(target: float, delta: float, n_pairs: int) -> int:
    """How many labels to begin with: these will do if the surer half is good.

    What is left of a small pool says less for certain, so it takes more; but never more than half
    of it, for the others are what there is to gain.
    """
    needed = labels_to_certify(target, delta, EXPECTED * (1 - target))
    assert needed is not None  # the error is under what is allowed
    first = max(50, 2 * needed)
    drawn = np.arange(first, min(n_pairs // 2, 3 * first) + 1)
    surer = drawn // 2
    errors = np.ceil(EXPECTED * (1 - target) * surer - 1e-9)
    enough = rest_p(errors, surer, (n_pairs - drawn) // 2, 1 - target) <= delta
    return int(drawn[enough.argmax()]) if enough.any() else n_pairs // 2
