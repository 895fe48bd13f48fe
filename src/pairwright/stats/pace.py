"""When work will be done, from how much of it was done on each of the last days.

The days to come are taken to be like the last ones. Many times over, as many days as there were are drawn
from them with replacement, for other days might have been seen as well, and then days from these until all
that is left is done (a bootstrap of a bootstrap, Efron & Tibshirani 1993). Days without work count too, so
weekends lengthen the forecast. The interval covers how uneven the days were and how few, and nothing else:
neither people who come or go, nor work that is added later.
"""

from __future__ import annotations

import math

import numpy as np

from pairwright.types import Estimate

FEWEST_DAYS = 3  # with work, under which nobody can tell a pace from chance
DRAWS = 2000
LONGEST = 3650  # days, beyond which a forecast is none
LEVEL = 0.8


def days_until_done(per_day: np.ndarray, left: float, *, seed: int = 0) -> Estimate:
    """Days until `left` is done: the median, and an 80 % interval.

    `per_day` is what was done on each of the last days, oldest first, idle ones as 0. Raises ValueError,
    saying why, where too little is known.
    """
    done = np.asarray(per_day, float)
    at_work = int((done > 0).sum())
    if at_work < FEWEST_DAYS:
        raise ValueError(f"answers on {_days(at_work)} so far; a forecast takes {FEWEST_DAYS}")
    if left <= 0:
        return Estimate(0.0, 0.0, 0.0, at_work, "nothing is left")
    mean = done.mean()
    if left / mean > LONGEST:
        raise ValueError(f"at this pace it takes more than {LONGEST // 365} years")
    days = _drawn(done, left, np.random.default_rng(seed))
    low, middle, high = np.quantile(days, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2])
    method = f"bootstrap over {len(done)} days, {LEVEL:.0%}"
    return Estimate(float(middle), float(low), float(high), at_work, method)


def _drawn(done: np.ndarray, left: float, rng: np.random.Generator) -> np.ndarray:
    """(DRAWS,) in how many days all was done; at most LONGEST."""
    might = rng.choice(done, (DRAWS, len(done)))
    ahead = math.ceil(1.5 * left / done.mean()) + 10
    days, total, passed = np.full(DRAWS, float(LONGEST)), np.zeros(DRAWS), 0
    running = np.arange(DRAWS)
    while len(running) and passed < LONGEST:
        drawn = np.take_along_axis(might[running], rng.integers(len(done), size=(len(running), ahead)), 1)
        reached = total[running, None] + np.cumsum(drawn, 1)
        ready = reached[:, -1] >= left
        days[running[ready]] = passed + 1 + (reached[ready] >= left).argmax(1)
        total[running], passed = reached[:, -1], passed + ahead
        running = running[~ready]
    return days


def _days(n: int) -> str:
    return "1 day" if n == 1 else f"{n} days" if n else "no day"
