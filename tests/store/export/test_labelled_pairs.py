"""What of a store can be exported, and a census of the rest."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from postgres import empty_database
from stores import a_store, chat

from pairwright.keys import public_id
from pairwright.store.export.labelled_pairs import census, labelled_pairs, snapshot
from pairwright.store.export.labelled_responses import WantedResponses, count_responses, labelled_responses


@pytest.fixture(params=["sqlite", "postgresql"])
def builder(request, tmp_path):
    if request.param == "sqlite":
        with a_store(tmp_path) as builder:
            yield builder
        return
    with a_store(tmp_path, url=empty_database()) as builder:
        yield builder


def pairs_of(builder, **options):
    with builder.store.read() as connection:
        return list(labelled_pairs(connection, **options))


def responses_of(builder, seed=0, *, page=500, **options):
    with builder.store.read() as connection:
        tally = count_responses(connection, seed, **options)
        return tally, list(labelled_responses(connection, page=page))


def labels(responses) -> dict[str, bool]:
    return {row.text: row.good for row in responses}


def standing(builder, **options) -> dict[str, int]:
    with builder.store.read() as connection:
        return census(connection, **options).standing


# Pairs


def test_an_accepted_pair_gives_chosen_and_rejected(builder):
    builder.pair("Colour?", "Blue.", "Green.", belief="A", models=("good-1", "bad-1"))
    builder.pair("Size?", "Small.", "Large.", belief="B", by="people", external_id="row 7")
    first, second = pairs_of(builder)
    assert (first.chosen, first.rejected, first.verdict) == ("Blue.", "Green.", "A")
    assert (first.chosen_model, first.rejected_model) == ("good-1", "bad-1")
    assert first.prompt.messages[0].content == "Colour?"
    assert (second.chosen, second.rejected, second.verdict) == ("Large.", "Small.", "B")
    assert (second.source, second.pair_external_id) == ("people", "row 7")


def test_the_probability_is_that_of_the_chosen_one(builder):
    builder.pair("Q1", "a", "b", belief="A", prob_a=0.9)
    builder.pair("Q2", "a", "b", belief="B", prob_a=0.25)
    builder.pair("Q3", "a", "b", belief="A")
    assert [row.prob_chosen for row in pairs_of(builder)] == [0.9, 0.75, None]


def test_only_the_newest_belief_counts(builder):
    builder.pair("Q1", "a", "b", belief="ask").belief("A", by="people")
    builder.pair("Q2", "a", "b", belief="A").belief("ask")
    builder.pair("Q3", "a", "b", belief="A").belief("B")
    assert [(row.prompt.messages[0].content, row.verdict) for row in pairs_of(builder)] == [
        ("Q1", "A"),
        ("Q3", "B"),
    ]
    assert standing(builder) == {"label": 2, "waiting_for_people": 1}


def test_every_pair_is_counted_once_by_where_it_stands(builder):
    builder.pair("Q1", "a", "b", belief="A")
    builder.pair("Q2", "a", "b")
    builder.pair("Q3", "a", "b", belief="ask")
    builder.pair("Q4", "a", "b", belief="drop")
    builder.pair("Q5", "a", "b", belief="TIE")
    builder.pair("Q6", "a", "b", belief="both good")
    builder.pair("Q7", "a", "b", belief="both bad")
    builder.pair("Q8", "a", "b", belief="A", flag="chosen_has_errors")
    builder.pair("Q9", "a", "b", flag="too_similar")
    with builder.store.read() as connection:
        counted = census(connection)
    assert counted.pairs == 9
    assert counted.standing == {
        "label": 1,
        "not_judged": 2,
        "waiting_for_people": 1,
        "dropped": 1,
        "tie": 1,
        "tie_both_good": 1,
        "tie_both_bad": 1,
        "flagged": 1,
    }
    assert counted.drops("label") == {
        "not_judged": 2,
        "waiting_for_people": 1,
        "dropped": 1,
        "tie": 3,
        "flagged": 1,
    }


def test_a_flag_keeps_a_pair_out_only_if_it_is_an_error_and_nobody_asked_for_flagged_pairs(builder):
    builder.pair("Q1", "a", "b", belief="A", flag="chosen_has_errors").flag("too_fast")
    builder.pair("Q2", "a", "b", belief="A").flag("long", severity="warning").flag("note", severity="info")
    assert [row.prompt.messages[0].content for row in pairs_of(builder)] == ["Q2"]
    assert [row.prompt.messages[0].content for row in pairs_of(builder, include_flagged=True)] == ["Q1", "Q2"]
    assert standing(builder, include_flagged=True) == {"label": 2}


def test_pairs_come_in_pages_in_the_order_they_were_made(builder):
    for n in range(11):
        builder.pair(f"Q{n}", "a", "b", belief="ask" if n % 3 == 0 else "A")
    expected = [f"Q{n}" for n in range(11) if n % 3]
    for page in (1, 2, 7, 500):
        assert [row.prompt.messages[0].content for row in pairs_of(builder, page=page)] == expected


def test_a_prompt_of_several_messages_comes_whole(builder):
    builder.pair(chat("Hi", "Hello!", "Colour?", system="Be brief."), "Blue.", "Green.", belief="A")
    (row,) = pairs_of(builder)
    assert [message.role for message in row.prompt.messages] == ["system", "user", "assistant", "user"]


# Responses


def test_the_winner_is_good_and_the_loser_bad(builder):
    builder.pair("Q", "yes", "no", belief="A").pair("R", "no", "yes", belief="B")
    tally, responses = responses_of(builder)
    assert (tally.good, tally.bad) == (2, 2)
    assert sorted((r.text, r.good) for r in responses) == [("no", False)] * 2 + [("yes", True)] * 2


def test_a_tie_speaks_only_where_both_were_called_good_or_both_bad(builder):
    builder.pair("Q1", "good 1", "good 2", belief="both good")
    builder.pair("Q2", "bad 1", "bad 2", belief="both bad")
    builder.pair("Q3", "mute 1", "mute 2", belief="TIE")
    tally, responses = responses_of(builder)
    assert labels(responses) == {"good 1": True, "good 2": True, "bad 1": False, "bad 2": False}
    assert (tally.good, tally.bad, tally.responses) == (2, 2, 4)


def test_the_majority_of_its_pairs_decides_a_response_and_equal_counts_leave_it_out(builder):
    builder.pair("Q", "best", "middle", belief="A")
    builder.pair("Q", "middle", "worst", belief="A")
    builder.pair("Q", "best", "worst", belief="A")
    tally, responses = responses_of(builder)
    assert labels(responses) == {"best": True, "worst": False}
    assert tally.conflicting == 1
    builder.pair("Q", "middle", "awful", belief="A")
    assert labels(responses_of(builder)[1]) == {"best": True, "middle": True, "worst": False, "awful": False}


def test_the_same_text_for_the_same_prompt_is_one_response(builder):
    builder.pair("Q", "same", "worse", belief="A", models=("one", None))
    builder.pair("Q", "same", "better", belief="B", models=("two", None))
    builder.pair("Q", "same", "worst", belief="A", models=("three", None))
    builder.pair("R", "same", "worst", belief="A")
    tally, responses = responses_of(builder)
    same = [row for row in responses if row.text == "same"]
    assert sorted(row.prompt.messages[0].content for row in same) == ["Q", "R"]
    assert all(row.good for row in same)  # 2 to 1 for Q
    assert tally.duplicate == 2
    assert tally.responses == tally.good + tally.bad + tally.conflicting + 2 == 8


def test_a_response_comes_with_the_pairs_that_speak_about_it(builder):
    builder.pair("Q", "best", "middle", belief="A", by="people", external_id="first")
    builder.pair("Q", "best", "worst", belief="A")
    _, responses = responses_of(builder)
    rows = {row.text: row for row in responses}
    assert [side.pair_external_id for side in rows["best"].sides] == ["first", None]
    assert [(side.good, side.source) for side in rows["best"].sides] == [(True, "people"), (True, "judge")]
    assert rows["best"].source == "people"
    assert rows["worst"].source == "judge"
    assert public_id("response", rows["best"].response_key).startswith("r-")


def test_a_label_is_from_people_only_if_a_person_settled_a_pair_that_speaks_for_it(builder):
    builder.pair("Q", "x", "y", belief="A", by="judge")
    builder.pair("Q", "x", "z", belief="A", by="judge")
    builder.pair("Q", "x", "w", belief="B", by="people")
    _, responses = responses_of(builder)
    assert {row.text: row.source for row in responses}["x"] == "judge"


def test_flagged_pairs_say_nothing_about_responses(builder):
    builder.pair("Q", "a", "b", belief="A", flag="too_fast")
    assert responses_of(builder)[1] == []
    assert labels(responses_of(builder, include_flagged=True)[1]) == {"a": True, "b": False}


def test_the_order_is_random_and_the_same_for_the_same_seed(builder):
    for n in range(60):
        builder.pair(f"Q{n}", f"a{n}", f"b{n}", belief="A")
    orders = {seed: [row.text for row in responses_of(builder, seed)[1]] for seed in (0, 1, 2)}
    assert orders[0] == [row.text for row in responses_of(builder, 0, page=7)[1]]
    assert len({tuple(order) for order in orders.values()}) == 3
    assert all(sorted(order) == sorted(orders[0]) for order in orders.values())
    assert orders[0] != sorted(orders[0])


def test_the_random_order_has_no_rhythm(tmp_path):
    """Multiplying row numbers spaces them evenly; in a batch all responses would be of one model."""
    with a_store(tmp_path) as builder:
        builder.many((f"Q{n}", "a", "b", "A") for n in range(3000))
        _, responses = responses_of(builder, seed=5)
    numbers = [int.from_bytes(row.response_key[8:]) for row in responses]
    assert sorted(numbers) == list(range(1, 6001))
    steps = Counter((b - a) % 8 for a, b in pairwise(numbers))
    assert all(600 < steps[step] < 900 for step in range(8))  # 750 each, standard deviation 26
    distances = Counter(b - a for a, b in pairwise(numbers))
    assert max(distances.values()) < 10


def test_what_is_read_describes_one_moment(builder):
    builder.pair("Q1", "a", "b", belief="A")
    with builder.store.read() as connection:
        snapshot(connection)
        before = census(connection)
        builder.pair("Q2", "a", "b", belief="A")
        assert census(connection) == before
        assert len(list(labelled_pairs(connection))) == 1
    assert len(pairs_of(builder)) == 2


def test_with_a_threshold_only_what_is_said_of_a_response_itself_counts(builder):
    def rated(a, b):
        return {"a": {"helpful": a, "true": a}, "b": {"helpful": b, "true": None}}

    builder.pair("1?", "wins", "loses", belief="A").vote("ann", "A", kind="person", ratings=rated(5, 2))
    builder.vote("bob", "A", kind="person", ratings=rated(3, 3))
    builder.pair("2?", "x", "y", belief="A").pair("3?", "u", "v", belief="both bad", by="people")
    _, found = responses_of(builder, wanted=WantedResponses(by_itself=True, ratings="annotate", threshold=4))
    assert labels(found) == {"wins": True, "loses": False, "u": False, "v": False}
    _, found = responses_of(builder, wanted=WantedResponses(source="people"))
    assert labels(found) == {"u": False, "v": False}


def test_the_unsure_do_not_speak(builder):
    builder.pair("1?", "a", "b", belief="A", prob_a=0.95).pair("2?", "c", "d", belief="B", prob_a=0.05)
    builder.pair("3?", "e", "f", belief="A", prob_a=0.6).pair("4?", "g", "h", belief="A")
    _, found = responses_of(builder, wanted=WantedResponses(min_probability=0.9))
    assert labels(found) == {"a": True, "b": False, "d": True, "c": False}


def test_a_ties_share_belongs_to_neither_side(builder):
    builder.pair("1?", "a", "b", belief="A", prob_a=0.2, prob_tie=0.75)
    builder.pair("2?", "b", "a", belief="B", prob_a=0.05, prob_tie=0.75)
    assert [row.prob_chosen for row in pairs_of(builder)] == [0.2, 0.2]
    for least, kept in ((0.2, {"a": True, "b": False}), (0.21, {})):
        _, found = responses_of(builder, wanted=WantedResponses(min_probability=least))
        assert labels(found) == kept
