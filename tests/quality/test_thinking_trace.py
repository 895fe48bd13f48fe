"""thinking_trace: thinking left in an answer, whichever side it is on."""

from __future__ import annotations

import pytest

from pairwright.quality.example import Example
from pairwright.quality.thinking_trace import ThinkingTrace
from pairwright.types import Message

THOUGHT = "The user wants the weather, so first I look at what the tool said, and then I answer."


def example(chosen, rejected, verdict):
    sides = [(Message("assistant", text, reasoning=THOUGHT),) for text in (chosen, rejected)]
    a, b = sides if verdict != "B" else sides[::-1]
    return Example("x", "", "", a[0].content, b[0].content, verdict, turns_a=a, turns_b=b)


@pytest.mark.parametrize("verdict", ["A", "B"])
@pytest.mark.parametrize(
    ("chosen", "rejected", "severity", "said"),
    [
        (f"{THOUGHT} It is warm.", "It is warm.", "error", "the chosen response holds its"),
        ("It is warm.", f"{THOUGHT} It is warm.", "warning", "the rejected response holds its"),
        (f"{THOUGHT} Warm.", f"{THOUGHT} Cold.", "info", "both responses hold their"),
        ("<think>Hm.</think> Warm.", "Cold.", "warning", "the chosen response holds its"),
    ],
)
def test_recorded_reasoning_repeated_in_the_chosen_answer_is_an_error(
    chosen, rejected, severity, said, verdict
):
    (found,) = ThinkingTrace().look(example(chosen, rejected, verdict))
    assert found.severity == severity
    assert found.reason.startswith(said)


def test_an_answer_beside_its_reasoning_holds_none():
    assert list(ThinkingTrace().look(example("It is warm.", "It is cold.", "A"))) == []


def test_on_an_open_pair_it_is_a_warning():
    (found,) = ThinkingTrace().look(example(f"{THOUGHT} Warm.", "Cold.", None))
    assert (found.severity, found.reason.split(":")[0]) == ("warning", "response a holds its thinking trace")
