"""One person's answers beside a reference, a model's name, and over time."""

import numpy as np

from pairwright.stats.annotators import confusion, model_bias, over_time, references


def test_a_reference_is_gold_or_what_most_others_said():
    item = np.array([0, 0, 0, 1, 1, 2])
    said = np.array([0, 0, 1, 0, 1, 2])
    gold = np.array([-1, -1, -1, -1, -1, 1])
    # of pair 0 the first has one A and one B beside it: no majority; pair 1 has one other each.
    assert references(item, said, gold).tolist() == [-1, -1, 0, 1, 0, 1]


def test_confusion_counts_reference_by_said_whichever_is_a():
    table = confusion(np.array([0, 0, 1, 2, -1]), np.array([0, 1, 1, 0, 0]))
    # right twice, the other side once: half of each stands under A, half under B; a tie called A or B
    assert table.tolist() == [[1, 0.5, 0], [0.5, 1, 0], [0.5, 0.5, 0]]


def test_over_time_needs_two_periods():
    assert over_time(np.ones(30)) == []
    falling = over_time(np.r_[np.ones(60), np.zeros(60)])
    assert [each.value for each in falling] == [1, 1, 1, 0, 0, 0]


def test_a_person_who_likes_one_model_is_seen_beside_others():
    rng = np.random.default_rng(0)
    fair = [("x", "y", int(v)) for v in rng.integers(2, size=200)]
    fond = [("x", "y", int(v)) for v in rng.random(100) > 0.85]
    found = {model: (share.value, usual) for model, share, usual in model_bias(fond, fair)}
    assert set(found) == {"x", "y"}
    assert found["x"][0] > 0.75 > 0.6 > found["x"][1]
    assert model_bias(fair[:100], fair[100:]) == []
    assert model_bias(fond[:10], fair) == []


def test_ties_and_a_model_against_itself_are_no_choice_between_models():
    assert model_bias([("x", "y", 2)] * 50, [("x", "x", 0)] * 50) == []
