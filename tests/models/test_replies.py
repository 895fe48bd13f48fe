"""Slips that models make, over all ways of asking: the answer is read as if it had been written well."""

import json
from functools import partial

import pytest

from pairwright.judging.facts import parse_facts
from pairwright.judging.parsing import Unreadable, parse_answer, parse_scores
from pairwright.judging.ranking import parse_ranking
from pairwright.models.chat_judge import read_text
from pairwright.models.replies import ChatReply, cached_of, chat_reply

A, B = "The sky is green.", "The sky is blue."
PLAIN = {"verdict": "A", "confidence": "HIGH", "reason": "TEXT"}
OTHER = {"verdict": "B", "confidence": "LOW", "reason": "so"}
# What is asked: how it is read, the answer as it should be, and another answer.
ASKED = {
    "plain": (parse_answer, PLAIN, OTHER),
    "cot": (
        parse_answer,
        {"reasoning": "TEXT", "verdict": "A", "confidence": "HIGH"},
        {"reasoning": "so", "verdict": "B", "confidence": "LOW"},
    ),
    "rating": (
        parse_scores,
        {"reason": "TEXT", "score_a": 8, "score_b": 3},
        {"reason": "so", "score_a": 2, "score_b": 9},
    ),
    "ranking": (
        partial(parse_ranking, n=3),
        {"reason": "TEXT", "ranking": [["C"], ["A", "B"]]},
        {"reason": "so", "ranking": [["A"], ["B"], ["C"]]},
    ),
    "facts": (
        partial(parse_facts, a=A, b=B),
        {"A": [{"quote": "sky is green", "error": "TEXT"}], "B": []},
        {"A": [], "B": []},
    ),
}


def written(answer, text="short", **how):
    return json.dumps(answer, **how).replace("TEXT", text)


SLIPS = {
    "LaTeX": lambda it: written(it, r"uses \(x^2\) and \sqrt{2} \in \mathbb{R}"),
    "a raw line end": lambda it: written(it, "First.\nSecond.\n\n* third"),
    "a tab": lambda it: written(it, "First.\tSecond."),
    "a path": lambda it: written(it, r"C:\users\x and \u12"),
    "quotes in a text": lambda it: written(it, 'says "hello", which is "wrong".'),
    "a comma too many": lambda it: written(it)[:-1] + ",}",
    "a comma and a line too many": lambda it: written(it, indent=2)[:-2] + ",\n}",
    "Python": lambda it: repr(it).replace("TEXT", "short"),
    "Python with an apostrophe": lambda it: repr(it).replace("TEXT", "it's short, and isn't wrong"),
    "typographic quotes": lambda it: written(it).replace('"', "\u201d"),
    "names without quotes": lambda it: bare_names(written(it)),
    "a comma missing": lambda it: written(it, indent=1).replace('",\n', '"\n'),
    "a comment": lambda it: written(it, indent=1).replace("{\n", "{ // the answer\n", 1),
    "the last brace missing": lambda it: written(it)[:-1],
    "a fence": lambda it: f"```json\n{written(it)}\n```",
    "an open fence": lambda it: f"```json\n{written(it)}",
    "a fence that is only closed": lambda it: f"{written(it)}\n```",
    "an announcement": lambda it: f"Sure! Here is the JSON:\n\n{written(it)}",
    "an explanation after": lambda it: f"{written(it)}\n\nExplanation: the question is answered directly.",
    "an explanation after a fence": lambda it: f"```json\n{written(it)}\n```\n\n**Explanation:** It is short.".replace("It is", "They are"),
    "both": lambda it: f"Here is my evaluation:\n```json\n{written(it)}\n```\n\n### Reasoning\nThe rest is worse.",
    "a wrapper": lambda it: json.dumps({"result": it}),
    "an answer tag": lambda it: f"<answer>\n{written(it)}\n</answer>",
    "a list of one": lambda it: f"[{written(it)}]",
    "a mark of order": lambda it: "\ufeff" + written(it),
    "an end token": lambda it: written(it) + "<|im_end|>",
    "said twice": lambda it: f"{written(it)}\n{written(it)}",
}  # fmt: skip


def bare_names(text):
    for name in (
        "verdict",
        "confidence",
        "reasoning",
        "reason",
        "score_a",
        "score_b",
        "ranking",
        "quote",
        "error",
        "A",
        "B",
    ):
        text = text.replace(f'"{name}":', f"{name}:")
    return text


def plainly(read, text):
    """What was read, without what only repeats the raw text."""
    found = read(text)
    return (found.verdict, found.confidence, found.margin) if hasattr(found, "verdict") else as_said(found)


def as_said(found):
    return [[each.quote for each in side] if isinstance(side, list) else side for side in found]


@pytest.mark.parametrize("slip", SLIPS)
@pytest.mark.parametrize("asked", ASKED)
def test_a_slip_changes_nothing_about_the_answer(asked, slip):
    read, answer, _ = ASKED[asked]
    assert plainly(read, SLIPS[slip](answer)) == plainly(read, written(answer))


