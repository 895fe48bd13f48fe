"""Langfuse's traces: a boolean score is a thumb, a number rates, a category is a word."""

from __future__ import annotations

import pytest
from formats.sources.said import A, Q, asked, one, read, texts, told

RECORD = {
    "id": "trace-1",
    "timestamp": "2026-01-01T00:00:00Z",
    "name": "chat",
    "input": [{"role": "user", "content": Q}],
    "output": {"role": "assistant", "content": A},
    "userId": "u1",
    "scores": [{"name": "user-feedback", "value": 1, "dataType": "BOOLEAN", "comment": "yes"}],
}


def score(kind, value, words=None):
    return [{"name": "user-feedback", "value": value, "stringValue": words, "dataType": kind}]


@pytest.mark.parametrize(
    ("scores", "good", "rating"),
    [
        (score("BOOLEAN", 1, "True"), True, None),
        (score("BOOLEAN", 0, "False"), False, None),
        (score("NUMERIC", 0.75), None, 0.75),
        (score("CATEGORICAL", None, "thumbs_down"), False, None),
        ({"user-feedback": ["👍"]}, True, None),
        ({"user-feedback": 4}, None, 4),
    ],
)
def test_scores(tmp_path, scores, good, rating):
    found = one(tmp_path, "langfuse", {**RECORD, "scores": scores})
    assert (asked(found), texts(found)) == ([("user", Q)], [A])
    assert (found.responses[0].good, found.responses[0].rating) == (good, rating)


def test_what_a_program_passed_is_read_as_it_is(tmp_path):
    assert told(tmp_path, RECORD) == "langfuse"
    row = {**RECORD, "input": Q, "output": A}
    assert one(tmp_path, "langfuse", row).prompt == one(tmp_path, "langfuse", RECORD).prompt
    row = {**RECORD, "input": {"args": [Q]}}
    (bad,) = read(tmp_path, "langfuse", row)
    assert '"input" has none of messages' in bad.reason


def test_a_trace_that_nobody_rated_is_left_out(tmp_path):
    (left,) = read(tmp_path, "langfuse", {**RECORD, "scores": []})
    assert left.reason == "not_labelled"
    (left,) = read(tmp_path, "langfuse", {**RECORD, "output": None})
    assert left.reason == "empty_response"


def test_a_score_given_by_an_annotator_is_a_persons_and_an_evaluators_a_models(tmp_path):
    scores = [
        {"name": "q", "value": 4, "dataType": "NUMERIC", "source": "ANNOTATION", "authorUserId": "u1"},
        {"name": "q", "value": 2, "dataType": "NUMERIC", "source": "EVAL"},
        {"name": "q", "value": 3, "dataType": "NUMERIC", "source": "API"},
    ]
    found = one(tmp_path, "langfuse", {**RECORD, "scores": scores})
    assert [(each.rater, each.kind, each.ratings) for each in found.opinions] == [
        ("langfuse/u1", "person", (4.0,)),
        ("langfuse/EVAL", "judge", (2.0,)),
        ("langfuse/API", "unknown", (3.0,)),
    ]
    assert found.responses[0].rating == 3
