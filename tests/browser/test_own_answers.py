"""Annotators look through their latest answers and change one."""

import pytest
from projects import a_project, add_pairs, current_votes, rows

from pairwright.stages.route.route import run_route


@pytest.fixture
def project(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 8)
        run_route(project)
        yield project


def test_an_answer_is_found_by_keys_and_changed_and_work_goes_on_where_it_was(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    first = ann.shown()
    ann.press("1")
    ann.press("s", "1")
    before = ann.shown()
    ann.saved()
    ann.press("m")
    ann.page.wait_for_selector("#past button")
    assert "I don't know the subject" in ann.page.inner_text("#past li:first-child")
    ann.press("ArrowDown", "Enter")
    ann.until("(text) => document.getElementById('prompt').innerText.trim() === text", first)
    assert "You had answered: left is better" in ann.page.inner_text("#notices")
    ann.press("2")
    ann.saved()
    assert ann.shown() == before
    (vote,) = current_votes(project)
    assert vote.verdict == ("B" if vote.order == "AB" else "A")


def test_looking_at_an_answer_changes_nothing(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    ann.shown()
    ann.press("1")
    before = ann.shown()
    ann.saved()
    ann.press("m")
    ann.page.wait_for_selector("#past button")
    ann.press("Enter")
    ann.page.wait_for_selector("#notice-before button")
    ann.press("Escape")
    ann.until("(text) => document.getElementById('prompt').innerText.trim() === text", before)
    assert rows(project, "retraction") == []
    ann.press("1")
    ann.saved()
    assert len(current_votes(project)) == 2


def test_a_skip_is_opened_again_and_answered(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    first = ann.shown()
    ann.press("s", "2")
    ann.until("(text) => document.getElementById('prompt').innerText.trim() !== text", first)
    ann.saved()
    ann.page.goto(f"{ann.served.url}/me")
    ann.page.get_by_role("link", name="Your latest answers").click()
    ann.page.wait_for_selector("#past button")
    ann.page.keyboard.press("Enter")
    ann.until("(text) => document.getElementById('prompt').innerText.trim() === text", first)
    ann.press("t")
    ann.saved()
    assert len(current_votes(project)) == len(rows(project, "withdrawal")) == 1
