"""Any object with `compare` is a judge; both orders catch what one would hide."""

from types import SimpleNamespace

import pytest

import pairwright as pw
from pairwright.judging.orders import hear, read_answer
from pairwright.types import Answer


class Says:
    """Answers what it is told to, first for (a, b), then for (b, a)."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def compare(self, prompt, a, b):
        return self.answers.pop(0)


@pytest.mark.parametrize(
    "value",
    [
        "A",
        ("A", None),
        {"verdict": "A"},
        SimpleNamespace(verdict="A"),
        Answer("A"),
    ],
)
def test_a_verdict_may_come_in_any_common_shape(value):
    assert read_answer(value, "here").verdict == "A"


def test_a_confidence_may_come_with_it():
    assert read_answer(("B", "LOW"), "here").confidence == "LOW"
    assert read_answer({"verdict": "B", "confidence": "HIGH"}, "here").confidence == "HIGH"


@pytest.mark.parametrize(
    "value", ["a", "", "A ", None, 1, 0.3, ("A", "MAYBE"), {"winner": "A"}, ["A"], ("A", "B", "C")]
)
def test_anything_else_is_refused_by_name(value):
    with pytest.raises(pw.VerdictError, match="triple 7"):
        read_answer(value, "triple 7")


def test_agreeing_in_both_orders_is_a_verdict():
    answer = hear(Says(("A", "HIGH"), ("B", "HIGH")), "q", "x", "y", both_orders=True, where="")
    assert (answer.verdict, answer.confidence) == ("A", "HIGH")


def test_always_choosing_the_first_is_no_verdict():
    answer = hear(Says(("A", "HIGH"), ("A", "HIGH")), "q", "x", "y", both_orders=True, where="")
    assert (answer.verdict, answer.confidence) == ("TIE", "LOW")
    assert "orders disagree" in answer.reason


def test_confidence_is_that_of_the_less_sure_order():
    assert (
        hear(Says(("A", "HIGH"), ("B", "LOW")), "q", "x", "y", both_orders=True, where="").confidence == "LOW"
    )
    assert hear(Says("A", "B"), "q", "x", "y", both_orders=True, where="").confidence is None


@pytest.mark.parametrize(
    ("said", "read"), [("high", "HIGH"), (0.95, "HIGH"), ("70%", "LOW"), ("medium", "LOW")]
)
def test_a_confidence_may_be_a_share_or_another_word_for_it(said, read):
    assert read_answer({"verdict": "A", "confidence": said}, "").confidence == read
