"""JudgeLM: two scores by GPT-4; equal scores are a tie."""

from __future__ import annotations

import pytest
from formats.sources.said import A, B, Q, one, ranks, read, told

RECORD = {
    "question_id": 0,
    "text": "8 2\nThe first is right.",
    "score": [8.0, 2.0],
    "question_body": Q,
    "answer1_body": A,
    "answer2_body": B,
    "answer1_model_id": "alpaca-7b",
    "answer2_model_id": "bloomz-7b1",
    "answer1_metadata": {"decoding_method": "top_p_sampling"},
    "answer2_metadata": {"decoding_method": "top_p_sampling"},
}


@pytest.mark.parametrize(
    ("score", "expected"), [([8, 2], [1, 2]), ([1.0, 10.0], [2, 1]), ([7, 7], [1.5, 1.5])]
)
def test_the_higher_score_wins(tmp_path, score, expected):
    assert told(tmp_path, RECORD) == "judgelm"
    found = one(tmp_path, "judgelm", {**RECORD, "score": score})
    assert (ranks(found), [each.rating for each in found.responses]) == (expected, score)
    assert (found.id, found.opinions[0].rater, found.opinions[0].kind) == ("0", "gpt-4", "judge")
    assert found.opinions[0].reason == RECORD["text"]
    assert found.beside == ("answer1_metadata", "answer2_metadata")


def test_a_judge_without_a_score_failed(tmp_path):
    (left,) = read(tmp_path, "judgelm", {**RECORD, "score": [-1, -1]})
    assert left.reason == "judge_failed"
