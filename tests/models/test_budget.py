"""The hard stop on spending."""

import random

import pytest

from pairwright.errors import BudgetReached
from pairwright.models.budget import Budget


def test_a_call_starts_only_if_its_worst_case_still_fits():
    budget = Budget(1.0)
    budget.reserve(0.6)
    with pytest.raises(BudgetReached):
        budget.reserve(0.5)
    budget.reserve(0.4)
    assert budget.left == 0


def test_what_a_call_did_not_cost_is_free_again():
    budget = Budget(1.0)
    budget.reserve(1.0)
    budget.settle(1.0, 0.25)
    assert (budget.spent, budget.left) == (0.25, 0.75)
    budget.reserve(0.75)


def test_a_call_that_failed_costs_nothing():
    budget = Budget(1.0)
    budget.reserve(1.0)
    budget.settle(1.0, 0.0)
    assert (budget.spent, budget.left) == (0, 1)


def test_what_was_spent_before_counts():
    budget = Budget(1.0, spent_usd=0.9)
    assert budget.left == pytest.approx(0.1)
    with pytest.raises(BudgetReached):
        budget.reserve(0.2)


def test_the_message_says_what_is_spent_what_the_next_call_may_cost_and_what_to_do():
    with pytest.raises(BudgetReached) as caught:
        Budget(2.0, spent_usd=1.9999).reserve(0.0123)
    assert str(caught.value) == (
        "the budget of $2.00 is reached: $1.9999 is spent and the next call may cost $0.0123. "
        "All that was paid for is kept; raise --budget to go on."
    )


def test_without_a_limit_everything_fits_and_is_counted():
    budget = Budget(None)
    budget.reserve(1e6)
    budget.settle(1e6, 1e6)
    assert (budget.spent, budget.left) == (1e6, None)


def test_a_free_call_fits_even_a_spent_budget():
    budget = Budget(0.0)
    budget.reserve(0.0)
    with pytest.raises(BudgetReached):
        budget.reserve(1e-9)
    assert Budget(1.0, spent_usd=2.0).left == 0


def test_rounding_does_not_cost_the_last_call():
    budget = Budget(1.0)
    for _ in range(10):
        budget.reserve(0.1)  # ten tenths are a hair more than one in binary
    for _ in range(10):
        budget.settle(0.1, 0.1)
    assert budget.spent == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(5))
def test_the_limit_holds_whatever_calls_come_and_go(seed):
    draw, budget, in_flight = random.Random(seed), Budget(1.0), []
    for _ in range(5000):
        if in_flight and draw.random() < 0.5:
            worst = in_flight.pop(draw.randrange(len(in_flight)))
            budget.settle(worst, worst * draw.random())
        else:
            worst = draw.random() / 50
            try:
                budget.reserve(worst)
            except BudgetReached:
                assert worst > budget.left
            else:
                in_flight.append(worst)
        assert budget.spent + sum(in_flight) <= 1.0 + 1e-9
    assert budget.spent > 0.9
