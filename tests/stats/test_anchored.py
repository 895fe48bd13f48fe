import numpy as np
import pytest
from scipy.special import expit

from pairwright.stats.anchored import combine


def correlated(seed=0, n=2000):
    """Three judges right in 75 %, with shared errors; three people right in 88 % on a fifth of the pairs."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(2, size=n)
    shared = rng.random(n) < 0.75
    judges = np.where(rng.random((n, 3)) < 0.8, shared[:, None], rng.random((n, 3)) < 0.75)
    covered = np.flatnonzero(np.arange(n) % 5 == 0)
    row = np.repeat(covered, 3)
    person = np.tile(np.arange(3), len(covered))
    said = np.where(rng.random(len(row)) < 0.88, truth[row], 1 - truth[row])
    return truth, np.where(judges, truth[:, None], 1 - truth[:, None]), covered, row, person, said


def test_people_are_not_outvoted_by_judges_that_err_together():
    truth, judges, covered, row, person, said = correlated()
    lean = (judges == 0).sum(1) - 1.5
    p = expit(0.9 * lean)  # what three such judges are worth, as a fit on labelled pairs would find
    prior = np.column_stack([p, 1 - p, np.full(len(p), 1e-6)])
    result = combine(prior, row, person, said, 3)
    people_alone = np.array([np.bincount(said[row == i], minlength=2).argmax() for i in covered])
    right = (result.probs.argmax(1) == truth)[covered].mean()
    assert right >= (people_alone == truth[covered]).mean()
    assert right > 0.93
    assert result.probs[covered].max(1).mean() == pytest.approx(right, abs=0.03)


def test_reliabilities_come_out_as_they_are():
    rng = np.random.default_rng(1)
    truth = rng.integers(3, size=3000)
    shares = (0.95, 0.8, 0.6)
    row, person = np.repeat(np.arange(3000), 3), np.tile(np.arange(3), 3000)
    right = rng.random(9000) < np.array(shares)[person]
    said = np.where(right, truth[row], (truth[row] + rng.integers(1, 3, 9000)) % 3)
    result = combine(np.full((3000, 3), 1 / 3), row, person, said, 3)
    assert result.reliability == pytest.approx(shares, abs=0.03)


def test_one_vote_of_an_unknown_person_moves_a_belief_but_does_not_settle_it():
    result = combine(np.array([[0.4, 0.5, 0.1]]), np.array([0]), np.array([0]), np.array([0]), 1)
    assert 0.6 < result.probs[0, 0] < 0.95


def test_pairs_without_people_keep_the_forecast():
    prior = np.array([[0.7, 0.2, 0.1], [0.2, 0.3, 0.5]])
    result = combine(prior, np.array([0]), np.array([0]), np.array([1]), 1)
    assert result.probs[1] == pytest.approx(prior[1])
