"""Krippendorff's alpha against hand-derived values, the reference package, and seeded coverage."""

from dataclasses import asdict

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairwright.stats.agreement import SIDES, answer_counts, krippendorff_alpha, pairwise_agreement

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


@settings(max_examples=40)
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


def verdicts(*answers):
    """Counts of A, B, TIE from one string an item: "AB" is one answer each."""
    return np.array(
        [["ABT".index(v) for v in each].count(k) for each in answers for k in range(3)], float
    ).reshape(-1, 3)


def test_agreement_beyond_chance_does_not_depend_on_which_is_a():
    """Two people, 40 pairs, the same winner on 38, no tie: alpha = 1 - 2/40 * 159/80 = 0.9006.

    With every item and its mirror there are 160 answers, 80 of them A; 4 of 80 pairs of answers differ, and two
    answers drawn at random differ with 2 * 80 * 80 / (160 * 159) = 80/159.
    """
    same, other = verdicts(*["AA"] * 38, *["AB"] * 2), verdicts(*["AA", "BB"] * 19, *["AB"] * 2)
    for counts in (same, other):
        assert krippendorff_alpha(counts, mirror=SIDES).value == pytest.approx(1 - 4 / 80 * 159 / 80)
    # What it was without: the sides decide.
    assert krippendorff_alpha(same).value == pytest.approx(-0.013, abs=0.001)
    assert krippendorff_alpha(other).value == pytest.approx(0.901, abs=0.001)
    assert asdict(krippendorff_alpha(same, mirror=SIDES)) == asdict(krippendorff_alpha(other, mirror=SIDES))


def test_ties_are_told_from_sides_but_a_is_not_told_from_b():
    """AA, BB, TT, AT: with mirrors 16 answers, n_A = n_B = 5, n_T = 6, in 8 items of which 2 differ.

    They differ by chance with 1 - (2 * 5 * 4 + 6 * 5) / (16 * 15) = 17/24.
    """
    found = krippendorff_alpha(verdicts("AA", "BB", "TT", "AT"), mirror=SIDES)
    assert found.value == pytest.approx(1 - (2 / 8) / (17 / 24))
    assert found.method == "Krippendorff's alpha (nominal, sides exchangeable), bootstrap 95%"


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_with_mirrors_it_is_the_reference_package_on_items_and_their_mirrors(seed):
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 3, (3, 30)).astype(float)
    table[rng.random((3, 30)) < 0.2] = np.nan
    mirror = np.array([1, 0, 2, np.nan])
    turned = mirror[np.where(np.isnan(table), 3, table).astype(int)]
    theirs = krippendorff.alpha(reliability_data=np.hstack([table, turned]), level_of_measurement="nominal")
    seen = ~np.isnan(table)
    counts = answer_counts(np.tile(np.arange(30), 3)[seen.ravel()], table[seen].astype(int), 3)
    assert krippendorff_alpha(counts, mirror=SIDES).value == pytest.approx(theirs, abs=1e-9)


def test_all_the_same_side_is_agreement_and_all_ties_is_undefined():
    assert krippendorff_alpha(verdicts("AA", "AA", "AAA"), mirror=SIDES).value == 1
    with pytest.raises(ValueError, match="same value"):
        krippendorff_alpha(verdicts("TT", "TT"), mirror=SIDES)


@pytest.mark.parametrize("first", [0.5, 0.95])
def test_the_interval_with_mirrors_holds_whichever_is_a(first):
    held = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        truth = (rng.random(150) > first).astype(int)
        table = np.where(rng.random((3, 150)) < 0.8, truth, 1 - truth)
        counts = answer_counts(np.tile(np.arange(150), 3), table.ravel(), 3)
        found = krippendorff_alpha(counts, mirror=SIDES, seed=seed)
        held += found.low <= 0.36 <= found.high
    assert 0.90 <= held / 150 <= 0.99


def test_a_metric_there_is_not_is_refused():
    with pytest.raises(
        ValueError, match='metric is \'ratio\'; it is one of "nominal", "ordinal", "interval"'
    ):
        krippendorff_alpha(counts_of(EXAMPLE), "ratio")
