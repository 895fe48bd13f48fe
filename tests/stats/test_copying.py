"""Who agrees far more with each other than with all others, by made-up people whose habits are known."""

import numpy as np
import pytest

from pairwright.stats.copying import too_alike


def answers(skills, n=200, copies=(), gold=0, seed=0):
    """(item, rater, said, known) of people right this often, where `copies` are (of whom, who)."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(2, size=n)
    said = np.array([np.where(rng.random(n) < skill, truth, 1 - truth) for skill in skills])
    for model, copier in copies:
        said[copier] = said[model]
    item = np.tile(np.arange(n), len(skills))
    known = np.where(np.arange(n) < gold, truth, -1)[item]
    return item, np.repeat(np.arange(len(skills)), n), said.ravel(), known


def pairs(found):
    return [(each.one, each.other) for each in found]


def test_one_who_copies_another_of_six_is_found():
    (found,) = too_alike(*answers([0.8] * 6, copies=[(1, 4)]))
    assert (found.one, found.other) == (1, 4)
    assert found.together.value == 1
    assert found.others.value == pytest.approx(0.68, abs=0.05)  # 0.8 * 0.8 + 0.2 * 0.2
    assert found.explained == pytest.approx(0.68, abs=0.08)
    assert found.p < 0.001


def test_of_three_it_cannot_be_told_who_is_right_and_it_says_so():
    (found,) = too_alike(*answers([0.7, 0.7, 0.9], copies=[(0, 1)]))
    assert pairs([found]) == [(0, 1)]
    assert found.explained is None


def test_gold_clears_two_who_are_simply_right():
    columns = answers([0.97, 0.97, 0.6], gold=60)
    assert pairs(too_alike(*columns[:3])) == [(0, 1)]  # without gold it looks like copying
    assert too_alike(*columns) == []


def test_gold_does_not_clear_two_who_copy():
    assert pairs(too_alike(*answers([0.7, 0.7, 0.9], copies=[(0, 1)], gold=60))) == [(0, 1)]


@pytest.mark.parametrize("skills", [[0.8] * 5, [0.98, 0.98, 0.7, 0.7, 0.7], [0.95, 0.9, 0.8, 0.7, 0.6]])
def test_people_who_err_independently_are_left_alone(skills):
    wrongly = sum(bool(too_alike(*answers(skills, seed=seed))) for seed in range(100))
    assert wrongly <= 4  # at 1 % of such groups; 5 of 100 or more would have a chance of 0.3 %


def test_two_people_have_nobody_to_be_compared_with():
    assert too_alike(*answers([0.8, 0.8], copies=[(0, 1)])) == []
