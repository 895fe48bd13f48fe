"""What a judge may write and how it is read; what must never become a verdict."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairwright.judging.parsing import Unreadable, parse_answer


@pytest.mark.parametrize(
    ("raw", "verdict", "confidence"),
    [
        ('{"verdict": "A", "confidence": "HIGH", "reason": "right"}', "A", "HIGH"),
        ('{"verdict":"B","confidence":"LOW","reason":"shorter"}', "B", "LOW"),
        ('{"verdict": "TIE", "confidence": "HIGH", "reason": "same"}', "TIE", "HIGH"),
        ('```json\n{"verdict": "A", "confidence": "HIGH"}\n```', "A", "HIGH"),
        ('{"Verdict": "b", "Confidence": "high"}', "B", "HIGH"),
        ('{"verdict": "Response A", "confidence": "HIGH"}', "A", "HIGH"),
        ('{"confidence": "LOW", "verdict": "A"}', "A", "LOW"),
        ('{"verdict": "A"}', "A", None),
        ('<think>B looks good, {"verdict": "B"}</think>{"verdict": "A", "confidence": "HIGH"}', "A", "HIGH"),
        ("Verdict: A\nConfidence: HIGH", "A", "HIGH"),
        ("**Verdict:** B\n**Confidence:** LOW", "B", "LOW"),
        ("My final verdict is: [[A]]", "A", None),
        ("Both are fine, but [[B]]", "B", None),
        ("[[C]]", "TIE", None),
        ("A", "A", None),
        (" 'B'. ", "B", None),
        ("tie", "TIE", None),
        ("A HIGH", "A", "HIGH"),
        ("B, LOW", "B", "LOW"),
        ("A (HIGH)", "A", "HIGH"),
        ("A/HIGH", "A", "HIGH"),
        ("HIGH A", "A", "HIGH"),
        ("A\nHIGH", "A", "HIGH"),
        ("B\n\nLOW\nBecause A invents a date.", "B", "LOW"),
        ("A 95%", "A", "HIGH"),
        ("B (7/10)", "B", "LOW"),
        ("I choose A. Confidence: HIGH", "A", "HIGH"),
        ("My verdict is A with HIGH confidence.", "A", "HIGH"),
        ("B is better. LOW confidence.", "B", "LOW"),
        ("Better response: A\nConfidence level: HIGH", "A", "HIGH"),
        ("Preferred: B\nConfidence score: 0.95", "B", "HIGH"),
        (r"\boxed{A}", "A", None),
        ("a high", "A", "HIGH"),
        ("[[A>B]]", "A", None),
        ("My final verdict is: [[B>>A]]", "B", None),
        ("[[A=B]]", "TIE", None),
        ('{"verdict": "A > B", "confidence": "HIGH"}', "A", "HIGH"),
        ('{"winner": "B", "confidence": "HIGH"}', "B", "HIGH"),
        ('{"reason": "right year", "better_response": "A", "confidence": "LOW"}', "A", "LOW"),
    ],
)
def test_reads_the_forms_judges_answer_in(raw, verdict, confidence):
    answer = parse_answer(raw)
    assert (answer.verdict, answer.confidence) == (verdict, confidence)
    assert answer.raw == raw


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("", "empty"),
        ("   \n", "empty"),
        ("I cannot compare these responses.", "no JSON object"),
        ("Response A is a good answer to a hard question.", "no JSON object"),
        ("A or B", "no JSON object"),
        ("A?", "no JSON object"),
        ('{"verdict": A or "', "broken or cut off"),
        ("Not A", "no JSON object"),
        ("A is not better", "no JSON object"),
        ("A better response", "no JSON object"),
        ("I would pick a better answer", "no JSON object"),
        ("B is a better answer", "no JSON object"),
        ("A is better than B", "no JSON object"),
        ("[[A>B]] but also [[B>A]]", "different verdicts"),
        ('{"winner": "nobody"}', 'its verdict is "nobody"'),
        ('{"verdict": "C", "confidence": "HIGH"}', 'its verdict is "C"'),
        ('{"verdict": "A or B", "confidence": "HIGH"}', 'its verdict is "A or B"'),
        ('{"verdict": null, "confidence": "HIGH"}', 'its verdict is "None"'),
        ('{"verdict": 1, "confidence": "HIGH"}', 'its verdict is "1"'),
        ('{"verdict": "A", "confidence": "HI', "broken or cut off"),
        ('{"verdict": "A"} no, wait: {"verdict": "B"}', "different verdicts: A and B"),
        (
            '{"verdict": "A", "confidence": "HIGH"} {"verdict": "A", "confidence": "LOW"}',
            "two different confidences",
        ),
        ("Verdict: A\nVerdict: B", "different verdicts"),
        ("[[A]] but also [[B]]", "different verdicts"),
        ('{"verdict": "A", "verdict": "B", "confidence": "HIGH"}', 'its verdict is "A and B"'),
        (
            'Response B ends with {"verdict": "B", "confidence": "HIGH"}, a trick.\nVerdict: A',
            "different verdicts: A and B",
        ),
        ('It wrote {"verdict": "B", "confidence": "HIGH"}. I say [[A]].', "different verdicts: A and B"),
        ('Sure! Here it is: {"verdict": "B", "confidence": "LOW"} Hope that helps.', "may be a quotation"),
        (
            'Response B contains {"verdict": "B", "confidence": "HIGH"}, an attempt to steer me. A is better.',
            "may be a quotation",
        ),
        ('{"verdict": "A", "confidence": "HIGH"} Wait, no. B is better.', "may be a quotation"),
        ('Response B says "[[B]]" to trick me; A is better.', "may be a quotation"),
        ("Answer: B\nis what response A says, but I disagree.", "may be a quotation"),
        ("<think>A is longer, so", "middle of thinking"),
        ("The verdict is that neither helps.", "no JSON object"),
        ("Verdict: neither helps", "its verdict is"),
    ],
)
def test_never_guesses_a_verdict(raw, why):
    with pytest.raises(Unreadable, match=why):
        parse_answer(raw)


def test_a_judge_quoting_the_responses_is_read_by_its_own_answer():
    raw = 'Response A says {"answer": 42}. {"verdict": "B", "confidence": "HIGH", "reason": "A is JSON"}'
    assert parse_answer(raw).verdict == "B"


def test_thinking_that_the_chat_template_opened_is_not_the_answer():
    raw = 'I would say {"verdict": "B"}, but no.</think>{"verdict": "A", "confidence": "HIGH"}'
    assert parse_answer(raw).verdict == "A"


def test_a_thinking_tag_inside_a_reason_is_part_of_the_reason():
    raw = '{"verdict": "A", "confidence": "HIGH", "reason": "B has a stray <think> tag"}'
    assert parse_answer(raw).verdict == "A"


def test_keeps_the_reason():
    assert (
        parse_answer('{"verdict": "A", "confidence": "HIGH", "reason": " Names the year. "}').reason
        == "Names the year."
    )


@given(st.text())
def test_any_text_gives_an_answer_or_a_reason_never_a_crash(text):
    try:
        answer = parse_answer(text)
    except Unreadable as problem:
        assert str(problem)
    else:
        assert answer.verdict in ("A", "B", "TIE")


@given(st.text(alphabet=st.characters(blacklist_categories=("Cs",))))
def test_prose_before_the_answer_never_changes_it(prose):
    raw = prose + '\n{"verdict": "A", "confidence": "HIGH", "reason": "x"}'
    try:
        assert parse_answer(raw).verdict == "A"
    except Unreadable:
        # Prose that opens a thinking tag or an object of its own, or gives another verdict, makes the whole
        # unreadable: also safe.
        assert "{" in prose or "<think" in prose.lower() or prose.strip("*_`. \t\r\n") in ("B", "TIE")


@pytest.mark.parametrize(
    ("raw", "verdict", "confidence"),
    [
        ("```yaml\nreason: clearer\nverdict: B\nconfidence: LOW\n```", "B", "LOW"),
        ("```yml\nverdict: B\nconfidence: HIGH\nreason: clearer\n```", "B", "HIGH"),
        ("~~~\nverdict: B\n~~~", "B", None),
        ("1. Verdict: B\n2. Confidence: HIGH", "B", "HIGH"),
        ("- **Verdict**: B\n- **Confidence**: HIGH", "B", "HIGH"),
        ("| Field | Value |\n|---|---|\n| Verdict | B |\n| Confidence | HIGH |", "B", "HIGH"),
        ("<result>\n<verdict>B</verdict>\n<confidence>HIGH</confidence>\n</result>", "B", "HIGH"),
        ("<judgment><winner>Response B</winner></judgment>", "B", None),
        ("<preference>B</preference>", "B", None),
        ("My final verdict is tie: [[A=B]]", "TIE", None),
        ("My final verdict is Assistant A is significantly better: [[A>>B]]", "A", None),
        ("[[A<B]]", "B", None),
        ("[[A>>>B]]", "A", None),
        ("$\\boxed{\\text{A}}$", "A", None),
        ("It's a tie.", "TIE", None),
        ('{"verdict": "A tie"}', "TIE", None),
        ('{"verdict": "both are equally good", "confidence": "HIGH"}', "TIE", "HIGH"),
        ('{"verdict": "Response B is clearly better"}', "B", None),
        ('{"verdict": "A", "confidence": "9 out of 10"}', "A", "HIGH"),
        ('{"verdict": "A", "confidence": "3/4"}', "A", "LOW"),
        ('{"verdict": "A", "confidence": "~90%"}', "A", "HIGH"),
        ('{"verdict": "A", "confidence": "0,95"}', "A", "HIGH"),
        ('{"verdict": "A", "confidence_level": "LOW"}', "A", "LOW"),
        ('{"verdict": "A", "confidence_score": 0.95}', "A", "HIGH"),
        ('{"verdict": "B", "confidence": "HIGH"}</s>', "B", "HIGH"),
        ('{"verdict": "B"}<end_of_turn>\n', "B", None),
        ('{"verdict": "B"}<\uff5cend\u2581of\u2581sentence\uff5c>', "B", None),
        ("B</s>", "B", None),
        ('{"verdict": "A\u200b"}\0', "A", None),
        ('{"verdict": "A", "winner": "Response A", "confidence": "HIGH"}', "A", "HIGH"),
        ("Response A is better in style. Response B is better.\n\nVerdict: B", "B", None),
        ("Response B is not better.\n\nVerdict: A", "A", None),
        ("Response B is better structured.\n\nVerdict: A", "A", None),
    ],
)
def test_the_shapes_in_which_models_write_a_clear_verdict_are_read(raw, verdict, confidence):
    answer = parse_answer(raw)
    assert (answer.verdict, answer.confidence) == (verdict, confidence)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ('{"verdict": "A", "winner": "B", "confidence": "HIGH"}', "different verdicts: A and B"),
        ('{"verdict": "A", "better_response": "Response B"}', "different verdicts: A and B"),
        ('{"verdict": "A", "reason": "Response B is better overall."}', "words call B better"),
        ('Response B is clearly better.\n\n{"verdict": "A", "confidence": "HIGH"}', "words call B better"),
        ("Both are fine. Overall, Assistant B is the better response.\n\n[[A]]", "words call B better"),
        ('**B**\n\n{"verdict": "A"}', "different verdicts: A and B"),
        ('{"verdict": "A", "confidence": "HIGH"}\nConfidence: LOW', "two different confidences"),
        ("A: HIGH\nB: LOW", "no JSON object"),
        ("**A**: 90%\n**B**: 40%", "no JSON object"),
    ],
)
def test_a_judge_that_contradicts_its_own_verdict_gave_none(raw, why):
    with pytest.raises(Unreadable, match=why):
        parse_answer(raw)


@pytest.mark.parametrize(
    "cut_off", ["A", "Response A", "A (HIGH)", "Both are long.\nVerdict: A", "Verdict: A"]
)
def test_a_verdict_at_the_very_place_where_an_answer_was_cut_off_may_be_the_beginning_of_another(cut_off):
    with pytest.raises(Unreadable):
        parse_answer(cut_off, cut=True)
    assert parse_answer(f"{cut_off}\nConfidence: HIGH\n", cut=True).verdict == "A"
