"""Prometheus: GPT-4 prefers A or B by a criterion."""

from __future__ import annotations

from formats.sources.said import A, B, Q, one, ranks, read, told

# GPT-4 preferred response B.
RECORD = {
    "orig_instruction": Q,
    "orig_response_A": B,
    "orig_response_B": A,
    "orig_reference_answer": A,
    "orig_criteria": "Is it true?",
    "orig_preference": "B",
    "orig_feedback": "B is right.",
    "orig_score_A": "2",
    "orig_score_B": "4",
    "instruction": "###Task Description: ...",
    "output": "... [RESULT] B",
}


def test_b_is_the_second(tmp_path):
    assert told(tmp_path, RECORD) == "prometheus"
    found = one(tmp_path, "prometheus", RECORD)
    assert (ranks(found), [each.rating for each in found.responses]) == ([2, 1], [2, 4])
    assert (found.opinions[0].rater, found.opinions[0].kind) == ("gpt-4", "judge")
    assert {"orig_criteria", "orig_feedback", "orig_reference_answer", "instruction", "output"} == {
        *found.beside
    }
    assert ranks(one(tmp_path, "prometheus", {**RECORD, "orig_preference": "A"})) == [1, 2]


def test_anything_else_is_a_bad_row(tmp_path):
    (bad,) = read(tmp_path, "prometheus", {**RECORD, "orig_preference": "C"})
    assert "it is A or B" in bad.reason
