"""ms-swift's own roles for calls and their results, and where the rejected answer stands."""

from __future__ import annotations

import json

from pairwright.formats.canonical import Drop, Pair, Rated, Single, pairs, two
from pairwright.formats.catalog import read_dataset, target_named
from pairwright.formats.reading import Rows
from pairwright.types import Message, ToolCall

TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
ASKED = Message("user", "Weather in Paris and Rome?")
CALLS = Message(
    "assistant",
    "Let me look.",
    (ToolCall("look", '{"city":"Paris"}', "c1"), ToolCall("look", '{"city":"Rome"}', "c2")),
)
ROME, PARIS = Message("tool", "30 C", tool_call_id="c2"), Message("tool", "21 C", tool_call_id="c1")
SAID = Message("assistant", "21 and 30.")
LOOKED, GUESSED = Rated.of((CALLS, ROME, PARIS, SAID)), Rated("No idea.")
ROW = two((Message("developer", "Be brief."), ASKED), LOOKED, GUESSED, 1, tools=(TOOL,))
PAIR = Pair(ROW, *ROW.responses)
TRAJECTORY = [
    {"role": "assistant", "content": "Let me look."},
    {"role": "tool_call", "content": '{"name": "look", "arguments": {"city": "Paris"}}'},
    {"role": "tool_call", "content": '{"name": "look", "arguments": {"city": "Rome"}}'},
    {"role": "tool_response", "content": "21 C"},
    {"role": "tool_response", "content": "30 C"},
    {"role": "assistant", "content": "21 and 30."},
]
OPENING = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Weather in Paris and Rome?"},
]


def test_calls_and_results_are_messages_in_the_order_of_the_calls():
    row = target_named("ms-swift-dpo-tools").made(PAIR)
    assert row["messages"] == [*OPENING, *TRAJECTORY]
    assert row["rejected_response"] == [{"role": "assistant", "content": "No idea."}]
    assert json.loads(row["tools"]) == [TOOL]


def test_the_rejected_answer_begins_after_the_last_question():
    """Its loader cuts the conversation there, so turns of the prompt after it are said again."""
    asked = (ASKED, Message("assistant", "", (ToolCall("look", "{}", "c1"),)), PARIS)
    row = two(asked, Rated("21."), Rated("No idea."), 1, tools=(TOOL,))
    made = target_named("ms-swift-dpo-tools").made(Pair(row, *row.responses))
    said = [(each["role"], each["content"]) for each in made["rejected_response"]]
    assert said == [
        ("tool_call", '{"name": "look", "arguments": {}}'),
        ("tool_response", "21 C"),
        ("assistant", "No idea."),
    ]


def test_arguments_that_are_no_json_stay_as_the_model_wrote_them():
    row = two((ASKED,), Rated.of((Message("assistant", "", (ToolCall("look", "city=Paris"),)),)), GUESSED, 1)
    (_, call) = target_named("ms-swift-dpo-tools").made(Pair(row, *row.responses))["messages"]
    assert json.loads(call["content"]) == {"name": "look", "arguments": "city=Paris"}


def test_kto_rows_have_them_too_and_rows_without_tools_have_no_such_column():
    made = target_named("ms-swift-kto").made(Single(ROW, LOOKED, True))
    assert made["messages"] == [*OPENING, *TRAJECTORY]
    assert json.loads(made["tools"]) == [TOOL]
    plain = two((ASKED,), Rated("21."), GUESSED, 1)
    assert "tools" not in target_named("ms-swift-kto").made(Single(plain, plain.responses[0], True))


def test_a_text_has_no_place_for_calls():
    assert target_named("ms-swift-dpo").made(PAIR) == Drop("tools_not_supported")


def test_its_rows_are_read_again():
    given = Rows("swift", [target_named("ms-swift-dpo-tools").made(PAIR)])
    (found,) = read_dataset(given, "ms-swift-dpo")
    (pair,) = pairs(found)
    assert (pair.row.tools, pair.rejected.text) == ((TOOL,), "No idea.")
    assert [each.name for turn in pair.chosen.turns for each in turn.tool_calls] == ["look", "look"]
    assert pair.chosen.turns[-1].content == "21 and 30."


def test_margins_stand_in_every_row_or_the_row_is_left_out():
    to = target_named("ms-swift-reward-margin")
    row = two((ASKED,), Rated("21.", rating=5), Rated("No idea.", rating=2), 1)
    assert to.made(Pair(row, *row.responses))["margin"] == 3.0
    row = two((ASKED,), Rated("21."), Rated("No idea."), 1)
    assert to.made(Pair(row, *row.responses)) == Drop("no_margin")
