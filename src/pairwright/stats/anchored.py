"""People and judges together, without letting the judges outvote the people.

In plain Dawid-Skene every judge counts as one more rater, and judges that make
the same mistakes confirm each other until they overrule the people. Here all
judges together are one forecast, made from pairs people labelled and without
the pair's own labels; it is the prior, and people are raters on top of it, each
right with a probability of its own (the one-coin model of Dawid & Skene, JRSS C
28 (1979), with a Beta(4, 1) prior: most people are mostly right).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pairwright.errors import NotConverged

RIGHT, WRONG = 4.0, 1.0  # the Beta prior on how often a person is right


@dataclass(frozen=True, slots=True)
class Anchored:
    """probs (n_pairs, 3): of A, B, TIE given forecast and people. reliability (n_people,): share right."""

    probs: np.ndarray
    reliability: np.ndarray


def combine(
    prior: np.ndarray,
    row: np.ndarray,
    person: np.ndarray,
    verdict: np.ndarray,
    n_people: int,
    *,
    steps: int = 500,
    tolerance: float = 1e-6,
) -> Anchored:
    """Posterior probabilities by expectation-maximisation.

    prior (n_pairs, 3): the judges' forecast, a uniform row where there is none.
    row, person, verdict (n_votes,): which pair, who (0..n_people-1), and 0 A,
    1 B, 2 TIE. Raises NotConverged.
    """
    n, k = prior.shape
    base = np.log(np.maximum(prior, 1e-12))
    asked = np.bincount(person, minlength=n_people)
    reliability = np.full(n_people, RIGHT / (RIGHT + WRONG))
    cell = row.astype(np.int64) * k + verdict
    for _ in range(steps):
        gain = np.log(reliability) - np.log((1 - reliability) / (k - 1))
        scores = base + np.bincount(cell, weights=gain[person], minlength=n * k).reshape(n, k)
        scores -= scores.max(1, keepdims=True)
        probs = np.exp(scores)
        probs /= probs.sum(1, keepdims=True)
        right = np.bincount(person, weights=probs[row, verdict], minlength=n_people)
        new = (right + RIGHT) / (asked + RIGHT + WRONG)
        moved = float(np.abs(new - reliability).max(initial=0.0))
        reliability = new
        if moved < tolerance:
            return Anchored(probs, reliability)
    raise NotConverged(f"people's reliabilities did not settle in {steps} steps on {len(row)} votes")
