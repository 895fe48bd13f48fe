"""summarize_from_feedback: `choice` is the number of the better summary, and who chose is named."""

from __future__ import annotations

from formats.sources.said import A, B, Q, asked, one, ranks, read, texts, told

INFO = {"id": "t3_1", "post": Q, "title": "Sky", "subreddit": "AskReddit", "site": None, "article": None}
# The worker chose summary 1, the second.
COMPARED = {
    "info": INFO,
    "summaries": [
        {"text": f" {B}", "policy": "sup2", "note": None},
        {"text": f" {A}", "policy": "ref", "note": None},
    ],
    "choice": 1,
    "worker": "w1",
    "batch": "batch3",
    "split": "train",
    "extra": {"confidence": 8},
}
AXIS = {
    "info": INFO,
    "summary": {"text": f" {A}", "policy": "ppo", "axes": {"overall": 6, "coverage": 7}},
    "worker": "w1",
    "batch": "b",
    "split": "test",
}


def test_the_summary_of_that_number_is_the_better(tmp_path):
    assert told(tmp_path, COMPARED) == "summarize-feedback"
    found = one(tmp_path, "summarize-feedback", COMPARED)
    assert asked(found) == [("user", f"SUBREDDIT: r/AskReddit\n\nTITLE: Sky\n\nPOST: {Q}\n\nTL;DR:")]
    assert (texts(found), ranks(found), found.source) == ([B, A], [2, 1], "AskReddit")
    assert [each.model for each in found.responses] == ["sup2", "ref"]
    (said,) = found.opinions
    assert (said.rater, said.kind, said.ranks) == ("summarize/w1", "person", (2, 1))
    assert {"extra", "batch", "split", "info.id"} == {*found.beside}


def test_a_news_article_is_asked_about_as_trl_does(tmp_path):
    info = {"id": "c1", "post": None, "article": Q, "site": "CNN"}
    found = one(tmp_path, "summarize-feedback", {**COMPARED, "info": info})
    assert (asked(found), found.source) == ([("user", f"Article:\n{Q}\n\nTL;DR:")], "CNN")


def test_rated_summaries_keep_the_overall_rating(tmp_path):
    assert told(tmp_path, AXIS) == "summarize-feedback-axis"
    found = one(tmp_path, "summarize-feedback-axis", AXIS)
    assert (texts(found), found.responses[0].rating) == ([A], 6)
    assert "summary.axes.coverage" in found.beside


def test_another_choice_is_a_bad_row(tmp_path):
    (bad,) = read(tmp_path, "summarize-feedback", {**COMPARED, "choice": 2})
    assert "it is 0 or 1" in bad.reason
