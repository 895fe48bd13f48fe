"""PandaLM's test set: each of three people says 1, 2, or 0 for a tie; most decide."""

from __future__ import annotations

import pytest
from formats.sources.said import A, B, Q, asked, one, ranks, read, texts, told

# Two of three prefer the second response.
RECORD = {
    "idx": 3,
    "motivation_app": "Grammarly",
    "cmp_key": "bloom-7b_llama-7b",
    "instruction": Q,
    "input": "",
    "response1": B,
    "response2": A,
    "annotator1": 2,
    "annotator2": 2,
    "annotator3": 0,
}


@pytest.mark.parametrize(
    ("said", "expected"),
    [((2, 2, 0), [2, 1]), ((1, 1, 2), [1, 2]), ((0, 0, 1), [1.5, 1.5]), ((1, 2, 0), [1.5, 1.5])],
)
def test_most_of_the_three_decide(tmp_path, said, expected):
    row = {**RECORD, **{f"annotator{n}": each for n, each in enumerate(said, 1)}}
    found = one(tmp_path, "pandalm", row)
    assert (asked(found), texts(found), ranks(found)) == ([("user", Q)], [B, A], expected)
    assert [(each.rater, each.kind) for each in found.opinions] == [
        (f"pandalm/{n}", "person") for n in (1, 2, 3)
    ]


def test_no_input_is_written_nan(tmp_path):
    found = one(tmp_path, "pandalm", {**RECORD, "input": float("nan"), "motivation_app": float("nan")})
    assert (asked(found), found.beside) == ([("user", Q)], ("cmp_key",))


def test_the_input_belongs_to_the_instruction(tmp_path):
    assert asked(one(tmp_path, "pandalm", {**RECORD, "input": "Now."})) == [("user", f"{Q}\nNow.")]


def test_what_is_not_carried_is_named_and_a_blank_answer_is_one_vote_less(tmp_path):
    assert told(tmp_path, RECORD) == "pandalm"
    left, found = read(tmp_path, "pandalm", {**RECORD, "annotator3": None})
    assert (left.reason, left.unit) == ("no_answer", "vote")
    assert (len(found.opinions), found.id, found.beside) == (2, "3", ("motivation_app", "cmp_key"))
