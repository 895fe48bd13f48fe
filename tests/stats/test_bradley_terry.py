import choix
import numpy as np
import pytest

from pairwright.errors import NotConverged
from pairwright.stats.bradley_terry import bradley_terry
from pairwright.stats.cycles import preference_cycles


def played(strengths, n, tie=None, seed=0):
    """Comparisons of random pairs of competitors with these log strengths: winner, loser, tied."""
    rng = np.random.default_rng(seed)
    s = np.array(strengths)
    i = rng.integers(len(s), size=n)
    j = (i + rng.integers(1, len(s), size=n)) % len(s)
    odds = np.stack([s[i], s[j], np.full(n, -np.inf) if tie is None else (s[i] + s[j]) / 2 + tie], 1)
    p = np.exp(odds)
    p /= p.sum(1, keepdims=True)
    outcome = (p.cumsum(1) < rng.random((n, 1))).sum(1)
    winner, loser = np.where(outcome == 1, j, i), np.where(outcome == 1, i, j)
    return winner, loser, outcome == 2


def test_two_competitors_have_the_odds_of_their_wins():
    winner, loser = np.array([0] * 30 + [1] * 10), np.array([1] * 30 + [0] * 10)
    found = bradley_terry(winner, loser, np.zeros(40, bool), 2)
    assert found.log_strength[0] - found.log_strength[1] == pytest.approx(np.log(3))
    # The variance of a log-odds is 1/30 + 1/10; each strength is half the difference.
    assert found.error[0] == pytest.approx(np.sqrt(1 / 30 + 1 / 10) / 2)
    assert found.beats(0, 1) == pytest.approx(0.75)


def test_strengths_and_ties_are_recovered():
    truth = np.array([1.0, 0.3, -0.2, -1.1])
    found = bradley_terry(*played(truth, 40_000, tie=-0.5), 4)
    assert found.log_strength == pytest.approx(truth, abs=0.06)
    assert found.tie == pytest.approx(-0.5, abs=0.06)


def test_it_is_choixs_without_ties():
    winner, loser, tied = played([0.8, 0.0, -0.3, -0.5], 600, seed=2)
    theirs = choix.opt_pairwise(4, list(zip(winner.tolist(), loser.tolist(), strict=True)), alpha=1e-9)
    found = bradley_terry(winner, loser, tied, 4)
    assert found.log_strength == pytest.approx(theirs - theirs.mean(), abs=1e-3)


def test_intervals_hold_the_truth_about_as_often_as_stated():
    truth = np.array([0.6, 0.1, -0.7])
    inside = []
    for seed in range(200):
        found = bradley_terry(*played(truth, 200, tie=-1.0, seed=seed), 3)
        inside.append(np.abs(found.log_strength - truth) < 1.96 * found.error)
    assert np.mean(inside) == pytest.approx(0.95, abs=0.03)


def test_comparisons_of_one_prompt_are_not_told_as_if_of_many():
    rng = np.random.default_rng(0)
    covered = simple = 0
    for _ in range(200):
        prompt = np.repeat(np.arange(60), 6)
        first_wins = rng.random(360) < np.repeat(rng.beta(1.4, 0.7, 60), 6)  # 2 in 3 on average
        winner, loser = np.where(first_wins, 0, 1), np.where(first_wins, 1, 0)
        for by, groups in (("prompt", prompt), ("pair", None)):
            found = bradley_terry(winner, loser, np.zeros(360, bool), 2, groups=groups)
            gap = found.log_strength[0] - found.log_strength[1]
            half = 1.96 * np.sqrt(
                found.covariance[0, 0] - 2 * found.covariance[0, 1] + found.covariance[1, 1]
            )
            inside = abs(gap - np.log(2)) < half
            covered += inside and by == "prompt"
            simple += inside and by == "pair"
    assert covered / 200 > 0.92
    assert simple / 200 < 0.85


def test_of_few_groups_errors_are_never_less_than_without():
    rng = np.random.default_rng(0)
    first_wins = rng.random(40) < 0.7
    sides = np.where(first_wins, 0, 1), np.where(first_wins, 1, 0), np.zeros(40, bool)
    plain = bradley_terry(*sides, 2).error
    for groups in (np.zeros(40), np.arange(40) % 2):
        assert (bradley_terry(*sides, 2, groups=groups).error >= plain - 1e-12).all()


def test_with_a_group_for_each_comparison_errors_are_the_usual():
    rng = np.random.default_rng(0)
    first_wins = rng.random(2000) < 0.7
    sides = np.where(first_wins, 0, 1), np.where(first_wins, 1, 0), np.zeros(2000, bool)
    plain, grouped = bradley_terry(*sides, 2), bradley_terry(*sides, 2, groups=np.arange(2000))
    assert grouped.error == pytest.approx(plain.error, rel=0.02)


def test_who_never_lost_has_no_finite_strength():
    winner, loser = np.array([0, 0, 1, 2]), np.array([1, 2, 2, 1])
    with pytest.raises(NotConverged, match="never lost"):
        bradley_terry(winner, loser, np.zeros(4, bool), 3)
    assert bradley_terry(winner, loser, np.zeros(4, bool), 3, ridge=0.1).log_strength.argmax() == 0


def test_a_weight_counts_as_so_many_comparisons():
    winner, loser, tied = np.array([0, 1]), np.array([1, 0]), np.zeros(2, bool)
    found = bradley_terry(winner, loser, tied, 2, weight=np.array([30.0, 10.0]))
    assert found.beats(0, 1) == pytest.approx(0.75)


def test_cycles_are_found_and_a_consistent_order_has_none():
    winner, loser = np.array([0, 1, 2, 3, 3, 4]), np.array([1, 2, 0, 0, 4, 5])
    assert [sorted(cycle) for cycle in preference_cycles(winner, loser, 6)] == [[0, 1, 2]]
    assert preference_cycles(np.array([0, 0, 1]), np.array([1, 2, 2]), 3) == []


def test_the_shortest_cycle_of_a_knot_is_given_in_order_of_preference():
    winner, loser = np.array([0, 1, 2, 3, 1]), np.array([1, 2, 3, 0, 0])
    (cycle,) = preference_cycles(winner, loser, 4)
    assert sorted(cycle) == [0, 1]
