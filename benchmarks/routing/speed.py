"""A million votes: seconds to weigh them, beside crowd-kit's Dawid-Skene on the same."""

from __future__ import annotations

import time

import numpy as np
from methods import dawid_skene

from pairwright.routing import forecast
from pairwright.routing.signals import Ballots
from pairwright.stats.dawid_skene import dawid_skene as own_dawid_skene


def simulated(n_pairs: int, n_judges: int, seed: int = 0) -> tuple[Ballots, np.ndarray]:
    """Votes of judges of unequal worth in both orders, and which side is better (0 A, 1 B)."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(2, size=n_pairs)
    skill = np.linspace(0.55, 0.85, n_judges)
    row = np.repeat(np.arange(n_pairs), 2 * n_judges)
    judge = np.tile(np.repeat(np.arange(n_judges), 2), n_pairs)
    order = np.tile([1.0, -1.0], n_pairs * n_judges)
    right = rng.random(len(row)) < skill[judge]
    verdict = np.where(right == (truth[row] == 0), 1.0, -1.0)
    nan = np.full(len(row), np.nan)
    names = tuple(f"judge {i}" for i in range(n_judges))
    ballots = Ballots(names, names, row, judge, order, verdict, nan, nan, nan, rng.normal(size=n_pairs))
    return ballots, truth


def speed() -> None:
    ballots, truth = simulated(100_000, 5)
    labels = np.eye(3)[truth]
    print(f"\n## {len(ballots.row):,} votes on {len(truth):,} labelled pairs, 5 judges\n")
    began = time.perf_counter()
    forecaster = forecast.fit(ballots, labels)
    fitted = time.perf_counter()
    label, _ = forecast.best_label(forecaster.predict(ballots))
    ended = time.perf_counter()
    print(
        f"Pairwright: {fitted - began:.1f} s to fit, {ended - fitted:.1f} s to forecast all, "
        f"right on {(label == truth).mean():.3f}"
    )
    began = time.perf_counter()
    label, _ = dawid_skene(ballots, labels)
    theirs = time.perf_counter() - began
    print(f"Dawid-Skene (crowd-kit): {theirs:.1f} s, right on {(label == truth).mean():.3f}")
    rater = ballots.judge * 2 + (ballots.order > 0)
    said = np.where(ballots.verdict > 0, 0, np.where(ballots.verdict < 0, 1, 2))
    began = time.perf_counter()
    probs = own_dawid_skene(ballots.row, rater, said, len(truth), 10).probs
    ours = time.perf_counter() - began
    print(
        f"Dawid-Skene (Pairwright): {ours:.2f} s, {theirs / ours:.1f} times as fast, "
        f"right on {(probs.argmax(1) == truth).mean():.3f}"
    )
