"""One row of any dataset: which responses meet, ties stay ties, and what KTO may call good."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairwright.formats.canonical import (
    Canonical,
    Drop,
    Needs,
    Pair,
    Rated,
    RowOpinion,
    agreed,
    changed,
    fractional,
    meetings,
    pairs,
    ranked,
    singles,
    two,
    unfit,
)
from pairwright.types import Message

ASKED = (Message("user", "What color is the sky?"),)


def ranking(*ranks: float, **more) -> Canonical:
    return Canonical(ASKED, tuple(Rated(f"answer {n}", rank=rank) for n, rank in enumerate(ranks)), **more)


def texts(found) -> list:
    return [
        each.reason if isinstance(each, Drop) else (each.chosen.text[-1], each.rejected.text[-1])
        for each in found
    ]


def test_the_best_meets_each_other():
    assert texts(pairs(ranking(2, 1, 3))) == [("1", "0"), ("1", "2")]


def test_all_meet_all_and_adjacent_ones_their_neighbour():
    row = ranking(2, 1, 3)
    assert texts(pairs(row, "all")) == [("1", "0"), ("0", "2"), ("1", "2")]
    assert texts(pairs(row, "adjacent")) == [("1", "0"), ("0", "2")]


def test_equal_ranks_are_a_tie_and_never_a_pair():
    assert texts(pairs(ranking(1.5, 1.5, 3), "all")) == ["tie", ("0", "2"), ("1", "2")]


def test_ratings_order_where_there_are_no_ranks_and_the_larger_is_better():
    row = Canonical(ASKED, (Rated("a0", rating=2), Rated("a1", rating=5), Rated("a2", rating=5)))
    assert texts(pairs(row, "all")) == [("1", "0"), ("2", "0"), "tie"]


def test_good_is_better_than_bad_and_two_good_ones_say_nothing():
    row = Canonical(ASKED, (Rated("a0", good=False), Rated("a1", good=True), Rated("a2", good=True)))
    assert texts(pairs(row, "all")) == [("1", "0"), ("2", "0")]


def test_nothing_said_and_nobody_to_meet_are_reasons():
    assert texts(pairs(Canonical(ASKED, (Rated("a"), Rated("b"))))) == ["not_labelled"]
    assert texts(pairs(Canonical(ASKED, (Rated("a", rank=1),)))) == ["single_response"]


def test_raters_who_disagree_are_no_tie_of_theirs():
    row = Canonical(ASKED, (Rated("a0"), Rated("a1"), Rated("a2")))
    said = ((1.0, 2.0, 3.0), (2.0, 1.0, 3.0))
    row = agreed(
        replace(row, opinions=tuple(RowOpinion(f"p{n}", "person", ranks) for n, ranks in enumerate(said)))
    )
    assert texts(pairs(row, "all")) == ["raters_disagree", ("0", "2"), ("1", "2")]


@given(st.lists(st.integers(1, 3), min_size=2, max_size=6))
def test_meetings_agree_with_the_ranks(ranks):
    row = ranking(*map(float, ranks))
    for which in ("best", "all", "adjacent"):
        for first, second, sign in meetings(row, which):
            assert first < second
            assert sign == (ranks[first] < ranks[second]) - (ranks[first] > ranks[second])
    assert len(meetings(row, "all")) == len(ranks) * (len(ranks) - 1) // 2
    assert len(meetings(row, "best")) == len(meetings(row, "adjacent")) == len(ranks) - 1


def test_a_pair_margin_is_the_rows_own_or_the_difference_of_ratings():
    row = two(ASKED, Rated("a", rating=5), Rated("b", rating=2), 1)
    (pair,) = pairs(row)
    assert isinstance(pair, Pair)
    assert pair.margin == 3
    (pair,) = pairs(two(ASKED, Rated("a"), Rated("b"), 1, margin=0.5))
    assert pair.margin == 0.5
    (pair,) = pairs(two(ASKED, Rated("a"), Rated("b"), 1))
    assert pair.margin is None


def said_good(row, **options) -> list:
    return [each.reason if isinstance(each, Drop) else each.good for each in singles(row, **options)]


def test_being_better_does_not_make_a_response_good():
    row = two(ASKED, Rated("a"), Rated("b"), 1)
    assert said_good(row) == ["no_absolute_signal"] * 2
    assert said_good(row, split_pairs=True) == [True, False]


def test_ratings_are_held_against_the_threshold_and_a_flag_is_stronger():
    row = Canonical(ASKED, (Rated("a", rating=4), Rated("b", rating=3), Rated("c", rating=5, good=False)))
    assert said_good(row, threshold=4) == [True, False, False]
    assert said_good(row) == ["no_absolute_signal", "no_absolute_signal", False]


def test_both_bad_is_two_bad_responses_and_a_plain_tie_is_none():
    both = two(ASKED, Rated("a", good=False), Rated("b", good=False), 0)
    assert said_good(both, split_pairs=True) == [False, False]
    assert said_good(two(ASKED, Rated("a"), Rated("b"), 0), split_pairs=True) == ["no_absolute_signal"] * 2


def test_equal_ranks_share_the_mean_of_their_places():
    assert fractional([7, 1, 1]) == (3, 1.5, 1.5)
    assert ranked([5, 2, 5]) == (1.5, 3, 1.5)


def opinion(*ranks: float, kind="person", both=None) -> RowOpinion:
    return RowOpinion("someone", kind, ranks, both)


def ranks_of(*opinions: RowOpinion) -> list:
    return [one.rank for one in agreed(ranking(0, 0, opinions=opinions)).responses]


def test_people_decide_by_majority_and_as_many_for_each_is_a_tie():
    a, b = opinion(1, 2), opinion(2, 1)
    assert ranks_of(a, a, b) == [1, 2]
    assert ranks_of(a, b) == [1.5, 1.5]
    assert ranks_of(a, opinion(1.5, 1.5)) == [1.5, 1.5]
    assert ranks_of(a, a, opinion(1.5, 1.5)) == [1, 2]


def test_judges_are_heard_only_where_no_person_spoke():
    judge = opinion(2, 1, kind="judge")
    assert ranks_of(judge) == [2, 1]
    assert ranks_of(judge, judge, opinion(1, 2)) == [1, 2]


def test_both_bad_is_kept_where_most_say_so():
    bad = opinion(1.5, 1.5, both="bad")
    assert [one.good for one in agreed(ranking(0, 0, opinions=(bad, bad))).responses] == [False, False]
    plain = opinion(1.5, 1.5)
    assert [one.good for one in agreed(ranking(0, 0, opinions=(bad, plain))).responses] == [None, None]


def chat(*roles: str) -> tuple[Message, ...]:
    return tuple(Message(role, f"turn {n}") for n, role in enumerate(roles))


@pytest.mark.parametrize(
    ("prompt", "answers", "needs", "reason"),
    [
        ((), ("a",), Needs(), "empty_prompt"),
        ((Message("user", " \n"),), ("a",), Needs(), "empty_prompt"),
        (chat("user", "assistant"), ("a",), Needs(), "prompt_does_not_end_with_user"),
        (chat("system", "user"), ("a",), Needs(no_system=True), "system_message_not_supported"),
        (chat("user", "tool", "user"), ("a",), Needs(), "tools_not_supported"),
        (chat("user", "assistant", "user"), ("a",), Needs(one_turn=True), "multi_turn_needs_conversational"),
        (chat("user", "user"), ("a",), Needs(in_turn=True), "turns_do_not_alternate"),
        (ASKED, ("a", " "), Needs(), "empty_response"),
        (ASKED, ("a", "a \n"), Needs(), "same_text"),
        (chat("system", "user", "assistant", "user"), ("a", "b"), Needs(in_turn=True), None),
    ],
)
def test_what_a_loader_would_refuse_or_misread_is_told_before(prompt, answers, needs, reason):
    row = Canonical(prompt, tuple(map(Rated, answers)))
    found = unfit(row, row.responses, needs)
    assert (found and found.reason) == reason


def said(*signs: int) -> Canonical:
    """A row of two responses, of which raters said: 1 the first, -1 the second, 0 a tie."""
    opinions = tuple(
        RowOpinion(f"p{n}", "person", {1: (1.0, 2.0), -1: (2.0, 1.0), 0: (1.5, 1.5)}[sign])
        for n, sign in enumerate(signs)
    )
    return agreed(Canonical(ASKED, (Rated("a0"), Rated("a1")), opinions=opinions))


@pytest.mark.parametrize(
    ("signs", "made"),
    [
        ((0,) * 9 + (1,), "tie"),
        ((0, 0, -1), "tie"),
        ((1, 1, 0), ("0", "1")),
        ((-1,), ("1", "0")),
        ((0, 1), "raters_disagree"),
        ((1, -1), "raters_disagree"),
        ((1, -1, 0), "raters_disagree"),
    ],
)
def test_what_most_raters_say_of_two_is_said_and_a_tie_is_one_of_three_things_to_say(signs, made):
    assert texts(pairs(said(*signs))) == [made]


def test_a_key_that_was_known_does_not_outlive_the_prompt_it_is_of():
    asked = (Message("user", "Why?"),)
    row = Canonical(asked, (Rated("So."),), known_key=b"k" * 16)
    assert row.key == b"k" * 16
    other = changed(row, lambda message: replace(message, content="How?"))
    assert other.key == Canonical((Message("user", "How?"),), ()).key
