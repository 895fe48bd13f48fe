"""Whoever gets too many gold pairs wrong is paused by a rule, and both they and the lead are told."""

import pytest
from projects import a_project, add_pairs, change, rows
from sites import TheSite

from pairwright.keys import public_id
from pairwright.stages.figures.overview import overview_of
from pairwright.stages.people import pause_rule
from pairwright.stages.people.gold import make_gold
from pairwright.stages.route.route import run_route

RULE = (
    "overlap = 10\noverlap_most = 10\nqualify_pairs = 0\ngold_rate = 0.5\npause_right = 0.6\npause_gold = 4\n"
)


@pytest.fixture
def site(tmp_path):
    with a_project(tmp_path, settings=f"[annotate]\n{RULE}") as project:
        add_pairs(project, 60)
        run_route(project)
        for pair_id in range(1, 21):
            make_gold(project, pair_id, "A", use="hidden")
        yield TheSite(project)


def work(site, visitor, right, most=60):
    """Answer until paused; gives how many gold pairs were answered when each answer was given."""
    gold = {public_id("pair", row.key, full=True) for row in rows(site.project, "pair") if row.id <= 20}
    seen = []
    for _ in range(most):
        tasks = visitor.work(1)["tasks"]
        if not tasks:
            break
        yes = ">yes" in tasks[0]["left"]["written"]
        visitor.answer(tasks[0], "left" if yes == right else "right")
        seen.append((seen[-1] if seen else 0) + (tasks[0]["id"] in gold))
    return seen


def account(site, name):
    return next(row for row in rows(site.project, "account") if row.name == name)


def test_too_many_wrong_pause_somebody_who_is_told_why_and_so_is_the_lead(site):
    ann = site.annotator("ann")
    work(site, ann, right=False)
    found = ann.work(1)
    told = "0 of your last 4 answers that could be checked were right, and this project asks for 3."
    assert found["state"] == "paused"
    assert told in found["message"]
    assert "your lead has been told" in ann.get("/me").text
    assert told in ann.call("/api/skip", {"id": "x"}).json()["error"]["message"]
    step = next(each for each in overview_of(site.project).steps if "paused by the rule" in each.what)
    assert (step.what, step.place, step.name) == ("ann was paused by the rule", "person", "ann")
    assert told in site.lead().get("/lead/people/ann").text
    done = rows(site.project, "lead_action")[-1]
    assert (done.what, done.detail) == (pause_rule.WHAT, {"account": "ann", "right": 0, "of": 4})


def test_careful_people_go_on(site):
    ann = site.annotator("ann")
    assert len(work(site, ann, right=True)) > 40
    assert account(site, "ann").state == "active"


def test_the_pause_comes_late_and_not_always_equally_so_that_it_tells_no_gold_pair(site):
    late = set()
    for name in ("ann", "bob", "cat", "dan", "eve", "fay", "gil", "hal"):
        seen = work(site, site.annotator(name), right=False)
        # Answers since the gold pair that was last before the pause.
        late.add(len(seen) - 1 - seen.index(seen[-1]))
        assert seen[-1] >= 4
    assert len(late) > 1
    assert max(late) <= pause_rule.MOST_AFTER
    assert min(late) >= 1


def test_who_is_let_work_again_begins_afresh(site):
    ann, lead = site.annotator("ann"), site.lead()
    work(site, ann, right=False)
    lead.get("/lead/people/ann")
    lead.post("/lead/people/ann", what="resume")
    found = ann.work(1)
    assert found["state"] == "work"
    assert account(site, "ann").pause_reason is None
    work(site, ann, right=True, most=8)
    assert account(site, "ann").state == "active"
    work(site, ann, right=False)
    assert account(site, "ann").state == "paused"


def test_a_lead_who_keeps_somebody_paused_is_asked_no_more(site):
    ann, lead = site.annotator("ann"), site.lead()
    work(site, ann, right=False)
    lead.get("/lead/people/ann")
    lead.post("/lead/people/ann", what="keep")
    assert account(site, "ann").state == "paused"
    assert not any("paused by the rule" in each.what for each in overview_of(site.project).steps)
    assert ann.work(1)["message"].startswith("Your lead has paused your work")


def test_without_the_rule_nobody_is_paused(tmp_path):
    with a_project(tmp_path, settings=f"[annotate]\n{RULE}") as project:
        add_pairs(project, 12)
        run_route(project)
        for pair_id in range(1, 7):
            make_gold(project, pair_id, "A", use="hidden")
        text = (project.root / "pairwright.toml").read_text().replace("pause_right = 0.6\n", "")
        (project.root / "pairwright.toml").write_text(text)
        site = TheSite(change(project, ""))
        work(site, site.annotator("ann"), right=False)
        assert account(site, "ann").state == "active"
