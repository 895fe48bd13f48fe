"""The lead's first page: how far, whether to trust it, what to do now."""

import time

import numpy as np
import pytest
from projects import a_project, add_rows, rows
from sites import TheSite
from sqlalchemy import update
from stages.figures.test_agreement import a_studio

from pairwright.stages.figures.overview import overview_of
from pairwright.stages.people import accounts
from pairwright.stages.people.answers import Person
from pairwright.stages.people.gold import make_gold
from pairwright.stages.route.route import run_route
from pairwright.store import schema

DAY = 86400.0


@pytest.fixture
def project(tmp_path):
    with a_project(tmp_path, settings="") as project:
        named = [("law", 10), ("code", 30), (None, 5)]
        add_rows(project, (
            {"id": f"{domain}-{i}", "prompt": f"{domain} {i}?", "response_a": "yes", "response_b": "no"}
            | ({"domain": domain} if domain else {})
            for domain, n in named for i in range(n)
        ))  # fmt: skip
        run_route(project)
        yield project


def answer(project, name, n):
    person = Person.sign_in(project, name)
    for _ in range(n):
        person.choose(person.next_task(), "left", 20.0)


def days_pass(project, days):
    """All that was answered so far was answered so many days earlier."""
    with project.store.write() as connection:
        connection.execute(update(schema.vote).values(at=schema.vote.c.at - days * DAY))


def steps(project):
    return {step.what: step for step in overview_of(project).steps}


def grounds(project):
    return {each.what: each for each in overview_of(project).trust}


def test_there_is_no_forecast_from_one_day_and_one_from_three(project):
    answer(project, "ann", 5)
    days_pass(project, 1)
    far = overview_of(project).far
    assert (far.finish, far.unknown) == (None, "answers on 1 day so far; a forecast takes 3")
    for _ in range(2):
        answer(project, "ann", 5)
        days_pass(project, 1)
    far = overview_of(project).far
    assert (far.finish.low, far.finish.value, far.finish.high) == (6.0, 6.0, 6.0)  # 30 left, 5 a day
    assert [each.answers for each in far.days] == [5, 5, 5, 0]
    assert far.on(far.finish.value) == pytest.approx(time.time() + 6 * DAY, abs=60)


def test_today_is_not_over_and_no_day_to_forecast_from(project):
    for _ in range(3):
        answer(project, "ann", 5)
        days_pass(project, 1)
    answer(project, "ann", 1)
    far = overview_of(project).far
    assert far.days[-1].answers == 1
    assert far.finish.value == 6.0  # 29 left


def test_labels_from_a_file_are_no_pace(tmp_path):
    far = overview_of(a_studio(tmp_path, {"ada": (1, 1)})).far
    assert sum(each.answers for each in far.days) == 0


def test_domains_with_most_to_do_come_first(project):
    answer(project, "ann", 20)
    found = overview_of(project).far.domains
    assert {name for name, _ in found} == {"law", "code", None}
    left = [each.pairs - each.done for _, each in found]
    assert left == sorted(left, reverse=True)
    assert sum(left) == 25


def test_too_few_answers_are_told_apart_from_good_ones(project):
    answer(project, "ann", 3)
    assert {each.state for each in overview_of(project).trust} == {"open"}
    assert grounds(project)["gold"].missing == "there are no gold pairs"


def test_the_domain_on_which_people_agree_least_is_named(tmp_path):
    found = grounds(a_studio(tmp_path, {"ada": (0.98, 0.6), "bob": (0.98, 0.6), "cyd": (0.98, 0.6)}))
    assert (found["agreement"].worst.name, found["agreement"].worst.sure) == ("chat", True)
    assert found["agreement"].state == "look"
    assert found["judges"].worst.name == "chat"
    assert found["alpha"].state == "look"


