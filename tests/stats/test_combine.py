import numpy as np
import pytest

from pairwright.errors import NotConverged
from pairwright.stats.anchored import one_coin
from pairwright.stats.combine import PeopleVotes, best_method, combine


def votes(row, person, said, *, known=None, forecast=None, n_pairs=None):
    row, person, said = (np.array(each) for each in (row, person, said))
    n_pairs = n_pairs or int(row.max()) + 1
    gold = np.full(n_pairs, -1)
    for at, value in (known or {}).items():
        gold[at] = value
    return PeopleVotes(row, person, said, n_pairs, int(person.max()) + 1, gold, forecast)


def test_majority_gives_the_shares_and_a_tie_is_a_class():
    found = combine(votes([0, 0, 0, 1], [0, 1, 2, 0], [0, 0, 2, 2]), "majority")
    assert found.probs == pytest.approx(np.array([[2 / 3, 0, 1 / 3], [0, 0, 1]]))


def test_gold_weighs_people_by_what_they_got_right_there():
    # Ten gold pairs: person 0 right on all, person 1 on none; then they part on pair 10.
    row = [*range(10), *range(10), 10, 10]
    person = [0] * 10 + [1] * 10 + [0, 1]
    said = [0] * 10 + [1] * 10 + [0, 1]
    found = combine(votes(row, person, said, known=dict.fromkeys(range(10), 0)), "gold")
    assert found.probs[10, 0] > 0.9
    assert found.confusion[0, 0, 0] == pytest.approx(14 / 15)  # (10 + 4) / (10 + 5)


def test_gold_without_gold_says_what_to_do():
    with pytest.raises(NotConverged, match="nobody answered a gold pair"):
        combine(votes([0], [0], [0]), "gold")


def test_judges_that_err_together_do_not_outvote_people():
    rng = np.random.default_rng(1)
    n = 2000
    truth = rng.integers(2, size=n)
    forecast = np.full((n, 3), 0.01)
    said_by_judges = np.where(rng.random(n) < 0.75, truth, 1 - truth)
    forecast[np.arange(n), said_by_judges] = 0.74
    forecast[np.arange(n), 1 - said_by_judges] = 0.25
    row = np.tile(np.arange(0, n, 5), 3)
    person = np.repeat(np.arange(3), n // 5)
    right = rng.random(len(row)) < 0.85
    said = np.where(right, truth[row], 1 - truth[row])
    found = combine(votes(row, person, said, forecast=forecast, n_pairs=n), "anchored")
    covered = np.arange(0, n, 5)
    alone = combine(votes(row, person, said, n_pairs=n), "majority")
    ours = (found.probs[covered].argmax(1) == truth[covered]).mean()
    assert ours >= (alone.probs[covered].argmax(1) == truth[covered]).mean()
    assert np.einsum("ptt->p", found.confusion) / 3 == pytest.approx([0.85] * 3, abs=0.05)


def test_the_best_method_follows_from_who_took_part():
    forecast = np.full((1, 3), 1 / 3)
    assert best_method(votes([0], [0], [0], forecast=forecast)) == "anchored"
    assert best_method(votes([0, 0, 0], [0, 1, 2], [0, 0, 0])) == "majority"
    for n, method in ((60, "anchored"), (400, "dawid-skene")):
        shared = votes(np.tile(np.arange(n), 3), np.repeat([0, 1, 2], n), np.zeros(3 * n, int))
        assert best_method(shared) == method


def test_without_judges_few_answers_are_better_combined_by_one_figure_a_person():
    apart = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        truth = rng.integers(3, size=80)
        row, person = np.tile(np.arange(80), 3), np.repeat(np.arange(3), 80)
        right = rng.random(240) < np.array([0.98, 0.6, 0.6])[person]
        given = votes(row, person, np.where(right, truth[row], (truth[row] + rng.integers(1, 3, 240)) % 3))
        ours, shares = (
            (combine(given, method).probs.argmax(1) == truth).mean() for method in ("anchored", "majority")
        )
        apart.append(ours - shares)
    assert np.mean(apart) > 0.03


def test_a_one_coin_matrix_is_right_so_often_and_wrong_evenly():
    assert one_coin(np.array([0.8]))[0] == pytest.approx(
        np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]])
    )
