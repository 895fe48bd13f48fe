"""The five functions people type first, with the faults of their naive versions as tests."""

import pytest

import pairwright as pw


class Judge:
    """Prefers the response that comes later in the alphabet, at a confidence."""

    def __init__(self, confidence="HIGH"):
        self.confidence, self.asked = confidence, []

    def compare(self, prompt, a, b):
        self.asked.append((prompt, a, b))
        return ("TIE" if a == b else "A" if a > b else "B"), self.confidence


class Fixed:
    def __init__(self, answer):
        self.answer = answer

    def compare(self, prompt, a, b):
        return self.answer


def test_create_dpo_dataset_gives_chosen_and_rejected_in_input_order():
    rows = pw.create_dpo_dataset(Judge(), [("q1", "x", "y"), ("q2", "z", "a")])
    assert rows == [
        {"prompt": "q1", "chosen": "y", "rejected": "x"},
        {"prompt": "q2", "chosen": "z", "rejected": "a"},
    ]


def test_create_dpo_dataset_leaves_ties_out():
    assert pw.create_dpo_dataset(Fixed("TIE"), [("q", "x", "y")]) == []


def test_create_dpo_dataset_takes_plain_verdicts():
    class Shorter:
        def compare(self, prompt, a, b):
            return "A" if len(a) < len(b) else "B"

    assert pw.create_dpo_dataset(Shorter(), [("q", "long one", "brief")])[0]["chosen"] == "brief"


def test_create_dpo_dataset_asks_in_both_orders_and_drops_position_bias():
    assert pw.create_dpo_dataset(Fixed("A"), [("q", "x", "y")]) == []
    assert pw.create_dpo_dataset(Fixed("A"), [("q", "x", "y")], both_orders=False) == [
        {"prompt": "q", "chosen": "x", "rejected": "y"}
    ]


def test_create_dpo_dataset_names_the_triple_of_a_bad_answer():
    with pytest.raises(pw.VerdictError, match=r"triple 1 .*'second question'.*'maybe'"):
        pw.create_dpo_dataset(
            type("J", (), {"compare": lambda self, p, a, b: "TIE" if p == "first" else "maybe"})(),
            [("first", "x", "y"), ("second question", "x", "y")],
        )


def test_create_dpo_dataset_never_pairs_a_response_with_itself():
    assert pw.create_dpo_dataset(Fixed("A"), [("q", "x", "x")], both_orders=False) == []


def test_create_dpo_dataset_refuses_what_is_no_triple():
    with pytest.raises(pw.InputError, match="triple 0"):
        pw.create_dpo_dataset(Fixed("A"), [("q", "x")])


def test_ai_assisted_labeling_labels_what_the_judge_is_sure_of():
    assert pw.ai_assisted_labeling(Judge("HIGH"), "q", "x", "y") == {"chosen": "y", "rejected": "x"}


@pytest.mark.parametrize("answer", [("TIE", "HIGH"), ("A", "HIGH"), ("TIE", "LOW")])
def test_ai_assisted_labeling_leaves_ties_and_position_bias_to_a_person(answer):
    """A TIE with HIGH confidence is no vote for the second response."""
    assert pw.ai_assisted_labeling(Fixed(answer), "q", "x", "y") is None


def test_ai_assisted_labeling_leaves_low_confidence_to_a_person():
    assert pw.ai_assisted_labeling(Judge("LOW"), "q", "x", "y") is None


def test_ai_assisted_labeling_trusts_unstated_confidence_only_in_both_orders():
    assert pw.ai_assisted_labeling(Judge(None), "q", "x", "y") == {"chosen": "y", "rejected": "x"}
    assert pw.ai_assisted_labeling(Judge(None), "q", "x", "y", both_orders=False) is None


class Counter:
    def __init__(self, *texts):
        self.texts, self.calls = list(texts), []

    def generate(self, prompt, temperature, max_tokens):
        self.calls.append((prompt, temperature, max_tokens))
        return self.texts[(len(self.calls) - 1) % len(self.texts)]


def test_generate_response_pairs_draws_four_at_temperature_one():
    model = Counter("a", "b", "c", "d")
    assert pw.generate_response_pairs(model, ["q"]) == [{"prompt": "q", "responses": ["a", "b", "c", "d"]}]
    assert model.calls == [("q", 1.0, 1024)] * 4


def test_generate_response_pairs_draws_a_repeated_response_again():
    assert pw.generate_response_pairs(Counter("a", "a", "b"), ["q"], 2)[0]["responses"] == ["a", "b"]


def test_generate_response_pairs_gives_fewer_rather_than_equal_ones():
    model = Counter("a")
    assert pw.generate_response_pairs(model, ["q"], 2)[0]["responses"] == ["a"]
    assert len(model.calls) == 1 + 4


def test_generate_response_pairs_takes_a_function():
    assert pw.generate_response_pairs(lambda prompt: prompt.upper(), ["q"], 1)[0]["responses"] == ["Q"]


def test_generate_response_pairs_refuses_what_is_no_text():
    with pytest.raises(pw.InputError, match="NoneType"):
        pw.generate_response_pairs(lambda prompt: None, ["q"])
