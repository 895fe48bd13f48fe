"""Which judges are worth keeping: most of what many say, a few say for less money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pairwright.routing import forecast
from pairwright.routing.signals import Ballots
from pairwright.stats.intervals import clopper_pearson
from pairwright.types import Estimate


@dataclass(frozen=True, slots=True)
class Panel:
    """How right some judges are together, on all labelled pairs and on the half they are surest of."""

    judges: tuple[str, ...]
    all: bool
    right: Estimate
    surest_half: Estimate

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def fewer_judges(ballots: Ballots, labels: np.ndarray, groups: Sequence[int] | np.ndarray) -> list[Panel]:
    """The best one, two, three judges beside all of them; empty where there is nothing to choose.

    Judges are chosen on all labels, so their shares are a little kind to them; each
    share is cross-fitted over the labelled pairs.
    """
    known = labels.sum(1) > 0
    if len(ballots.judges) < 2 or known.sum() < 2 * forecast.FEWEST:
        return []
    chosen = chosen_by_evidence(ballots, labels)
    panels = [chosen[: i + 1] for i in range(len(chosen))]
    panels += [] if len(chosen) == len(ballots.judges) else [list(ballots.judges)]
    return [_panel(panel, ballots, labels, groups, known) for panel in panels]


def _panel(
    judges: Sequence[str],
    ballots: Ballots,
    labels: np.ndarray,
    groups: Sequence[int] | np.ndarray,
    known: np.ndarray,
) -> Panel:
    crossed = forecast.cross_fit(ballots.of_judges(judges), labels, groups)
    # What most people said: where they are split nobody is right, whichever of the two is called A.
    right = labels[known, crossed.probs[known].argmax(1)] > 0.5
    order = np.argsort(-crossed.confidence[known], kind="stable")
    surest = right[order[: max(1, len(order) // 2)]]
    return Panel(
        tuple(judges),
        len(judges) == len(ballots.judges),
        clopper_pearson(int(right.sum()), len(right)),
        clopper_pearson(int(surest.sum()), len(surest)),
    )


def chosen_by_evidence(ballots: Ballots, labels: np.ndarray, most: int = 3) -> list[str]:
    """Up to `most` judges, each the one that explains people's labels best on top of those before.

    Compared by the evidence of the fitted model (its marginal likelihood), which
    counts what a further judge adds and that it is one more to be wrong about;
    so it stops where no judge adds anything. labels (n_pairs, 3) as in
    `forecast.fit`. Raises ValueError with fewer than 10 labelled pairs.
    """
    kept: list[str] = []
    best = -np.inf
    while len(kept) < most:
        found = [
            (forecast.fit(ballots.of_judges([*kept, judge]), labels).evidence, judge)
            for judge in ballots.judges
            if judge not in kept
        ]
        if not found or max(found)[0] <= best:
            break
        best, judge = max(found)
        kept.append(judge)
    return kept
