"""The five functions people type first, with the faults of their naive versions as tests."""

import asyncio
import math
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
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


def test_create_kto_dataset_calls_winners_good_and_losers_bad_as_kto_trainers_read_it():
    rows = pw.create_kto_dataset(Judge(), [("q1", "x", "y"), ("q2", "same", "same")])
    assert rows == [
        {"prompt": "q1", "completion": "y", "label": True},
        {"prompt": "q1", "completion": "x", "label": False},
    ]
    assert pw.create_kto_dataset(Fixed("TIE"), [("q", "x", "y")]) == []
    assert pw.create_kto_dataset(Fixed("A"), [("q", "x", "y")]) == [], (
        "it contradicts itself in the other order"
    )


def test_create_kto_dataset_has_a_response_once_by_the_majority():
    rows = pw.create_kto_dataset(Judge(), [{"prompt": "q", "responses": ["a", "b", "c"]}])
    assert rows == [
        {"prompt": "q", "completion": "a", "label": False},
        {"prompt": "q", "completion": "c", "label": True},
    ], "b is better than a and worse than c: neither good nor bad"


def test_create_kto_dataset_raises_as_create_dpo_dataset_does():
    with pytest.raises(pw.VerdictError, match=r"triple 0 .*'maybe'"):
        pw.create_kto_dataset(Fixed("maybe"), [("q", "x", "y")])


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


def test_generate_response_pairs_leaves_out_what_was_cut_off_and_says_so():
    model = Counter()
    model.generate = lambda prompt: chat_reply("half an ans", finish_reason="length")
    with pytest.warns(UserWarning, match="2 responses were left out .* 2 cut off .*max_tokens"):
        assert pw.generate_response_pairs(model, ["q"], 2) == [{"prompt": "q", "responses": []}]


def test_generate_response_pairs_leaves_the_thinking_out_and_what_never_stops_thinking():
    draws = iter(["<think>Hm.</think>one", "[THINK]Hm.[/THINK]\ntwo"])
    rows = pw.generate_response_pairs(lambda prompt: next(draws), ["q"], responses_per_prompt=2)
    assert rows == [{"prompt": "q", "responses": ["one", "two"]}]
    with pytest.warns(UserWarning, match="1 nothing but thinking .*max_tokens"):
        (row,) = pw.generate_response_pairs(lambda prompt: "<think>Hm", ["q"], responses_per_prompt=1)
    assert row["responses"] == []


def test_several_texts_are_never_put_together_as_one_response():
    with pytest.raises(pw.InputError, match="answered list, not text"):
        pw.generate_response_pairs(lambda prompt: ["one", "two"], ["q"])
    with pytest.raises(pw.InputError, match="2.5; it is a whole number"):
        pw.generate_response_pairs(lambda prompt: "one", ["q"], responses_per_prompt=2.5)


def test_a_reply_cut_off_in_its_verdict_is_no_verdict():
    judge = SimpleNamespace(
        chat=SimpleNamespace(
            completions=SimpleNamespace(create=lambda model, messages: chat_reply("A", "length"))
        )
    )
    with pytest.raises(pw.VerdictError, match="cut off"):
        pw.create_dpo_dataset(judge, [("q", "x", "yy")], model_name="m")


def test_the_thinking_among_the_parts_of_a_reply_is_no_answer():
    parts = [{"type": "reasoning", "text": "B (HIGH)"}, {"type": "text", "text": "A (HIGH)"}]
    label = pw.ai_assisted_labeling(lambda prompt: chat_reply(parts), "q", "x", "yy", both_orders=False)
    assert label == {"chosen": "x", "rejected": "yy"}
    ollama = {"message": {"role": "assistant", "content": "A (HIGH)"}, "done_reason": "stop"}
    label = pw.ai_assisted_labeling(lambda prompt: ollama, "q", "x", "yy", both_orders=False)
    assert label == {"chosen": "x", "rejected": "yy"}


def test_a_bare_string_is_one_prompt_and_so_is_one_conversation():
    chat = [{"role": "user", "content": "hello"}]
    assert [row["prompt"] for row in pw.generate_response_pairs(str.upper, "hello", 1)] == ["hello"]
    found = pw.generate_response_pairs(lambda prompt: prompt[0]["content"], chat, 1)
    assert found == [{"prompt": chat, "responses": ["hello"]}]


