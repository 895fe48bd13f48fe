import pytest
from projects import a_project, add_pairs
from test_stages_calibrate import people_answer, replayed

from pairwright.cli.main import run
from pairwright.errors import ConfigError
from pairwright.stages.estimate import estimate
from pairwright.stages.project import Project
from pairwright.stages.route import run_route


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
