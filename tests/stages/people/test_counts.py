"""How many answers are still wanted of people: one number, wherever it is said."""

import re

import pytest
from projects import a_project, add_pairs
from sites import TheSite

from pairwright.cli.main import run
from pairwright.stages.route.route import run_route


@pytest.fixture
def half_answered(tmp_path):
    """Thirteen pairs for three people each, of whom one has answered them all."""
    with a_project(tmp_path, settings="[annotate]\noverlap = 3\n") as project:
        add_pairs(project, 13)
        run_route(project)
        ann = TheSite(project).annotator("ann")
        while tasks := ann.work(1)["tasks"]:
            ann.answer(tasks[0])
        yield project


@pytest.mark.parametrize("verb", ["status", "run", "route", "estimate", "report"])
def test_with_an_overlap_of_three_and_one_answer_each_two_more_are_wanted_of_every_pair(
    half_answered, capsys, verb
):
    half_answered.close()
    run(["-C", str(half_answered.root), verb])
    said = re.sub(r"\s+", " ", capsys.readouterr().out)
    assert re.search(r"\b26 answers", said), said
    assert re.search(r"\b13\b", said), said


def test_the_dashboard_and_the_report_say_so_too(half_answered):
    page = re.sub(r"<[^>]+>|\s+", " ", TheSite(half_answered).lead().get("/lead").text)
    assert re.search(r"Answers still wanted\s+26\s+on 13 pairs", re.sub(" +", " ", page))
    half_answered.close()
    run(["-C", str(half_answered.root), "report"])
    report = (half_answered.root / "report.html").read_text(encoding="utf-8")
    assert "13 of 13 pairs wait for people, 13 of them half answered, 26 answers wanted" in report
