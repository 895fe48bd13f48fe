"""A judge that people found no better than chance speaks against nobody, whatever page or check asks."""

import pytest
from projects import change
from stages.route.test_calibrate import people_answer, replayed

from pairwright.stages.check.check import run_check, summary
from pairwright.stages.figures.dashboard import dashboard_of
from pairwright.stages.figures.report import numbers_of
from pairwright.stages.people.adjudicate import case_of
from pairwright.stages.publish.card_facts import facts_of
from pairwright.stages.route.route import run_route


def contested(project) -> int:
    run_check(project, only=["contested"])
    found = summary(project)
    return sum(each["n"] for each in found["open"] if each["check"] == "contested")


@pytest.fixture(scope="module")
def coin(tmp_path_factory):
    project, truth = replayed(tmp_path_factory.mktemp("coin"), 400, 0.5)
    run_route(project)
    people_answer(project, truth)
    assert run_route(project).distrusted == {"replay": "no better than chance"}
    return project


def test_a_coin_contests_nobodys_label(coin):
    assert contested(coin) == 0


def test_people_are_not_set_against_a_coin(coin):
    seen = dashboard_of(coin)
    assert (seen.partings, seen.with_judge) == ([], None)
    assert facts_of(coin)["agreement"]["with_judge"] is None
    assert numbers_of(coin)["agreement"]["with_judge"] is None
    assert case_of(coin, 1).judges == []


@pytest.mark.parametrize("rule", ["stated", "consistent"])
def test_it_is_the_same_under_the_rules_that_promise_nothing(tmp_path, rule):
    project, truth = replayed(tmp_path, 400, 0.5)
    run_route(project)
    people_answer(project, truth)
    project = change(project, f'accept = "{rule}"\n')
    assert contested(project) == 0
    assert dashboard_of(project).partings == []


def test_one_that_is_trusted_by_name_is_heard(tmp_path):
    project, truth = replayed(tmp_path, 400, 0.5)
    run_route(project)
    people_answer(project, truth)
    project = change(project, 'trust = ["replay"]\n')
    run_route(project)
    assert contested(project) > 0
    assert dashboard_of(project).partings != []


def test_a_good_judge_still_contests(tmp_path):
    project, truth = replayed(tmp_path, 400, 0.97)
    run_route(project)
    people_answer(project, truth)
    run_route(project)
    assert contested(project) > 0
