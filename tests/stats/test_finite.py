"""The exact test for what is left of a finite pool."""

import numpy as np
import pytest
from scipy import stats

from pairwright.stats.finite import hardest_rest, rest_p
from pairwright.stats.intervals import binomial_p


def p(errors, drawn, rest, rate):
    return float(rest_p(np.array([errors]), np.array([drawn]), np.array([rest]), rate)[0])


def test_by_hand():
    # 2 of 4 are drawn, both right; at 0.5 the others hold too many errors when both are wrong:
    # 2 errors among 4, and the 2 drawn miss both: 1 of the 6 ways to draw. The binomial says 1/4.
    assert stats.hypergeom.cdf(0, 4, 2, 2) == pytest.approx(1 / 6)
    assert p(0, 2, 2, 0.5) == pytest.approx(1 / 4)
    # 1 is left of 21, and 1 error was seen among 20: it is wrong with chance 2/21 where there are two.
    assert p(1, 20, 1, 0.3) == pytest.approx(2 / 21)


def test_like_scipy_wherever_it_is_more_than_the_binomial():
    rng = np.random.default_rng(0)
    for _ in range(300):
        m, r = rng.integers(1, 90, 2)
        k, rate = rng.integers(0, m), rng.choice([0.05, 0.1, 0.2, 0.37])
        exact = stats.hypergeom.cdf(k, m + r, k + np.floor(rate * r + 1e-9) + 1, m)
        assert p(k, m, r, rate) == pytest.approx(max(exact, binomial_p(k, m, rate)), abs=1e-10)


@pytest.mark.parametrize(
    ("m", "r", "rate", "delta"), [(30, 30, 0.1, 0.1), (50, 20, 0.15, 0.2), (60, 240, 0.2, 0.1)]
)
def test_no_number_of_errors_in_the_pool_breaks_the_promise_more_often_than_said(m, r, rate, delta):
    k = np.arange(m + 1)
    passing = rest_p(k, np.full(m + 1, m), np.full(m + 1, r), rate) <= delta
    worst = 0.0
    for wrong in range(m + r + 1):
        chance = stats.hypergeom.pmf(k, m + r, wrong, m)
        worst = max(worst, chance[passing & (wrong - k > rate * r + 1e-9)].sum())
    assert 0 < worst <= delta


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.15, 0.3])
def test_the_hardest_number_to_be_left_is_as_hard_as_any_between(rate):
    fewest, most = np.array([1, 7, 40, 90]), np.array([9, 16, 55, 400])
    hardest = hardest_rest(fewest, most, rate)
    assert ((fewest <= hardest) & (hardest <= most)).all()
    for one, low, high in zip(hardest, fewest, most, strict=True):
        others = [p(3, 60, rest, rate) for rest in range(low, high + 1)]
        assert p(3, 60, one, rate) == pytest.approx(max(others))


def test_many_left_are_as_without_end():
    assert p(5, 100, 10_000_000, 0.1) == pytest.approx(float(binomial_p(5, 100, 0.1)), abs=1e-4)


def test_nothing_drawn_tells_nothing():
    assert p(0, 0, 50, 0.1) == 1
