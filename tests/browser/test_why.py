"""Annotators say why: reasons by key, and what decided in the texts, by mouse and by keys."""

import pytest
from projects import a_project, add_rows, current_votes, rows

from pairwright.stages.route.route import run_route

TEXT = "The first is wrong.\r\nThe \u202esecond😀 is right. The third is long."
ROWS = [
    {"id": f"p{i}", "prompt": f"Why {i}?", "response_a": TEXT, "response_b": f"No idea {i}."}
    for i in range(4)
]


@pytest.fixture
def project(tmp_path):
    with a_project(tmp_path, settings='[annotate]\nreasons = ["accuracy", "style"]\n') as project:
        add_rows(project, ROWS)
        run_route(project)
        yield project


def long_side(ann):
    return "left" if "wrong" in ann.page.inner_text("#left") else "right"


def words(vote):
    return [TEXT[each["start"] : each["end"]] for each in vote.spans if each["side"] == "a"]


def test_reasons_are_one_key_each_and_go_with_the_answer(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    ann.shown()
    ann.press("3", "4", "3", "1")
    ann.press("3", "u")  # back to the first: what was said of it is there again
    ann.page.wait_for_selector("#notice-before")
    assert ann.page.get_by_role("button", name="style").get_attribute("aria-pressed") == "true"
    assert ann.page.get_by_role("button", name="accuracy").get_attribute("aria-pressed") == "false"
    ann.press("2", "1")
    ann.saved()
    first, second = current_votes(project)
    assert (first.reasons, second.reasons) == (["style"], None)


def test_sentences_are_marked_by_keys(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    ann.shown()
    ann.press("q")
    ann.page.wait_for_selector("pre.markable .at")
    if long_side(ann) == "right":
        ann.press("ArrowRight")
    ann.press("ArrowDown", "Space", "j", "Space", "j", "k", "Space")
    ann.press("1")  # choosing goes on as ever
    ann.saved()
    (vote,) = rows(project, "vote")
    assert words(vote) == ["The third is long."]


def test_a_selection_is_marked_to_the_character_and_kept_through_an_undo(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    ann.shown()
    ann.press("q")
    side = long_side(ann)
    ann.page.wait_for_selector("pre.markable")
    assert "[U+202E]" in ann.page.inner_text(f"#{side}")
    ann.page.evaluate(
        """(side) => {
            const pane = document.getElementById(side);
            const found = document.createTreeWalker(pane, NodeFilter.SHOW_TEXT);
            let last = null;
            while (found.nextNode()) if (found.currentNode.data.includes("second")) last = found.currentNode;
            const range = document.createRange();
            range.setStart(last, last.data.indexOf("second"));
            range.setEnd(last, last.data.indexOf(" is right"));
            getSelection().removeAllRanges();
            getSelection().addRange(range);
            pane.dispatchEvent(new PointerEvent("pointerup", { bubbles: true }));
        }""",
        side,
    )
    ann.page.wait_for_selector("mark")
    ann.press("Escape", "1")
    ann.shown()
    ann.press("u", "q")
    ann.page.wait_for_selector("mark")
    assert ann.page.inner_text("mark") == "second😀"
    ann.press("t")
    ann.saved()
    *_, vote = rows(project, "vote")
    assert words(vote) == ["second😀"]


def test_a_tap_on_a_sentence_marks_it_and_another_takes_it_away(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    ann.shown()
    ann.press("q")
    sentence = ann.page.get_by_text("The first is wrong.")
    sentence.click()
    ann.page.wait_for_selector("mark")
    ann.page.locator("mark").click()
    ann.page.wait_for_selector("mark", state="detached")
    sentence.click()
    ann.press("1")
    ann.saved()
    (vote,) = rows(project, "vote")
    assert words(vote) == ["The first is wrong."]


def test_the_lead_sees_reasons_and_marked_words(project, serving, seat):
    served = serving(project)
    ann = seat(served).join("ann")
    ann.shown()
    ann.press("3", "q")
    ann.page.get_by_text("The first is wrong.").click()
    ann.press("1")
    ann.saved()
    lea = seat(served).lead()
    lea.page.goto(f"{served.url}/lead/people/ann")
    row = lea.page.locator("tbody tr").filter(has_text="Why").first
    assert "accuracy" in row.inner_text()
    assert "1 marked" in row.inner_text()
    row.get_by_role("link").click()
    assert lea.page.inner_text("q.marked") == "The first is wrong."
