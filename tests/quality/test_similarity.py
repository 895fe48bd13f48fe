"""too_similar by parts: final answer, calls, reasoning; plain texts as ever."""

from __future__ import annotations

import pytest

from pairwright.quality.example import Example
from pairwright.quality.parts import parts_of
from pairwright.quality.similarity import TooSimilar
from pairwright.turns import all_laid_out
from pairwright.types import Image, Message, ToolCall

LONG = " ".join(f"word{n}" for n in range(100))


def call(arguments='{"city":"Paris"}', said="") -> Message:
    return Message("assistant", said, (ToolCall("get_weather", arguments),))


def result(text="21") -> Message:
    return Message("tool", text, name="get_weather")


def says(text="It is 21 degrees in the city.", reasoning=None) -> Message:
    return Message("assistant", text, reasoning=reasoning)


def looked(a, b, **settings):
    """What is found, the same for both orders of a and b."""
    check = TooSimilar(**settings)
    both = [
        [
            (each.severity, each.part, each.reason)
            for each in check.look(
                Example(
                    "x",
                    "",
                    "",
                    all_laid_out(one),
                    all_laid_out(other),
                    turns_a=tuple(one),
                    turns_b=tuple(other),
                )
            )
        ]
        for one, other in ((a, b), (b, a))
    ]
    assert both[0] == both[1]
    return both[0]


def test_one_other_argument_makes_two_answers_and_it_is_told_what_is_the_same():
    rome = [call('{"city":"Rome"}'), result(), says()]
    paris = [call(), result(), says()]
    assert looked(paris, rome) == [("info", "same_answer", "final answers equal; calls differ")]


def test_answers_nearly_the_same_after_other_calls_are_told_and_no_error():
    (found,) = looked([call(), result(), says(LONG)], [call("{}"), result(), says(LONG + " more")])
    assert found[:2] == ("info", "same_answer")
    assert found[2] == "final answers 99.5% alike; calls differ"


def test_everything_the_same_is_an_error_whatever_the_tools_answered():
    (found,) = looked([call(), result("21"), says()], [call(), result("22"), says()])
    assert found[0] == "error"
    assert found[2] == "the two responses are alike in every part: final answers equal, calls equal"


def test_the_order_of_arguments_makes_no_other_call():
    one, other = call('{"city":"Paris","days":2}'), call('{"days":2,"city":"Paris"}')
    assert looked([one], [other])[0][0] == "error"
    assert looked([call('{"days":1}')], [call('{"days":true}')]) == []


def test_a_long_argument_with_one_other_word_is_another_call():
    one, other = (call('{"text":"%s"}' % text) for text in (LONG, LONG + " more"))  # noqa: UP031
    assert looked([one], [other]) == []


def test_other_answers_after_the_same_calls_are_two_answers():
    assert looked([call(), result(), says("Warm.")], [call(), result(), says("I could not find out.")]) == []


def test_a_call_against_a_text_is_two_answers():
    assert looked([call()], [says()]) == []


def test_reasoning_makes_two_answers_only_where_it_counts():
    one, other = [says(reasoning="First, look.")], [says(reasoning="Guess something quite different.")]
    assert looked(one, other) == [("info", "same_answer", "final answers equal; reasoning traces differ")]
    assert looked(one, other, reasoning_counts=False)[0][0] == "error"


def test_other_images_make_two_answers():
    cat, dog = (Message("assistant", "Here.", images=(Image(ref),)) for ref in ("cat.png", "dog.png"))
    assert looked([cat], [dog]) == [("info", "same_answer", "final answers equal; images differ")]
    assert looked([cat], [cat])[0][0] == "error"


def test_the_threshold_is_that_of_the_setting():
    pair = [call(), result(), says(LONG)], [call(), result(), says(LONG + " one two three")]
    assert looked(*pair)[0][0] == "error"
    assert looked(*pair, most=0.99) == []


@pytest.mark.parametrize(
    ("a", "b", "found"),
    [
        ("Yes.", "Yes.", ("error", None, "the two responses are the same text")),
        (
            "Yes.",
            "yes",
            ("warning", None, "the two responses differ only in punctuation, case or white space"),
        ),
        (
            LONG,
            LONG + " more",
            ("error", None, "the two responses are 99.5% alike, word by word; 95% is the most"),
        ),
        ("Yes.", "No.", None),
    ],
)
def test_plain_texts_are_compared_as_ever(a, b, found):
    made = [(each.severity, each.part, each.reason) for each in TooSimilar().look(Example("x", "", "", a, b))]
    assert made == ([found] if found else [])


def test_the_parts_of_a_trajectory():
    turns = [call(said="Let me see."), result(), says("Warm.", reasoning="21 is warm.")]
    found = parts_of("", turns)
    assert (found.answer, found.beside, found.reasoning) == ("Warm.", "Let me see.", "21 is warm.")
    assert found.calls == ('get_weather {"city":"Paris"}',)
    assert parts_of("", [call(said="Let me see.")]).answer == ""
    assert parts_of("Plain.", ()).answer == "Plain."
