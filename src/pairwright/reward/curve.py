"""How much more data is worth: held-out agreement against the number of pairs, and where it goes.

acc(n) = a - b n^-c (Hestness et al. 2017, arXiv:1712.00409), fitted by weighted least
squares with a held under 1 and c between 0.1 and 1; what it says of twice the data
has an interval from refits of resampled points.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import optimize

from pairwright.errors import InputError
from pairwright.reward.cross_fit import folds_of
from pairwright.reward.light import Comparisons, train

SIZES = 6
REPEATS = 4
SMALLEST = 60
_DRAWS = 300
_HELD_OUT = 5  # one in so many prompts is never trained on
FEWEST_IN_DOMAIN = 60  # held-out pairs, under which a domain's slope says nothing


@dataclass(frozen=True, slots=True)
class Point:
    """Mean held-out agreement at `n` pairs, over repeats, and the standard error of that mean."""

    n: int
    value: float
    error: float


@dataclass(frozen=True, slots=True)
class Curve:
    """`points` as measured; `now` and `doubled` by the fitted law with 95 % intervals (low, value, high).

    `gain` is what doubling should add. `domains`: the same of each, in what the largest size
    added and what doubling should (with its interval).
    """

    points: tuple[Point, ...]
    a: float
    b: float
    c: float
    now: tuple[float, float, float]
    doubled: tuple[float, float, float]
    gain: tuple[float, float, float]
    domains: tuple[dict[str, Any], ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def learning_curve(
    pairs: Comparisons,
    strength: float | None,
    domains: np.ndarray | None = None,
    *,
    sizes: int = SIZES,
    repeats: int = REPEATS,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Curve:
    """Train on nested parts of the prompts, evaluated on others. `domains` (n,) names, "" unknown.

    Raises InputError where there are too few pairs for three sizes.
    """
    steps, values, by_domain = None, [], []
    total = repeats * sizes
    for repeat in range(repeats):
        fold = folds_of(pairs.groups, _HELD_OUT, seed + repeat)
        inside, outside = np.flatnonzero(fold != 0), np.flatnonzero((fold == 0) & (pairs.labels != 0.5))
        order = np.random.default_rng(seed + repeat).permutation(len(np.unique(pairs.groups)))
        inside = inside[
            np.argsort(order[np.unique(pairs.groups, return_inverse=True)[1][inside]], kind="stable")
        ]
        if steps is None:
            most = min(len(inside), int(len(pairs) * (1 - 1 / _HELD_OUT) * 0.95))
            if most < 3 * SMALLEST:
                raise InputError(
                    f"{len(pairs):,} pairs are too few for a learning curve: it takes {4 * SMALLEST}"
                )
            steps = np.unique(np.geomspace(SMALLEST, most, sizes).round().astype(int))
        row = []
        for i, n in enumerate(steps):
            right = train(pairs, inside[:n], strength=strength, seed=seed).margins(pairs, outside) > 0
            row.append(float(right.mean()))
            if domains is not None:
                by_domain.append((i, domains[outside], right))
            if progress:
                progress(repeat * sizes + i + 1, total)
        values.append(row)
    assert steps is not None
    table = np.array(values)
    return _fitted(steps, table, seed, _by_domain(steps, by_domain, seed))


def _fitted(steps: np.ndarray, table: np.ndarray, seed: int, domains: tuple[dict[str, Any], ...]) -> Curve:
    mean = table.mean(0)
    error = np.maximum(table.std(0, ddof=1) / np.sqrt(len(table)), 0.003)
    (a, b, c), now, doubled, gain = _extrapolated(steps, mean, error, seed)
    points = tuple(Point(int(n), float(v), float(e)) for n, v, e in zip(steps, mean, error, strict=True))
    return Curve(points, a, b, c, now, doubled, gain, domains)


Interval = tuple[float, float, float]


def _extrapolated(
    steps: np.ndarray, mean: np.ndarray, error: np.ndarray, seed: int
) -> tuple[Interval, Interval, Interval, Interval]:
    """The law's (a, b, c), and what it says of the largest size, of twice that, and of the gain between."""
    a, b, c = fit_law(steps, mean, error)
    rng = np.random.default_rng(seed)
    now, later = int(steps[-1]), 2 * int(steps[-1])
    drawn = np.array([fit_law(steps, mean + rng.normal(0, error), error) for _ in range(_DRAWS)])
    at = {n: drawn[:, 0] - drawn[:, 1] * n ** -drawn[:, 2] for n in (now, later)}

    def interval(of: np.ndarray, value: float) -> Interval:
        low, high = np.quantile(of, [0.025, 0.975])
        return min(float(low), value), value, max(float(high), value)

    here, there = a - b * now**-c, a - b * later**-c
    return (
        (a, b, c),
        interval(at[now], here),
        interval(at[later], there),
        interval(at[later] - at[now], there - here),
    )


def fit_law(n: np.ndarray, value: np.ndarray, error: np.ndarray) -> tuple[float, float, float]:
    """(a, b, c) of value = a - b n^-c, weighted least squares; a under 1, c from 0.1 to 1."""
    best, best_loss = (float(value.mean()), 0.0, 0.5), np.inf
    for c in np.linspace(0.1, 1.0, 19):
        design = np.column_stack([np.ones(len(n)), -(n.astype(float) ** -c)]) / error[:, None]
        done = optimize.lsq_linear(design, value / error, bounds=([0, 0], [1, np.inf]))
        if done.cost < best_loss:
            best, best_loss = (float(done.x[0]), float(done.x[1]), float(c)), done.cost
    return best


def _by_domain(
    steps: np.ndarray, seen: list[tuple[int, np.ndarray, np.ndarray]], seed: int
) -> tuple[dict[str, Any], ...]:
    """Agreement by domain at the largest size, whether it still climbs, and what doubling should add."""
    found = []
    names = sorted({str(name) for _, domain, _ in seen for name in domain} - {""})
    for name in names:
        right = [
            np.concatenate([told[domain == name] for at, domain, told in seen if at == i])
            for i in range(len(steps))
        ]
        last, before = right[-1], right[-2]
        if len(last) < FEWEST_IN_DOMAIN:
            continue
        mean = np.array([each.mean() for each in right])
        error = np.sqrt(np.maximum(mean * (1 - mean), 0.01) / len(last))
        gain = float(last.mean() - before.mean())
        apart = float(np.std(last.astype(float) - before) / np.sqrt(len(last)))  # the same pairs, twice
        state = "climbs" if gain > 2 * apart else "falls" if gain < -2 * apart else "flat"
        found.append({
            "domain": name, "agreement": float(last.mean()), "gain": gain, "error": apart, "state": state,
            "doubling": _extrapolated(steps, mean, error, seed)[3],
        })  # fmt: skip
    return tuple(sorted(found, key=lambda each: -each["doubling"][1]))
