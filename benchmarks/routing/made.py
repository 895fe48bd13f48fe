"""Made-up judges unlike the recorded ones, so that nothing is fitted to three sets.

Names begin with "made: "; every pair has a prompt of its own.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pairwright.routing.signals import Ballots

# (generator, +1 or -1 a pair: the better side) -> verdict, probability of its own verdict or nan, HIGH or nan
Judge = Callable[[np.random.Generator, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]


def plain(share: float) -> Judge:
    """Right in this share, and no word of how sure it is."""

    def judge(rng: np.random.Generator, side: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return _said(rng.random(len(side)) < share, side)

    return judge


def honest(low: float, high: float, a: float = 1.0, *, times: float = 1.0) -> Judge:
    """Right as often as it says; with `times`, it says so with that many times the log-odds."""

    def judge(rng: np.random.Generator, side: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        share = low + (high - low) * rng.beta(a, 1, len(side))
        stated = 1 / (1 + np.exp(-times * np.log(share / (1 - share))))
        return _said(rng.random(len(side)) < share, side, stated)

    return judge


def peaked() -> Judge:
    """Sure beyond 0.99 of most pairs, and right the more often the further beyond."""

    def judge(rng: np.random.Generator, side: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        logit = rng.gamma(2.2, 3.2, len(side))
        right = rng.random(len(side)) < 1 / (1 + np.exp(-0.35 * logit))
        return _said(right, side, 1 / (1 + np.exp(-logit)))

    return judge


def boasting(share: float) -> Judge:
    """States a probability that says nothing of being right."""

    def judge(rng: np.random.Generator, side: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return _said(rng.random(len(side)) < share, side, rng.uniform(0.55, 0.999, len(side)))

    return judge


def high_or_low(right_high: float, right_low: float) -> Judge:
    """Says HIGH of half of the pairs."""

    def judge(rng: np.random.Generator, side: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        high = rng.random(len(side)) < 0.5
        verdict, stated, _ = _said(rng.random(len(side)) < np.where(high, right_high, right_low), side)
        return verdict, stated, high.astype(float)

    return judge


def copies(n: int, share: float, own: float) -> list[Judge]:
    """n judges that say what one says, but for a share `own` in which each throws a coin."""
    one: list[np.ndarray] = []

    def judge(rng: np.random.Generator, side: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        if not one or len(one[0]) != len(side):
            one[:] = [rng.random(len(side)) < share]
        coin = rng.random(len(side)) < own
        return _said(np.where(coin, rng.random(len(side)) < 0.5, one[0]), side)

    return [judge] * n


def _said(
    right: np.ndarray, side: np.ndarray, stated: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    nothing = np.full(len(side), np.nan)
    return np.where(right, side, -side).astype(float), nothing if stated is None else stated, nothing


MADE: dict[str, Callable[[], list[tuple[str, Judge]]]] = {
    "made: one strong, five weak": lambda: [
        ("s", honest(0.6, 0.999, 2)),
        *((f"w{i}", plain(0.58)) for i in range(5)),
    ],
    "made: eleven equal and weak": lambda: [(f"w{i}", plain(0.64)) for i in range(11)],
    "made: a copied family": lambda: [
        *(("copy", judge) for judge in copies(6, 0.68, 0.15)),
        ("x", plain(0.76)),
        ("y", plain(0.74)),
    ],
    "made: confidence says nothing": lambda: [(f"u{i}", boasting(0.72)) for i in range(4)],
    "made: overconfident": lambda: [("o", honest(0.5, 0.95, times=4)), ("p", honest(0.5, 0.9, times=4))],
    "made: one, peaked": lambda: [("gpt", peaked())],
    "made: one, selective": lambda: [("one", honest(0.5, 0.999, 1.5))],
    "made: HIGH or LOW": lambda: [("h", high_or_low(0.92, 0.65)), ("i", high_or_low(0.85, 0.7))],
}


def made(name: str, n: int = 1500, seed: int = 0) -> tuple[Ballots, np.ndarray]:
    """(ballots, truth 0 A / 1 B)."""
    rng = np.random.default_rng(seed)
    side = rng.choice([-1.0, 1.0], n)
    judges = MADE[name]()
    said = [judge(rng, side) for _, judge in judges]
    verdict, stated, high = (np.concatenate(part) for part in zip(*said, strict=True))
    ballots = Ballots(
        tuple(f"{family} {i}" for i, (family, _) in enumerate(judges)),
        tuple(family for family, _ in judges),
        np.tile(np.arange(n), len(judges)),
        np.repeat(np.arange(len(judges)), n),
        np.ones(n * len(judges)),
        verdict,
        np.where(verdict > 0, stated, 1 - stated),
        np.full(n * len(judges), np.nan),
        high,
        rng.normal(0, 0.4, n),
    )
    return ballots, np.where(side > 0, 0, 1)
