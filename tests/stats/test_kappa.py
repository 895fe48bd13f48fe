import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from pairwright.stats.agreement import SIDES, answer_counts
from pairwright.stats.kappa import cohen_kappa, fleiss_kappa


def two(n=400, seed=0, share=0.7):
    rng = np.random.default_rng(seed)
    one = rng.integers(3, size=n)
    return one, np.where(rng.random(n) < share, one, rng.integers(3, size=n))


@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
def test_cohen_is_sklearns(weights):
    one, other = two()
    theirs = cohen_kappa_score(one, other, weights=None if weights == "none" else weights)
    found = cohen_kappa(one, other, weights=weights)
    assert found.value == pytest.approx(theirs)
    assert found.low < found.value < found.high


def test_fleiss_on_the_papers_kind_of_table():
    # Wikipedia's worked example (10 items, 14 raters, 5 values): kappa 0.210.
    counts = np.array(
        [
            [0, 0, 0, 0, 14],
            [0, 2, 6, 4, 2],
            [0, 0, 3, 5, 6],
            [0, 3, 9, 2, 0],
            [2, 2, 8, 1, 1],
            [7, 7, 0, 0, 0],
            [3, 2, 6, 3, 0],
            [2, 5, 3, 2, 2],
            [6, 5, 2, 1, 0],
            [0, 2, 2, 3, 7],
        ],
        float,
    )
    assert fleiss_kappa(counts).value == pytest.approx(0.210, abs=0.0005)


def test_chance_is_zero_and_perfect_is_one():
    rng = np.random.default_rng(1)
    one = rng.integers(3, size=5000)
    assert cohen_kappa(one, rng.integers(3, size=5000)).value == pytest.approx(0, abs=0.04)
    assert cohen_kappa(one, one).value == 1
    counts = answer_counts(np.tile(np.arange(5000), 2), np.concatenate([one, one]), 3)
    assert fleiss_kappa(counts).value == 1


def test_the_interval_holds_the_truth_about_as_often_as_stated():
    truth = cohen_kappa(*two(200_000, seed=99)).value
    inside = 0
    for seed in range(200):
        found = cohen_kappa(*two(150, seed=seed), seed=seed)
        inside += found.low <= truth <= found.high
    assert 180 <= inside <= 199


def test_where_everything_is_the_same_kappa_is_not_defined():
    with pytest.raises(ValueError, match="not defined"):
        cohen_kappa(np.zeros(5, int), np.zeros(5, int))
    with pytest.raises(ValueError, match="not defined"):
        fleiss_kappa(np.array([[2.0, 0], [3, 0]]))
    with pytest.raises(ValueError, match="two items"):
        fleiss_kappa(np.array([[2.0, 1]]))


def test_kappas_do_not_depend_on_which_is_a():
    """Two people agree on 9 of 10, always on a side: chance is a half, so kappa = (0.9 - 0.5) / 0.5 = 0.8."""
    one, other = np.array([0] * 10), np.array([0] * 9 + [1])
    turned = np.array([0, 1] * 5, bool)
    swap = np.array(SIDES)
    there = np.where(turned, swap[one], one), np.where(turned, swap[other], other)
    for pair in ((one, other), there):
        counts = answer_counts(np.tile(np.arange(10), 2), np.concatenate(pair), 3)
        assert cohen_kappa(*pair, mirror=SIDES).value == pytest.approx(0.8)
        assert fleiss_kappa(counts, mirror=SIDES).value == pytest.approx(0.8)
    assert cohen_kappa(one, other).value == pytest.approx(0)  # what it was: nothing but chance
