import numpy as np
import pytest

from pairwright.routing.plan import Plan, measured_plans, plan_in_words, usual_plans
from pairwright.types import Estimate

PEOPLE = Estimate(0.92, 0.9, 0.94, 500, "measured")


def plans(n=400, **options):
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, n)
    right = rng.random(n) < confidence
    rates = {"judge_usd": 0.01, "person_usd": 1.0, "person_seconds": 36.0, "people_agree": PEOPLE} | options
    return {plan.people_share: plan for plan in measured_plans(10_000, confidence, right, **rates)}


def test_the_table_gives_ranges_for_this_many_pairs():
    found = {plan.method: plan for plan in usual_plans(10_000)}
    assert (found["experts"].usd.low, found["experts"].usd.high) == (20_000, 50_000)
    assert found["judge alone"].hours == 0


def test_money_and_hours_are_plain_arithmetic():
    found = plans()
    assert found[0.2].usd.value == pytest.approx(10_000 * (0.2 + 0.01) + 400)
    assert found[0.2].hours == pytest.approx((2000 + 400) * 36 / 3600)
    assert found[1.0].usd.value == 10_000
    assert found[1.0].agreement == PEOPLE


def test_more_people_buy_more_agreement_while_they_are_the_better():
    found = plans()
    values = [found[share].agreement.value for share in (0.0, 0.1, 0.3, 0.5)]
    assert values == sorted(values)


def test_the_interval_holds_what_is_true_as_often_as_it_says():
    share, held = 0.2, []
    truth_confidence = np.linspace(0.5, 1, 100_001)
    sure = truth_confidence[truth_confidence > 0.6]
    truth = (1 - share) * sure.mean() + share * PEOPLE.value
    for seed in range(200):
        rng = np.random.default_rng(seed)
        confidence = rng.uniform(0.5, 1, 200)
        right = rng.random(200) < confidence
        plan = next(
            p
            for p in measured_plans(
                1000,
                confidence,
                right,
                judge_usd=0,
                person_usd=1,
                person_seconds=1,
                people_agree=PEOPLE,
                seed=seed,
            )
            if p.people_share == share
        )
        held.append(plan.agreement.low <= truth <= plan.agreement.high)
    assert np.mean(held) > 0.9


def test_few_labels_are_no_measurement():
    with pytest.raises(ValueError, match="50 at least"):
        measured_plans(
            10, np.ones(49), np.ones(49), judge_usd=0, person_usd=1, person_seconds=1, people_agree=PEOPLE
        )


def test_the_plan_in_words_is_the_cheapest_near_people():
    def plan(name, share, usd, agreement):
        money = Estimate(usd, usd, usd, 1000, "measured rates")
        return Plan(
            name, share, money, 1.0, Estimate(agreement, agreement - 0.01, agreement + 0.01, 200, "x"), True
        )

    people = plan("people, all", 1.0, 50_000, 0.90)
    cheap, near, dear = plan("a", 0.0, 100, 0.80), plan("b", 0.1, 6200, 0.889), plan("c", 0.5, 25_000, 0.9)
    assert plan_in_words([people, cheap, near, dear]) == (
        "Full human $50,000; b $6,200, 88.9% [87.9, 89.9] agreement against 90% for people with each other."
    )
    assert "nothing cheaper" in plan_in_words([people, cheap])
    assert plan_in_words([cheap]) is None


def test_a_plan_is_no_surer_than_what_is_known_of_people():
    right = np.ones(100)
    sure, unsure = (Estimate(0.9, 0.9 - half, 0.9 + half, 100, "x") for half in (0.0, 0.05))
    width = []
    for people in (sure, unsure):
        costs = {"judge_usd": 0.01, "person_usd": 1.0, "person_seconds": 30, "people_agree": people}
        (plan,) = [
            p for p in measured_plans(1000, np.linspace(0.5, 1, 100), right, **costs) if p.people_share == 0.5
        ]
        width.append(plan.agreement.high - plan.agreement.low)
    assert width[0] < 0.001
    assert 0.03 < width[1] < 0.07
