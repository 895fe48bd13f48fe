"""How much more data is worth: held-out agreement against the number of pairs, and where it goes.

acc(n) = a - b n^-c (Hestness et al. 2017, arXiv:1712.00409), fitted by weighted least
squares with a held under 1 and c between 0.1 and 1; what it says of twice the data
has an interval from refits to resampled prompts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import optimize, special

from pairwright.errors import InputError
from pairwright.reward.cross_fit import folds_of
from pairwright.reward.light import Comparisons, train
from pairwright.reward.verify import halves

SIZES = 6
REPEATS = 4
SMALLEST = 60
_DRAWS = 300
_HELD_OUT = 5  # one in so many prompts is never trained on
_LEAST_ERROR = 0.003
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
    added and what doubling should (with its interval). `drawn` (draws, sizes) are the means of
    resampled prompts, which intervals are made of.
    """

    points: tuple[Point, ...]
    a: float
    b: float
    c: float
    now: tuple[float, float, float]
    doubled: tuple[float, float, float]
    gain: tuple[float, float, float]
    domains: tuple[dict[str, Any], ...]
    drawn: np.ndarray

    def as_dict(self) -> dict[str, Any]:
        """Everything but `drawn`."""
        return {name: value for name, value in asdict(self).items() if name != "drawn"}


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
    steps, seen = None, []
    names = np.full(len(pairs), "") if domains is None else domains.astype(str)
    for repeat in range(repeats):
        fold = folds_of(pairs.groups, _HELD_OUT, seed + repeat)
        inside, outside = np.flatnonzero(fold != 0), np.flatnonzero((fold == 0) & (pairs.labels != 0.5))
        order = np.random.default_rng(seed + repeat).permutation(len(np.unique(pairs.groups)))
        inside = inside[
            np.argsort(order[np.unique(pairs.groups, return_inverse=True)[1][inside]], kind="stable")
        ]
        if steps is None:
            steps = _steps(pairs, len(inside), sizes)
        right = np.zeros((len(outside), len(steps)))
        for i, n in enumerate(steps):
            model = train(pairs, inside[:n], strength=strength, seed=seed)
            right[:, i] = halves(model.margins(pairs, outside))
            if progress:
                progress(repeat * len(steps) + i + 1, repeats * len(steps))
        seen.append(HeldOut(pairs.groups[outside], names[outside], right))
    assert steps is not None
    mean, drawn = resampled(seen, seed)
    error = np.maximum(drawn.std(0, ddof=1), _LEAST_ERROR)
    (a, b, c), now, doubled, gain = _extrapolated(steps, mean, drawn, error)
    points = tuple(Point(int(n), float(v), float(e)) for n, v, e in zip(steps, mean, error, strict=True))
    return Curve(points, a, b, c, now, doubled, gain, _by_domain(steps, seen, seed), drawn)


def _steps(pairs: Comparisons, inside: int, sizes: int) -> np.ndarray:
    most = min(inside, int(len(pairs) * (1 - 1 / _HELD_OUT) * 0.95))
    if most < 3 * SMALLEST:
        raise InputError(f"{len(pairs):,} pairs are too few for a learning curve: it takes {4 * SMALLEST}")
    return np.unique(np.geomspace(SMALLEST, most, sizes).round().astype(int))


Interval = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One repeat: prompts and domains (m,) held out, and `right` (m, sizes), a half where it was even."""

    groups: np.ndarray
    domains: np.ndarray
    right: np.ndarray


def resampled(seen: Sequence[HeldOut], seed: int, domain: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """((sizes,) mean, (draws, sizes) means) of pairs held out, prompts and repeats drawn with replacement.

    The same draw is asked at every size, for what is hard is hard at all of them; a prompt that is held
    out in several repeats comes or goes in all of them.
    """
    rng = np.random.default_rng(seed)
    some = [each for each in seen if domain is None or (each.domains == domain).any()]
    kept = [slice(None) if domain is None else each.domains == domain for each in some]
    prompts, place = np.unique(
        np.concatenate([e.groups[k] for e, k in zip(some, kept, strict=True)]), return_inverse=True
    )
    # (repeats, prompts, sizes) of how many were right, and (repeats, prompts) of how many there were.
    won = np.zeros((len(some), len(prompts), some[0].right.shape[1]))
    asked = np.zeros((len(some), len(prompts)))
    at = 0
    for i, (each, k) in enumerate(zip(some, kept, strict=True)):
        told = each.right[k]
        here = place[at : at + len(told)]
        np.add.at(won[i], here, told)
        np.add.at(asked[i], here, 1)
        at += len(told)
    drawn = np.zeros((_DRAWS, won.shape[2]))
    for draw in range(_DRAWS):
        weight = np.bincount(rng.integers(len(prompts), size=len(prompts)), minlength=len(prompts))
        repeats = rng.integers(len(some), size=len(some))
        total = (asked[repeats] @ weight).sum()
        drawn[draw] = np.einsum("rps,p->s", won[repeats], weight) / max(1.0, total)
    return won.sum((0, 1)) / asked.sum(), drawn


def _extrapolated(
    steps: np.ndarray, mean: np.ndarray, drawn: np.ndarray, error: np.ndarray
) -> tuple[Interval, Interval, Interval, Interval]:
    """The law's (a, b, c), and what it says of the largest size, of twice that, and of the gain between."""
    a, b, c = fit_law(steps, mean, error)
    now, later = int(steps[-1]), 2 * int(steps[-1])
    laws = np.array([fit_law(steps, each, error) for each in drawn])
    at = {n: laws[:, 0] - laws[:, 1] * n ** -laws[:, 2] for n in (now, later)}

    def interval(of: np.ndarray, value: float) -> Interval:
        low, high = np.quantile(of, [0.025, 0.975])
        return min(float(low), value), value, max(float(high), value)

    here, there = a - b * now**-c, a - b * later**-c
    low, gain, high = interval(at[later] - at[now], there - here)
    # A law that can't fall calls what fell flat, for sure: it is as sure as the last step was.
    step = 1.96 * float((drawn[:, -1] - drawn[:, -2]).std(ddof=1))
    return (
        (a, b, c),
        interval(at[now], here),
        interval(at[later], there),
        (low, gain, max(high, gain + step / 2)),
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


def _by_domain(steps: np.ndarray, seen: Sequence[HeldOut], seed: int) -> tuple[dict[str, Any], ...]:
    """Agreement by domain at the largest size, whether it still climbs, and what doubling should add.

    A domain climbs or falls where its last step is outside what chance gives one of as many domains
    as there are, in 5 % (Bonferroni).
    """
    found = []
    names, counts = np.unique(np.concatenate([each.domains for each in seen]), return_counts=True)
    large = [str(name) for name, n in zip(names, counts, strict=True) if name and n >= FEWEST_IN_DOMAIN]
    far = float(special.ndtri(1 - 0.025 / max(1, len(large))))
    for name in large:
        mean, drawn = resampled(seen, seed, name)
        error = np.maximum(drawn.std(0, ddof=1), _LEAST_ERROR)
        gain = float(mean[-1] - mean[-2])
        apart = float((drawn[:, -1] - drawn[:, -2]).std(ddof=1))  # the same pairs, twice
        state = "climbs" if gain > far * apart else "falls" if gain < -far * apart else "flat"
        found.append({
            "domain": name, "agreement": float(mean[-1]), "gain": gain, "error": apart, "state": state,
            "doubling": _extrapolated(steps, mean, drawn, error)[3],
        })  # fmt: skip
    return tuple(sorted(found, key=lambda each: -each["doubling"][1]))
