"""The calls by which annotators see and change their latest answers."""

import time
from uuid import uuid4

import pytest
from projects import a_project, add_pairs, rows
from sites import TheSite
from sqlalchemy import update

from pairwright.stages.figures.status import status_of
from pairwright.stages.route.route import run_route
from pairwright.store import schema


@pytest.fixture
def site(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 6)
        run_route(project)
        yield TheSite(project)


def test_an_answer_is_opened_again_and_changed_and_both_stay_on_record(site):
    ann = site.annotator("ann")
    (task,) = ann.work()["tasks"]
    ann.answer(task, "left", note="hm", strength=3)
    (listed,) = ann.call("/api/answers").json()["answers"]
    assert (listed["id"], listed["what"], listed["choice"]) == (task["id"], "vote", "left")
    opened = ann.call(f"/api/reopen?id={listed['id']}").json()["task"]
    assert opened["id"] == task["id"]
    assert opened["previous"]["choice"] == "left"
    assert rows(site.project, "retraction") == []  # looking takes nothing back
    progress = ann.answer(opened, "right")["progress"]
    assert (progress["answered"], status_of(site.project).accepted_from_people) == (1, 1)
    first, second = rows(site.project, "vote")
    (gone,) = rows(site.project, "retraction")
    assert (gone.vote_id, gone.by_vote_id) == (first.id, second.id)
    assert ann.call("/api/answers").json()["answers"][0]["choice"] == "right"


def test_what_is_too_old_is_listed_and_can_be_changed_by_no_way(site):
    ann = site.annotator("ann")
    (task,) = ann.work()["tasks"]
    ann.answer(task)
    with site.project.store.write() as connection:
        connection.execute(update(schema.vote).values(at=time.time() - 61 * 60))
    assert ann.call("/api/answers").json()["answers"][0]["closed"] == "old"
    again = {"id": task["id"], "key": uuid4().hex, "choice": "right", "seconds": 1}
    for answer in (
        ann.call(f"/api/reopen?id={task['id']}"),
        ann.call("/api/answer", again),
        ann.call("/api/undo", {"id": task["id"], "key": uuid4().hex}),
        ann.call("/api/undo", {"key": uuid4().hex}),
    ):
        assert answer.status_code == 400
        assert "too long ago" in answer.json()["error"]["message"]
    assert len(rows(site.project, "vote")) == 1


def test_nobody_sees_or_opens_the_answers_of_others(site):
    ann, bob = site.annotator("ann"), site.annotator("bob")
    (task,) = ann.work()["tasks"]
    ann.answer(task)
    assert bob.call("/api/answers").json()["answers"] == []
    assert bob.call(f"/api/reopen?id={task['id']}").status_code == 409
