"""Krippendorff's alpha against hand-derived values, the reference package, and seeded coverage."""

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairwright.stats.agreement import answer_counts, krippendorff_alpha, pairwise_agreement

# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", example C: 4 observers, 12 units.
EXAMPLE = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]


def counts_of(table):
    answers = [(i, v - 1) for row in table for i, v in enumerate(row) if v is not None]
    item, value = np.array(answers).T
    return answer_counts(item, value, int(value.max()) + 1)


@pytest.mark.parametrize(("metric", "value"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_the_published_example_comes_out(metric, value):
    assert krippendorff_alpha(counts_of(EXAMPLE), metric).value == pytest.approx(value, abs=0.0006)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000))
def test_it_is_what_the_reference_package_gives(seed):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, 40)
    table = np.where(rng.random((4, 40)) < 0.7, truth, rng.integers(0, 3, (4, 40))).astype(float)
    table[rng.random((4, 40)) < 0.3] = np.nan
    item = np.tile(np.arange(40), 4)[~np.isnan(table).ravel()]
    value = table.ravel()[~np.isnan(table.ravel())].astype(int)
    counts = answer_counts(item, value, 3)
    for metric in ("nominal", "ordinal", "interval"):
        theirs = krippendorff.alpha(reliability_data=table, level_of_measurement=metric)
        assert krippendorff_alpha(counts, metric).value == pytest.approx(theirs, abs=1e-9)


def test_the_interval_holds_the_true_value_as_often_as_it_says():
    held = 0
    for seed in range(200):
        rng = np.random.default_rng(seed + 10)
        truth = rng.integers(0, 2, 150)
        table = np.where(rng.random((3, 150)) < 0.8, truth, 1 - truth)
        found = krippendorff_alpha(answer_counts(np.tile(np.arange(150), 3), table.ravel(), 2), seed=seed)
        held += found.low <= 0.36 <= found.high  # two right with 0.8 each: agree on 0.68, by chance on 0.5
    assert 0.90 <= held / 200 <= 0.99


def test_what_cannot_be_told_is_refused():
    with pytest.raises(ValueError, match="2 items with two answers"):
        krippendorff_alpha(answer_counts(np.array([0, 1, 2]), np.array([0, 1, 0]), 3))
    with pytest.raises(ValueError, match="same value"):
        krippendorff_alpha(answer_counts(np.array([0, 0, 1, 1]), np.zeros(4, int), 3))


def test_two_people_agree_on_a_share_of_pairs():
    counts = np.array([[2, 0, 0], [1, 1, 0], [2, 1, 0], [1, 0, 0]])
    same, pairs = pairwise_agreement(counts)
    assert (same, pairs) == (pytest.approx(1 + 0 + 1 / 3), 3)
