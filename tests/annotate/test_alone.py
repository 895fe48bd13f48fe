"""Whoever works alone is told what comes next, and can have it done for the price they agreed to."""

import time

import pytest
from projects import a_project, add_pairs
from sites import TheSite

from pairwright.models.loopback import LoopbackServer
from pairwright.stages.people import accounts
from pairwright.stages.route.route import run_route

JUDGED = '\n[judges.main]\nmodel = "small"\n'


@pytest.fixture
def server():
    with LoopbackServer() as server:
        yield server


def finished(lead):
    until = time.monotonic() + 60
    while (found := lead.call("/api/next").json())["run"] is None or found["run"]["running"]:
        assert time.monotonic() < until
        time.sleep(0.05)
    return found


def test_at_the_end_somebody_alone_is_told_so_and_a_team_is_not(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 1)
        run_route(project)
        site = TheSite(project)
        lead = site.lead()
        assert not lead.work()["alone"]  # there is something to answer
        (task,) = lead.work()["tasks"]
        lead.answer(task)
        assert lead.work()["alone"]
        accounts.invite(project, "annotator")
        assert not lead.work()["alone"]


def test_judges_run_for_no_more_than_was_agreed_to(tmp_path, server):
    with a_project(tmp_path, server, settings=JUDGED) as project:
        add_pairs(project, 3)
        lead = TheSite(project).lead()
        step = lead.call("/api/next").json()["next"]
        assert (step["kind"], step["answers"]) == ("judge", 6)
        for usd in (None, 0, step["usd"] / 2, "much", [1]):
            refused = lead.call("/api/next", {"kind": "judge", "usd": usd})
            assert "not agreed to" in refused.json()["error"]["message"]
        assert server.answered == 0
        assert lead.call("/api/next", {"kind": "judge", "usd": step["usd"]}).json() == {"started": "judge"}
        found = finished(lead)
        assert not found["run"]["failed"]
        assert server.answered == 6
        assert found["next"]["kind"] == "route"


def test_a_step_that_is_another_by_now_is_not_run(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 1)
        lead = TheSite(project).lead()
        for kind in ("judge", "command", "doctor; rm", None):
            refused = lead.call("/api/next", {"kind": kind, "usd": 100})
            assert "the next step is another one now: pairwright route" in refused.json()["error"]["message"]
        lead.call("/api/next", {"kind": "route"})
        assert finished(lead)["next"]["command"] == "pairwright annotate"


def test_nobody_who_is_not_alone_runs_anything(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 1)
        site = TheSite(project)
        lead, other = site.lead(), site.annotator("lou", role="lead")
        for visitor in (lead, other):
            assert visitor.call("/api/next").status_code == 403
            assert visitor.call("/api/next", {"kind": "route"}).status_code == 403
        assert site.app.state.site.runner.running is None
