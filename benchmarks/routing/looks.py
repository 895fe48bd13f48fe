"""What a second look costs, and looking after every label.

All rules get `first` labels drawn from all pairs and `more` after that; the
promise is judged on pairs nobody labelled.
"""

from __future__ import annotations

import numpy as np
from data import RecordedSet
from promise import Kept, kept
from ranking import one_hot

from pairwright.routing import forecast
from pairwright.routing.guarantee import certify
from pairwright.routing.sequential import Wagers, newest_certificate, share_of, start_of

DELTA = 0.1
SECOND = DELTA * 0.85 * 0.15  # what a second exact test may spend, after a first that spent 85 %


def looks(data: RecordedSet, target: float, first: int, more: int, draws: int) -> dict[str, Kept]:
    """Rule -> what came of it, over draws of the labels."""
    truth, n = data.truth, len(data.truth)
    rows: dict[str, list[tuple[int, int, int]]] = {}

    def note(rule: str, threshold: float | None, confidence, wrong, known) -> None:
        taken = np.zeros(n, bool) if threshold is None else confidence > threshold
        taken &= ~known
        rows.setdefault(rule, []).append((int(taken.sum()), int(wrong[taken].sum()), int((~known).sum())))

    for draw in range(draws):
        rng = np.random.default_rng(draw)
        order = rng.permutation(n)
        both = np.zeros(n, bool)
        both[order[: first + more]] = True
        # Once, after all labels; the judges are weighed anew on all of them.
        new_confidence, new_wrong = beliefs(data, truth, both, draw, rng)
        for rule, delta in (("exact, all labels at once", DELTA), ("exact, a second look", SECOND)):
            rest = new_confidence[~both]
            found = certify(new_confidence[both], new_wrong[both], target, delta, rest=rest)
            note(rule, found.threshold, new_confidence, new_wrong, both)
        # After every label: judges weighed on the first 50, 100, 200, ..., each time wagered on later ones.
        fits, generations = [], []
        while start_of(len(fits)) < first + more:
            g, before = len(fits), np.zeros(n, bool)
            before[order[: start_of(g)]] = True
            fits.append(beliefs(data, truth, before, draw, rng))
            confidence, wrong = fits[g]
            undrawn = confidence[order[first + more :]]
            generations.append(Wagers.on(confidence, target, DELTA * share_of(g), undrawn=undrawn))
            for i in order[start_of(g) : first + more]:
                generations[g].see(float(confidence[i]), bool(wrong[i]))
        at, found = newest_certificate(generations)
        note("wagers, looked at after every label", found.threshold, *fits[at], both)
    return {rule: kept(np.array(found), target) for rule, found in rows.items()}


def beliefs(data: RecordedSet, truth, known, seed: int, rng) -> tuple[np.ndarray, np.ndarray]:
    """Confidence in every pair, equals told apart by chance, and whether its label is wrong."""
    crossed = forecast.cross_fit(data.ballots, one_hot(truth, known), data.groups, seed=seed)
    return crossed.confidence + 1e-9 * rng.random(len(truth)), crossed.probs.argmax(1) != truth
