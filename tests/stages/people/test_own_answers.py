"""What a person did of late, and which of it they may still change."""

import time

import pytest
from projects import a_project, add_pairs, rows
from sqlalchemy import update

from pairwright.errors import InputError
from pairwright.stages.people import accounts, adjudicate
from pairwright.stages.people.answers import Person
from pairwright.stages.people.gold import make_gold
from pairwright.stages.people.own_answers import must_be_open, past_answers
from pairwright.stages.route.route import run_route
from pairwright.store import schema
from pairwright.store.route.calibrations import add_calibration


@pytest.fixture
def ann(tmp_path):
    with a_project(tmp_path, settings="[annotate]\nreopen_minutes = 10\n") as project:
        add_pairs(project, 8)
        run_route(project)
        yield Person.sign_in(project, "ann")


def answers(ann, n=1):
    done = []
    for _ in range(n):
        task = ann.next_task()
        ann.choose(task, "left", 5)
        done.append(task.pair_id)
    return done


def closed(ann):
    return {each.own.pair_id: each.closed for each in past_answers(ann.project, ann.rater_id)}


def test_answers_skips_and_flags_are_listed_newest_first(ann):
    first = ann.next_task()
    ann.choose(first, "both_bad", 5, note="neither")
    second = ann.next_task()
    ann.skip(second, "too long")
    third = ann.next_task()
    ann.flag(third, "broken")
    Person.sign_in(ann.project, "bob").choose(ann.next_task(), "left", 5)
    found = [each.own for each in past_answers(ann.project, ann.rater_id)]
    assert [(each.what, each.pair_id, each.text) for each in found] == [
        ("flag", third.pair_id, "broken"),
        ("skip", second.pair_id, "too long"),
        ("vote", first.pair_id, "neither"),
    ]
    assert found[2].prompt.startswith("Question")


def test_what_was_taken_back_or_replaced_is_not_listed(ann):
    (pair,) = answers(ann)
    ann.choose(ann.task_on(pair), "right", 5)
    assert len(past_answers(ann.project, ann.rater_id)) == 1
    ann.undo()
    assert past_answers(ann.project, ann.rater_id) == []


def test_an_answer_is_closed_after_a_while(ann):
    old, new = answers(ann, 2)
    with ann.project.store.write() as connection:
        ago = update(schema.vote).where(schema.vote.c.pair_id == old)
        connection.execute(ago.values(at=time.time() - 11 * 60))
    assert closed(ann) == {old: "old", new: None}


def test_a_leads_decision_closes_an_answer_and_a_known_answer_does_not(ann):
    lea = accounts.known_or_new(ann.project, "lea", "lead")
    decided, gold, other = answers(ann, 3)
    adjudicate.decide(ann.project, decided, "A", lea)
    make_gold(ann.project, gold, "B", use="hidden", by=lea)
    assert closed(ann) == {decided: "decided", gold: None, other: None}


def test_a_look_at_the_answers_closes_all_that_came_before_it_gold_or_not(ann):
    plain, gold = answers(ann, 2)
    make_gold(ann.project, gold, "B", use="hidden")
    with ann.project.store.write() as connection:
        add_calibration(connection, {"frame": 1})
    (later,) = answers(ann)
    assert closed(ann) == {plain: "used", gold: "used", later: None}


def test_what_is_closed_can_not_be_changed_and_says_why(ann):
    lea = accounts.known_or_new(ann.project, "lea", "lead")
    decided, other = answers(ann, 2)
    adjudicate.decide(ann.project, decided, "A", lea)
    with ann.project.store.read() as connection:
        must_be_open(connection, ann.project, ann.rater_id, other)
        with pytest.raises(InputError, match="your lead has decided this pair"):
            must_be_open(connection, ann.project, ann.rater_id, decided)


def test_a_changed_answer_took_what_both_readings_took(ann):
    from pairwright.stages.people.queue import offer

    account = accounts.known_or_new(ann.project, "ann", "annotator")
    (offered,) = offer(ann.project, account, 1).new
    with ann.project.store.write() as connection:
        connection.execute(update(schema.lease).values(at=schema.lease.c.at - 60))
    ann.choose(offered.task, "left", 40, claimed=True)
    with ann.project.store.write() as connection:
        connection.execute(update(schema.vote).values(at=schema.vote.c.at - 30))
    ann.choose(offered.task, "right", 20, claimed=True)
    ann.choose(offered.task, "tie", 500, claimed=True)  # no clock has run since
    assert [round(vote.seconds) for vote in rows(ann.project, "vote")] == [40, 60, 60]
