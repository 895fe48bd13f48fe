"""What one row holds, and what a row that can't be used says."""

import datetime
import decimal
import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairwright.errors import InputError
from pairwright.formats.rows import FieldNames, entry_from_row
from pairwright.types import Message, Prompt, Response

PLACE = "prompts.jsonl:17"
CHAT = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello."},
    {"role": "user", "content": "Why?"},
]


def entry(row, fields=None, **options):
    return entry_from_row(row, fields or FieldNames(), PLACE, **options)


def reason(row, fields=None, **options) -> str:
    with pytest.raises(InputError) as caught:
        entry(row, fields, **options)
    return str(caught.value)


def given_response(text, model=None, params=None):
    return Response(text, model, params, source=PLACE)


# --- prompts ----------------------------------------------------------------------------------


def test_a_string_is_one_user_message():
    assert entry({"prompt": "Why?"}).prompt == Prompt((Message("user", "Why?"),), source=PLACE)


@pytest.mark.parametrize("name", ["prompt", "messages"])
def test_chat_messages_stay_as_they_are(name):
    assert entry({name: CHAT}).prompt.as_dicts() == CHAT


def test_text_parts_become_one_text():
    parts = [{"type": "text", "text": "Look:"}, {"type": "text", "text": "x = 1"}]
    assert entry({"prompt": [{"role": "user", "content": parts}]}).prompt.messages == (
        Message("user", "Look:\nx = 1"),
    )


@pytest.mark.parametrize(
    ("value", "expected"), [("q7", "q7"), (7, "7"), (7.0, "7"), (" x ", "x"), (None, None), ("", None)]
)
def test_the_id_may_be_text_or_a_number(value, expected):
    assert entry({"prompt": "Why?", "id": value}).prompt.external_id == expected


def test_everything_else_is_kept_as_meta():
    row = {"prompt": "Why?", "id": 1, "domain": "physics", "tags": ["a"], "score": 0.5, "note": None}
    assert entry(row).prompt.meta == {"domain": "physics", "tags": ["a"], "score": 0.5}


def test_what_json_cannot_hold_is_kept_as_text():
    row = {
        "prompt": "Why?",
        "at": datetime.datetime(2024, 1, 2),
        "price": decimal.Decimal("1.10"),
        "raw": b"\xff",
        "big": 2**70,
        "pairs": [("k", 1)],
    }
    assert entry(row).prompt.meta == {
        "at": "2024-01-02T00:00:00",
        "price": "1.10",
        "raw": "/w==",
        "big": str(2**70),
        "pairs": [["k", 1]],
    }


def test_messages_that_say_more_than_role_and_content_are_kept_in_meta_as_well():
    named = [{"role": "user", "content": "Hi", "name": "Ada"}]
    assert entry({"prompt": named}).prompt.meta == {"prompt": named}
    unnamed = [{"role": "user", "content": "Hi", "name": None}]  # how Parquet writes it
    assert entry({"prompt": unnamed}).prompt.meta is None


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            {"text": "Why?", "id": 7},
            '"prompt" is missing (keys: text, id). Rename the column or pass --prompt-field text.',
        ),
        (
            {"id": 7, "Prompt": "Why?"},
            '"prompt" is missing (keys: id, Prompt). Rename the column or pass --prompt-field Prompt.',
        ),
        (
            {"id": 7, "lang": "en"},
            '"prompt" is missing (keys: id, lang). Rename the column or pass --prompt-field NAME.',
        ),
        ({"prompt": ""}, '"prompt" is empty'),
        ({"prompt": " \n"}, '"prompt" is empty'),
        ({"prompt": None}, '"prompt" is empty'),
        ({"prompt": []}, '"prompt" is an empty list'),
        ({"prompt": 42}, '"prompt" is a number (42), not text or a list of messages'),
        ({"prompt": "a\0b"}, '"prompt" has a NUL character (\\u0000), which no model takes. Remove it.'),
        ({"prompt": "a\ud800"}, '"prompt" has half a character (lone surrogate U+D800). Remove it.'),
        ({"prompt": "Why?", "id": [1]}, '"id" is a list, not text'),
        ({"prompt": "Why?", "id": True}, '"id" is true or false (True), not text'),
        (
            {"prompt": "Why?", "x": "\ud800"},
            "the further keys (x) can't be kept as JSON: str is not valid UTF-8: surrogates not allowed",
        ),
    ],
)
def test_a_row_without_a_usable_prompt_says_why(row, said):
    assert reason(row) == said


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        (["Hi"], 'message 1 is text, not {"role": ..., "content": ...}'),
        ([{"text": "Hi"}], 'message 1 has no "role" (keys: text)'),
        ([{"role": "human", "content": "Hi"}], 'role "human", not one of system, developer, user, assistant'),
        ([{"role": "user", "content": ""}], '"prompt" message 1 is empty'),
        ([{"role": "user", "content": None}], '"prompt" message 1 is empty'),
        ([{"role": "user", "content": 3}], '"prompt" message 1 is a number (3), not text'),
        (CHAT[:3], "ends with a message of role assistant, not with the user's turn. Move that answer"),
        (CHAT[:1], "ends with a message of role system"),
        ([CHAT[1], CHAT[0], CHAT[1]], "message 2 is a system message: only the first may be"),
        (
            [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}],
            'message 1 has a part of type "image_url", which is not supported',
        ),
        (
            [{"role": "assistant", "content": "x", "tool_calls": [{}]}, CHAT[1]],
            'message 1 has a call of a tool without a "name"',
        ),
    ],
)
def test_messages_that_cannot_be_used_say_which_and_why(messages, said):
    assert said in reason({"prompt": messages})


