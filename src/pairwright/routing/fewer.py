"""Which judges are worth keeping: most of what many say, a few say for less money."""

from __future__ import annotations

import numpy as np

from pairwright.routing import believe
from pairwright.routing.signals import Ballots


def chosen_by_evidence(ballots: Ballots, labels: np.ndarray, most: int = 3) -> list[str]:
    """Up to `most` judges, each the one that explains people's labels best on top of those before.

    Compared by the evidence of the fitted model (its marginal likelihood), which
    counts what a further judge adds and that it is one more to be wrong about;
    so it stops where no judge adds anything. labels (n_pairs, 3) as in
    `believe.fit`. Raises ValueError with fewer than 10 labelled pairs.
    """
    kept: list[str] = []
    best = -np.inf
    while len(kept) < most:
        found = [
            (believe.fit(ballots.of_judges([*kept, judge]), labels).fit.evidence, judge)
            for judge in ballots.judges
            if judge not in kept
        ]
        if not found or max(found)[0] <= best:
            break
        best, judge = max(found)
        kept.append(judge)
    return kept
