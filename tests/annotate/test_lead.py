"""The lead's pages: only leads reach them, and what they do there."""

from uuid import uuid4

import pytest
from hard_texts import long_courses
from projects import a_project, add_pairs, add_rows, rows
from sites import TheSite

from pairwright.annotate.lead import routes
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


@pytest.mark.parametrize("route", routes, ids=lambda route: f"{route.path} {min(route.methods)}")
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


def test_an_invitation_made_on_the_page_lets_somebody_in(site):
    lead = site.lead()
    page = lead.post("/lead/invite", role="annotator", uses="1", days="7", tags="code, law").text
    link = page.split('value="http://localhost/join/')[1].split('"')[0]
    guest = site.visitor()
    guest.get(f"/join/{link}")
    guest.post(f"/join/{link}", name="gus")
    assert guest.call("/api/me").json()["name"] == "gus"
    assert rows(site.project, "account")[-1].tags == ["code", "law"]


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


def test_a_paused_persons_answers_can_be_asked_of_others(site):
    ann, bob = site.annotator("ann"), site.annotator("bob")
    answer_all(ann, for_yes)
    answer_all(bob, for_yes)
    lead = site.lead()
    lead.get("/lead/people/ann")
    lead.post("/lead/people/ann", what="pause")
    assert "4 answers count no longer" in lead.agree("/lead/people/ann", what="requeue").text
    assert ann.work()["state"] == "paused"
    assert len(rows(site.project, "vote")) == 8  # all are still on record
    cat = site.annotator("cat")
    assert len(cat.work(4)["tasks"]) == 4


def test_only_answers_that_were_too_fast_can_be_asked_anew(site):
    ann = site.annotator("ann")
    first, second = ann.work(2)["tasks"]
    site.a_minute_passes()
    ann.answer(first, seconds=1.0)
    ann.answer(second, seconds=30.0)
    lead = site.lead()
    lead.get("/lead/people/ann")
    assert "1 answer counts no longer" in lead.agree("/lead/people/ann", what="requeue_fast").text


def test_re_queueing_is_asked_about_with_what_would_come_of_it_and_can_be_taken_back(site):
    ann, bob = site.annotator("ann"), site.annotator("bob")
    answer_all(ann, for_yes)
    answer_all(bob, for_yes)
    lead = site.lead()
    lead.get("/lead/people/ann")
    asked = lead.post("/lead/people/ann", what="requeue").text
    assert "Re-queue 4 answers?" in asked
    assert "4 labels rest on people" in asked
    assert status_of(site.project).accepted_from_people == 4  # nothing was done yet
    done = lead.agree("/lead/people/ann", what="requeue").text
    assert status_of(site.project).accepted_from_people == 0
    answer_all(ann, for_no)  # they answer all anew, of which one is taken back
    ann.call("/api/undo", {"key": uuid4().hex})
    action = done.split('name="action" value="')[1].split('"')[0]
    said = lead.post("/lead/people/ann", what="undo_requeue", action=action).text
    assert "1 answer counts again. 3 stay out: ann has answered these pairs anew." in said
    assert status_of(site.project).accepted_from_people == 1
    votes = rows(site.project, "vote")
    assert (votes[-1].verdict, votes[-1].at) == (votes[3].verdict, votes[3].at)  # a copy of what was given
    again = lead.post("/lead/people/ann", what="undo_requeue", action=action).text
    assert "0 answers count again" in again


def test_what_was_agreed_to_is_what_is_done(site):
    """Answers that came in while the lead looked at the question are not re-queued with the others."""
    ann, lead = site.annotator("ann"), site.lead()
    ann.answer(ann.work(1)["tasks"][0])
    lead.get("/lead/people/ann")
    lead.post("/lead/people/ann", what="requeue")
    ann.answer(ann.work(1)["tasks"][0])
    assert "Re-queue 2 answers?" in lead.post("/lead/people/ann", what="requeue", sure="1").text
    assert rows(site.project, "retraction") == []


def test_nobody_becomes_a_lead_by_one_click(site):
    site.annotator("ann")
    lead = site.lead()
    lead.get("/lead/people/ann")
    assert "Make ann a lead?" in lead.post("/lead/people/ann", what="lead").text
    assert "leads of whoever opens it?" in lead.post("/lead/invite", role="lead", uses="3").text
    assert [each.role for each in rows(site.project, "account")] == ["annotator", "lead"]
    assert "ann is a lead." in lead.agree("/lead/people/ann", what="lead").text
    assert "ann is an annotator." in lead.post("/lead/people/ann", what="annotator").text
    lead.agree("/lead/invite", role="lead", uses="3")
    assert [(each.role, each.uses_left) for each in rows(site.project, "invitation")][-1] == ("lead", 3)


def test_a_lead_cannot_pause_themselves(site):
    lead = site.lead()
    lead.get("/lead/people/lea")
    assert "another lead can" in lead.post("/lead/people/lea", what="pause").text


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


def test_who_does_not_pass_waits_for_the_lead_who_can_let_them_in(site):
    lead = site.lead()
    lead.get("/lead/gold")
    for i in range(3):
        lead.post("/lead/gold", pair=f"pair-{i}", verdict="A", use="qualify")
    ann = site.annotator("ann")
    for task in ann.work(3)["tasks"]:
        assert not ann.answer(task, for_no(task["left"]["written"]))["feedback"]["right"]
    assert ann.work()["state"] == "paused"
    lead.get("/lead/people/ann")
    lead.post("/lead/people/ann", what="let_in")
    assert ann.work()["state"] == "work"


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


def test_people_named_by_another_tool_have_a_page(site):
    from pairwright.stages.people.import_labels import import_labels

    path = site.project.root / "labels.csv"
    path.write_text("id,label,annotator\npair-0,A,label-studio/4\npair-1,B,a name/with?\n")
    assert import_labels(site.project, [path]).votes == 2
    lead = site.lead()
    page = lead.get("/lead/people").text
    for link in ("label-studio/4", "a%20name/with%3F"):
        assert f'href="/lead/people/{link}"' in page
        assert lead.get(f"/lead/people/{link}").status_code == 200


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
