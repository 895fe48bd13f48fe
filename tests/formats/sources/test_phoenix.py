"""Phoenix's spans: OpenInference's messages in three spellings, and annotations."""

from __future__ import annotations

import pytest
from formats.sources.said import A, Q, asked, one, texts, told

IN = [{"message.role": "user", "message.content": Q}]
OUT = [{"message.role": "assistant", "message.content": A}]
RECORD = {
    "name": "ChatCompletion",
    "context": {"span_id": "67f6740bbe1ddc3f", "trace_id": "t"},
    "attributes": {"llm.input_messages": IN, "llm.output_messages": OUT, "llm.model_name": "gpt-4o"},
    "annotations": [
        {"name": "correctness", "annotator_kind": "HUMAN",
         "result": {"label": "thumbs_up", "score": 1, "explanation": "right"}},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    "spelling",
    [
        {"attributes": RECORD["attributes"]},
        {"attributes.llm.input_messages": IN, "attributes.llm.output_messages": OUT, "attributes.llm.model_name": "gpt-4o"},
        {"attributes": {"llm": {"model_name": "gpt-4o",
                                "input_messages": [{"message": {"role": "user", "content": Q}}],
                                "output_messages": [{"message": {"role": "assistant", "content": A}}]}}},
        {"attributes": {"input.value": Q, "output.value": A, "llm.model_name": "gpt-4o"}},
    ],
    ids=["dots in keys", "columns", "objects", "values"],
)  # fmt: skip
def test_all_spellings_are_the_same_row(tmp_path, spelling):
    row = {name: value for name, value in RECORD.items() if name != "attributes"} | spelling
    assert told(tmp_path, row) == "phoenix"
    found = one(tmp_path, "phoenix", row)
    assert (asked(found), texts(found), found.id) == ([("user", Q)], [A], "67f6740bbe1ddc3f")
    assert (found.responses[0].good, found.responses[0].model) == (True, "gpt-4o")


def test_a_score_without_a_label_rates(tmp_path):
    said = [{"name": "correctness", "annotator_kind": "LLM", "result": {"score": 0.85}}]
    assert one(tmp_path, "phoenix", {**RECORD, "annotations": said}).responses[0].rating == 0.85


def test_calls_of_tools_are_calls(tmp_path):
    call = {
        "tool_call.id": "c1",
        "tool_call.function.name": "look",
        "tool_call.function.arguments": '{"at": "sky"}',
    }
    out = [{"message.role": "assistant", "message.tool_calls": [call]}]
    found = one(
        tmp_path, "phoenix", {**RECORD, "attributes": {**RECORD["attributes"], "llm.output_messages": out}}
    )
    assert found.responses[0].turns[0].tool_calls[0].name == "look"


def test_who_annotated_is_a_person_or_a_model(tmp_path):
    said = [
        {"name": "correctness", "annotator_kind": "HUMAN", "user_id": "u1", "result": {"label": "thumbs_up"}},
        {"name": "correctness", "annotator_kind": "LLM", "result": {"label": "thumbs_down"}},
        {"name": "correctness", "annotator_kind": "LLM", "result": {"label": "thumbs_down"}},
    ]
    found = one(tmp_path, "phoenix", {**RECORD, "annotations": said})
    assert [(each.rater, each.kind, each.both) for each in found.opinions] == [
        ("phoenix/u1", "person", "good"),
        ("phoenix/LLM", "judge", "bad"),
        ("phoenix/LLM", "judge", "bad"),
    ]
    assert found.responses[0].good is False, "without a project most decide"
