"""One chat message, in every spelling that datasets and endpoints have."""

from __future__ import annotations

import pytest

from pairwright.errors import InputError
from pairwright.formats.message import as_message
from pairwright.types import Image, Message, ToolCall

CALL = ToolCall("get_weather", '{"city":"Paris"}', "call_1")
PLAIN = ToolCall("get_weather", '{"city":"Paris"}')


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"role": "user", "content": "hi"}, Message("user", "hi")),
        ({"from": "human", "value": "hi"}, Message("user", "hi")),
        ({"role": "developer", "content": "be brief"}, Message("developer", "be brief")),
        (  # OpenAI
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'},
                    }
                ],
            },
            Message("assistant", "", (CALL,)),
        ),
        (  # chat templates of transformers, TRL
            {
                "role": "assistant",
                "tool_calls": [
                    {"type": "function", "function": {"name": "get_weather", "arguments": {"city": "Paris"}}}
                ],
            },
            Message("assistant", "", (PLAIN,)),
        ),
        (  # the older OpenAI call
            {
                "role": "assistant",
                "content": "Let me see.",
                "function_call": {"name": "get_weather", "arguments": '{"city":"Paris"}'},
            },
            Message("assistant", "Let me see.", (PLAIN,)),
        ),
        (  # ShareGPT as LLaMA-Factory has it
            {"from": "function_call", "value": '{"name": "get_weather", "arguments": {"city": "Paris"}}'},
            Message("assistant", "", (PLAIN,)),
        ),
        ({"from": "observation", "value": "21"}, Message("tool", "21")),
        (
            {"role": "tool", "content": "21", "tool_call_id": "call_1", "name": "get_weather"},
            Message("tool", "21", tool_call_id="call_1", name="get_weather"),
        ),
        ({"role": "function", "name": "f", "content": "21"}, Message("tool", "21", name="f")),
        ({"role": "tool", "content": ""}, Message("tool", "")),
        (
            {"role": "assistant", "content": "4", "reasoning_content": "2+2"},
            Message("assistant", "4", reasoning="2+2"),
        ),
        (
            {"role": "assistant", "content": "4", "thinking": "2+2"},
            Message("assistant", "4", reasoning="2+2"),
        ),
        (  # Anthropic
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "2+2"},
                    {"type": "text", "text": "Let me see."},
                    {"type": "tool_use", "id": "call_1", "name": "get_weather", "input": {"city": "Paris"}},
                ],
            },
            Message("assistant", "Let me see.", (CALL,), reasoning="2+2"),
        ),
        (
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            Message("user", "a\nb"),
        ),
        (
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is "},
                    {"type": "image_url", "image_url": {"url": "https://example.org/cat.png"}},
                    {"type": "text", "text": "?"},
                ],
            },
            Message("user", "What is ?", images=(Image("https://example.org/cat.png", 8),)),
        ),
        # As Arrow fills rows of unlike shape.
        ({"role": "user", "content": "hi", "tool_calls": None, "name": None}, Message("user", "hi")),
    ],
)
def test_a_message_is_read_in_every_spelling(item, message):
    assert as_message(item, "there") == message


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({"role": "user", "content": " "}, "is empty"),
        ({"role": "user"}, 'has no "content"'),
        ({"role": "robot", "content": "hi"}, 'has role "robot"'),
        ({"role": "assistant", "tool_calls": [{"function": {"arguments": "{}"}}]}, 'without a "name"'),
        ({"role": "assistant", "content": "a", "tool_calls": 3}, "not a list"),
        ({"from": "function_call", "value": "get_weather(Paris)"}, "not valid JSON"),
        ({"role": "user", "content": [{"type": "audio"}]}, 'type "audio"'),
        ({"role": "assistant", "content": "4", "reasoning_content": ["2"]}, "reasoning that is a list"),
        ({"role": "tool", "content": "a\0b"}, "NUL"),
    ],
)
def test_a_message_that_cannot_be_used_says_why(item, said):
    with pytest.raises(InputError, match=said):
        as_message(item, "there")


def test_arguments_that_are_no_json_stay_as_the_model_wrote_them():
    calls = [{"function": {"name": "f", "arguments": "{city: Paris"}}]
    (call,) = as_message({"role": "assistant", "tool_calls": calls}, "there").tool_calls
    assert (call.arguments, call.values) == ("{city: Paris", None)
