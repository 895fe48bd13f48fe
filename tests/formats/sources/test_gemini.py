"""Gemini's preference tuning: of two completions the one with score 1 is preferred."""

from __future__ import annotations

from formats.sources.said import A, B, Q, asked, one, ranks, read, texts, told

from pairwright.formats.reading import BadRow


def turn(role, *said):
    return {"role": role, "parts": [{"text": text} for text in said]}


RECORD = {
    "contents": [turn("user", Q)],
    "completions": [
        {"score": 0, "completion": turn("model", B)},
        {"score": 1, "completion": turn("model", A)},
    ],
}


def test_the_completion_with_score_1_is_preferred(tmp_path):
    assert told(tmp_path, RECORD) == "gemini-dpo"
    found = one(tmp_path, "gemini-dpo", RECORD)
    assert asked(found) == [("user", Q)]
    assert (texts(found), ranks(found), found.beside) == ([B, A], [2, 1], ())
    assert [each.rating for each in found.responses] == [None, None]


def test_earlier_turns_stand_in_the_prompt(tmp_path):
    row = {**RECORD, "contents": [turn("user", "Hi"), turn("model", "Hello."), turn("user", Q)]}
    assert asked(one(tmp_path, "gemini-dpo", row)) == [
        ("user", "Hi"),
        ("assistant", "Hello."),
        ("user", Q),
    ]


def test_its_system_instruction_is_the_system_message(tmp_path):
    system = {"role": "system", "parts": [{"text": "You are a chat bot."}]}
    for name in ("system_instruction", "systemInstruction"):
        found = one(tmp_path, "gemini-dpo", {**RECORD, name: system})
        assert asked(found) == [("system", "You are a chat bot."), ("user", Q)]
        assert found.beside == ()


def test_equal_scores_are_a_tie(tmp_path):
    row = {**RECORD, "completions": [{**each, "score": 1} for each in RECORD["completions"]]}
    assert ranks(one(tmp_path, "gemini-dpo", row)) == [1.5, 1.5]


def test_a_part_that_is_no_text_makes_the_row_a_bad_one(tmp_path):
    row = {**RECORD, "contents": [{"role": "user", "parts": [{"fileData": {"fileUri": "gs://a.png"}}]}]}
    (bad,) = read(tmp_path, "gemini-dpo", row)
    assert isinstance(bad, BadRow)
    assert "a part that is no text" in bad.reason


def test_one_completion_alone_compares_nothing(tmp_path):
    (left,) = read(tmp_path, "gemini-dpo", {**RECORD, "completions": RECORD["completions"][:1]})
    assert left.reason == "not_two_responses"
