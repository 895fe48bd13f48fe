"""One person's habits beside those of the others on the same pairs: agreement, a side, length, ties, pace.

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
from pairwright.stats.raters import CERTAIN, FEWEST, LENGTH_MATTERS, TIE, VoteTable
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
    shares: list[tuple[Habit, np.ndarray, np.ndarray]] = [
        ("left", left, chose & (votes.order != 0)),
        ("longer", longer, chose & (np.abs(votes.gap) >= LENGTH_MATTERS)),
        ("ties", ~chose, np.ones_like(chose)),
    ]
    found = [_share(habit, _count(so, mine & at), _count(so, theirs & at)) for habit, so, at in shares]
    found.insert(0, _agreement(votes, rater))
    seconds = [votes.seconds[at & np.isfinite(votes.seconds)] for at in (mine, theirs)]
    return [*found, Beside("seconds", median(seconds[0]), median(seconds[1]), _slower_or_faster(*seconds))]


def _agreement(votes: VoteTable, rater: int) -> Beside:
    """How often the first two answers to a pair are the same, where one is this person's and where none is.

    Of the first two, for a third person is asked only where they differ: pairs with more answers are the
    hard ones. And not on the same pairs, on which the others are compared with this person alone.
    """
    order = np.argsort(votes.item, kind="stable")  # of one pair in the order in which they were cast
    item = votes.item[order]
    first = np.flatnonzero(np.r_[True, item[1:] != item[:-1]][: len(item)])
    first = first[first + 1 < len(item)]
    first = first[item[first] == item[first + 1]]
    one, two = order[first], order[first + 1]
    same = votes.said[one] == votes.said[two]
    mine = (votes.rater[one] == rater) | (votes.rater[two] == rater)
    return _share("agreement", _count(same, mine), _count(same, ~mine))


def _count(so: np.ndarray, at: np.ndarray) -> tuple[int, int]:
    return int(so[at].sum()), int(at.sum())


def _share(habit: Habit, mine: tuple[int, int], theirs: tuple[int, int]) -> Beside:
    sides = [mine, theirs]
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
