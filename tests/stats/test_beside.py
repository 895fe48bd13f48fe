"""One person's habits beside those of the others on the same pairs."""

import numpy as np
import pytest

from pairwright.stats.beside import beside_others, median
from pairwright.stats.raters import VoteTable


def table(rows):
    """Rows are (item, rater, said, order, gap, seconds)."""
    columns = np.array(rows, float).T
    item, rater, said = (columns[i].astype(int) for i in range(3))
    return VoteTable(item, rater, said, columns[3], columns[4], columns[5], np.full(len(item), -1))


def habits(votes, rater=0):
    return {each.habit: each for each in beside_others(votes, rater)}


def test_only_the_same_pairs_count():
    """The others always choose a; on pairs this person never saw they choose b."""
    rows = [(i, 0, 0, 1, 1.0, 10) for i in range(30)]
    rows += [(i, rater, 0, 1, 1.0, 10) for i in range(30) for rater in (1, 2)]
    rows += [(i, rater, 1, 1, 1.0, 10) for i in range(30, 90) for rater in (1, 2)]
    found = habits(table(rows))
    assert (found["left"].mine.value, found["left"].others.value) == (1.0, 1.0)
    assert not found["left"].apart
    assert (found["longer"].others.n, found["longer"].others.value) == (60, 1.0)


def test_a_side_is_that_which_was_shown_to_each():
    rows = [(i, 0, i % 2, 1 - 2 * (i % 2), 0.0, 10) for i in range(40)]  # always what stands left
    rows += [(i, 1, i % 2, 1, 0.0, 10) for i in range(40)]
    found = habits(table(rows))["left"]
    assert (found.mine.value, found.others.value, found.apart) == (1.0, 0.5, True)


def test_a_few_answers_set_nobody_apart():
    rows = [(i, 0, 2, 1, 0.0, 1) for i in range(19)] + [(i, 1, 0, 1, 0.0, 60) for i in range(19)]
    assert not any(each.apart for each in beside_others(table(rows), 0))


def test_pace_is_compared_by_rank():
    rng = np.random.default_rng(0)
    rows = [(i, 0, 0, 1, 0.0, rng.exponential(5)) for i in range(60)]
    rows += [(i, 1, 0, 1, 0.0, rng.exponential(30)) for i in range(60)]
    found = habits(table(rows))["seconds"]
    assert found.apart
    assert found.mine.high < found.others.low


def test_agreement_is_that_of_the_first_two_so_that_hard_pairs_do_not_count_more():
    """Somebody who is always wrong does not make careful people disagree, nor do those asked in a dispute."""
    rows = [(i, 0, 1, 1, 0.0, 10) for i in range(30)] + [(i, 1, 0, 1, 0.0, 10) for i in range(30)]
    rows += [(i, rater, 0, 1, 0.0, 10) for i in range(30, 70) for rater in (1, 2)]
    rows += [(i, 3, i % 2, 1, 0.0, 10) for i in range(30)]  # asked third
    found = habits(table(rows))["agreement"]
    assert (found.mine.value, found.mine.n) == (0.0, 30)
    assert (found.others.value, found.others.n, found.apart) == (1.0, 40, True)
    third = habits(table(rows), 3)["agreement"]
    assert (third.mine, third.others.n) == (None, 70)


def test_nobody_else_saw_them():
    found = habits(table([(i, 0, 0, 1, 0.0, np.nan) for i in range(5)]))
    assert found["agreement"].mine is None
    assert found["left"].others is None
    assert found["seconds"].mine is None


def test_the_medians_interval_is_that_of_the_tables():
    """n = 10: the 2nd and the 9th value hold the median with 97.9% (1 - 2 * 11 / 1024)."""
    found = median(np.arange(1.0, 11.0))
    assert (found.value, found.low, found.high) == (5.5, 2.0, 9.0)


@pytest.mark.parametrize("n", [1, 2, 5, 200])
def test_the_medians_interval_holds_it(n):
    rng = np.random.default_rng(n)
    held = [found.low <= 1.0 <= found.high for found in (median(rng.normal(1, 1, n)) for _ in range(400))]
    assert np.mean(held) >= (0.93 if n > 5 else 0.0)
