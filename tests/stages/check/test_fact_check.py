"""A model looks for false statements: asked once a pair, paid once, read off by every later check."""

import json

import pytest
from projects import a_project, add_rows, rows
from stages.check.test_check import kept, label

from pairwright.cli.main import run
from pairwright.errors import ConfigError
from pairwright.models.loopback import LoopbackServer
from pairwright.stages.check.check import run_check
from pairwright.stages.check.fact_check import estimate_fact_check, run_fact_check
from pairwright.stages.route.route import run_route

SETTINGS = '\n[check]\nfact_check = "small"\n'


def says(answer):
    """A model that objects to Paris, in whichever response it stands."""

    def reply(body, _earlier):
        text = body["messages"][-1]["content"]
        mistake = [{"quote": "Paris", "error": "it is Rome"}]
        first, second = text.partition("<response B")[::2]
        return answer or json.dumps(
            {"A": mistake if "Paris" in first else [], "B": mistake if "Paris" in second else []}
        )

    return reply


def a_capital(tmp_path, server, settings=SETTINGS):
    project = a_project(tmp_path, server, settings)
    add_rows(project, [
        {"id": "wrong", "prompt": "Capital of Italy?", "response_a": "It is Paris, sure.", "response_b": "It is Rome."},
        {"id": "right", "prompt": "Its capital?", "response_a": "It is Paris, sure.", "response_b": "It is Rome."},
        {"id": "both", "prompt": "Tell it", "response_a": "Well, Paris it is.", "response_b": "Paris, of course."},
        {"id": "open", "prompt": "Not labelled", "response_a": "Paris, no?", "response_b": "Or else Rome."},
    ])  # fmt: skip
    label(project, {"wrong": "A", "right": "B", "both": "A"})
    run_route(project)
    return project


def found(project):
    return {each.external_id: each.severity for each in kept(project) if each.part == "fact_check"}


def test_what_it_objects_to_in_the_chosen_one_is_a_finding(tmp_path):
    with LoopbackServer(reply=says(None)) as server:
        project = a_capital(tmp_path, server)
        result = run_fact_check(project)
    assert (result.pairs, result.calls, result.failures) == (3, 3, 0)
    assert result.spent_usd > 0
    run_check(project)
    assert found(project) == {"wrong": "warning", "both": "info"}
    (wrong,) = [each for each in kept(project) if each.external_id == "wrong"]
    assert wrong.reason == 'small says of "Paris": it is Rome'


def test_nothing_is_asked_twice_and_later_checks_cost_nothing(tmp_path):
    with LoopbackServer(reply=says(None)) as server:
        project = a_capital(tmp_path, server)
        run_fact_check(project)
        assert run_fact_check(project).calls == 0
        before = len(server.requests)
        run_check(project)
        assert run_check(project).gone == 0
        assert len(server.requests) == before
        label(project, {"wrong": "B"})  # the other is chosen now: what was found still is
        run_check(project)
    assert "wrong" not in found(project)
    assert len([row for row in rows(project, "call") if row.stage == "check"]) == 3


def test_an_answer_that_cannot_be_read_is_paid_for_asked_again_and_then_a_failure(tmp_path):
    with LoopbackServer(reply=says("I think all is well")) as server:
        project = a_capital(tmp_path, server)
        result = run_fact_check(project)
        assert (result.failures, result.calls) == (3, 6)
    assert {row.outcome for row in rows(project, "call")} == {"unreadable"}
    run_check(project)
    assert found(project) == {}


def test_a_budget_is_a_hard_stop_and_a_dry_run_spends_nothing(tmp_path, capsys):
    with LoopbackServer(reply=says(None)) as server:
        project = a_capital(tmp_path, server)
        assert estimate_fact_check(project).pairs == 3
        assert run(["-C", str(project.root), "check", "--dry-run"]) == 0
        assert "would ask about 3 pairs: $" in capsys.readouterr().out
        assert len(server.requests) == 0
        stopped = run_fact_check(project, budget_usd=1e-9)
        assert "budget" in stopped.stopped
        assert run(["-C", str(project.root), "check", "--fact-check"]) == 0
        told = capsys.readouterr().out
        assert "small was asked about 3 pairs" in told
        assert "chosen_has_errors.fact_check" in told


def test_without_a_model_it_says_what_to_set(tmp_path):
    with LoopbackServer() as server:
        project = a_capital(tmp_path, server, settings="")
        with pytest.raises(ConfigError, match="fact_check = "):
            run_fact_check(project)
