"""OpenAI's evals: what passes is good. The log of the open-source package has two lines a sample."""

from __future__ import annotations

from formats.sources.said import A, B, Q, asked, one, read, texts, told

ITEM = {
    "object": "eval.run.output_item",
    "id": "outputitem_1",
    "created_at": 1743092076,
    "run_id": "evalrun_1",
    "eval_id": "eval_1",
    "status": "fail",
    "datasource_item_id": 5,
    "datasource_item": {"input": Q, "ground_truth": "blue"},
    "results": [{"name": "String check", "passed": False, "score": 0.0, "sample": None}],
    "sample": {
        "input": [{"role": "user", "content": Q}],
        "output": [{"role": "assistant", "content": B}],
        "finish_reason": "stop",
        "model": "gpt-4o-mini",
        "error": None,
        "seed": 42,
    },
}
LOG = [
    {"spec": {"completion_fns": ["gpt-4"], "eval_name": "sky"}},
    {"run_id": "r", "event_id": 0, "sample_id": "sky.0", "type": "sampling",
     "data": {"prompt": [{"role": "user", "content": Q}], "sampled": [A]}, "created_by": "", "created_at": "d"},
    {"run_id": "r", "event_id": 1, "sample_id": "sky.0", "type": "match",
     "data": {"correct": True, "expected": A, "picked": A}, "created_by": "", "created_at": "d"},
    {"final_report": {"accuracy": 1.0}},
]  # fmt: skip


def test_what_fails_is_bad(tmp_path):
    assert told(tmp_path, ITEM) == "openai-evals"
    found = one(tmp_path, "openai-evals", ITEM)
    assert asked(found) == [("user", Q)]
    (answer,) = found.responses
    assert (answer.text, answer.good, answer.model, found.id) == (B, False, "gpt-4o-mini", "outputitem_1")
    assert {"results", "datasource_item", "sample.seed"} <= {*found.beside}
    assert one(tmp_path, "openai-evals", {**ITEM, "status": "pass"}).responses[0].good is True


def test_a_call_that_failed_is_no_bad_answer(tmp_path):
    sample = {**ITEM["sample"], "output": [], "error": {"code": "429", "message": "slow down"}}
    (left,) = read(tmp_path, "openai-evals", {**ITEM, "sample": sample})
    assert left.reason == "call_failed"
    (left,) = read(tmp_path, "openai-evals", {**ITEM, "status": "error"})
    assert left.reason == "judge_failed"


def test_the_two_lines_of_a_sample_are_one_row(tmp_path):
    assert told(tmp_path, *LOG) == "openai-evals-log"
    (found,) = read(tmp_path, "openai-evals-log", *LOG)
    assert (asked(found), texts(found), found.responses[0].good) == ([("user", Q)], [A], True)
    assert {"match.expected", "match.picked"} == {*found.beside}


def test_an_answer_that_nothing_was_found_of_is_left_out(tmp_path):
    (left,) = read(tmp_path, "openai-evals-log", *LOG[:2])
    assert left.reason == "not_labelled"


def event(number, kind, data, sample="sky.0"):
    return {"run_id": "r", "event_id": number, "sample_id": sample, "type": kind, "data": data,
            "created_by": "", "created_at": "d"}  # fmt: skip


def test_a_models_score_of_an_answer_is_its_rating(tmp_path):
    """A model-graded eval: the answer, then the grader that is shown it, then the score it comes to."""
    grader = {"prompt": [{"role": "user", "content": f"Question: {Q} Answer: {A} Good?"}], "sampled": ["Y"]}
    log = [
        event(0, "sampling", {"prompt": [{"role": "user", "content": Q}], "sampled": [A]}),
        event(1, "sampling", grader),
        event(2, "metrics", {"choice": "Y", "score": 1.0}),
    ]
    (found,) = read(tmp_path, "openai-evals-log", *log)
    assert (asked(found), texts(found)) == ([("user", Q)], [A])
    assert (found.responses[0].rating, found.responses[0].good) == (1.0, None)
    assert "metrics.choice" in found.beside


def test_metrics_of_a_sample_that_matched_say_nothing_more(tmp_path):
    (found,) = read(tmp_path, "openai-evals-log", *LOG[:3], event(2, "metrics", {"score": 0.0}))
    assert (found.responses[0].good, found.responses[0].rating) == (True, None)


def test_metrics_without_a_score_say_nothing_of_the_answer(tmp_path):
    (left,) = read(tmp_path, "openai-evals-log", LOG[1], event(1, "metrics", {"tokens": 7}))
    assert left.reason == "not_labelled"


def test_an_error_without_code_and_message_is_none(tmp_path):
    sample = {**ITEM["sample"], "error": {"code": "", "message": ""}}
    assert one(tmp_path, "openai-evals", {**ITEM, "sample": sample}).responses[0].good is False
