"""Rows as TRL reads them."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairwright.formats.trl import (
    Separator,
    columns,
    suggested_weights,
)


def separate_neighbours(rows, key, *, window=1024):
    order = Separator(key, window)
    for row in rows:
        yield from order.push(row)
    yield from order.rest()


@pytest.mark.parametrize("style", ["conversational", "standard"])
def test_dpo_and_orpo_have_the_same_columns(style):
    assert columns("dpo", style) == columns("orpo", style)


def neighbours(keys) -> int:
    return sum(a == b for a, b in pairwise(keys))


def separated(keys, **options) -> list[str]:
    return list(separate_neighbours(keys, lambda key: key, **options))


def test_rows_without_equal_neighbours_are_left_in_their_order():
    assert separated("abcabc") == list("abcabc")


def test_a_row_that_would_follow_its_own_prompt_waits_for_the_next_other_one():
    assert separated("aabb") == list("abab")
    assert separated("aaabcd") == list("abacad")


def test_rows_left_over_at_the_end_are_tucked_in_before():
    assert separated("bcdaa") == list("abcda")


def test_a_single_prompt_is_written_all_the_same():
    assert separated("aaaa") == list("aaaa")
    assert separated("") == []


@given(st.lists(st.sampled_from("abcd"), max_size=40))
def test_nothing_is_lost_and_as_few_neighbours_as_possible_remain(keys):
    result = separated(keys)
    assert Counter(result) == Counter(keys)
    most = max(Counter(keys).values(), default=0)
    assert neighbours(result) == max(0, most - (len(keys) - most) - 1)


@given(st.lists(st.sampled_from("abcd"), max_size=60), st.integers(1, 5))
def test_a_small_window_loses_nothing_and_never_makes_it_worse(keys, window):
    result = separated(keys, window=window)
    assert Counter(result) == Counter(keys)
    assert neighbours(result) <= neighbours(keys)


def test_rows_are_handed_on_while_more_are_read():
    read = 0

    def rows():
        nonlocal read
        for number in range(10_000):
            read += 1
            yield number // 4  # four responses to each prompt, one after the other

    result = separate_neighbours(rows(), lambda key: key, window=100)
    next(result)
    assert read < 300
    assert neighbours(list(result)) == 0


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_suggested_weights_bring_the_balance_between_1_to_1_and_4_to_3(good, bad):
    weights = suggested_weights(good, bad)
    assert 1 <= (weights.desirable * good) / (weights.undesirable * bad) <= 4 / 3
    assert min(weights.desirable, weights.undesirable) == 1


def test_balanced_labels_need_no_weights_and_a_missing_label_cannot_be_weighed():
    assert suggested_weights(100, 100) == suggested_weights(120, 100)
    assert suggested_weights(100, 100).desirable == 1
    assert suggested_weights(100, 0) is None
    assert suggested_weights(0, 100) is None
