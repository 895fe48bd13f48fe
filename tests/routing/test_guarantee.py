import math

import numpy as np
import pytest
from scipy import stats

from pairwright.routing.guarantee import certify, certify_path, first_labels, hardest, starting_test
from pairwright.stats.finite import rest_p
from pairwright.stats.intervals import labels_to_certify


def population(n=20_000, seed=0):
    """Pairs whose chance of being wrong falls with confidence: 35 % at 0.5, none at 1."""
    rng = np.random.default_rng(seed)
    confidence = rng.uniform(0.5, 1, n)
    return confidence, rng.random(n) < 0.7 * (1 - confidence)


def test_perfect_judges_are_accepted_in_full():
    result = certify(np.linspace(0.5, 1, 100), np.zeros(100), 0.9)
    assert result.threshold == -np.inf
    assert (result.accepted, result.errors, result.coverage) == (100, 0, 1)


def test_a_coin_is_never_accepted():
    rng = np.random.default_rng(0)
    assert certify(rng.random(500), rng.random(500) < 0.5, 0.9).threshold is None


def test_what_is_accepted_passes_the_exact_test():
    confidence, wrong = population(300)
    result = certify(confidence, wrong, 0.9, 0.1)
    inside = confidence > result.threshold
    assert (int(inside.sum()), int(wrong[inside].sum())) == (result.accepted, result.errors)
    assert stats.binom.cdf(result.errors, result.accepted, 0.1) <= 0.1


@pytest.mark.parametrize("n", [50, 100, 300])
@pytest.mark.parametrize("target", [0.85, 0.9])
def test_the_promise_is_broken_at_most_as_often_as_said(n, target):
    confidence, wrong = population()
    rng = np.random.default_rng(1)
    broken = 0
    for _ in range(1000):
        drawn = rng.integers(len(confidence), size=n)
        threshold = certify(confidence[drawn], wrong[drawn], target, 0.1).threshold
        if threshold is not None:
            broken += wrong[confidence > threshold].mean() > 1 - target
    assert broken / 1000 <= 0.1 + 3 * np.sqrt(0.1 * 0.9 / 1000)


def test_more_labels_accept_more():
    confidence, wrong = population()
    rng = np.random.default_rng(2)

    def coverage(n):
        shares = []
        for _ in range(100):
            drawn = rng.integers(len(confidence), size=n)
            threshold = certify(confidence[drawn], wrong[drawn], 0.9).threshold
            shares.append(0.0 if threshold is None else (confidence > threshold).mean())
        return np.mean(shares)

    assert coverage(50) < coverage(200) < coverage(1000)


def test_equal_confidences_stand_or_fall_together():
    confidence = np.array([0.9] * 60 + [0.6] * 40)
    wrong = np.array([0] * 60 + [1] * 40)
    result = certify(confidence, wrong, 0.9)
    assert (result.threshold, result.accepted) == (0.6, 60)


def test_a_promise_that_cannot_be_kept_says_how_many_labels_would_do():
    confidence = np.linspace(0.5, 1, 30)
    result = certify(confidence, np.zeros(30), 0.95)
    assert result.threshold is None
    assert result.would_do > 30
    hopeless = certify(np.linspace(0.5, 1, 200), np.arange(200) % 2, 0.95)
    assert (hopeless.threshold, hopeless.would_do) == (None, None)


