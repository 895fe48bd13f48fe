"""What is wrong with calls of tools."""

from __future__ import annotations

import pytest

from pairwright.quality.example import Example
from pairwright.quality.tool_calls import ToolCalls, problems
from pairwright.turns import all_laid_out
from pairwright.types import Message, ToolCall

TOOLS = (
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1}},
                "required": ["city"],
                "additionalProperties": False,
            },
        },
    },
)


def call(arguments='{"city":"Paris"}', name="get_weather", id=None) -> Message:
    return Message("assistant", "", (ToolCall(name, arguments, id),))


def result(text="21", name="get_weather", id=None) -> Message:
    return Message("tool", text, tool_call_id=id, name=name)


def says(text="It is 21 degrees.") -> Message:
    return Message("assistant", text)


@pytest.mark.parametrize(
    ("turns", "parts"),
    [
        ([call(), result(), says()], []),
        ([call()], []),  # handed back to whoever runs tools
        ([says("No need to look.")], []),
        ([call('{"city":"Paris","days":3}'), result("21, 22, 23"), says("Between 20 and 23.")], []),
        ([call("{}")], ["arguments"]),
        ([call('{"city":3}')], ["arguments"]),
        ([call('{"city":"Paris","days":0}')], ["arguments"]),
        ([call('{"city":"Paris","unit":"C"}')], ["arguments"]),
        ([call("Paris")], ["arguments"]),
        ([call(name="get_time")], ["no_such_tool"]),
        ([result(), says()], ["unasked_result"]),
        ([call(id="c1"), result(id="c2"), says()], ["unasked_result", "passed_over"]),
        ([call(), says()], ["passed_over"]),
        ([call(), result(), says(" ")], ["no_answer"]),
        ([call(), result()], ["no_answer"]),
        ([call(), result(), call()], ["unanswered"]),
        ([call(), result('{"temperature": 21, "days": 3}'), says("The temperature is 21.")], []),
        (
            [call(), result('{"temperature": 21, "days": 3}'), says("Temperature: 35 degrees for 3 days.")],
            ["contradicts_result"],
        ),
        ([call(), result('{"temperature": 21}'), says("The temperature is 70 degrees Fahrenheit.")], []),
        ([call(), result('{"chance_of_rain": 0.4}'), says("The chance of rain is 40 %.")], []),
        (
            [call(), result('{"chance_of_rain": 0.4}'), says("The chance of rain is 90 %.")],
            ["contradicts_result"],
        ),
        ([call(), result('{"wind": 10, "days": 3}'), says("Wind. In 2024 it was worse.")], []),
        ([call(), result('{"wind": 10}'), says("It blows at 55.")], ["other_number"]),
        ([call(), result("21"), says("It is 35 degrees.")], ["other_number"]),
        ([call(), result("21.4"), says("It is about 21 degrees.")], []),
        ([call(), result("1,204 visitors"), says("There were 1204.")], []),
        ([call(), result("sunny"), says("Sunny, like the 3 days before.")], []),
    ],
)
def test_what_is_wrong_with_what_a_model_did(turns, parts):
    assert [problem.part for problem in problems(turns, TOOLS)] == parts


def test_two_calls_at_once_are_answered_in_any_order():
    both = Message(
        "assistant",
        "",
        (ToolCall("get_weather", '{"city":"Paris"}', "a"), ToolCall("get_weather", '{"city":"Rome"}', "b")),
    )
    assert not list(problems([both, result("1", id="b"), result("2", id="a"), says("1 and 2")], TOOLS))


def test_without_tools_no_call_is_held_against_them():
    assert not list(problems([call("{}", name="anything"), result(name="anything"), says()], ()))


def test_a_schema_that_is_none_says_nothing():
    odd = ({"function": {"name": "get_weather", "parameters": {"type": "no such type"}}},)
    assert not list(problems([call()], odd))


def example(chosen, rejected, verdict="A") -> Example:
    sides = (chosen, rejected) if verdict == "A" else (rejected, chosen)
    texts = [all_laid_out(side) for side in sides]
    return Example(
        "x", "Q", "Q", *texts, verdict, tools=TOOLS, turns_a=tuple(sides[0]), turns_b=tuple(sides[1])
    )


@pytest.mark.parametrize("verdict", ["A", "B"])
def test_only_the_chosen_response_is_accused_and_less_where_both_are_wrong(verdict):
    good, bad = [call(), result(), says()], [call("{}")]
    assert not list(ToolCalls().look(example(good, bad, verdict)))
    (found,) = ToolCalls().look(example(bad, good, verdict))
    assert (found.severity, found.part) == ("error", "arguments")
    assert "'city' is a required property" in found.reason
    (found,) = ToolCalls().look(example(bad, bad, verdict))
    assert found.severity == "info"


@pytest.mark.parametrize("verdict", ["A", "B"])
@pytest.mark.parametrize(
    ("bad", "part", "severity"),
    [
        (
            [call(), result('{"temperature": 21}'), says("The temperature is 35.")],
            "contradicts_result",
            "error",
        ),
        ([call(), result()], "no_answer", "error"),
        ([call(), result(), call()], "unanswered", "error"),
        ([call(), says()], "passed_over", "error"),
        ([result(), says()], "unasked_result", "error"),
        ([call(), result(), says("It is 35 degrees.")], "other_number", "warning"),
    ],
)
def test_what_the_chosen_response_does_wrong_is_told_whichever_side_it_is(bad, part, severity, verdict):
    good = [call(), result(), says()]
    (found,) = ToolCalls().look(example(bad, good, verdict))
    assert (found.severity, found.part) == (severity, part)
    assert not list(ToolCalls().look(example(good, bad, verdict)))


def test_two_calls_of_which_one_has_a_result_are_not_answered():
    both = Message(
        "assistant",
        "",
        (ToolCall("get_weather", '{"city":"Rome"}', "a"), ToolCall("get_weather", '{"city":"Paris"}', "b")),
    )
    parts = [problem.part for problem in problems([both, result("1", id="a")], TOOLS)]
    assert parts == ["unanswered", "no_answer"]
