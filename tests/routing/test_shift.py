from dataclasses import replace

import numpy as np
import pytest

from pairwright.routing.shift import FEWEST, Side, says_little_of_others, shift, signals_of
from pairwright.routing.signals import Ballots

NAMES = ("votes' distance from even of main", "|log-odds| of main", "|length gap|")


def pairs(prompts, seed, per=1, sure=2.0, alike=0.0, mix=(0.5, 0.3, 0.2), bad=None):
    """A judge's log-odds around +-`sure`; pairs of a prompt are `alike`; in domain `bad` it is at a loss."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(prompts), per)
    n = len(groups)
    noise = np.sqrt(alike) * rng.standard_normal(prompts)[groups]
    noise = noise + np.sqrt(1 - alike) * rng.standard_normal(n)
    domain = np.array(["chat", "code", "math"])[rng.choice(3, prompts, p=mix)[groups]]
    odds = np.abs(np.where(domain == bad, 0.3, sure) + noise)
    signals = np.stack([np.tanh(odds / 2) > rng.random(n), odds, np.abs(rng.standard_normal(n))], axis=1)
    return Side(signals.astype(float), groups, domain.tolist())


def alarms(then, now, draws=120):
    return np.mean(
        [shift(pairs(seed=s, **then), pairs(seed=9000 + s, **now), NAMES).shifted for s in range(draws)]
    )


@pytest.mark.parametrize(("then", "now"), [(FEWEST, FEWEST), (100, FEWEST), (80, 80)])
def test_pairs_of_the_same_kind_are_seldom_called_shifted(then, now):
    assert alarms({"prompts": then}, {"prompts": now}) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 120)


def test_many_pairs_a_prompt_do_not_look_like_a_shift():
    """28 pairs a prompt, all alike: taken one by one they would be 1,120 against 700 independent ones."""
    clusters = {"per": 28, "alike": 0.9}
    found = alarms({"prompts": 40, **clusters}, {"prompts": 25, **clusters}, 100)
    assert found <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100)


def test_a_judge_that_is_less_sure_of_new_pairs_is_seen():
    found = [shift(pairs(300, s), pairs(60, 9000 + s, sure=1.2), NAMES) for s in range(30)]
    assert np.mean([each.shifted for each in found]) > 0.9
    told = next(each for each in found if each.shifted)
    named = {each.name for each in told.signals if each.differs}
    assert "|log-odds| of main" in named
    assert "|length gap|" not in named
    assert "The 60 new pairs differ from the 300 before" in told.in_words
    assert "|log-odds| of main" in told.in_words


def test_one_domain_turned_bad_is_named_and_no_other():
    found = [shift(pairs(600, s), pairs(250, 9000 + s, bad="math"), NAMES) for s in range(12)]
    named = [{each.name for each in one.domains if each.differs} for one in found]
    assert np.mean(["math" in each for each in named]) > 0.9
    assert np.mean([bool(each - {"math"}) for each in named]) <= 0.2
    assert "math: the judges say other things of it" in next(one for one in found if one.shifted).in_words


def test_another_mix_of_domains_is_told_with_its_shares():
    found = shift(pairs(500, 0), pairs(200, 1, mix=(0.2, 0.3, 0.5)), NAMES)
    math = next(each for each in found.domains if each.name == "math")
    assert found.shifted
    assert math.differs
    assert (math.then, math.now) == pytest.approx((0.2, 0.5), abs=0.07)
    assert f"math: {math.then:.0%} of pairs before, {math.now:.0%} now" in found.in_words


def test_too_few_prompts_tell_nothing_and_it_says_so():
    few = pairs(FEWEST - 1, 0, per=10, sure=9.0)
    found = shift(pairs(500, 1), few, NAMES)
    assert found.p_value is None
    assert not found.shifted
    assert found.in_words.startswith("19 new prompts beside 500 are too few to tell")
    assert shift(few, pairs(500, 1), NAMES).p_value is None
    assert shift(pairs(0, 0), pairs(0, 1), NAMES).p_value is None


def test_a_judge_that_says_nothing_of_new_pairs_is_a_shift_too():
    now = pairs(60, 2)
    silent = now.signals.copy()
    silent[:, 1] = np.nan
    assert shift(pairs(300, 1), replace(now, signals=silent), NAMES).shifted


def test_the_same_seed_tells_the_same():
    one, other = (shift(pairs(100, 0), pairs(50, 1, sure=1.6), NAMES, seed=4).as_dict() for _ in range(2))
    assert one == other


def test_a_large_frame_is_compared_by_some_of_its_prompts_and_told_with_all():
    found = shift(pairs(5000, 0), pairs(3000, 1, per=2, sure=1.5), NAMES)
    assert (found.pairs_then, found.pairs_now, found.prompts_now) == (5000, 6000, 3000)
    assert found.shifted


def test_rows_that_do_not_fit_together_are_refused():
    odd = replace(pairs(30, 0), domains=["chat"])
    with pytest.raises(ValueError, match="the new pairs have 30 rows of signals, 30 prompts and 1 domains"):
        shift(pairs(30, 0), odd, NAMES)


def ballots(n=6, seed=0):
    rng = np.random.default_rng(seed)
    row, judge = np.repeat(np.arange(n), 4), np.tile([0, 0, 1, 1], n)
    verdict = rng.choice([-1.0, 0.0, 1.0], 4 * n)
    return Ballots(
        ("main", "scorer"), ("main", "scorer"), row, judge, np.tile([1.0, -1.0], 2 * n), verdict,
        np.where(judge == 0, rng.random(4 * n), np.nan), np.where(judge == 1, rng.standard_normal(4 * n), np.nan),
        np.where(judge == 0, rng.integers(0, 2, 4 * n).astype(float), np.nan), rng.standard_normal(n),
    )  # fmt: skip


def test_signals_stay_the_same_when_a_and_b_change_places():
    said = ballots()
    swapped = replace(
        said, order=-said.order, verdict=-said.verdict, prob_a=1 - said.prob_a, margin=-said.margin,
        length_gap=-said.length_gap,
    )  # fmt: skip
    values, names = signals_of(said)
    again, same = signals_of(swapped)
    assert names == same
    np.testing.assert_allclose(values, again)
    assert {"|length gap|", "order consistency of main", "|log-odds| of main", "|score gap| of scorer"} <= {
        *names
    }
    assert "|log-odds| of scorer" not in names


def test_a_judge_that_contradicts_itself_is_not_consistent_and_not_far_from_even():
    said = replace(ballots(1), verdict=np.array([1.0, -1.0, 1.0, 1.0]))
    values, names = signals_of(said)
    found = dict(zip(names, values[0], strict=True))
    assert (found["order consistency of main"], found["order consistency of scorer"]) == (0, 1)
    assert (found["votes' distance from even of main"], found["votes' distance from even of scorer"]) == (
        0,
        1,
    )


@pytest.mark.parametrize(
    ("labelled", "new", "whose"),
    [
        (np.arange(150), np.arange(500), None),
        (np.arange(150) % 100, np.arange(600) % 100, None),
        (np.arange(150) % 20, np.arange(500), "the 150 labels are of 20 prompts only"),
        (np.arange(150), np.arange(560) % 20, "the new pairs are of 20 prompts only"),
    ],
)
def test_labels_of_few_prompts_say_little_of_others(labelled, new, whose):
    said = says_little_of_others(labelled, new)
    assert (said is None) if whose is None else whose in said
