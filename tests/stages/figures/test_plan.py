import pytest
from projects import a_project, add_pairs
from stages.check.test_check import label
from stages.route.test_calibrate import people_answer, replayed

from pairwright.cli.main import run
from pairwright.errors import ConfigError
from pairwright.stages.figures.estimate import estimate
from pairwright.stages.project.project import Project
from pairwright.stages.route.route import run_route


def test_before_people_have_answered_the_plan_is_the_usual_table(tmp_path):
    project, _ = replayed(tmp_path, 100, 0.9)
    found = estimate(project).plans
    assert [plan.method for plan in found] == ["experts", "crowd", "judge, people verify", "judge alone"]
    assert not any(plan.measured for plan in found)


def test_afterwards_it_is_measured_beside_the_table(tmp_path, capsys):
    project, truth = replayed(tmp_path, 400, 0.9)
    run_route(project)
    people_answer(project, truth)
    run_route(project)
    measured = {plan.people_share: plan for plan in estimate(project).plans if plan.measured}
    alone = measured[0.0].agreement
    assert alone.low < 0.9 < alone.high
    assert measured[0.2].usd.value < measured[1.0].usd.value
    assert run(["-C", str(project.root), "estimate"]) == 0
    assert "measured here" in capsys.readouterr().out


def test_the_usual_figures_can_be_ones_own(tmp_path):
    mine = "[plan.experts]\nusd = [9.0, 11.0]\nagreement = [0.9, 0.95]\nper_hour = [10, 20]\n"
    project = a_project(tmp_path, settings=mine)
    add_pairs(project, 10)
    experts = estimate(project).plans[0]
    assert (experts.usd.low, experts.usd.high) == (90, 110)


def test_a_misspelt_figure_is_named(tmp_path):
    Project.init(tmp_path / "p")
    settings = "[plan.experts]\nusd = [1, 2]\nagreement = [0.9, 1]\nper_our = [1, 2]\n"
    (tmp_path / "p" / "pairwright.toml").write_text(settings)
    with pytest.raises(ConfigError, match='did you mean "per_hour"'):
        Project.open(tmp_path / "p")


def test_plans_and_the_estimate_say_what_route_accepts(tmp_path):
    project, truth = replayed(tmp_path, 500, 0.85)
    run_route(project)
    people_answer(project, truth)
    routed = run_route(project)
    assert routed.accepted_from_judges == 0  # 85 % right, 90 % promised
    found = estimate(project)
    assert {plan.certified for plan in found.plans if plan.measured and plan.people_share < 1} == {False}
    assert found.people.basis == "they wait now"
    assert found.people.pairs == routed.for_people


def test_labels_that_are_there_are_paid_once(tmp_path):
    project, truth = replayed(tmp_path, 400, 0.99)
    run_route(project)
    people_answer(project, truth)
    routed = run_route(project)
    assert routed.accepted_from_judges > 0
    plans = {plan.people_share: plan for plan in estimate(project).plans if plan.measured}
    each = project.settings.annotate.usd_per_pair
    assert plans[0.0].usd.value == pytest.approx(routed.accepted_from_people * each)
    assert plans[0.5].usd.value == pytest.approx((400 + routed.accepted_from_people) / 2 * each)
    assert plans[1.0].usd.value == pytest.approx(400 * each)


def test_labels_that_came_with_the_data_do_not_pass_for_pairs_judges_settled(tmp_path):
    """300 of 600 are labelled before anything is routed: a draw is still to come, and is in the estimate."""
    project, truth = replayed(tmp_path, 600, 0.9)
    label(project, dict(list(truth.items())[:300]), "ann")
    basis = estimate(project).people.basis
    assert "to calibrate the judges on" in basis
    assert "0%" not in basis.replace("20%", "")
