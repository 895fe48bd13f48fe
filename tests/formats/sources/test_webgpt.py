"""WebGPT: the answer with the positive score is the better, two zeros are a tie."""

from __future__ import annotations

import pytest
from formats.sources.said import A, B, Q, asked, one, ranks, read, told

# score_1 is positive: the second answer is the better.
RECORD = {
    "question": {"dataset": "triviaqa", "id": "qw_1", "full_text": Q},
    "quotes_0": {"title": ["Sky"], "extract": ["blue"]},
    "answer_0": B,
    "tokens_0": {"prefix": [1], "completion": [2]},
    "score_0": -0.5,
    "quotes_1": {"title": ["Sky"], "extract": ["blue"]},
    "answer_1": A,
    "tokens_1": {"prefix": [1], "completion": [2]},
    "score_1": 0.5,
}


@pytest.mark.parametrize(
    ("scores", "expected"), [((-0.5, 0.5), [2, 1]), ((1, -1), [1, 2]), ((0, 0), [1.5, 1.5])]
)
def test_the_positive_score_wins(tmp_path, scores, expected):
    found = one(tmp_path, "webgpt", {**RECORD, "score_0": scores[0], "score_1": scores[1]})
    assert (asked(found), ranks(found), found.margin) == ([("user", Q)], expected, abs(scores[0]))


def test_quotes_and_tokens_are_named_as_not_carried(tmp_path):
    assert told(tmp_path, RECORD) == "webgpt"
    found = one(tmp_path, "webgpt", RECORD)
    assert found.beside == ("quotes_0", "tokens_0", "quotes_1", "tokens_1")
    assert (found.id, found.source) == ("qw_1", "triviaqa")


def test_no_score_is_no_label_and_a_wrong_one_a_bad_row(tmp_path):
    (left,) = read(tmp_path, "webgpt", {**RECORD, "score_0": None})
    assert left.reason == "not_labelled"
    (bad,) = read(tmp_path, "webgpt", {**RECORD, "score_0": 0.25})
    assert "their sum is 0" in bad.reason
