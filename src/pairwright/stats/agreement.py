"""Krippendorff's alpha: agreement of any number of raters beyond chance, with missing answers.

Source: Krippendorff, Content Analysis (2004), ch. 11. The interval is a
bootstrap over items (Efron & Tibshirani 1993): items are grouped by the answers
they got, so that a hundred thousand of them cost no more than a few dozen.

Which of two responses is called A is arbitrary, so agreement by chance must not depend
on it. If the better one always stands first, nearly all answers are A, and plain alpha
takes agreement on it for chance: two people who agree on 38 of 40 pairs get -0.01 that
way, and 0.90 with every second pair written the other way round. So verdicts are counted
with their mirror: each item twice, once as it is and once with its sides exchanged
(`mirror=SIDES`). Nothing then tells A from B, whatever each pair calls its two:

    shares of A and B      p = (1 - t) / 2 each, of TIE t
    chance of agreeing     (1 - t)^2 / 2 + t^2
    without ties           alpha = 2 * agreement - 1, but for 1 / (answers - 1)

The last is the S of Bennett, Alpert & Goldstein (Public Opinion Quarterly 18, 1954), which
takes all values for equally likely. Here A and B are, by construction; ties are as common as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from pairwright.literals import checked
from pairwright.types import Estimate

Metric = Literal["nominal", "ordinal", "interval"]
DRAWS = 1000
SIDES = (1, 0, 2)  # A, B, TIE with a and b exchanged
FEWEST = 2  # items with two answers or more, under which nothing can be said


def answer_counts(item: np.ndarray, value: np.ndarray, n_values: int) -> np.ndarray:
    """(n_items, n_values): how often each value was given to each item; items are numbered in any way.

    `item` and `value` are the columns of all answers, (n_answers,) each, values from 0.
    """
    items, place = np.unique(item, return_inverse=True)
    counts = np.zeros((len(items), n_values))
    np.add.at(counts, (place, value), 1.0)
    return counts


@checked
def krippendorff_alpha(
    counts: np.ndarray,
    metric: Metric = "nominal",
    *,
    mirror: Sequence[int] | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> Estimate:
    """Alpha of `counts` (n_items, n_values), with a bootstrap interval over items.

    `nominal` treats all values as equally different, `ordinal` and `interval`
    take them in their order. `mirror` is what each value becomes when the two sides
    of an item are exchanged, where they are arbitrary: every item then counts with its
    mirror, half each. For verdicts A, B, TIE it is `SIDES`. Items with fewer than two
    answers tell nothing and are left out; `n` is how many are left. Raises ValueError where there are
    fewer than two of these, or where all answers are the same value (agreement
    beyond chance is then not defined).
    """
    useful = counts[counts.sum(1) >= 2]
    if len(useful) < FEWEST:
        raise ValueError(f"alpha needs {FEWEST} items with two answers or more; there are {len(useful)}")
    if ((useful if mirror is None else useful + useful[:, list(mirror)]).sum(0) > 0).sum() < 2:
        raise ValueError("all answers are the same value: agreement beyond chance is not defined")
    useful = one_way_round(useful, mirror)
    patterns, times = np.unique(useful, axis=0, return_counts=True)
    pairs = _coincidences(patterns)
    if mirror is not None:
        pairs = pairs + pairs[:, list(mirror)][:, :, list(mirror)]
    value = float(_alpha(times[None].astype(float), pairs, metric)[0])
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(len(useful), times / len(useful), size=DRAWS).astype(float)
    alphas = _alpha(draws, pairs, metric)
    alphas = alphas[np.isfinite(alphas)]  # a draw of one value only tells nothing
    tail = (1 - level) / 2
    low, high = np.quantile(alphas, [tail, 1 - tail])
    sides = "" if mirror is None else ", sides exchangeable"
    method = f"Krippendorff's alpha ({metric}{sides}), bootstrap {level:.0%}"
    return Estimate(value, float(low), float(high), len(useful), method)


def one_way_round(rows: np.ndarray, mirror: Sequence[int] | None) -> np.ndarray:
    """(n, k) counts by value, each row or its mirror, whichever is first: draws must not depend on sides."""
    if mirror is None or not len(rows):
        return rows
    other = rows[:, list(mirror)]
    place = (rows != other).argmax(1)
    at = np.arange(len(rows))
    return np.where((rows[at, place] >= other[at, place])[:, None], rows, other)


def _coincidences(patterns: np.ndarray) -> np.ndarray:
    """(n_patterns, v, v): pairs of answers within an item, each weighed by 1 / (answers - 1)."""
    n = patterns.sum(1)
    both = patterns[:, :, None] * patterns[:, None, :]
    both -= patterns[:, :, None] * np.eye(patterns.shape[1])[None]
    return np.asarray(both / (n - 1)[:, None, None])


def _alpha(times: np.ndarray, pairs: np.ndarray, metric: Metric) -> np.ndarray:
    """(n_draws,) alphas of draws in which pattern p came up `times[:, p]` times; nan where not defined."""
    seen = np.einsum("dp,pvw->dvw", times, pairs)
    each = seen.sum(2)
    total = each.sum(1)
    apart = _distances(each, metric)
    observed = (seen * apart).sum((1, 2)) / total
    expected = (each[:, :, None] * each[:, None, :] * apart).sum((1, 2)) / (total * (total - 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(expected > 0, 1 - observed / expected, np.nan))


def _distances(each: np.ndarray, metric: Metric) -> np.ndarray:
    """(n_draws, v, v): squared distances of values, which for ordinal ones depend on how common they are."""
    v = np.arange(each.shape[1])
    if metric == "nominal":
        return np.broadcast_to((v[:, None] != v[None]).astype(float), (len(each), len(v), len(v)))
    if metric == "interval":
        return np.broadcast_to((v[:, None] - v[None]).astype(float) ** 2, (len(each), len(v), len(v)))
    upto = np.cumsum(each, 1)
    middle = upto - each / 2  # ranks: all before, and half of those equal
    return np.asarray((middle[:, :, None] - middle[:, None, :]) ** 2)


def pairwise_agreement(counts: np.ndarray) -> tuple[float, float]:
    """(pairs of answers to the same item that are equal, all such pairs), each item weighing the same.

    A share of the first in the second is what two people drawn at random agree on.
    """
    n = counts.sum(1)
    twice = n >= 2
    same = (counts[twice] * (counts[twice] - 1)).sum(1) / (n[twice] * (n[twice] - 1))
    return float(same.sum()), float(twice.sum())
