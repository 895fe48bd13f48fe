"""The promise tested by wagers: labels are heard one by one, and every `route` may look.

Judges are weighed once, on the first labels, and stay as weighed; every drawn
pair after these is a wager won or lost. No number of labels has to be fixed
beforehand and no look costs anything; the price is that fewer pairs are accepted
by the same labels (measured in docs/routing.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pairwright.routing.guarantee import Certificate
from pairwright.routing.sequential import COVERAGES, Wagers
from pairwright.routing.weigh import Applied
from pairwright.store.ballots import Said
from pairwright.store.calibrations import Draw, Recorded

FIT = 50  # drawn pairs, in the order drawn, on which judges are weighed


def first_settled(said: Said, there: Sequence[Draw], settled: np.ndarray) -> np.ndarray:
    """(n_pairs,) the pairs to weigh judges on: the first drawn. All False until people are done with them."""
    first = np.searchsorted(said.pair_ids, [each.pair_id for each in there[:FIT]])
    mask = np.zeros(len(said.pair_ids), bool)
    if len(first) and settled[first].all():
        mask[first] = True
    return mask


def thresholds_of(confidence: np.ndarray) -> list[float]:
    """What is wagered on, fixed when judges are weighed: thresholds at 5, 10, ... 100 % of all pairs."""
    wagers = Wagers.on(confidence)
    return [float(each) for each in wagers.thresholds[:-1]]  # the last accepts every pair


def certificate_now(
    said: Said, there: Sequence[Draw], settled: np.ndarray, newest: Recorded, applied: Applied
) -> Certificate:
    """What may be accepted by all labels heard so far.

    Heard is the longest run of settled pairs in the order drawn: people answer the
    least certain first, so in any other order the errors would come first.
    """
    result = newest.result
    wagers = Wagers(
        result["target"],
        result["certificate"]["delta"],
        np.array([*result["wagers"], -np.inf]),
        np.array(COVERAGES),
    )
    own = dict(zip(result["tested_pairs"], result["tested"], strict=True))
    labels, wrong_by = said.labels, applied.probs.argmax(1)
    for each, i in zip(there, np.searchsorted(said.pair_ids, [d.pair_id for d in there]), strict=True):
        if not settled[i]:
            break
        if each.pair_id in own:
            sure, right = own[each.pair_id]
            wagers.see(sure, not right)
        elif labels[i].sum() > 0:
            wagers.see(float(applied.confidence[i]), bool(labels[i, wrong_by[i]] < 1))
    return wagers.certificate()


def as_recorded(certificate: Certificate) -> dict[str, Any]:
    """JSON has no infinity."""
    found = certificate.as_dict()
    if certificate.threshold is not None and np.isinf(certificate.threshold):
        found["threshold"] = "every"
    return found
