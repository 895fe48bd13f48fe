"""The lead's pages: only leads reach them, and what they do there."""

from uuid import uuid4

import pytest
from hard_texts import long_courses
from projects import a_project, add_pairs, add_rows, rows
from sites import TheSite

from pairwright.annotate import lead, people
from pairwright.stages.export.export import export
from pairwright.stages.figures.status import status_of
from pairwright.stages.route.route import run_route


@pytest.fixture
def site(tmp_path):
    with a_project(tmp_path, settings="[annotate]\noverlap = 2\noverlap_most = 2\n") as project:
        add_pairs(project, 4)
        run_route(project)
        yield TheSite(project)


def answer_all(visitor, choose):
    """Answer everything; `choose` is given which text is on the left."""
    while tasks := visitor.work(1)["tasks"]:
        visitor.answer(tasks[0], choose(tasks[0]["left"]["written"]))


def for_yes(left):
    return "left" if ">yes" in left else "right"


def for_no(left):
    return "right" if ">yes" in left else "left"


@pytest.mark.parametrize(
    "route", [*lead.routes, *people.routes], ids=lambda route: f"{route.path} {min(route.methods)}"
)
def test_only_leads_reach_a_leads_page(site, route):
    path = route.path.replace("{name:path}", "lea").replace("{pair}", "pair-0")
    ann, nobody = site.annotator("ann"), site.visitor()
    if "POST" in route.methods:
        asked = [
            visitor.post(path) if "/api/" not in path else visitor.call(path, {}) for visitor in (ann, nobody)
        ]
    else:
        asked = [visitor.http.get(path) for visitor in (ann, nobody)]
    assert asked[0].status_code == 403
    assert asked[1].status_code == 401 or "<h1>Sign in</h1>" in asked[1].text


def test_every_page_shows(site):
    lead = site.lead()
    answer_all(site.annotator("ann"), for_yes)
    for path in (
        "",
        "/people",
        "/people/ann",
        "/people/lea",
        "/conflicts",
        "/conflicts/pair-0",
        "/gold",
        "/guidelines",
    ):
        shown = lead.get(f"/lead{path}")
        assert shown.status_code == 200, path
        assert " style=" not in shown.text


