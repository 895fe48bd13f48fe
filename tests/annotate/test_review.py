"""The lead's review queue: what annotators leave to them, decided without seeing what the others said."""

import re
from uuid import uuid4

import pytest
from projects import a_project, add_pairs, rows
from sites import TheSite

from pairwright.stages.figures.status import status_of
from pairwright.stages.route.route import run_route
from pairwright.store.people import review


@pytest.fixture
def site(tmp_path):
    """Four pairs for two people, who leave a flag, a skip, a note and a conflict."""
    with a_project(tmp_path, settings="[annotate]\noverlap = 2\noverlap_most = 2\n") as project:
        add_pairs(project, 4)
        run_route(project)
        site = TheSite(project)
        ann, bob = site.annotator("ann"), site.annotator("bob")
        tasks = {
            re.search(r"Question (.)", task["prompt"][0]["written"])[1]: task for task in ann.work(4)["tasks"]
        }
        site.tasks = [tasks[key] for key in sorted(tasks)]
        bob.work(4)
        send(ann, "flag", site.tasks[0], what="personal", note="a phone number")
        send(ann, "skip", site.tasks[1], reason="I don't know the subject")
        ann.answer(site.tasks[2], yes(site.tasks[2]), note="A is plainly right")
        ann.answer(site.tasks[3], yes(site.tasks[3]))
        for task in bob.work(5)["tasks"]:
            wrong = {"left": "right", "right": "left"}[yes(task)]
            same = task["id"] == site.tasks[2]["id"]
            bob.answer(task, yes(task) if same else wrong)
        site.ann, site.lead_ = ann, site.lead()
        yield site


def send(visitor, call, task, **more):
    answer = visitor.call(f"/api/{call}", {"id": task["id"], "key": uuid4().hex, **more})
    assert answer.status_code == 200


def yes(task):
    return "left" if ">yes" in task["left"]["written"] else "right"


def counts(site):
    with site.project.store.read() as connection:
        return {kind: n for kind, n in review.counts(connection).items() if n}


def next_of(site, kind=""):
    """Open the next pair of a kind; gives (its address, the page)."""
    page = site.lead_.get(f"/lead/review?go=1&kind={kind}")
    return page.url.path, page.text


def test_everything_that_was_left_to_the_lead_is_in_the_queue(site):
    assert counts(site) == {"flag": 1, "conflict": 1, "skip": 1, "note": 1}
    page = site.lead_.get("/lead/review").text
    for told in ("flagged", "conflicts", "skipped", "notes", "I don&#39;t know the subject: 1"):
        assert told in page


def test_what_others_said_is_shown_after_the_lead_has_chosen_and_not_before(site):
    address, before = next_of(site, "conflict")
    assert "What was said" not in before
    assert "bob" not in before.split("<form")[0]
    address, note = next_of(site, "note")
    assert "plainly right" not in note
    after = site.lead_.post(address, decide="A").text
    assert "Your label is recorded." in after
    assert "plainly right" in after
    assert "bob" in after


def test_a_decided_conflict_is_the_label_and_can_be_taken_back(site):
    address, _ = next_of(site, "conflict")
    assert "Your label is recorded." in site.lead_.post(address, decide="B").text
    assert "conflict" not in counts(site)
    site.lead_.post(address, what="take back")
    assert counts(site)["conflict"] == 1
    assert status_of(site.project).open.for_lead == 1


def test_a_flag_that_is_right_keeps_the_pair_out_and_one_that_is_not_opens_it_again(site):
    address, page = next_of(site, "flag")
    assert "a phone number" in page
    site.lead_.post(address, what="kept out")
    assert "flag" not in counts(site)
    assert status_of(site.project).open.flagged == 1
    site.lead_.post(address, what="take back")
    site.lead_.post(address, what="lifted")
    assert status_of(site.project).open.flagged == 0
    cat = site.annotator("cat")
    assert site.tasks[0]["id"] in {task["id"] for task in cat.work(5)["tasks"]}
    site.lead_.post(address, what="take back")
    assert counts(site)["flag"] == 1
    assert status_of(site.project).open.flagged == 1


def test_a_comment_reaches_who_left_the_item_and_is_new_until_they_saw_it(site):
    address, _ = next_of(site, "skip")
    site.lead_.post(address, what="seen", comment="Skip those gladly: <b>Jo</b> knows it.")
    assert site.ann.work(0)["comments"] == 1
    page = site.ann.get("/me").text
    assert "&lt;b&gt;Jo&lt;/b&gt; knows it." in page
    assert "new</span>" in page
    assert site.ann.work(0)["comments"] == 0
    assert "new</span>" not in site.ann.get("/me").text
    assert "From your lead" not in site.annotator("dan").get("/me").text


def test_a_pair_left_for_later_comes_after_the_others_and_is_not_lost(site):
    seen = []
    page = site.lead_.get("/lead/review?go=1")
    while "/lead/review/" in page.url.path:
        seen.append(page.url.path)
        later = page.text.split("later=")[-1].split('"')[0]
        page = site.lead_.get(f"/lead/review?go=1&later={later}")
    assert len(set(seen)) == len(seen) == 4
    assert "That was the last one" in page.text
    assert sum(counts(site).values()) == 4


def test_a_note_the_lead_has_seen_does_not_come_back_and_a_new_one_does(site):
    address, _ = next_of(site, "note")
    site.lead_.post(address, what="seen")
    assert "note" not in counts(site)
    send(site.ann, "undo", site.tasks[2])
    site.ann.answer(site.tasks[2], note="on second thought")
    assert counts(site)["note"] == 1
    assert [row.action for row in rows(site.project, "review")] == ["seen"]
