"""Plain logs with thumbs, and stored completions."""

from __future__ import annotations

import pytest
from formats.sources.said import A, B, Q, asked, one, read, texts, told

CHAT = [{"role": "user", "content": Q}, {"role": "assistant", "content": A}]
RECORD = {"messages": CHAT, "feedback": "thumbs_up", "model": "m1"}
COMPLETION = {
    "object": "chat.completion",
    "id": "chatcmpl-1",
    "model": "gpt-4o",
    "created": 1738960610,
    "choices": [{"index": 0, "message": {"role": "assistant", "content": A}, "finish_reason": "stop"}],
    "messages": CHAT[:1],
    "metadata": {"feedback": "thumbs_down"},
}


@pytest.mark.parametrize(
    ("said", "good", "rating"),
    [
        ({"feedback": "thumbs_up"}, True, None), ({"feedback": "thumbsDown"}, False, None),
        ({"feedback": 1}, True, None), ({"feedback": -1}, False, None), ({"thumbs": "👎"}, False, None),
        ({"feedback": {"rating": "like", "comment": "so"}}, True, None), ({"thumbs_up": False}, False, None),
        ({"rating": "good"}, True, None), ({"rating": 4}, None, 4), ({"score": 0.5}, None, 0.5),
        ({"label": "thumbs_down"}, False, None),
    ],
)  # fmt: skip
def test_thumbs_and_ratings_in_the_columns_people_use(tmp_path, said, good, rating):
    row = {"messages": CHAT, **said}
    assert told(tmp_path, row) == "chat-log"
    found = one(tmp_path, "chat-log", row)
    assert (asked(found), texts(found)) == ([("user", Q)], [A])
    assert (found.responses[0].good, found.responses[0].rating) == (good, rating)


def test_a_thumb_in_a_message_is_about_that_message(tmp_path):
    turns = [
        {**CHAT[0]},
        {**CHAT[1], "feedback": "down"},
        {"role": "user", "content": "Really?"},
        {"role": "assistant", "content": B, "feedback": "up", "latency": 3},
    ]
    assert told(tmp_path, {"messages": turns}) == "chat-log"
    first, second = read(tmp_path, "chat-log", {"messages": turns})
    assert (texts(first), first.responses[0].good, len(first.prompt)) == ([A], False, 1)
    assert (texts(second), second.responses[0].good, len(second.prompt)) == ([B], True, 3)
    assert first.beside == ("messages.latency",)


def test_what_is_no_thumb_is_a_bad_row_and_nothing_said_is_left_out(tmp_path):
    (bad,) = read(tmp_path, "chat-log", {**RECORD, "feedback": "hmm"})
    assert "\"feedback\" is 'hmm'" in bad.reason
    (left,) = read(tmp_path, "chat-log", {**RECORD, "feedback": None})
    assert left.reason == "not_labelled"
    (bad,) = read(tmp_path, "chat-log", {**RECORD, "messages": CHAT[:1]})
    assert "ends with the user's turn" in bad.reason


def test_a_stored_completion_has_its_thumb_in_metadata(tmp_path):
    assert told(tmp_path, COMPLETION) == "openai-completions"
    found = one(tmp_path, "openai-completions", COMPLETION)
    assert (asked(found), texts(found), found.responses[0].good) == ([("user", Q)], [A], False)
    assert (found.id, found.responses[0].model) == ("chatcmpl-1", "gpt-4o")
    request = {key: value for key, value in COMPLETION.items() if key != "messages"}
    row = {**request, "request": {"messages": CHAT[:1], "model": "gpt-4o"}}
    assert one(tmp_path, "openai-completions", row).prompt == found.prompt
    (bad,) = read(tmp_path, "openai-completions", request)
    assert "what was asked is missing" in bad.reason


def test_messages_as_the_api_lists_those_of_a_stored_completion(tmp_path):
    """GET /chat/completions/ID/messages gives a list object; metadata holds nothing but text."""
    asked_for = {
        "object": "list",
        "data": [{**CHAT[0], "id": "chatcmpl-1-0", "name": None}],
        "has_more": False,
    }
    row = {**COMPLETION, "messages": asked_for, "metadata": {"rating": "4"}}
    found = one(tmp_path, "openai-completions", row)
    assert (asked(found), found.responses[0].rating) == ([("user", Q)], 4.0)


def test_a_thumb_on_two_choices_tells_nothing_of_one(tmp_path):
    (left,) = read(tmp_path, "openai-completions", {**COMPLETION, "choices": COMPLETION["choices"] * 2})
    assert left.reason == "several_answers"