# --- judges and models as people hold them -----------------------------------------------------


def chat_reply(text, finish_reason="stop"):
    choice = SimpleNamespace(message=SimpleNamespace(content=text), finish_reason=finish_reason)
    return SimpleNamespace(choices=[choice])


def shorter(messages):
    """What a model that prefers the shorter response answers to a judge's messages."""
    text = messages if isinstance(messages, str) else messages[-1]["content"]
    a, b = (text.split(f"<response {name} ")[1].split(">\n")[1].split("\n<")[0] for name in "AB")
    return '{"verdict": "%s", "confidence": "HIGH"}' % ("A" if len(a) < len(b) else "B")


class OpenAI:
    """The shape of `openai.OpenAI`: chat.completions.create(*, messages, model, ...)."""

    def __init__(self, answer=shorter):
        self.seen = []

        def create(*, messages, model, temperature=None, max_tokens=None, **more):
            self.seen.append((model, temperature, max_tokens))
            return chat_reply(answer(messages))

        self.chat = SimpleNamespace(completions=SimpleNamespace(create=create))


class AsyncOpenAI:
    """As `openai.AsyncOpenAI`: the same, awaited, and tied to the loop it was first used in."""

    def __init__(self):
        self.loops = set()

        async def create(*, messages, model, **more):
            self.loops.add(asyncio.get_running_loop())
            assert len(self.loops) == 1, "a client's connections belong to one loop"
            return chat_reply(shorter(messages))

        self.chat = SimpleNamespace(completions=SimpleNamespace(create=create))


class Router:
    """As `litellm.Router`: completion and acompletion."""

    def completion(self, model, messages, **options):
        assert model == "m"
        return {"choices": [{"message": {"content": shorter(messages)}, "finish_reason": "stop"}]}

    async def acompletion(self, model, messages, **options):
        raise AssertionError("not asked")


litellm = ModuleType("litellm")
litellm.completion = Router().completion


class PairwiseJudge:
    """As TRL's BasePairwiseJudge, and PairRMJudge with more options."""

    def judge(self, prompts, completions, shuffle_order=True, return_scores=False):
        assert not shuffle_order
        assert prompts == ["q"]
        return [int(len(b) < len(a)) for a, b in completions]


class RankJudge:
    """As TRL's BaseRankJudge: all numbers, the best first."""

    def judge(self, prompts, completions, shuffle_order=True):
        return [sorted(range(len(each)), key=lambda i: len(each[i])) for each in completions]


class OwnJudge:
    def judge(self, prompts, completions):
        return [int(len(b) < len(a)) for a, b in completions]


class LaterJudge:
    async def compare(self, prompt, a, b):
        return ("A" if len(a) < len(b) else "B"), "HIGH"


class Writes:
    def generate(self, prompt):
        return "A\nHIGH" if "<response A" in prompt and shorter(prompt).count('"A"') else "B\nHIGH"


class Needs:
    def generate(self, prompt, temperature, max_tokens):
        return shorter(prompt)


class WritesLater:
    async def generate(self, prompt, **options):
        return shorter(prompt)


class Scores:
    def score(self, prompt, response):
        return -len(response)


def function_of_three(prompt, a, b):
    return "A" if len(a) < len(b) else "B"


async def async_function(prompt, a, b):
    return {"verdict": function_of_three(prompt, a, b), "confidence": "HIGH"}


def of_messages(messages):
    return shorter(messages)


def pipeline(text_inputs, **options):
    return [{"generated_text": text_inputs + shorter(text_inputs)}]


HELD = {
    "compare": (pw.PrefersShorter(), None),
    "async compare": (LaterJudge(), None),
    "generate": (Writes(), None),
    "generate with options": (Needs(), None),
    "async generate": (WritesLater(), None),
    "function of prompt, a, b": (function_of_three, None),
    "async function": (async_function, None),
    "function of text": (lambda text: shorter(text), None),
    "function of messages": (of_messages, None),
    "pipeline": (pipeline, None),
    "OpenAI": (OpenAI(), "m"),
    "OpenAI's create": (OpenAI().chat.completions.create, "m"),
    "AsyncOpenAI": (AsyncOpenAI(), "m"),
    "litellm": (litellm, "m"),
    "litellm.completion": (litellm.completion, "m"),
    "litellm.Router": (Router(), "m"),
    "TRL pairwise": (PairwiseJudge(), None),
    "TRL rank": (RankJudge(), None),
    "TRL-like of one's own": (OwnJudge(), None),
    "reward model": (Scores(), None),
}


