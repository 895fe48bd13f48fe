"""Rows as TRL's trainers read them."""

from __future__ import annotations

import pytest

from pairwright.formats.canonical import Drop, Pair, Rated, Single, two
from pairwright.formats.catalog import target_named
from pairwright.types import Message

COLOUR = (Message("user", "What color is the sky?"),)
LONG_CHAT = (
    Message("system", "Be brief."),
    Message("user", "Hi"),
    Message("assistant", "Hello!"),
    Message("user", "What color is the sky?"),
)


def pair(prompt=COLOUR, chosen="It is blue.", rejected="It is green.") -> Pair:
    row = two(prompt, Rated(chosen), Rated(rejected), 1)
    return Pair(row, *row.responses)


def single(prompt=COLOUR, text="It is green.", good=False) -> Single:
    row = two(prompt, Rated(text), Rated("other"), 1)
    return Single(row, row.responses[0], good)


def test_a_preference_row_holds_messages():
    assert target_named("trl-dpo").made(pair()) == {
        "prompt": [{"role": "user", "content": "What color is the sky?"}],
        "chosen": [{"role": "assistant", "content": "It is blue."}],
        "rejected": [{"role": "assistant", "content": "It is green."}],
    }


def test_a_row_of_strings_ends_the_prompt_with_a_separator():
    assert target_named("trl-dpo-text").made(pair()) == {
        "prompt": "What color is the sky?\n\n",
        "chosen": "It is blue.",
        "rejected": "It is green.",
    }
    row = target_named("trl-dpo-text").separated_by("\nAnswer: ").made(pair())
    assert row["prompt"] + row["chosen"] == "What color is the sky?\nAnswer: It is blue."


def test_system_and_earlier_turns_stay_in_a_conversational_prompt():
    row = target_named("trl-dpo").made(pair(LONG_CHAT))
    assert [m["role"] for m in row["prompt"]] == ["system", "user", "assistant", "user"]


@pytest.mark.parametrize("name", ["trl-dpo-text", "trl-reward-text", "trl-kto-text", "unpaired-text"])
@pytest.mark.parametrize("prompt", [LONG_CHAT, LONG_CHAT[1:], (LONG_CHAT[0], LONG_CHAT[3])])
def test_a_prompt_of_several_messages_is_no_string(name, prompt):
    target = target_named(name)
    made = target.made(pair(prompt) if target.takes == "pairs" else single(prompt))
    assert made.reason in ("multi_turn_needs_conversational", "system_message_not_supported")


def test_a_kto_row_has_a_boolean_label():
    assert target_named("trl-kto").made(single()) == {
        "prompt": [{"role": "user", "content": "What color is the sky?"}],
        "completion": [{"role": "assistant", "content": "It is green."}],
        "label": False,
    }
    assert target_named("trl-kto-text").made(single()) == {
        "prompt": "What color is the sky?\n\n",
        "completion": "It is green.",
        "label": False,
    }


def test_a_plain_unpaired_row_says_good_or_bad_and_adds_nothing_to_the_prompt():
    assert target_named("unpaired-text").made(single(text="It is blue.", good=True)) == {
        "prompt": "What color is the sky?",
        "response": "It is blue.",
        "label": "good",
    }
    assert target_named("unpaired").made(single()) == {
        "prompt": [{"role": "user", "content": "What color is the sky?"}],
        "response": "It is green.",
        "label": "bad",
    }


@pytest.mark.parametrize(
    ("prompt", "chosen", "rejected", "reason"),
    [
        ((), "a", "b", "empty_prompt"),
        ((Message("user", " \n"),), "a", "b", "empty_prompt"),
        (LONG_CHAT[:3], "a", "b", "prompt_does_not_end_with_user"),
        (LONG_CHAT[:1], "a", "b", "prompt_does_not_end_with_user"),
        (COLOUR, "", "b", "empty_response"),
        (COLOUR, "a", "\t", "empty_response"),
        (COLOUR, "a", "a", "same_text"),
        (COLOUR, "a", "a\n", "same_text"),
    ],
)
def test_a_pair_a_trainer_would_misread_is_dropped_with_its_reason(prompt, chosen, rejected, reason):
    assert target_named("trl-dpo").made(pair(prompt, chosen, rejected)) == Drop(reason)


def test_text_is_written_as_it_is():
    odd = "  <|im_end|> \u2028 \U0001f642\r\n"
    row = target_named("trl-dpo").made(pair((Message("user", odd),), odd, "no"))
    assert row["prompt"][0]["content"] == row["chosen"][0]["content"] == odd
