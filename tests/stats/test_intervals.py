import numpy as np
import pytest
from scipy import stats

from pairwright.stats.intervals import binomial_p, clopper_pearson, difference, labels_to_certify, wilson


@pytest.mark.parametrize(("errors", "n", "rate"), [(0, 22, 0.1), (3, 50, 0.1), (5, 5, 0.2), (0, 1, 0.5)])
def test_the_p_value_is_the_binomial_distribution_function(errors, n, rate):
    assert binomial_p(errors, n, rate) == pytest.approx(stats.binom.cdf(errors, n, rate), abs=1e-12)


def test_no_cases_tell_nothing():
    assert binomial_p(0, 0, 0.1) == 1


def test_twenty_two_cases_without_an_error_certify_90_percent():
    assert binomial_p(0, 22, 0.1) <= 0.1 < binomial_p(0, 21, 0.1)


# The table of exact sizes in Angelopoulos et al.'s setting, at delta 0.1.
@pytest.mark.parametrize(
    ("target", "observed", "needed"), [(0.9, 0.0, 22), (0.9, 0.05, 78), (0.95, 0.0, 45), (0.98, 0.0, 114)]
)
def test_how_many_labels_certify_a_target(target, observed, needed):
    assert labels_to_certify(target, 0.1, observed) == pytest.approx(needed, abs=2)


def test_no_number_of_labels_certifies_what_is_not_so():
    assert labels_to_certify(0.9, 0.1, 0.1) is None


def test_intervals_agree_with_scipy():
    ours, theirs = clopper_pearson(7, 20), stats.binomtest(7, 20).proportion_ci(method="exact")
    assert (ours.value, ours.low, ours.high) == pytest.approx((0.35, theirs.low, theirs.high))
    ours, theirs = wilson(7, 20), stats.binomtest(7, 20).proportion_ci(method="wilson")
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


def test_the_exact_interval_covers_at_least_as_often_as_stated():
    rng = np.random.default_rng(0)
    draws = rng.binomial(30, 0.1, 2000)
    covered = [e.low <= 0.1 <= e.high for e in (clopper_pearson(int(k), 30) for k in draws)]
    assert np.mean(covered) >= 0.95


def test_a_share_of_no_cases_is_refused():
    with pytest.raises(ValueError, match="no cases"):
        clopper_pearson(0, 0)


def test_the_difference_of_two_shares_is_newcombes():
    """His example: 56 of 70 against 48 of 80 (Statistics in Medicine 17, table II, method 10)."""
    found = difference(wilson(56, 70), wilson(48, 80))
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)
    assert found.n == 150
