"""What each person's votes are like: agreement, accuracy on gold, bias to a side or to length, pace, drift.

Bias to length is set beside the same figure of the others on the same pairs:
people prefer the longer response in about 65 % of pairs, and often with reason.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import scipy

from pairwright.stats.intervals import wilson
from pairwright.types import Estimate

TIE = 2
FEWEST = 20  # votes, under which nobody is told anything is wrong
CERTAIN = 0.001  # p-value: with dozens of people looked at every day, a looser one cries wolf
GOLD_FLOOR = 0.75  # of answers on gold pairs
FEWEST_GOLD = 10  # of them, under which nobody is measured by them
FAR = 0.15  # of a share from that of the others; with thousands of votes every difference is significant
LENGTH_MATTERS = np.log(1.2)  # a fifth longer


@dataclass(frozen=True, slots=True)
class VoteTable:
    """All votes of people as columns, (n,) each.

    `item` and `rater` are any numbers; `said` 0 A, 1 B, 2 TIE; `order` 1 where
    a was shown left, -1 where b was, 0 unknown; `gap` log(len a / len b); `seconds` active
    time, nan where unknown; `gold` the known answer, -1 where there is none.
    Rows are in the order in which the votes were cast.
    """

    item: np.ndarray
    rater: np.ndarray
    said: np.ndarray
    order: np.ndarray
    gap: np.ndarray
    seconds: np.ndarray
    gold: np.ndarray


@dataclass(frozen=True, slots=True)
class RaterFigures:
    """One person's figures; None where there is nothing to take them from.

    `agreement` with what most others said of the same pair, `others_agreement`
    the same figure of everybody else; `gold` accuracy; `left` share of choices
    for the left side; `longer` share of choices for the longer response,
    `others_longer` that of most others; `drift` recent agreement minus earlier;
    `worries` what a lead should look at, each with its figure.
    """

    votes: int
    agreement: Estimate | None
    others_agreement: float | None
    gold: Estimate | None
    left: Estimate | None
    longer: Estimate | None
    others_longer: float | None
    median_seconds: float | None
    too_fast: float | None
    ties: float
    drift: float | None
    worries: tuple[str, ...]

    @property
    def fails_gold(self) -> bool:
        """Whether gold pairs say that this person is surely less right than they should be."""
        return self.votes >= FEWEST and _fails(self.gold)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def _fails(gold: Estimate | None) -> bool:
    return gold is not None and gold.n >= FEWEST_GOLD and gold.high < GOLD_FLOOR


def rater_figures(votes: VoteTable, too_fast_seconds: float) -> dict[int, RaterFigures]:
    """The figures of everybody who voted, by their number in `votes.rater`."""
    majority = majority_of_others(votes.item, votes.said)
    agree = np.where(majority >= 0, votes.said == majority, np.nan)
    longer = np.where((majority >= 0) & (majority != TIE), (majority == 0) == (votes.gap > 0), np.nan)
    found = {}
    for rater in np.unique(votes.rater):
        mine = np.flatnonzero(votes.rater == rater)
        rest = agree[votes.rater != rater]
        usual = float(np.nanmean(rest)) if np.isfinite(rest).any() else None
        found[int(rater)] = _one(votes, mine, agree, usual, longer, too_fast_seconds)
    return found


def majority_of_others(item: np.ndarray, said: np.ndarray) -> np.ndarray:
    """(n,) what most others said of the same pair, 0 A, 1 B, 2 TIE; -1 where they have no majority.

    Against the majority: one careless person must not make the careful ones look bad.
    """
    others = said_by_others(item, said)
    ranked = np.sort(others, 1)
    return np.asarray(np.where(ranked[:, 2] > ranked[:, 1], others.argmax(1), -1))


def said_by_others(item: np.ndarray, said: np.ndarray) -> np.ndarray:
    """(n, 3): how many others said A, B, TIE of the same pair."""
    items, place = np.unique(item, return_inverse=True)
    counts = np.bincount(place * 3 + said, minlength=3 * len(items)).reshape(-1, 3)
    others = counts[place]
    others[np.arange(len(item)), said] -= 1
    return np.asarray(others)


def _one(
    votes: VoteTable,
    mine: np.ndarray,
    agree: np.ndarray,
    usual: float | None,
    others_longer: np.ndarray,
    too_fast_seconds: float,
) -> RaterFigures:
    shared = mine[np.isfinite(agree[mine])]
    chose = mine[votes.said[mine] != TIE]
    sided = chose[votes.order[chose] != 0]
    left = (votes.said[sided] == 0) == (votes.order[sided] > 0)
    unequal = chose[np.abs(votes.gap[chose]) >= LENGTH_MATTERS]
    longer = (votes.said[unequal] == 0) == (votes.gap[unequal] > 0)
    known = mine[votes.gold[mine] >= 0]
    timed = votes.seconds[mine][np.isfinite(votes.seconds[mine])]
    theirs = others_longer[unequal][np.isfinite(others_longer[unequal])]
    figures = {
        "votes": len(mine),
        "agreement": _share(float(agree[shared].sum()), len(shared)),
        "others_agreement": usual,
        "gold": _share(float((votes.said[known] == votes.gold[known]).sum()), len(known)),
        "left": _share(float(left.sum()), len(sided)),
        "longer": _share(float(longer.sum()), len(unequal)),
        "others_longer": float(theirs.mean()) if len(theirs) else None,
        "median_seconds": float(np.median(timed)) if len(timed) else None,
        "too_fast": float((timed < too_fast_seconds).mean()) if len(timed) else None,
        "ties": float((votes.said[mine] == TIE).mean()),
        "drift": _drift(agree[shared]),
    }
    return RaterFigures(**figures, worries=_worries(figures, agree[shared], too_fast_seconds))  # type: ignore[arg-type]


def _share(successes: float, n: int) -> Estimate | None:
    return wilson(successes, n) if n else None


def _drift(agree: np.ndarray) -> float | None:
    """Agreement in the last third of a person's votes minus that in the two before."""
    if len(agree) < 2 * FEWEST:
        return None
    recent = agree[len(agree) - len(agree) // 3 :]
    return float(recent.mean() - agree[: len(agree) - len(recent)].mean())


def _worries(of: dict[str, Any], agree: np.ndarray, too_fast_seconds: float) -> tuple[str, ...]:
    """What is off by more than chance explains (p < 0.001)."""
    if of["votes"] < FEWEST:
        return ()
    found = []
    gold, agreement, left, longer = of["gold"], of["agreement"], of["left"], of["longer"]
    if _fails(gold):
        found.append(f"right on {gold.value:.0%} of {gold.n} gold pairs")
    usual = of["others_agreement"]
    if agreement and usual and agreement.n >= FEWEST and _under(agreement, usual):
        found.append(f"agrees with others on {agreement.value:.0%}, everybody else on {usual:.0%}")
    if (
        left
        and left.n >= FEWEST
        and scipy.stats.binomtest(round(left.value * left.n), left.n, 0.5).pvalue < CERTAIN
    ):
        found.append(f"chooses the left side in {left.value:.0%}")
    theirs = of["others_longer"]
    far = longer is not None and theirs is not None and abs(longer.value - theirs) > FAR
    if longer and theirs is not None and far and longer.n >= FEWEST and _apart(longer, theirs):
        found.append(f"chooses the longer in {longer.value:.0%}, others on these pairs in {theirs:.0%}")
    if of["too_fast"] is not None and of["too_fast"] > 0.1:
        found.append(f"{of['too_fast']:.0%} of answers in under {too_fast_seconds:g} s")
    if has_fallen(agree):
        found.append(f"agreement fell by {-of['drift'] * 100:.0f} points of late")
    return tuple(found)


def has_fallen(agree: np.ndarray) -> bool:
    """Whether the last third of these (0 or 1) is lower than what was before, by more than chance."""
    drift = _drift(agree)
    if drift is None or drift >= 0:
        return False
    cut = len(agree) - len(agree) // 3
    table = [[part.sum(), len(part) - part.sum()] for part in (agree[cut:], agree[:cut])]
    return bool(scipy.stats.fisher_exact(np.array(table, int))[1] < CERTAIN)


def _apart(share: Estimate, usual: float) -> bool:
    """Whether a share differs from the usual one by more than chance explains (exact binomial)."""
    test = scipy.stats.binomtest(round(share.value * share.n), share.n, min(max(usual, 0.01), 0.99))
    return bool(test.pvalue < CERTAIN)


def _under(share: Estimate, usual: float) -> bool:
    return share.value < usual - 0.05 and _apart(share, usual)
