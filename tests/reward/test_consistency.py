"""A prompt's other labels, heard: the margins are those of a general optimiser, and every pair is heard."""

import itertools

import numpy as np
import pytest
from scipy import optimize

from pairwright.reward.consistency import _left_out, _shared, hear_others


def by_optimiser(prior, labels, design, spread):
    """Each pair's margin from a fit of all the others, by scipy."""
    found = []
    for i in range(len(prior)):
        others = np.arange(len(prior)) != i

        def loss(u, others=others):
            z = prior + design @ u
            value = (np.logaddexp(0, z) - labels * z)[others].sum() + (u**2).sum() / (2 * spread**2)
            slope = ((1 / (1 + np.exp(-z)) - labels) * others) @ design + u / spread**2
            return value, slope

        start = np.zeros(design.shape[1])
        done = optimize.minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-9})
        found.append(prior[i] + design[i] @ done.x)
    return np.array(found)


def design_of(pairs, k):
    design = np.zeros((len(pairs), k))
    for i, (one, other) in enumerate(pairs):
        design[i, one], design[i, other] = 1, -1
    return design


@pytest.mark.parametrize(("others", "prior"), [(9, -3.0), (10, -4.0), (3, 0.5)])
def test_one_response_that_beats_all_others_is_believed_whatever_the_text_says(others, prior):
    design = design_of([(0, n + 1) for n in range(others)], others + 1)
    said, labels = np.full(others, prior), np.ones(others)
    found = _left_out(said, labels, design, 2.5)
    assert found == pytest.approx(by_optimiser(said, labels, design, 2.5), abs=1e-3)
    assert found[0] > prior + 0.5


def test_margins_are_an_optimisers_for_any_text_model():
    rng = np.random.default_rng(0)
    for k, deviation, spread in ((4, 1.0, 0.5), (6, 2.0, 2.5), (8, 1.0, 1.5), (8, 4.0, 2.5)):
        design = design_of(list(itertools.combinations(range(k), 2)), k)
        prior = design @ rng.normal(0, deviation, k)
        labels = (rng.random(len(prior)) < 0.5).astype(float)
        found = _left_out(prior, labels, design, spread)
        assert found == pytest.approx(by_optimiser(prior, labels, design, spread), abs=1e-3)


def test_of_many_pairs_of_a_prompt_every_one_is_heard():
    pairs = list(itertools.combinations(range(16), 2))  # 120 pairs
    shared = _shared(np.zeros(120), [one for one, _ in pairs], [other for _, other in pairs])
    assert sorted(np.concatenate([rows for rows, _ in shared])) == list(range(120))


def test_more_pairs_than_hear_each_other_are_cut_and_none_is_lost():
    pairs = list(itertools.combinations(range(40), 2))  # 780 pairs
    shared = _shared(np.zeros(780), [one for one, _ in pairs], [other for _, other in pairs])
    assert sorted(np.concatenate([rows for rows, _ in shared])) == list(range(780))
    assert max(len(rows) for rows, _ in shared) <= 150


def test_the_same_text_under_two_prompts_is_two_responses():
    assert _shared(np.array([0, 1]), ["a", "a"], ["b", "c"]) == []


def test_a_label_that_contradicts_the_prompts_others_loses_its_margin():
    rng = np.random.default_rng(0)
    better = np.arange(8.0)
    groups, chosen, rejected, labels = [], [], [], []
    for prompt in range(60):
        for one, other in itertools.combinations(rng.permutation(8), 2):
            groups.append(prompt)
            chosen.append(int(one))
            rejected.append(int(other))
            labels.append(float(better[one] > better[other]))
    wrong = rng.choice(len(labels), 100, replace=False)
    told = np.array(labels)
    told[wrong] = 1 - told[wrong]
    found = hear_others(np.zeros(len(told)), told, np.array(groups), chosen, rejected)
    assert found.spread > 0
    right = (found.margins > 0) == (np.array(labels) > 0.5)
    assert right[wrong].mean() > 0.8
