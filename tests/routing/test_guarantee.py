import numpy as np
import pytest
from scipy import stats

from pairwright.routing.guarantee import certify, first_labels, hardest
from pairwright.stats.finite import rest_p


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


def test_the_first_labels_asked_for():
    assert first_labels(0.9, 0.1, 100_000) == 156
    # Of few pairs more, for what is left of them says less for certain; and never more than half.
    assert 156 < first_labels(0.9, 0.1, 600) <= 300
    assert first_labels(0.9, 0.1, 40) == 20


@pytest.mark.parametrize(("target", "delta"), [(1.0, 0.1), (0.9, 0.0), (90, 0.1)])
def test_a_target_outside_its_range_is_refused(target, delta):
    with pytest.raises(ValueError, match="between 0 and 1"):
        certify(np.ones(10), np.zeros(10), target, delta)