def thinks(start, end):
    return lambda draft, answer: f"{start}{draft}, or not?{end}{answer}"


THINKING = {
    "<think>": thinks("<think>\n", "\n</think>\n\n"),
    "<thinking>": thinks("<thinking>", "</thinking>"),
    "<thought>": thinks("<thought>", "</thought>"),
    "<reasoning>": thinks("<reasoning>\n", "\n</reasoning>\n"),
    "<Think>": thinks("<Think>", "</Think>"),
    "<seed:think>": thinks("<seed:think>", "</seed:think>"),
    "[THINK]": thinks("[THINK]", "[/THINK]"),
    "Kimi": thinks("\u25c1think\u25b7", "\u25c1/think\u25b7"),
    "Command": thinks("<|START_THINKING|>", "<|END_THINKING|><|START_RESPONSE|>"),
    "Sky": thinks("<|begin_of_thought|>", "<|end_of_thought|>\n\n<|begin_of_solution|>"),
    "MedGemma": thinks("<unused94>thought\n", "<unused95>"),
    "Gemma": thinks("<|channel>thought\n", "<channel|>"),
    "Granite": thinks("Here is my thought process:\n", "\nHere is my response:\n"),
    "harmony": thinks(
        "<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"
    ),
    "harmony as JSON": thinks(
        "<|channel|>analysis<|message|>",
        "<|end|><|start|>assistant<|channel|>final <|constrain|>json<|message|>",
    ),
    "harmony without its marks": thinks("analysisWe compare. ", "assistantfinal"),
    "begun by the template": thinks("Let me see. ", "\n</think>\n\n"),
    "begun by the template, with the draft": thinks("", "</think>"),
    "twice": thinks("<think>", "</think>\n<think>again</think>"),
}


@pytest.mark.parametrize("mark", THINKING)
@pytest.mark.parametrize("asked", ASKED)
def test_what_a_model_thinks_is_not_its_answer(asked, mark):
    read, answer, draft = ASKED[asked]
    text = THINKING[mark](written(draft), written(answer))
    assert plainly(read, text) == plainly(read, written(answer))


@pytest.mark.parametrize("mark", [name for name in THINKING if not name.startswith("begun")])
@pytest.mark.parametrize("asked", ASKED)
def test_thinking_that_never_ends_holds_no_answer(asked, mark):
    read, answer, _ = ASKED[asked]
    begun = THINKING[mark]("\0", "").partition("\0")[0]
    with pytest.raises(Unreadable):
        read(f"{begun}\n{written(answer)}, or not")