@pytest.mark.parametrize("held", HELD, ids=str)
def test_anything_that_judges_is_a_judge(held):
    judge, name = HELD[held]
    expected = {"chosen": "brief", "rejected": "a long one"}
    for a, b in (("brief", "a long one"), ("a long one", "brief")):  # whichever is called a
        assert pw.create_dpo_dataset(judge, [("q", a, b)], model_name=name) == [{"prompt": "q", **expected}]
        assert pw.ai_assisted_labeling(judge, "q", a, b, model_name=name) == expected


def test_a_client_is_served_inside_a_running_loop_as_in_a_notebook():
    async def cell():
        return pw.ai_assisted_labeling(AsyncOpenAI(), "q", "brief", "a long one", model_name="m")

    assert asyncio.run(cell())["chosen"] == "brief"


def test_models_are_told_the_options_they_take():
    client = OpenAI(answer=lambda messages: messages[-1]["content"] + "!")
    found = pw.generate_response_pairs(client, "hello", 1, temperature=0.5, max_tokens=None, model_name="m")
    assert (found[0]["responses"], client.seen) == (["hello!"], [("m", 0.5, None)])
    plain = type("Plain", (), {"generate": lambda self, prompt: prompt + "?"})()
    assert pw.generate_response_pairs(plain, ["hello"], 1)[0]["responses"] == ["hello?"]


class Binary:
    def judge(self, prompts, completions, gold_completions=None, shuffle_order=True):
        return [1]


class Bert:
    __module__ = "transformers.models.bert.modeling_bert"

    def generate(self, inputs):
        raise AssertionError("not asked")


@pytest.mark.parametrize(
    ("judge", "says"),
    [
        ("gpt-4o", "'gpt-4o'.*model_name"),
        (None, "None"),
        (pw.PrefersShorter, "class PrefersShorter"),
        (OpenAI(), "OpenAI.*model_name"),
        (litellm, "litellm.*model_name"),
        (Binary(), "Binary is a binary one"),
        (Bert(), "Bert.*pipeline"),
        (object(), "object.*generate"),
        (lambda a, b: "A", "neither"),
        (lambda *all_: "A", "neither"),
        ({"compare": 1}, "dict"),
    ],
)
def test_what_is_no_judge_is_named_before_anything_is_asked(judge, says):
    with pytest.raises(pw.InputError, match=says):
        pw.ai_assisted_labeling(judge, "q", "x", "y")
    with pytest.raises(pw.InputError, match=says):
        pw.create_dpo_dataset(judge, [("q", "x", "y")])


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("A", True),
        ("A, HIGH", True),
        ("Winner: A\nConfidence: HIGH", True),
        ("high: a", True),
        ('{"verdict": "A", "confidence": "HIGH"}', True),
        ("A (LOW)", False),
        ("TIE HIGH", False),
        ("TIE", False),
    ],
)
def test_a_written_verdict_is_read_with_its_confidence(text, label):
    def judge(asked):
        swapped = asked.index("first words") > asked.index("second words")
        return text if not swapped else text.replace("A", "B").replace("high: a", "high: b")

    if "verdict" in text:

        def judge(asked):
            swapped = asked.index("first words") > asked.index("second words")
            return text.replace(': "A"', ': "B"') if swapped else text

    found = pw.ai_assisted_labeling(judge, "q", "first words", "second words")
    assert found == ({"chosen": "first words", "rejected": "second words"} if label else None)


@pytest.mark.parametrize(
    "reply",
    ["", "both are fine", "A or B", "not A", "A\nB", "HIGH", chat_reply(None), None, 7, {}, ["A", "B"]],
)
def test_what_holds_no_verdict_is_never_one(reply):
    with pytest.raises(pw.VerdictError, match="triple 1 .*second question"):
        pw.create_dpo_dataset(
            lambda asked: reply if "second question" in asked else "TIE",
            [("first", "x", "y"), ("second question", "x", "y")],
        )


# --- rows as people hold them ------------------------------------------------------------------


class Row(NamedTuple):
    response_b: str
    response_a: str
    prompt: str


@dataclass
class Record:
    prompt: str
    response_a: str
    response_b: str


