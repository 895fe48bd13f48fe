import numpy as np
from recorded import noisy_judges
from routing.test_forecast import labels_of

from pairwright.routing.judge_subset import chosen_by_evidence, fewer_judges


def test_the_judge_that_explains_most_comes_first_and_a_coin_is_left_out():
    ballots, truth = noisy_judges(1500, {"coin": 0.5, "good": 0.9, "fair": 0.75})
    assert chosen_by_evidence(ballots, labels_of(truth, 400)) == ["good", "fair"]


def test_few_judges_are_set_beside_all_of_them():
    ballots, truth = noisy_judges(1500, {"coin": 0.5, "good": 0.9, "fair": 0.75})
    panels = fewer_judges(ballots, labels_of(truth, 400), np.arange(1500))
    assert [(panel.judges, panel.all) for panel in panels] == [
        (("good",), False),
        (("good", "fair"), False),
        (("coin", "good", "fair"), True),
    ]
    assert all(panel.right.n == 400 for panel in panels)
    assert abs(panels[1].right.value - panels[2].right.value) < 0.02
    assert all(panel.surest_half.value > panel.right.value for panel in panels[1:])


def test_with_one_judge_or_few_labels_there_is_nothing_to_choose():
    ballots, truth = noisy_judges(200, {"only": 0.9})
    assert fewer_judges(ballots, labels_of(truth, 100), np.arange(200)) == []
    ballots, truth = noisy_judges(200, {"one": 0.9, "other": 0.8})
    assert fewer_judges(ballots, labels_of(truth, 10), np.arange(200)) == []
