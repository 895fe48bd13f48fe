"""One person's habits beside those of the others on the same pairs: a side, length, ties, pace.

On the same pairs, for what is a habit in one domain is right in another. Each figure has an interval; two
shares are called apart where Fisher's exact test says so at p < 0.001, as with dozens of people looked at
every day a looser one cries wolf.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy

from pairwright.stats.intervals import wilson
from pairwright.stats.raters import CERTAIN, FEWEST, LENGTH_MATTERS, TIE, VoteTable, majority_of_others
from pairwright.types import Estimate

Habit = Literal["left", "longer", "ties", "agreement", "seconds"]


@dataclass(frozen=True, slots=True)
class Beside:
    """A habit of one person and the same of the others; None where there is nothing to take it from.

    Shares, but `seconds`: the median active time of an answer.
    """

    habit: Habit
    mine: Estimate | None
    others: Estimate | None
    apart: bool


def beside_others(votes: VoteTable, rater: int) -> list[Beside]:
    """All habits of this person."""
    mine = votes.rater == rater
    theirs = ~mine & np.isin(votes.item, votes.item[mine])
    chose = votes.said != TIE
    left = (votes.said == 0) == (votes.order > 0)
    longer = (votes.said == 0) == (votes.gap > 0)
    majority = majority_of_others(votes.item, votes.said)
    # The others among themselves: somebody who is often wrong must not make them look as if they were.
    majority[~mine] = majority_of_others(votes.item[~mine], votes.said[~mine])
    shares: list[tuple[Habit, np.ndarray, np.ndarray]] = [
        ("agreement", votes.said == majority, majority >= 0),
        ("left", left, chose & (votes.order != 0)),
        ("longer", longer, chose & (np.abs(votes.gap) >= LENGTH_MATTERS)),
        ("ties", ~chose, np.ones_like(chose)),
    ]
    found = [_share(habit, so, mine & counts, theirs & counts) for habit, so, counts in shares]
    seconds = [votes.seconds[at & np.isfinite(votes.seconds)] for at in (mine, theirs)]
    return [*found, Beside("seconds", median(seconds[0]), median(seconds[1]), _slower_or_faster(*seconds))]


def _share(habit: Habit, so: np.ndarray, mine: np.ndarray, theirs: np.ndarray) -> Beside:
    sides = [(int(so[at].sum()), int(at.sum())) for at in (mine, theirs)]
    shares = [wilson(k, n) if n else None for k, n in sides]
    enough = min(n for _, n in sides) >= FEWEST
    apart = enough and bool(scipy.stats.fisher_exact([[k, n - k] for k, n in sides])[1] < CERTAIN)
    return Beside(habit, shares[0], shares[1], apart)


def _slower_or_faster(mine: np.ndarray, theirs: np.ndarray) -> bool:
    """By the rank test of Mann & Whitney (Ann. Math. Stat. 18, 1947)."""
    if min(len(mine), len(theirs)) < FEWEST:
        return False
    return bool(scipy.stats.mannwhitneyu(mine, theirs).pvalue < CERTAIN)


def median(values: np.ndarray, level: float = 0.95) -> Estimate | None:
    """The median with its interval by order statistics (David & Nagaraja, Order Statistics, 2003, 7.1)."""
    n = len(values)
    if not n:
        return None
    ordered = np.sort(values)
    low = int(scipy.stats.binom.ppf((1 - level) / 2, n, 0.5))
    at = max(low - 1, 0)
    return Estimate(
        float(np.median(values)),
        float(ordered[at]),
        float(ordered[n - 1 - at]),
        n,
        f"order statistics {level:.0%}",
    )
