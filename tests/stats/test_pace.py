"""When work will be done: from the days so far, with an interval that keeps its word."""

import numpy as np
import pytest

from pairwright.stats.pace import days_until_done


def test_the_same_every_day_is_a_division():
    found = days_until_done(np.full(10, 50.0), 500)
    assert (found.value, found.low, found.high) == (10.0, 10.0, 10.0)
    assert "10 days, 80%" in found.method


def test_a_day_that_is_begun_is_a_day():
    assert days_until_done(np.full(5, 50.0), 51).value == 2.0


def test_idle_days_count_as_they_will_come_again():
    week = np.array([50, 50, 50, 50, 50, 0, 0] * 2, float)
    found = days_until_done(week, 1000)
    assert 26 <= found.value <= 31  # 28 days have 20 of work; 20 without weekends
    assert found.low < 28 < found.high


@pytest.mark.parametrize(("days", "told"), [([], "no day"), ([40.0], "1 day"), ([5.0, 0.0, 9.0], "2 days")])
def test_too_few_days_give_no_forecast(days, told):
    with pytest.raises(ValueError, match=f"answers on {told} so far; a forecast takes 3"):
        days_until_done(np.array(days), 100)


def test_a_pace_that_ends_in_no_lifetime_is_no_forecast():
    with pytest.raises(ValueError, match="more than 10 years"):
        days_until_done(np.array([1.0, 1.0, 1.0]), 1e6)


def test_nothing_left_is_done_now():
    assert days_until_done(np.array([3.0, 4.0, 5.0]), 0).high == 0


@pytest.mark.parametrize(("known", "left"), [(20, 1500), (20, 300), (8, 500)])
def test_the_interval_holds_what_comes_in_about_four_of_five_cases(known, left):
    """Days of a known kind, some of them idle; the forecast is made from a few, and work goes on with others."""
    rng = np.random.default_rng(1)
    held = 0
    for trial in range(300):
        so_far, to_come = (rng.poisson(30, n) * (rng.random(n) < 0.8) for n in (known, 400))
        found = days_until_done(so_far, left, seed=trial)
        took = 1 + int((np.cumsum(to_come) >= left).argmax())
        held += found.low <= took <= found.high
    assert 0.7 <= held / 300 <= 0.92
