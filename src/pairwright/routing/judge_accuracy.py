"""What a judge is worth against people, and whether it is worth anything.

Bias is measured against people on the same pairs: people prefer the longer
answer too, so a judge is biased only by how much more it does.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from pairwright.routing.signals import Ballots
from pairwright.stats.intervals import clopper_pearson, wilson
from pairwright.types import Estimate

FEWEST = 50  # labelled pairs a judge was heard on, under which it is not refused
Standing = Literal["not known yet", "better than chance", "no better than chance", "worse than chance"]


@dataclass(frozen=True, slots=True)
class JudgeWorth:
    """One judge on pairs people labelled. Shares are in [0, 1], None where nothing can be said.

    `right`: of the pairs on which it takes a side (over its orders) and people
    do, how often the same. `decided`: how often it takes a side. `consistent`:
    the same verdict in both orders. `first_shown`: how often it chose what was
    shown first; 0.5 is no position bias where both orders were asked.
    `longer`: how much more often than people it chose the longer response.
    """

    judge: str
    standing: Standing
    right: Estimate | None
    decided: Estimate | None
    consistent: Estimate | None
    first_shown: Estimate | None
    longer: Estimate | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        right = "" if self.right is None else f", right on {self.right.percent} of {self.right.n} it decided"
        return f"{self.judge}: {self.standing}{right}"


def judges_worth(ballots: Ballots, labels: np.ndarray) -> list[JudgeWorth]:
    """Every judge against people. labels (n_pairs, 3): people's, zeros where there is none."""
    signed = labels[:, 0] - labels[:, 1]
    truth = np.where(np.abs(signed) > 1 / 3, np.sign(signed), 0.0)
    known = labels.sum(1) > 0
    means = ballots.means(ballots.verdict.astype(float))
    sided = ballots.means(np.abs(ballots.verdict.astype(float)))
    same = np.isin(sided, (0, 1)) & (np.abs(means) == sided)  # a tie both times is the same, too
    first = ballots.means(ballots.verdict * ballots.order)
    both = ballots.means(ballots.order.astype(float)) == 0
    return [
        _worth(name, means[:, j], same[:, j], first[:, j], both[:, j], truth, known, ballots.length_gap)
        for j, name in enumerate(ballots.judges)
    ]


def _worth(
    judge: str,
    mean: np.ndarray,
    same: np.ndarray,
    first: np.ndarray,
    both: np.ndarray,
    truth: np.ndarray,
    known: np.ndarray,
    length_gap: np.ndarray,
) -> JudgeWorth:
    heard = ~np.isnan(mean)
    said = np.sign(np.nan_to_num(mean))
    labelled = heard & known & (truth != 0)
    sided = labelled & (said != 0)
    right = _share(said[sided] == truth[sided])
    standing: Standing = "not known yet"
    if right is not None and right.low > 0.5:
        standing = "better than chance"
    elif right is not None and right.high < 0.5:
        standing = "worse than chance"
    elif labelled.sum() >= FEWEST:
        standing = "no better than chance"
    twice = heard & both
    taken = heard & ~np.isnan(first)
    gap = sided & (np.abs(length_gap) > 0.05)
    longer = np.sign(length_gap[gap])
    return JudgeWorth(
        judge,
        standing,
        right,
        _share(said[heard & known] != 0),
        _share(same[twice]),
        _mean_share((1 + first[taken]) / 2),
        _difference(said[gap] == longer, truth[gap] == longer),
    )


def _share(cases: np.ndarray) -> Estimate | None:
    return clopper_pearson(int(cases.sum()), len(cases)) if len(cases) else None


def _mean_share(values: np.ndarray) -> Estimate | None:
    return wilson(float(values.sum()), len(values)) if len(values) else None


def _difference(judge: np.ndarray, people: np.ndarray) -> Estimate | None:
    """Judge less people on the same pairs, with a normal interval of the paired difference."""
    n = len(judge)
    if n < 2:
        return None
    gaps = judge.astype(float) - people
    half = 1.96 * float(gaps.std(ddof=1)) / np.sqrt(n)
    return Estimate(float(gaps.mean()), float(gaps.mean() - half), float(gaps.mean() + half), n, "paired 95%")