# --- responses and pairs ------------------------------------------------------------------------


def test_responses_may_be_texts_or_objects_with_their_model():
    row = {
        "prompt": "Why?",
        "model": "tiny",
        "responses": ["So.", {"text": "Because.", "model": "big"}, {"content": "Hm.", "score": 3}],
    }
    found = entry(row)
    assert found.responses == (
        given_response("So.", "tiny"),
        given_response("Because.", "big"),
        given_response("Hm.", "tiny", {"score": 3}),
    )
    assert found.pair is None
    assert found.prompt.meta is None


def test_a_single_response_keeps_what_its_row_says_since_the_prompt_may_come_again():
    found = entry({"prompt": "Why?", "response": "So.", "model": "tiny", "score": 3})
    assert found.responses == (given_response("So.", "tiny", {"score": 3}),)


def test_a_given_pair_has_the_rows_id_and_meta():
    found = entry(
        {"id": 7, "prompt": "Why?", "response_a": "So.", "response_b": "No.", "model_b": "m", "x": 1}
    )
    assert found.pair == (given_response("So."), given_response("No.", "m"))
    assert (found.pair_external_id, found.pair_meta) == ("7", {"x": 1})
    assert (found.prompt.external_id, found.prompt.meta) == ("7", {"x": 1})


def test_a_side_may_be_a_conversation_of_one_answer():
    found = entry(
        {"prompt": "?", "response_a": [{"role": "assistant", "content": "So."}], "response_b": "No."}
    )
    assert found.pair == (given_response("So."), given_response("No."))


def test_a_model_without_its_response_is_only_meta():
    assert entry({"prompt": "Why?", "model": "tiny"}).prompt.meta == {"model": "tiny"}


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ({"response": ""}, '"response" is empty'),
        ({"response": 3}, '"response" is a number (3), not text and no message'),
        ({"responses": "So."}, '"responses" is text, not a list of texts or objects'),
        ({"responses": ["So.", " "]}, '"responses" number 2 is empty'),
        (
            {"responses": [{"answer": "x"}]},
            "number 1 has none of messages, text, response, content (keys: answer)",
        ),
        ({"response": "So.", "model": 3}, '"model" is a number (3), not text'),
        ({"response_a": "So."}, '"response_b" is missing beside "response_a": a pair needs both'),
        ({"response_a": "So.", "response_b": "So.\n"}, "are the same text: nothing to choose"),
        ({"response_a": "So.", "response_b": "a\0"}, '"response_b" has a NUL character'),
    ],
)
def test_responses_that_cannot_be_used_say_why(rest, said):
    assert said in reason({"prompt": "Why?", **rest})


@pytest.mark.parametrize("prompt", [{}, {"prompt": "Why?"}])
def test_labelled_rows_are_not_taken_for_anything_else(prompt):
    said = reason({**prompt, "chosen": "Yes.", "rejected": "No."})
    assert "rename chosen and rejected to response_a and response_b" in said


def test_labelled_rows_become_pairs_to_judge_when_told_so():
    fields = FieldNames(response_a="chosen", response_b="rejected")
    assert entry({"prompt": "Why?", "chosen": "Yes.", "rejected": "No."}, fields).pair


# --- names and cells ------------------------------------------------------------------------------


def test_every_field_may_have_another_name():
    fields = FieldNames("q", "m", "outs", "out", "left", "right", "by", "left_by", "right_by", "key")
    row = {
        "q": "Why?",
        "outs": ["1"],
        "out": "2",
        "by": "m",
        "left": "3",
        "right": "4",
        "left_by": "l",
        "key": 9,
    }
    found = entry(row, fields)
    assert [response.text for response in (*found.responses, *(found.pair or ()))] == ["1", "2", "3", "4"]
    assert (found.prompt.external_id, found.prompt.meta) == ("9", None)
    assert reason({"prompt": "Why?"}, fields).startswith('"q" is missing')


def test_a_list_in_a_csv_cell_is_json():
    row = {"prompt": json.dumps(CHAT), "responses": '["So.", {"text": "No.", "model": "m"}]'}
    found = entry(row, cells=True)
    assert found.prompt.as_dicts() == CHAT
    assert found.responses == (given_response("So."), given_response("No.", "m"))


def test_outside_csv_text_that_looks_like_a_list_is_text():
    assert entry({"prompt": "[{...}] means what?"}).prompt.messages[0].content == "[{...}] means what?"


def test_a_python_list_in_a_csv_cell_is_explained():
    assert "Write the column with json.dumps" in reason({"prompt": str(CHAT)}, cells=True)


# --- whatever comes -------------------------------------------------------------------------------

names = st.sampled_from([*FieldNames.__dataclass_fields__, "chosen", "rejected", "role", "content", "x"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(names, values, max_size=6))
def test_any_row_is_an_entry_that_can_be_stored_or_an_input_error(row):
    try:
        found = entry(row)
    except InputError:
        return
    orjson.dumps([found.prompt.as_dicts(), found.prompt.meta, [one.params for one in found.responses]])
    assert found.prompt.messages[-1].role == "user"
    assert all(one.text.strip() for one in (*found.responses, *(found.pair or ())))
