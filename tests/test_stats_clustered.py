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


def test_the_same_answer_seven_times_a_prompt_is_told_once():
    values = np.repeat(np.array([1.0] * 70 + [0.0] * 30), 7)
    found = clustered_share(values, np.repeat(np.arange(100), 7))
    assert found.n == 700
    assert found.low == pytest.approx(wilson(70, 100).low, abs=0.002)
    everything = clustered_share(np.ones(700), np.repeat(np.arange(100), 7))
    assert everything.low == pytest.approx(wilson(100, 100).low)


def test_its_intervals_cover_where_prompts_differ():
    rng = np.random.default_rng(0)
    covered = plain = 0
    for _ in range(300):
        hard = np.repeat(rng.beta(2, 1, 80), 6)
        right = rng.random(480) < hard
        found = clustered_share(right, np.repeat(np.arange(80), 6))
        simple = wilson(int(right.sum()), 480)
        covered += found.low <= 2 / 3 <= found.high
        plain += simple.low <= 2 / 3 <= simple.high
    assert covered / 300 > 0.92
    assert plain / 300 < 0.85


def test_a_mean_of_differences_is_by_prompts_too():
    found = clustered_mean(np.repeat([0.1, -0.1, 0.3, 0.0], 5), np.repeat(np.arange(4), 5))
    assert found.value == pytest.approx(0.075)
    assert found.high - found.value == pytest.approx(
        1.96 * np.std([0.1, -0.1, 0.3, 0.0], ddof=1) / 2, rel=0.01
    )
    with pytest.raises(ValueError, match="no cases"):
        clustered_mean(np.array([]), np.array([]))
