"""Intervals of pairs that come several to a prompt."""

import numpy as np
import pytest

from pairwright.stats.clustered import clustered_mean, clustered_share
from pairwright.stats.intervals import wilson


def test_with_one_pair_a_prompt_it_is_wilsons():
    values = np.array([1.0] * 70 + [0.0] * 30)
    found, plain = clustered_share(values, np.arange(100)), wilson(70, 100)
    assert (found.value, found.n) == (plain.value, plain.n)
    assert found.low == pytest.approx(plain.low, abs=0.002)


def test_the_same_answer_seven_times_a_prompt_is_told_about_once():
    values = np.repeat(np.array([1.0] * 70 + [0.0] * 30), 7)
    found = clustered_share(values, np.repeat(np.arange(100), 7))
    assert found.n == 700
    assert found.low == pytest.approx(wilson(70, 100).low, abs=0.01)


def test_being_right_once_more_never_lowers_the_bound():
    for clusters, size in ((5, 200), (10, 4), (4, 13), (100, 7)):
        groups = np.repeat(np.arange(clusters), size)
        lows = []
        for wrong in (3, 2, 1, 0):
            values = np.ones(clusters * size)
            values[:wrong] = 0
            lows.append(clustered_share(values, groups).low)
        assert lows == sorted(lows)


@pytest.mark.parametrize(("clusters", "least"), [(80, 0.93), (20, 0.93), (8, 0.93)])
def test_its_intervals_cover_where_prompts_differ(clusters, least):
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(clusters), 6)
    covered = plain = 0
    for _ in range(500):
        right = rng.random(clusters * 6) < np.repeat(rng.beta(2, 1, clusters), 6)
        found, simple = clustered_share(right, groups), wilson(int(right.sum()), clusters * 6)
        covered += found.low <= 2 / 3 <= found.high
        plain += simple.low <= 2 / 3 <= simple.high
    assert covered / 500 > least
    assert plain / 500 < 0.87


def test_a_mean_of_differences_is_by_prompts_too():
    found = clustered_mean(np.repeat([0.1, -0.1, 0.3, 0.0], 5), np.repeat(np.arange(4), 5))
    assert found.value == pytest.approx(0.075)
    assert found.high - found.value == pytest.approx(
        1.96 * np.std([0.1, -0.1, 0.3, 0.0], ddof=1) / 2, rel=0.01
    )
    with pytest.raises(ValueError, match="no cases"):
        clustered_mean(np.array([]), np.array([]))