def test_a_lead_sees_all_of_a_row_beyond_text(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_rows(project, [long_courses(3, 1)])
        run_route(project)
        lead = TheSite(project).lead()
        for page in ("conflicts", "review"):
            shown = lead.get(f"/lead/{page}/long").text
            assert '<details class="piece tool"><summary>tool <b>run</b>' in shown
            assert shown.count("From here on the two differ.") == 2
            assert shown.count('<details class="piece reasoning"><summary>') == 10
            assert "/static/lead.js" in shown  # which opens and folds by keys


def test_a_lead_decides_where_people_disagree_and_the_row_carries_it(site):
    answer_all(site.annotator("ann"), for_yes)
    answer_all(site.annotator("bob"), for_no)
    lead = site.lead()
    assert lead.get("/lead/conflicts").text.count("yours") == 5  # four of them, and the word explained
    page = lead.get("/lead/conflicts/pair-2").text
    assert "ann" in page
    assert "bob" in page
    lead.post("/lead/conflicts/pair-2", verdict="B", reason="no is true")
    result = export(site.project.store, site.project.root / "dpo.jsonl", shape="dpo")
    assert result.rows == 1
    assert '"no 2"' in (site.project.root / "dpo.jsonl").read_text().split("rejected")[0]
    decision = [vote for vote in rows(site.project, "vote") if vote.purpose == "decision"]
    assert [(vote.verdict, vote.reason) for vote in decision] == [("B", "no is true")]


def test_a_decision_can_be_taken_back(site):
    answer_all(site.annotator("ann"), for_yes)
    answer_all(site.annotator("bob"), for_no)
    lead = site.lead()
    lead.get("/lead/conflicts/pair-2")
    lead.post("/lead/conflicts/pair-2", verdict="TIE/bad")
    assert status_of(site.project).accepted_from_people == 1
    lead.post("/lead/conflicts/pair-2", verdict="reopen")
    assert status_of(site.project).accepted_from_people == 0


def test_gold_made_on_the_page_is_what_new_people_practise_on(site):
    lead = site.lead()
    lead.get("/lead/gold")
    lead.post("/lead/gold", pair="pair-0", verdict="A", use="both", explanation="**Yes** is right.")
    ann = site.annotator("ann")
    found = ann.work(3)
    assert found["state"] == "qualify"
    (task,) = found["tasks"]
    feedback = ann.answer(task, for_yes(task["left"]["written"]))["feedback"]
    assert feedback["right"]
    assert "<strong>Yes</strong>" in feedback["explanation"]
    assert feedback["state"] == "passed"
    assert ann.work()["state"] == "work"
    assert [vote.purpose for vote in rows(site.project, "vote")] == ["decision"]  # practice is no vote


def test_what_everybody_agreed_on_is_proposed_as_gold_until_it_is(site):
    lead = site.lead()
    assert "Pairs everybody agreed on" not in lead.get("/lead/gold").text
    for name in ("ann", "ben"):
        answer_all(site.annotator(name), for_yes)
    assert lead.get("/lead/gold").text.count("<b>A</b></td><td>2 people") == 4
    lead.post("/lead/gold", pair="pair-0", verdict="A", use="both")
    assert lead.get("/lead/gold").text.count("<b>A</b></td><td>2 people") == 3
    lead.post("/lead/gold", pair="pair-0", what="withdraw")
    assert lead.get("/lead/gold").text.count("<b>A</b></td><td>2 people") == 4


def test_one_or_two_gold_pairs_teach_but_keep_nobody_out(site):
    lead = site.lead()
    lead.get("/lead/gold")
    lead.post("/lead/gold", pair="pair-0", verdict="A", use="qualify")
    ann = site.annotator("ann")
    (task,) = ann.work(1)["tasks"]
    feedback = ann.answer(task, for_no(task["left"]["written"]))["feedback"]
    assert (feedback["right"], feedback["state"]) == (False, "passed")
    assert ann.work()["state"] == "work"


def test_a_practice_answer_sent_twice_counts_once(site):
    lead = site.lead()
    lead.get("/lead/gold")
    for i in (0, 1):
        lead.post("/lead/gold", pair=f"pair-{i}", verdict="A", use="qualify")
    ann = site.annotator("ann")
    task = ann.work(1)["tasks"][0]
    key = uuid4().hex
    for _ in range(2):
        ann.answer(task, "left", key=key)
    assert len(rows(site.project, "qualification")) == 1


def test_guidelines_saved_on_the_page_are_the_projects_and_two_leads_do_not_overwrite(site):
    lead, other = site.lead(), site.annotator("olga", "lead")
    number = lead.get("/lead/guidelines").text.split('name="number" value="')[1].split('"')[0]
    other.get("/lead/guidelines")
    lead.post("/lead/guidelines", number=number, text="# Be fair\r\n")
    assert (site.project.root / "guidelines.md").read_text() == "# Be fair\n"
    assert "changed by somebody else" in other.post("/lead/guidelines", number=number, text="mine").text
    assert (site.project.root / "guidelines.md").read_text() == "# Be fair\n"


def test_the_dashboard_tells_what_is_done_and_left(site):
    answer_all(site.annotator("ann"), for_yes)
    text = site.lead().get("/api/lead/dashboard").text
    assert "4 <small>on 4 pairs" in text
    assert "answers still wanted" in text.lower()


def test_what_somebody_practised_on_is_not_mixed_into_their_work(tmp_path):
    settings = "[annotate]\ngold_rate = 0.5\nqualify_pairs = 1\n"
    with a_project(tmp_path, settings=settings) as project:
        add_pairs(project, 20)
        run_route(project)
        site = TheSite(project)
        lead = site.lead()
        lead.get("/lead/gold")
        lead.post("/lead/gold", pair="pair-0", verdict="A", use="both")
        ann = site.annotator("ann")
        (practice,) = ann.work(1)["tasks"]
        ann.answer(practice, for_yes(practice["left"]["written"]))
        seen = set()
        while tasks := ann.work(1)["tasks"]:
            seen.add(tasks[0]["id"])
            ann.answer(tasks[0], "left")
        assert len(seen) == 19
        assert practice["id"] not in seen


def test_an_odd_address_is_no_error_of_ours(site):
    lead = site.lead()
    assert lead.get("/lead/conflicts?from=abc").status_code == 400
    assert lead.get("/lead/conflicts/x-000000").status_code == 400
    assert lead.get("/lead/people/nobody").status_code == 400


def test_who_is_at_work_already_is_not_sent_to_practise_when_gold_is_made(site):
    ann, bob = site.annotator("ann"), site.annotator("bob")
    (task,) = ann.work(1)["tasks"]
    ann.answer(task)
    lead = site.lead()
    lead.get("/lead/gold")
    lead.post("/lead/gold", pair="pair-3", verdict="A", use="qualify")
    assert ann.work(1)["state"] == "work"
    assert bob.work(1)["state"] == "qualify"
