"""Stack Exchange: ranked by score, equal scores are ties; in pairs response_j is the better."""

from __future__ import annotations

from formats.sources.said import A, B, Q, one, ranks, texts, told


def answer(text, score, number=0):
    return {"answer_id": number, "author": "x", "author_id": 1, "author_profile": "u", "pm_score": score,
            "selected": score > 3, "text": text}  # fmt: skip


# The second answer has more upvotes.
ANSWERS = {
    "qid": 7,
    "question": Q,
    "answers": [answer(B, 1), answer(A, 4)],
    "date": "2010/01/01",
    "metadata": ["https://stackoverflow.com/questions/7"],
}
PAIRED = {"qid": 7, "question": Q, "date": "2010/01/01", "metadata": ["u"], "response_j": A, "response_k": B}


def test_the_higher_score_is_the_better(tmp_path):
    assert told(tmp_path, ANSWERS) == "stack-exchange"
    found = one(tmp_path, "stack-exchange", ANSWERS)
    assert (texts(found), ranks(found), found.id) == ([B, A], [2, 1], "7")
    assert {"answers.selected", "answers.author", "date", "metadata"} <= {*found.beside}


def test_equal_scores_are_a_tie(tmp_path):
    row = {**ANSWERS, "answers": [answer(A, 2), answer(B, 2), answer("No.", -1)]}
    assert ranks(one(tmp_path, "stack-exchange", row)) == [1.5, 1.5, 3]


def test_j_is_better_than_k(tmp_path):
    assert told(tmp_path, PAIRED) == "stack-exchange-paired"
    found = one(tmp_path, "stack-exchange-paired", PAIRED)
    assert (texts(found), ranks(found)) == ([A, B], [1, 2])