def test_what_audits_give_to_people_is_counted_with():
    confidence, rest = np.linspace(0.5, 1, 200), np.linspace(0.5, 1, 90)
    wrong = np.where(np.arange(200) % 67 == 0, 1, 0)
    as_is = certify(confidence, wrong, 0.9, rest=rest)
    audited = certify(confidence, wrong, 0.9, rest=rest, fewest=lambda accepted: accepted // 2)
    assert 0 < audited.accepted <= as_is.accepted
    # Nothing is promised more easily because fewer may stay.
    for n in range(1, 120):
        left = hardest(np.array([n]), lambda accepted: accepted // 3, 0.9)
        assert rest_p(2, np.array([60]), left, 0.1) >= rest_p(2, np.array([60]), np.array([n]), 0.1)


def test_no_labels_certify_nothing():
    assert certify(np.array([]), np.array([]), 0.9).threshold is None


@pytest.mark.parametrize(
    ("target", "n_pairs", "asked"),
    [
        (0.9, 100_000, 156),
        # Of few pairs more, for what is left of them says less for certain; and never more than half.
        (0.9, 600, 168),
        (0.9, 336, 168),
        (0.9, 334, 167),
        (0.9, 40, 20),
        (0.9, 41, 20),
        (0.8, 100_000, 64),
        (0.8, 200, 86),
        (0.6, 100_000, 50),  # never fewer than these
    ],
)
def test_the_first_labels_asked_for(target, n_pairs, asked):
    assert first_labels(target, 0.1, n_pairs) == asked


@pytest.mark.parametrize("left", [0, 5, 9, 10, 19, 20, 50, 400])
def test_what_is_left_of_the_pool_decides_how_many_errors_are_allowed(left):
    confidence, wrong = np.array([0.9] * 40 + [0.5] * 10), np.array([1] + [0] * 39 + [1] * 10)
    others = np.array([0.5] * 30 + [0.1] * 7 + [np.nan] * 300)  # neither would be accepted
    found = certify(confidence, wrong, 0.9, rest=np.append(np.full(left, 0.95), others))
    enough = rest_p(1, np.array([40]), np.array([left]), 0.1)[0] <= 0.1
    assert (found.threshold, found.accepted) == ((0.5, 40) if enough else (None, 0))


def test_how_many_labels_would_do_is_told_by_the_cheapest_share():
    # The ten surest of fifty are right, and of all others half are wrong.
    wrong = np.array([0] * 10 + [1, 0] * 20)
    found = certify(np.linspace(1, 0.5, 50), wrong, 0.9, 0.1)
    needed = math.ceil(labels_to_certify(0.9, 0.1, 0.5 / 11) / 0.2)
    assert (found.threshold, found.would_do) == (None, needed)
    # Of fewer than ten nothing is told.
    assert certify(np.linspace(1, 0.5, 49), wrong[:49], 0.9, 0.1).would_do is None
    # Not so many pairs are left to draw from.
    assert certify(np.linspace(1, 0.5, 50), wrong, 0.9, 0.1, rest=np.zeros(needed - 50)).would_do is None
    assert certify(np.linspace(1, 0.5, 50), wrong, 0.9, 0.1, rest=np.zeros(needed - 49)).would_do == needed


def test_few_more_labels_than_there_were_are_never_said_to_do():
    # 20 labels without an error just fall short: 22 would do if there were none, and 0.5 of 21 is more.
    found = certify(np.ones(20), np.zeros(20), 0.9, 0.1)
    assert found.threshold is None
    assert found.would_do == max(labels_to_certify(0.9, 0.1, 0.5 / 21), 25)
    assert certify(np.ones(21), np.zeros(21), 0.9, 0.001).would_do > 50


def test_testing_starts_where_most_can_be_expected_to_be_accepted():
    accepted = np.array([10, 20, 30])
    # Two outcomes: one passes the first two tests, the other the first and the last.
    passing = np.array([[True, True, False], [True, False, True]])
    # From the first test 20 or 10 are reached, from the second 20 or none, from the third none or 30.
    assert starting_test(passing, accepted) == 2  # 15 on average, as from the first: the loosest of equals
    assert starting_test(passing, np.array([12, 20, 30])) == 0
    assert starting_test(np.array([[True, True, True]] * 3), accepted) == 2
    assert starting_test(np.array([[False, True, False], [True, True, False]]), accepted) == 1
    assert starting_test(np.zeros((4, 3), bool), accepted) == 0  # nothing can be expected: the surest first


def test_beliefs_decide_where_testing_starts_and_labels_whether_it_passes():
    accepted, right = np.array([40, 80, 120]), np.zeros((5, 3))
    hopeless = np.full((5, 3), 40)
    strict = np.stack([right[:, 0], hopeless[:, 0], hopeless[:, 0]], axis=1)

    def last(errors, believed):
        return certify_path(accepted, np.array(errors), believed, 120, 0.9, 0.1)

    assert last([0, 0, 0], right) == 2
    assert last([0, 0, 30], strict) == 1
    # Testing that starts at the loosest never sees what the strict ones would have shown, and the other way.
    assert last([9, 9, 0], right) == 2
    assert last([9, 0, 0], strict) is None
    assert last([0, 30, 0], strict) == 0
    assert last([0, 0, 30], right) is None


def test_a_path_without_rules_or_too_short_for_any_error_accepts_nothing():
    nothing = np.zeros(0)
    assert certify_path(nothing, nothing, np.zeros((3, 0)), 10, 0.9, 0.1) is None
    assert certify_path(np.array([10, 20]), np.zeros(2), np.zeros((3, 2)), 20, 0.9, 0.1) is None


@pytest.mark.parametrize(("target", "delta"), [(1.0, 0.1), (0.9, 0.0), (90, 0.1)])
def test_a_target_outside_its_range_is_refused(target, delta):
    with pytest.raises(ValueError, match="between 0 and 1"):
        certify(np.ones(10), np.zeros(10), target, delta)
