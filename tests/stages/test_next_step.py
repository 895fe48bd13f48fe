"""What comes after people's answers, and what it would cost."""

import pytest
from projects import a_project, add_pairs, change

from pairwright.models.loopback import LoopbackServer
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.next_step import MARGIN, next_step
from pairwright.stages.people.answers import Person
from pairwright.stages.route.route import run_route

JUDGED = '\n[judges.main]\nmodel = "small"\n'


@pytest.fixture
def server():
    with LoopbackServer() as server:
        yield server


def test_judges_come_first_with_what_they_would_cost_and_where_they_stop(tmp_path, server):
    with a_project(tmp_path, server, settings=JUDGED) as project:
        add_pairs(project, 5)
        step = next_step(project)
        assert (step.kind, step.answers, step.calls) == ("judge", 10, 10)
        assert step.usd > 0
        assert step.most_usd == pytest.approx(step.usd * MARGIN)


def test_the_projects_own_budget_is_never_passed(tmp_path, server):
    with a_project(tmp_path, server, settings=JUDGED + "[project]\nbudget_usd = 0.000001\n") as project:
        add_pairs(project, 5)
        assert next_step(project).most_usd == 0.000001


def test_a_judge_of_unknown_price_is_run_by_hand(tmp_path, server):
    settings = (
        JUDGED
        + '[models.odd]\nendpoint = "loopback"\nmodel = "nobody-knows"\n[judges.other]\nmodel = "odd"\n'
    )
    with a_project(tmp_path, server, settings=settings) as project:
        add_pairs(project, 5)
        step = next_step(project)
        assert (step.kind, step.command, step.usd) == ("command", "pairwright judge", None)
        assert "no price is known for" in step.why


def test_then_routing_which_is_free_and_then_a_command_to_type(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 2)
        assert next_step(project).kind == "route"
        run_route(project)
        assert next_step(project).command == "pairwright annotate"
        ann = Person.sign_in(project, "ann")
        while task := ann.next_task():
            ann.choose(task, "left", 5)
        step = next_step(project)
        assert (step.kind, step.command) == ("command", "pairwright export")
        assert step.why == "every pair is decided"


def test_a_free_judge_has_no_limit_but_its_own(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 2)
        row = '{{"id": "pair-{i}", "order": "{order}", "verdict": "A", "confidence": "LOW"}}\n'
        lines = "".join(row.format(i=i, order=order) for i in range(2) for order in ("AB", "BA"))
        (project.root / "v.jsonl").write_text(lines)
        project = change(project, '\n[judges.gpt]\nkind = "replay"\npath = "v.jsonl"\n')
        step = next_step(project)
        assert (step.kind, step.usd or 0.0) == ("judge", 0.0)
        run_judge(project, "gpt")
        assert next_step(project).kind == "route"
