"""LangSmith's runs: the feedback of one key makes the answer good, bad or rated."""

from __future__ import annotations

from formats.sources.said import A, Q, asked, one, read, texts, told

RECORD = {
    "id": "run-1",
    "name": "ChatOpenAI",
    "run_type": "llm",
    "inputs": {"messages": [{"role": "user", "content": Q}]},
    "outputs": {"choices": [{"message": {"role": "assistant", "content": A}}]},
    "error": None,
    "feedback_stats": {"user_score": {"n": 2, "avg": 0.5}},
    "start_time": "2026-01-01T00:00:00",
}


def human(kind, text):
    return {
        "lc": 1,
        "type": "constructor",
        "id": ["langchain", "schema", "messages", kind],
        "kwargs": {"content": text},
    }


def test_a_number_rates_and_no_threshold_is_made_up(tmp_path):
    assert told(tmp_path, RECORD) == "langsmith"
    found = one(tmp_path, "langsmith", RECORD)
    assert asked(found) == [("user", Q)]
    assert (texts(found), found.responses[0].rating, found.responses[0].good) == ([A], 0.5, None)
    assert (found.id, "start_time" in found.beside) == ("run-1", True)


def test_thumbs_of_several_people_are_counted(tmp_path):
    def row(*values):
        said = [{"key": "helpful", "score": None, "value": value} for value in values]
        return {**RECORD, "feedback_stats": None, "feedback": said}

    assert one(tmp_path, "langsmith", row("up", True, "down")).responses[0].good is True
    (left,) = read(tmp_path, "langsmith", row("up", "down"))
    assert left.reason == "conflicting"


def test_of_several_keys_the_user_names_one(tmp_path):
    row = {**RECORD, "feedback_stats": {"thumbs": {"n": 1, "avg": 0.0}, "length": {"n": 1, "avg": 9.0}}}
    (bad,) = read(tmp_path, "langsmith", row)
    assert "rated under several names (thumbs, length): choose with --label thumbs" in bad.reason
    assert one(tmp_path, "langsmith", row, label="thumbs").responses[0].good is False
    assert one(tmp_path, "langsmith", row, label="length").responses[0].rating == 9
    (left,) = read(tmp_path, "langsmith", row, label="none")
    assert left.reason == "not_labelled"


def test_langchains_messages_and_generations_are_read(tmp_path):
    row = {
        **RECORD,
        "inputs": {"messages": [[human("SystemMessage", "Be brief."), human("HumanMessage", Q)]]},
        "outputs": {"generations": [[{"text": A, "message": human("AIMessage", A)}]]},
    }
    found = one(tmp_path, "langsmith", row)
    assert (asked(found), texts(found)) == ([("system", "Be brief."), ("user", Q)], [A])


def test_a_run_that_failed_has_no_answer(tmp_path):
    (left,) = read(tmp_path, "langsmith", {**RECORD, "error": "timeout", "outputs": None})
    assert left.reason == "call_failed"


def test_feedback_from_the_app_is_a_persons(tmp_path):
    feedback = [
        {"key": "user_score", "score": 1, "value": "up", "feedback_source": {"type": "app", "user_id": "u1"}},
        {"key": "user_score", "score": 1, "value": "up", "feedback_source": {"type": "model"}},
        {"key": "user_score", "score": 0, "value": "down", "feedback_source": {"type": "api"}},
    ]
    row = {name: value for name, value in RECORD.items() if name != "feedback_stats"} | {"feedback": feedback}
    found = one(tmp_path, "langsmith", row)
    assert [(each.rater, each.kind, each.both) for each in found.opinions] == [
        ("langsmith/u1", "person", "good"),
        ("langsmith/model", "judge", "good"),
        ("langsmith/api", "unknown", "bad"),
    ]
