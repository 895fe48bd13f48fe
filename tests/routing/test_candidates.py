"""The mix of candidates is never far from the simplest thing that works."""

from dataclasses import replace

import numpy as np
import pytest
from recorded import noisy_judges

from pairwright.routing import forecast


def labels_of(truth, n):
    labels = np.zeros((len(truth), 3))
    labels[:n] = np.eye(3)[truth[:n]]
    return labels


def area(label, confidence, truth):
    """The mean error rate over all coverages."""
    wrong = (label != truth)[np.argsort(-confidence, kind="stable")]
    return (np.cumsum(wrong) / np.arange(1, len(wrong) + 1)).mean()


@pytest.mark.parametrize("n", [50, 200])
def test_many_equal_and_weak_judges_are_worth_their_plain_vote(n):
    ballots, truth = noisy_judges(3000, {f"weak {i}": 0.64 for i in range(11)}, both_orders=False)
    label, confidence = forecast.best_label(forecast.fit(ballots, labels_of(truth, n)).predict(ballots))
    vote = ballots.means(ballots.verdict).mean(1)
    said = np.where(vote > 0, 0, 1)
    assert (label == truth)[n:].mean() > (said == truth)[n:].mean() - 0.01
    assert area(label[n:], confidence[n:], truth[n:]) < area(said[n:], np.abs(vote)[n:], truth[n:]) + 0.01


@pytest.mark.parametrize("n", [50, 200])
@pytest.mark.parametrize("times", [0.5, 1, 4])
def test_one_judge_is_ranked_by_its_own_probability_however_boldly_it_states_it(n, times):
    rng = np.random.default_rng(0)
    ballots, truth = noisy_judges(3000, {"one": 0.5}, both_orders=False)
    odds = rng.gamma(2, 1.5, 3000)
    verdict = np.where((rng.random(3000) < 1 / (1 + np.exp(-odds))) == (truth == 0), 1.0, -1.0)
    prob_a = 1 / (1 + np.exp(-times * odds * verdict))
    ballots = replace(ballots, verdict=verdict, prob_a=prob_a, length_gap=rng.normal(0, 0.4, 3000))
    label, confidence = forecast.best_label(forecast.fit(ballots, labels_of(truth, n)).predict(ballots))
    own = np.where(prob_a > 0.5, 0, 1)
    assert (label == truth)[n:].mean() > (own == truth)[n:].mean() - 0.01
    assert area(label[n:], confidence[n:], truth[n:]) < area(own[n:], odds[n:], truth[n:]) + 0.01


def test_a_strong_judge_is_not_drowned_by_weak_ones():
    judges = {"strong": 0.92} | {f"weak {i}": 0.55 for i in range(8)}
    ballots, truth = noisy_judges(3000, judges, both_orders=False)
    label, _ = forecast.best_label(forecast.fit(ballots, labels_of(truth, 50)).predict(ballots))
    assert (label == truth)[50:].mean() > 0.9


def test_with_few_labels_no_pair_is_called_a_tie_that_nobody_ever_called_one():
    ballots, truth = noisy_judges(1000, {"weak": 0.55, "other": 0.6})
    assert (forecast.fit(ballots, labels_of(truth, 25)).predict(ballots).argmax(1) != 2).all()
