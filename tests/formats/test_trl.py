"""Rows as TRL reads them."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairwright.formats.trl import (
    Drop,
    LabelledPair,
    LabelledResponse,
    Separator,
    columns,
    kto_row,
    preference_row,
    suggested_weights,
    unpaired_row,
)
from pairwright.types import Message

COLOUR = (Message("user", "What color is the sky?"),)
LONG_CHAT = (
    Message("system", "Be brief."),
    Message("user", "Hi"),
    Message("assistant", "Hello!"),
    Message("user", "What color is the sky?"),
)


def separate_neighbours(rows, key, *, window=1024):
    order = Separator(key, window)
    for row in rows:
        yield from order.push(row)
    yield from order.rest()


def test_a_preference_row_in_conversational_style_holds_messages():
    row = preference_row(LabelledPair(COLOUR, "It is blue.", "It is green."), "conversational")
    assert row == {
        "prompt": [{"role": "user", "content": "What color is the sky?"}],
        "chosen": [{"role": "assistant", "content": "It is blue."}],
        "rejected": [{"role": "assistant", "content": "It is green."}],
    }


def test_a_preference_row_in_standard_style_ends_the_prompt_with_a_separator():
    pair = LabelledPair(COLOUR, "It is blue.", "It is green.")
    assert preference_row(pair, "standard") == {
        "prompt": "What color is the sky?\n\n",
        "chosen": "It is blue.",
        "rejected": "It is green.",
    }
    row = preference_row(pair, "standard", separator="\nAnswer: ")
    assert row["prompt"] + row["chosen"] == "What color is the sky?\nAnswer: It is blue."


def test_system_and_earlier_turns_stay_in_a_conversational_prompt():
    row = preference_row(LabelledPair(LONG_CHAT, "Blue.", "Green."), "conversational")
    assert [m["role"] for m in row["prompt"]] == ["system", "user", "assistant", "user"]


@pytest.mark.parametrize("prompt", [LONG_CHAT, LONG_CHAT[1:], (LONG_CHAT[0], LONG_CHAT[3])])
def test_a_prompt_of_several_messages_cannot_be_said_in_standard_style(prompt):
    drop = Drop("multi_turn_needs_conversational")
    assert preference_row(LabelledPair(prompt, "Blue.", "Green."), "standard") == drop
    assert kto_row(LabelledResponse(prompt, "Blue.", True), "standard") == drop
    assert unpaired_row(LabelledResponse(prompt, "Blue.", True), "standard") == drop


def test_a_kto_row_has_a_boolean_label():
    response = LabelledResponse(COLOUR, "It is green.", good=False)
    assert kto_row(response, "conversational") == {
        "prompt": [{"role": "user", "content": "What color is the sky?"}],
        "completion": [{"role": "assistant", "content": "It is green."}],
        "label": False,
    }
    assert kto_row(response, "standard") == {
        "prompt": "What color is the sky?\n\n",
        "completion": "It is green.",
        "label": False,
    }


def test_a_plain_unpaired_row_says_good_or_bad_and_adds_nothing_to_the_prompt():
    assert unpaired_row(LabelledResponse(COLOUR, "It is blue.", good=True), "standard") == {
        "prompt": "What color is the sky?",
        "response": "It is blue.",
        "label": "good",
    }
    assert unpaired_row(LabelledResponse(COLOUR, "It is green.", good=False), "conversational") == {
        "prompt": [{"role": "user", "content": "What color is the sky?"}],
        "response": "It is green.",
        "label": "bad",
    }


@pytest.mark.parametrize(
    ("prompt", "chosen", "rejected", "reason"),
    [
        ((), "a", "b", "empty_prompt"),
        ((Message("user", " \n"),), "a", "b", "empty_prompt"),
        (LONG_CHAT[:3], "a", "b", "prompt_does_not_end_with_user"),
        (LONG_CHAT[:1], "a", "b", "prompt_does_not_end_with_user"),
        (COLOUR, "", "b", "empty_response"),
        (COLOUR, "a", "\t", "empty_response"),
        (COLOUR, "a", "a", "same_text"),
        (COLOUR, "a", "a\n", "same_text"),
    ],
)
def test_a_pair_a_trainer_would_misread_is_dropped_with_its_reason(prompt, chosen, rejected, reason):
    assert preference_row(LabelledPair(prompt, chosen, rejected), "conversational") == Drop(reason)


def test_text_is_written_as_it_is():
    odd = "  <|im_end|> \u2028 \x00 \U0001f642\r\n"
    row = preference_row(LabelledPair((Message("user", odd),), odd, "no"), "conversational")
    assert row["prompt"][0]["content"] == row["chosen"][0]["content"] == odd


@pytest.mark.parametrize("style", ["conversational", "standard"])
def test_rows_have_the_columns_that_were_announced(style):
    pair, response = LabelledPair(COLOUR, "a", "b"), LabelledResponse(COLOUR, "a", True)
    assert preference_row(pair, style).keys() == columns("dpo", style).keys()
    assert columns("dpo", style) == columns("orpo", style)
    assert kto_row(response, style).keys() == columns("kto", style).keys()
    assert unpaired_row(response, style).keys() == columns("unpaired", style).keys()


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