def test_careful_people_are_to_be_trusted(tmp_path):
    found = grounds(a_studio(tmp_path, {"ada": (0.97, 0.97), "bob": (0.97, 0.97), "cyd": (0.97, 0.97)}))
    assert {found[name].state for name in ("alpha", "agreement", "drift", "judges")} == {"good"}


def test_whose_gold_is_worst_is_named_and_may_be_paused_at_once(tmp_path):
    project = a_studio(tmp_path, {"ada": (0.97, 0.97), "bob": (0.97, 0.97), "cyd": (0.4, 0.4)})
    truth = [row.verdict for row in rows(project, "vote") if row.order == "AB"][:120]
    for pair_id in range(1, 41):
        make_gold(project, pair_id, truth[pair_id - 1], use="hidden")
    accounts.known_or_new(project, "cyd", "annotator")
    found = grounds(project)["gold"]
    assert (found.state, found.worst.name, found.worst.sure) == ("look", "cyd", True)
    pause = steps(project)["Pause cyd meanwhile"]
    assert (pause.name, pause.action) == ("cyd", "pause")
    lead = TheSite(project).lead()
    lead.get("/lead")
    lead.post(f"/lead/people/{pause.name}", what=pause.action)
    assert "Pause cyd meanwhile" not in steps(project)


def test_who_fell_of_late_is_named(tmp_path):
    project = a_studio(tmp_path, {"ada": (1, 1), "bob": (1, 1), "cyd": (1, 1)})
    votes = [row for row in rows(project, "vote") if row.purpose == "given" or row.purpose is None]
    cyd = max(row.rater_id for row in votes)
    last = [row.id for row in votes if row.rater_id == cyd][80:]
    flipped = {"A": "B", "B": "A"}
    with project.store.write() as connection:
        for row in votes:
            if row.id in last:
                connection.execute(
                    update(schema.vote).where(schema.vote.c.id == row.id).values(verdict=flipped[row.verdict])
                )
    found = grounds(project)["drift"]
    assert (found.state, found.worst.name) == ("look", "cyd")
    assert found.worst.figure.high < 0


def test_where_nobody_can_answer_a_lead_is_told_to_invite(project):
    assert "nobody has been invited yet" in steps(project)["Invite somebody"].why
    ann = TheSite(project).annotator("ann")
    assert "Invite somebody" not in steps(project)
    while tasks := ann.work(1)["tasks"]:
        ann.call("/api/skip", {"id": tasks[0]["id"], "reason": "no idea"})
    assert "nobody here may answer any of them" in steps(project)["Invite somebody"].why
    assert "Review 45 skips" in steps(project)


def test_where_nobody_answers_any_more_a_lead_is_told_since_when(project):
    TheSite(project).annotator("ann")
    answer(project, "ann", 2)
    assert "Find out why nobody answers" not in steps(project)
    days_pass(project, 2)
    assert "the last one came 48.0 h ago" in steps(project)["Find out why nobody answers"].why


def test_what_is_done_is_to_be_exported_and_what_is_new_to_be_routed(project):
    answer(project, "ann", 45)
    assert steps(project)["Export the dataset"].name == "pairwright export"
    add_rows(project, [{"id": "new", "prompt": "New?", "response_a": "yes", "response_b": "no"}])
    assert steps(project)["Route new pairs"].why == "1 pair is not routed yet"


def test_gold_most_people_answer_otherwise_is_doubted(tmp_path):
    project = a_studio(tmp_path, {"ada": (1, 1), "bob": (1, 1), "cyd": (1, 1)})
    said = next(row for row in rows(project, "vote") if row.pair_id == 1).verdict
    make_gold(project, 1, "B" if said == "A" else "A")
    assert "Check 1 gold pair" in steps(project)


def test_every_ground_has_its_figure_or_says_why_not(project):
    for _ in range(2):
        for each in overview_of(project).trust:
            assert (each.figure is None) != (each.missing is None) or each.state == "open"
            assert each.figure is None or np.isfinite(each.figure.value)
        answer(project, "ann", 10)