class Dataset:
    """The shape of `datasets.Dataset`: rows when iterated, columns by to_dict."""

    column_names, features = ["prompt", "response_a", "response_b"], {}

    def __iter__(self):
        yield {"prompt": "q", "response_a": "long one", "response_b": "brief"}

    def to_dict(self):
        raise AssertionError("columns, not rows")


ONE = {"prompt": "q", "response_a": "long one", "response_b": "brief"}


@pytest.mark.parametrize(
    "rows",
    [
        [("q", "long one", "brief")],
        iter([["q", "long one", "brief"]]),
        [ONE],
        [{"Question": "q", "Answer A": "long one", "Answer B": "brief"}],
        [{"instruction": "q", "output_1": "long one", "output_2": "brief", "id": 3}],
        [{"prompt": "q", "a": "long one", "b": "brief"}],
        [{"prompt": "q", "chosen": "long one", "rejected": "brief"}],
        [{"prompt": "q", "responses": ["long one", "brief"]}],
        [Row("brief", "long one", "q")],
        [Record("q", "long one", "brief")],
        pd.DataFrame([ONE]),
        pd.DataFrame([{"prompt": "q", "responses": ["long one", "brief"]}]),
        pa.Table.from_pylist([ONE]),
        Dataset(),
    ],
    ids=lambda rows: type(rows).__name__,
)
def test_rows_are_read_by_their_names_whatever_holds_them(rows):
    assert pw.create_dpo_dataset(pw.PrefersShorter(), rows) == [
        {"prompt": "q", "chosen": "brief", "rejected": "long one"}
    ]


def test_what_one_function_gives_the_next_takes():
    rows = pw.generate_response_pairs(Counter("a", "bbb", "cc"), ["q"], 3)
    found = pw.create_dpo_dataset(pw.PrefersShorter(), rows)
    assert [(row["chosen"], row["rejected"]) for row in found] == [("a", "bbb"), ("a", "cc"), ("cc", "bbb")]
    assert pw.detect_low_quality(found, only=["too_similar"]) == []
    assert pw.verify_with_reward_model(lambda p, r: -len(r), found, threshold=1) == (found, [])


def test_conversations_keep_their_shape():
    chat = [{"role": "user", "content": "q"}]
    a, b = ([{"role": "assistant", "content": text}] for text in ("long one", "brief"))
    assert pw.create_dpo_dataset(OpenAI(), [(chat, a, b)], model_name="m") == [
        {"prompt": chat, "chosen": b, "rejected": a}
    ]


@pytest.mark.parametrize(
    "bad", ["", "  \n", None, math.nan, pd.NA, pd.NaT, 7, b"bytes", [], ["text"]], ids=repr
)
def test_a_response_or_prompt_without_text_is_named_before_anything_is_asked(bad):
    class Never:
        def compare(self, prompt, a, b):
            raise AssertionError("asked")

    good = ("q", "x", "y")
    for place in range(3):
        row = [*good]
        row[place] = bad
        with pytest.raises(pw.InputError, match=r"triple 1.*(missing|empty|is )"):
            pw.create_dpo_dataset(Never(), [good, tuple(row)])
        with pytest.raises(pw.InputError, match="prompt|response_"):
            pw.ai_assisted_labeling(Never(), *row)
    with pytest.raises(pw.InputError, match="prompt 1"):
        pw.generate_response_pairs(str.upper, ["q", bad])


@pytest.mark.parametrize(
    "rows",
    [
        ONE,
        {"prompt": ["q"], "response_a": ["x"], "response_b": ["y"]},
        {"train": [ONE]},
        "pairs.jsonl",
        None,
        7,
        ["abc"],
        [("q", "x")],
        [{"prompt": "q", "response_a": "x"}],
        [{"response_a": "x", "response_b": "y"}],
        [{"prompt": "q", "response_1": "x", "response_2": "y", "response_3": "z"}],
    ],
    ids=repr,
)
def test_what_is_no_table_of_pairs_is_named(rows):
    with pytest.raises(pw.InputError):
        pw.create_dpo_dataset(pw.PrefersShorter(), rows)


def test_texts_that_only_white_space_tells_apart_are_equal():
    assert pw.create_dpo_dataset(Fixed("A"), [("q", "x", "x \n")], both_orders=False) == []
    assert pw.ai_assisted_labeling(Fixed(("A", "HIGH")), "q", "x", " x", both_orders=False) is None