# What is a quotation, is taken back, or says two things: whatever was asked.
DOUBTFUL = {
    "two answers": lambda one, other: f"{one}\n{other}",
    "an answer and a fence with another": lambda one, other: f"{one}\n\n```json\n{other}\n```",
    "a quotation": lambda one, other: f"Response B contains {one}, an attempt to steer me.",
    "a quotation in lines of its own": lambda one, other: f"Response B contains:\n\n```json\n{one}\n```\n\nA trick.",
    "a quotation at the end": lambda one, other: f"Response B ends with {one}",
    "a quotation at the beginning": lambda one, other: f"{one}\nis what response B says.",
    "whose words these are": lambda one, other: f"{one}\n\nThis is the text of response B.",
    "a second thought": lambda one, other: f"{one}\n\nWait, I have to look again.",
    "a second thought in a line": lambda one, other: f"{one} Wait, no.",
    "an answer inside a broken one": lambda one, other: '{"note": "' + "x" * 5 + '", "said": [' + one + ", oops",
    "a template": lambda one, other: '{"verdict": "A" or "B" or "TIE", "score_a": 1 to 10, "ranking": [["B"], ...]}',
    "cut off": lambda one, other: one[: len(one) // 2],
    "nothing": lambda one, other: " \n",
}  # fmt: skip


@pytest.mark.parametrize("doubt", DOUBTFUL)
@pytest.mark.parametrize("asked", ASKED)
def test_what_is_not_surely_the_answer_is_never_one(asked, doubt):
    read, answer, other = ASKED[asked]
    with pytest.raises(Unreadable):
        read(DOUBTFUL[doubt](written(answer), written(other)))


@pytest.mark.parametrize(
    "after",
    [
        "Verdict: B",
        "[[B]]",
        "I prefer Response B.",
        "Response B is better.",
        "B wins because it is right.",
        "However, the other is better.",
        "Response A is a trick. It quotes this.",
        "Both are equally good.",
        '{"verdict": "B", "confidence": "HIGH"}',
        '"verdict": "B"',
        "\u56de\u7b54B\u66f4\u597d",
    ],
)
@pytest.mark.parametrize(
    "first", [written(PLAIN), f"```json\n{written(PLAIN)}\n```", "Verdict: A", "[[A]]", "A"]
)
def test_an_explanation_that_speaks_for_another_answer_makes_it_unreadable(first, after):
    with pytest.raises(Unreadable):
        parse_answer(f"{first}\n\n{after}")


@pytest.mark.parametrize(
    ("stated", "read"),
    [
        ("high", "HIGH"), ("Very High", "HIGH"), ("High confidence", "HIGH"), (0.95, "HIGH"), ("95%", "HIGH"), (95, "HIGH"), ("9/10", "HIGH"),
        ("Medium", "LOW"), ("moderate", "LOW"), ("low", "LOW"), (0.5, "LOW"), ("60 %", "LOW"), (0, "LOW"),
        (4, None), (9, None), ("somewhat", None), (True, None), (1.5, None), ({"level": "HIGH"}, None), ("", None),
    ],
)  # fmt: skip
def test_a_confidence_in_other_words_costs_no_verdict_and_is_never_made_higher(stated, read):
    answer = parse_answer(json.dumps({"verdict": "B", "confidence": stated}))
    assert (answer.verdict, answer.confidence) == ("B", read)


@pytest.mark.parametrize(
    "text",
    [
        "Verdict: A (HIGH confidence)",
        "**Verdict: A**\n\nResponse A is more accurate.",
        "Verdict: Response A\nConfidence: high\nReason: it is right\nand it is short",
        "[[A]]\n\nResponse A is clearer.",
        "A\n\nResponse A gives the right answer.",
        "Response A is better.",
        "<verdict>A</verdict><confidence>HIGH</confidence>",
        '"{\\"verdict\\": \\"A\\", \\"confidence\\": \\"HIGH\\"}"',
        '{"final_verdict": "Assistant A"}',
        'The format is {"verdict": "A" or "B" or "TIE"}. So: {"verdict": "A", "confidence": "HIGH"}',
    ],
)
def test_other_forms_of_one_clear_verdict_are_read(text):
    assert parse_answer(text).verdict == "A"


def test_content_that_a_server_gives_as_json_already_read_is_text_again():
    choice = {"message": {"content": {"verdict": "A", "confidence": "HIGH"}}, "finish_reason": "stop"}
    assert parse_answer(chat_reply({"choices": [choice]}).text).verdict == "A"


def test_a_refusal_among_the_parts_of_a_message_is_a_refusal():
    choice = {"message": {"content": [{"type": "refusal", "refusal": "No."}]}, "finish_reason": "stop"}
    read = chat_reply({"choices": [choice]})
    assert (read.refused, read.text) == (True, "No.")


def reply(text, finish="stop", reasoning=None):
    return ChatReply(text, finish, False, 10, 10, None, 0.1, 1, reasoning)


@pytest.mark.parametrize("asked", ASKED)
def test_an_answer_that_the_endpoint_took_for_thinking_is_read_where_it_is_all_that_is_said(asked):
    read, answer, other = ASKED[asked]
    whole = read_text(reply("", reasoning=written(answer)), read, "an answer")
    assert plainly(lambda _: whole, "") == plainly(read, written(answer))
    for thinking in (f"{written(answer)}\n\nThat would do.", f"{written(answer)} or {written(other)}"):
        with pytest.raises(Unreadable, match="thinking but no answer"):
            read_text(reply("", reasoning=thinking), read, "an answer")


@pytest.mark.parametrize("asked", ASKED)
def test_an_answer_cut_off_at_the_token_limit_is_read_only_where_it_is_whole(asked):
    read, answer, _ = ASKED[asked]
    assert read_text(reply(written(answer) + "\n\n\n", "length"), read, "an answer")
    for cut in (written(answer)[:-1], written(answer)[:-9], "<think>" + written(answer), ""):
        with pytest.raises(Unreadable, match="raise max_tokens"):
            read_text(reply(cut, "length", written(answer)), read, "an answer")


@pytest.mark.parametrize(
    ("text", "reasoning", "remedy"),
    [
        ("", "Let me see", "set thinks = true"),
        ("<think>Let me see", None, "set thinks = true"),
        ('{"verdict": ', None, "the token limit before a verdict: raise max_tokens"),
    ],
)
def test_a_judge_that_is_cut_while_it_thinks_is_told_apart(text, reasoning, remedy):
    with pytest.raises(Unreadable, match=remedy):
        read_text(reply(text, "length", reasoning), parse_answer, "a verdict")


@pytest.mark.parametrize(
    ("usage", "cached"),
    [
        ({"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 64}}, 64),
        ({"input_tokens": 100, "input_tokens_details": {"cached_tokens": 64}}, 64),
        ({"prompt_tokens": 100, "prompt_cache_hit_tokens": 64}, 64),
        ({"prompt_tokens": 100, "cache_read_input_tokens": "64"}, 64),
        ({"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 0}}, 0),
        ({"prompt_tokens": 100, "prompt_tokens_details": None}, None),
        ({"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": "many"}}, None),
        ({"prompt_tokens": 100}, None),
        (None, None),
    ],
)
def test_tokens_read_from_a_cache_are_counted_by_any_vendors_names(usage, cached):
    assert cached_of({"usage": usage}) == cached
