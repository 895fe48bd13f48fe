"""Thinking in drawn responses: taken off where it stands before them, left and named where it may be meant."""

import pytest
from projects import a_project, add_rows, rows

from pairwright.judging.thinking import response_in, trace_in
from pairwright.models.loopback import LoopbackServer
from pairwright.quality.checks import make_checks
from pairwright.quality.example import Example
from pairwright.quality.run import run_checks
from pairwright.stages.figures.status import status_of
from pairwright.stages.generate.generate import run_generate

ANSWER = "It is blue.\n\n```python\nprint('<think>')\n```"
THOUGHT = [
    "<think>\nSay blue.\n</think>\n\n{}", "\n<thinking>Blue?</thinking>{}", "<think></think>{}", "<thought>Blue.</thought>\n{}",
    "[THINK]Blue.[/THINK]{}", "\u25c1think\u25b7Blue.\u25c1/think\u25b7{}", "<seed:think>Blue.</seed:think>{}",
    "<think>a</think>\n<think>b</think>\n{}", "Say blue.\n</think>\n\n{}", "Say blue.</think>\n{}",
    "<think>Close it with `</think>`? Blue.</think>{}", "<reasoning>Blue.</reasoning>\n\n{}",
    "<|channel|>analysis<|message|>Blue.<|end|><|start|>assistant<|channel|>final<|message|>{}<|return|>",
    "analysisSay blue.assistantfinal{}", "<|START_THINKING|>Blue.<|END_THINKING|><|START_RESPONSE|>{}<|END_RESPONSE|>",
    "<|begin_of_thought|>Blue.<|end_of_thought|>\n<|begin_of_solution|>\n{}\n<|end_of_solution|>", "<think>Blue.</think><answer>{}</answer>",
]  # fmt: skip


@pytest.mark.parametrize("text", THOUGHT)
def test_a_response_is_what_is_said_after_thinking(text):
    assert response_in(text.format(ANSWER)) == ANSWER


@pytest.mark.parametrize("text", [text.partition("lue")[0] for text in THOUGHT[:7] if "lue" in text])
def test_a_response_that_never_stops_thinking_is_empty(text):
    assert response_in(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "It is blue.",
        "`<think>` begins a trace and `</think>` ends it.",
        "A trace ends with </think> and begins with <think>.",
        'The tag "</think>" ends it.',
        "```xml\n<think>\nBlue.\n</think>\n```",
        "First.\n\n<think>Hm.</think>\n\nLast.",
        "analysis shows that it is blue",
        "Use [THINK] with care.",
        "<answer>Blue.</answer>",
    ],
)
def test_a_response_about_marks_is_left_as_it_is(text):
    assert response_in(text) == text


@pytest.mark.parametrize("text", THOUGHT)
def test_a_trace_is_seen(text):
    assert trace_in(text.format("It is blue."))


@pytest.mark.parametrize(
    "text",
    [
        "I think it is blue.",
        "`<think>` begins it.",
        "```\n<think>a</think>\n```",
        'It says "<think>".',
        "My reasoning: blue.",
    ],
)
def test_a_word_of_thinking_is_no_trace(text):
    assert trace_in(text) is None


def found(**texts):
    example = Example(
        "1", "Why?", "Why?", **{"a": "It is blue.", "b": "It is green.", "verdict": "A", **texts}
    )
    return [(f.severity, f.reason) for f in run_checks([example], make_checks(only=["thinking_trace"]))]


def test_the_check_says_where_a_trace_stands():
    trace = "<think>Hm.</think>It is blue."
    assert found() == []
    assert found(a=trace) == [("warning", 'the chosen response holds its thinking trace: "<think>"')]
    assert found(b=trace)[0][1].startswith("the rejected response holds")
    assert found(b=trace, verdict=None)[0][1].startswith("response b holds")
    assert found(a=trace, b=trace)[0][0] == "info"


def drawn(tmp_path, reply):
    with LoopbackServer(reply=reply) as server:
        project = a_project(
            tmp_path, server, '\n[generate]\nmodels = ["small"]\nresponses_per_prompt = 2\nredraws = 0\n'
        )
        add_rows(project, [{"prompt": "Which colour?"}])
        return project, run_generate(project)


def test_drawn_responses_are_kept_without_thinking_and_the_call_with_it(tmp_path):
    project, result = drawn(tmp_path, lambda body, n: f"<think>Number {n}.</think>\n\nAnswer {n}.")
    assert result.responses == 2
    assert {row.text for row in rows(project, "response")} == {"Answer 0.", "Answer 1."}
    assert all(row.raw.startswith("<think>Number") for row in rows(project, "call"))


@pytest.mark.parametrize(
    "message",
    [
        {"content": "<think>On and on"},
        {"content": "", "reasoning_content": "On and on"},
        {"content": None, "reasoning": "On and on"},
    ],
)
def test_thinking_without_a_response_is_a_failure_that_says_so_and_is_kept(tmp_path, message):
    def reply(body, n):
        return {"choices": [{"message": {"role": "assistant", **message}, "finish_reason": "MAX_TOKENS"}]}

    project, result = drawn(tmp_path, reply)
    assert (result.responses, result.failures) == (0, 2)
    assert "empty but for thinking: raise max_tokens" in rows(project, "failure")[0].message
    assert all("On and on" in row.raw for row in rows(project, "call"))


@pytest.mark.parametrize("finish", ["max_tokens", "MAX_TOKENS", "model_length"])
def test_a_response_cut_off_is_marked_whatever_the_vendor_calls_it(tmp_path, finish):
    def reply(body, n):
        return {"choices": [{"message": {"content": f"Half {n}"}, "finish_reason": finish}]}

    project, _ = drawn(tmp_path, reply)
    assert status_of(project).truncated == 2
    assert {row.mark for row in rows(project, "response")} == {"truncated"}
