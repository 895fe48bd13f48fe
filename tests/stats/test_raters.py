"""What a person's votes are like: made-up people whose habits are known."""

import numpy as np
import pytest

from pairwright.stats.raters import VoteTable, rater_figures

N = 400


def votes_of(people, seed=0):
    """{number: function of (rng, truth, order, gap) -> said}; everybody answers every pair."""
    rng = np.random.default_rng(seed)
    truth, gap = rng.integers(0, 2, N), rng.normal(0, 0.8, N)
    parts = []
    for number, answer in people.items():
        order = rng.choice([-1.0, 1.0], N)
        parts.append((np.arange(N), np.full(N, number), answer(rng, truth, order, gap), order, gap))
    item, rater, said, order, gaps = (np.concatenate(part) for part in zip(*parts, strict=True))
    gold = np.where(item < 100, truth[item], -1)
    return VoteTable(item, rater, said, order, gaps, np.full(len(item), 20.0), gold)


def right(share):
    return lambda rng, truth, order, gap: np.where(rng.random(N) < share, truth, 1 - truth)


def always_left(rng, truth, order, gap):
    return np.where(order > 0, 0, 1)


def always_longer(rng, truth, order, gap):
    return np.where(gap > 0, 0, 1)


def tires(rng, truth, order, gap):
    share = np.where(np.arange(N) < 260, 0.95, 0.5)
    return np.where(rng.random(N) < share, truth, 1 - truth)


GOOD = {1: right(0.9), 2: right(0.9), 3: right(0.9)}


def test_good_people_give_no_cause_for_worry():
    figures = rater_figures(votes_of(GOOD), 5)
    assert [of.worries for of in figures.values()] == [(), (), ()]
    assert figures[1].gold.value == pytest.approx(0.9, abs=0.1)
    assert figures[1].agreement.value == pytest.approx(0.9, abs=0.06)
    assert figures[1].left.value == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize(
    ("habit", "said"),
    [
        (right(0.5), "of 100 gold pairs"),
        (right(0.5), "everybody else on"),
        (always_left, "chooses the left side in 100%"),
        (always_longer, "chooses the longer in 100%"),
        (tires, "points of late"),
    ],
)
def test_a_bad_habit_is_found_and_said(habit, said):
    figures = rater_figures(votes_of({**GOOD, 4: habit}), 5)
    assert said in "; ".join(figures[4].worries)
    assert figures[1].worries == ()


def test_answers_that_are_too_fast_are_counted():
    votes = votes_of(GOOD)
    votes.seconds[votes.rater == 2] = np.where(np.arange(N) % 2, 3.0, 30.0)
    figures = rater_figures(votes, 5)
    assert figures[2].too_fast == 0.5
    assert "50% of answers in under 5 s" in figures[2].worries


def test_nobody_is_judged_by_a_handful_of_votes():
    few = votes_of({**GOOD, 4: always_left})
    keep = (few.rater != 4) | (few.item < 10)
    votes = VoteTable(
        *(getattr(few, name)[keep] for name in ("item", "rater", "said", "order", "gap", "seconds", "gold"))
    )
    assert rater_figures(votes, 5)[4].worries == ()


def test_length_is_set_beside_what_others_chose_on_the_same_pairs():
    everybody = rater_figures(votes_of({1: always_longer, 2: always_longer, 3: always_longer}), 5)
    assert everybody[1].longer.value == everybody[1].others_longer == 1.0
    assert not [worry for worry in everybody[1].worries if "longer" in worry]
