import numpy as np
import pytest

from pairwright.routing.plan import Plan, measured_plans, plan_in_words, usual_plans
from pairwright.types import Estimate

PEOPLE = Estimate(0.92, 0.9, 0.94, 500, "measured")
RATES = {
    "labelled": 400, "certified": 0.6, "judge_usd": 0.01, "person_usd": 1.0, "person_seconds": 36.0,
    "people_agree": PEOPLE,
}  # fmt: skip


def plans(n=400, **options):
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, n)
    right = rng.random(n) < confidence
    return {
        plan.people_share: plan for plan in measured_plans(10_000, confidence, right, **(RATES | options))
    }


def test_the_table_gives_ranges_for_this_many_pairs():
    found = {plan.method: plan for plan in usual_plans(10_000)}
    assert (found["experts"].usd.low, found["experts"].usd.high) == (20_000, 50_000)
    assert found["judge alone"].hours == 0


def test_money_and_hours_are_plain_arithmetic_and_no_label_is_paid_twice():
    found = plans()
    assert found[0.2].usd.value == pytest.approx(400 + 9600 * 0.2 + 10_000 * 0.01)
    assert found[0.2].hours == pytest.approx((400 + 9600 * 0.2) * 36 / 3600)
    assert found[0.0].usd.value == pytest.approx(400 + 100)
    assert found[1.0].usd.value == 10_000
    assert found[1.0].agreement == PEOPLE
    everything = plans(labelled=10_000)
    assert {plan.usd.value for share, plan in everything.items() if share < 1} == {10_100}
    assert everything[0.0].agreement.value == PEOPLE.value


def test_a_plan_says_whether_route_can_keep_it():
    found = plans(certified=0.8)
    assert {share: plan.certified for share, plan in found.items()} == {
        0.0: False, 0.05: False, 0.1: False, 0.2: True, 0.3: True, 0.5: True, 1.0: None
    }  # fmt: skip
    assert not any(plan.certified for plan in plans(certified=0.0).values())
    assert plans(certified=1.0)[0.0].certified
    assert {plan.certified for plan in usual_plans(100)} == {None}


def test_more_people_buy_more_agreement_while_they_are_the_better():
    found = plans()
    values = [found[share].agreement.value for share in (0.0, 0.1, 0.3, 0.5)]
    assert values == sorted(values)


@pytest.mark.parametrize("rest", [60, 300, 3000])
def test_the_interval_holds_what_comes_of_the_pairs_still_open_as_often_as_it_says(rest):
    held = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        confidence = rng.uniform(0.5, 1, 200 + rest)
        right = rng.random(200 + rest) < confidence
        options = RATES | {"labelled": 200, "seed": seed}
        plan = next(
            each
            for each in measured_plans(200 + rest, confidence[:200], right[:200], **options)
            if each.people_share == 0.2
        )
        surest = 200 + np.argsort(-confidence[200:])[: rest - round(0.2 * rest)]
        people = 200 + rest - len(surest)
        came = (right[surest].sum() + people * PEOPLE.value) / (200 + rest)
        held.append(plan.agreement.low <= came <= plan.agreement.high)
    assert np.mean(held) > 0.9


def test_few_labels_are_no_measurement():
    with pytest.raises(ValueError, match="50 at least"):
        measured_plans(10, np.ones(49), np.ones(49), **RATES)


def plan(name, share, usd, agreement, certified=True):
    money = Estimate(usd, usd, usd, 1000, "measured rates")
    of = Estimate(agreement, agreement - 0.01, agreement + 0.01, 200, "x")
    return Plan(name, share, money, 1.0, of, True, certified)


FULL = plan("people, all", 1.0, 50_000, 0.90, None)


def test_the_plan_in_words_is_the_cheapest_near_people():
    cheap, near, dear = plan("a", 0.0, 100, 0.80), plan("b", 0.1, 6200, 0.889), plan("c", 0.5, 25_000, 0.9)
    assert plan_in_words([FULL, cheap, near, dear]) == (
        "Full human $50,000; b $6,200, 88.9% [87.9, 89.9] agreement against 90% for people with each other."
    )
    assert "nothing cheaper" in plan_in_words([FULL, cheap])
    assert plan_in_words([cheap]) is None


def test_what_route_can_keep_goes_before_what_is_cheaper():
    wish, kept = plan("b", 0.1, 6200, 0.889, certified=False), plan("c", 0.5, 25_000, 0.9)
    assert plan_in_words([FULL, wish, kept]).startswith("Full human $50,000; c $25,000")
    assert "do not carry the guarantee that far" in plan_in_words([FULL, wish])


def test_a_plan_is_no_surer_than_what_is_known_of_people():
    right = np.ones(5000)
    sure, unsure = (Estimate(0.9, 0.9 - half, 0.9 + half, 100, "x") for half in (0.0, 0.05))
    width = []
    for people in (sure, unsure):
        options = RATES | {"labelled": 0, "people_agree": people}
        found = measured_plans(100_000, np.linspace(0.5, 1, 5000), right, **options)
        half = next(each for each in found if each.people_share == 0.5)
        width.append(half.agreement.high - half.agreement.low)
    assert width[0] < 0.002
    assert 0.03 < width[1] < 0.07
