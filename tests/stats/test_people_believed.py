"""People are believed as far as is known of them: seeded made-up projects whose truth is known.

Judges see some pairs clearly and others not; their forecast is what a fit on people's answers gives: calibrated
on answers, not on the truth. `power` makes it too timid (0.5) or too sure (2).
"""

import numpy as np
import pytest

from pairwright.errors import NotConverged
from pairwright.stats.combine import PeopleVotes, combine

MIXED = (0.6, 0.7, 0.8, 0.9)


def made(seed, skills, n=600, each=1, judge=0.8, power=1.0, gold=0, copied=False, forecast=True):
    """(votes, truth): each pair answered by `each` of the people; person 1 copies person 0 if `copied`."""
    rng = np.random.default_rng(seed)
    skills = np.array(skills)
    truth = rng.integers(2, size=n)
    clear = np.clip(rng.beta(8 * judge, 8 * (1 - judge), n), 0.02, 0.98)
    said_by_judge = np.where(rng.random(n) < clear, truth, 1 - truth)
    person = np.concatenate([rng.permutation(len(skills))[:each] for _ in range(n)])
    row = np.repeat(np.arange(n), each)
    said = np.where(rng.random(len(row)) < skills[person], truth[row], 1 - truth[row])
    if copied:
        first = dict(zip(row[person == 0], said[person == 0], strict=True))
        said = np.array([first[r] if p == 1 else s for r, p, s in zip(row, person, said, strict=True)])
    answered = clear * skills.mean() + (1 - clear) * (1 - skills.mean())
    told = 1 / (1 + ((1 - answered) / answered) ** power)
    probs = np.full((n, 3), 0.005)
    probs[np.arange(n), said_by_judge] = 0.995 * told
    probs[np.arange(n), 1 - said_by_judge] = 0.995 * (1 - told)
    known = np.where(np.arange(n) < gold, truth, -1)
    return PeopleVotes(row, person, said, n, len(skills), known, probs if forecast else None), truth


def believed(skills, runs=12, **how):
    """(how right each is taken to be, how sure labels are told to be, how many are right), gold aside."""
    reliability, told, right = [], [], []
    for seed in range(runs):
        votes, truth = made(seed, skills, **how)
        found = combine(votes, "anchored")
        rest = votes.known < 0
        reliability.append(found.confusion[:, 0, 0])
        told.append(found.probs.max(1)[rest].mean())
        right.append((found.probs.argmax(1) == truth)[rest].mean())
    return np.mean(reliability, 0), np.mean(told), np.mean(right)


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("judge", [0.65, 0.8, 0.9])
def test_one_answer_a_pair_does_not_make_people_look_better_than_they_are(judge, power):
    """Before: 0.69, 0.78, 0.88, 0.96 were believed of people right in 0.6, 0.7, 0.8, 0.9."""
    reliability, told, right = believed(MIXED, judge=judge, power=power)
    assert (reliability - MIXED).max() < 0.1
    assert reliability.mean() < np.mean(MIXED) + 0.02
    assert told < right + 0.02


@pytest.mark.parametrize("skill", [0.6, 0.7, 0.8, 0.9])
def test_where_nothing_can_be_known_everybody_is_a_newcomer(skill):
    """A good judge beside poor people looks like a poor judge beside good people: the prior stays."""
    reliability, told, _ = believed([skill] * 4, judge=0.8)
    assert reliability == pytest.approx([0.8] * 4, abs=0.07)
    assert told < 0.87


def test_predictable_answers_are_right_at_least_as_often_as_they_are_predicted():
    (reliability, _, _) = believed([0.97] * 2, judge=0.95)
    assert 0.88 < reliability.min() <= reliability.max() < 0.97


@pytest.mark.parametrize("how", [{"each": 2}, {"each": 3}, {"each": 2, "power": 2.0}, {"gold": 120}], ids=str)
@pytest.mark.parametrize("skills", [MIXED, (0.7,) * 4], ids=str)
def test_shared_pairs_and_gold_tell_how_right_people_are(how, skills):
    reliability, told, right = believed(skills, **how)
    assert reliability == pytest.approx(skills, abs=0.045)
    assert (
        right - 0.05 < told < right + 0.02
    )  # a little too modest, for a judge counts for less than it might


def test_a_judge_never_outvotes_a_person_of_whom_nothing_bad_is_known():
    votes, _ = made(0, [0.9] * 4, judge=0.95, power=3.0)
    found = combine(votes, "anchored")
    trusted = found.confusion[votes.person, 0, 0] >= 0.8
    assert (found.probs[votes.row, votes.said] > 0.45)[trusted].mean() > 0.99


def test_with_gold_gold_decides_who_is_believed():
    """Two right in 0.7 copy each other, a third is right in 0.9. Without gold: 1.00, 1.00 and 0.65."""
    how = {"each": 3, "n": 200, "copied": True}
    for forecast in (False, True):
        reliability, _, right = believed((0.7, 0.7, 0.9), gold=40, forecast=forecast, **how)
        assert reliability == pytest.approx((0.7, 0.7, 0.87), abs=0.05)
        alone, _, _ = believed((0.7, 0.7, 0.9), forecast=forecast, **how)
        assert alone[0] > 0.95
        assert right > 0.75
    votes, _ = made(0, (0.7, 0.7, 0.9), gold=40, **how)
    assert combine(votes, "anchored").by_gold
    with pytest.raises(NotConverged, match="gold pairs speak against what people agree on"):
        combine(votes, "dawid-skene")


def test_gold_that_agrees_leaves_people_to_be_told_by_all_their_answers():
    votes, _ = made(0, MIXED, each=3, gold=40)
    assert not combine(votes, "anchored").by_gold
