"""The lead's pages about people: invitations, one person closely, and what is done about them."""

import re
from html import unescape
from uuid import uuid4

import pytest
from projects import a_project, add_pairs, add_rows, rows
from sites import TheSite
from sqlalchemy import update

from pairwright.keys import public_id
from pairwright.stages.doctor.doctor import sound
from pairwright.stages.figures.status import status_of
from pairwright.stages.people.gold import make_gold
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.route.route import run_route
from pairwright.store import schema


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


def test_an_invitation_made_on_the_page_lets_somebody_in(site):
    lead = site.lead()
    page = lead.post("/lead/invite", role="annotator", uses="1", days="7", tags="code, law").text
    link = page.split('value="http://localhost/join/')[1].split('"')[0]
    guest = site.visitor()
    guest.get(f"/join/{link}")
    guest.post(f"/join/{link}", name="gus")
    assert guest.call("/api/me").json()["name"] == "gus"
    assert rows(site.project, "account")[-1].tags == ["code", "law"]


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


def test_people_named_by_another_tool_have_a_page(site):

    path = site.project.root / "labels.csv"
    path.write_text("id,label,annotator\npair-0,A,label-studio/4\npair-1,B,a name/with?\n")
    assert import_labels(site.project, [path]).votes == 2
    lead = site.lead()
    page = lead.get("/lead/people").text
    for link in ("label-studio/4", "a%20name/with%3F"):
        assert f'href="/lead/people/{link}"' in page
        assert lead.get(f"/lead/people/{link}").status_code == 200


def test_what_was_taken_back_is_in_the_chain_as_all_else(site):
    ann, bob = site.annotator("ann"), site.annotator("bob")
    answer_all(ann, for_yes)
    lead = site.lead()
    lead.get("/lead/people/ann")
    done = lead.agree("/lead/people/ann", what="requeue").text
    lead.post("/lead/people/ann", what="undo_requeue", action=undo_of(done)["action"])
    task = bob.work(1)["tasks"][0]
    bob.call("/api/flag", {"id": task["id"], "what": "broken"})
    pair = task["id"]
    lead.get(f"/lead/review/{pair}")
    lead.post(f"/lead/review/{pair}", what="lifted")
    lead.post(f"/lead/review/{pair}", what="take back")
    assert sound(site.project.store).damages == []


# One person closely.


def undo_of(page):
    """The fields of the form that takes back what was just done."""
    form = page.split('role="status">')[1].split("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))


def account(site, name):
    return next(row for row in rows(site.project, "account") if row.name == name)


@pytest.fixture
def team(tmp_path):
    """Nine pairs of three domains; ann, bob and cyd answered them all, two gold pairs among them."""
    with a_project(tmp_path, settings="[annotate]\noverlap = 3\noverlap_most = 3\n") as project:
        add_rows(project, (
            {"id": f"pair-{i}", "prompt": f"Question {i}?", "response_a": f"yes {i}", "response_b": f"no {i}",
             "domain": ("law", "code", "chat")[i % 3]} for i in range(9)
        ))  # fmt: skip
        run_route(project)
        site = TheSite(project)
        for name, choose in (("ann", for_no), ("bob", for_yes), ("cyd", for_yes)):
            answer_all(site.annotator(name), choose)
        for pair_id in (4, 7):
            make_gold(project, pair_id, "A", explanation="Yes.")
        yield site


def shown(page):
    """The pairs of the list of answers, in its order."""
    return re.findall(r'/lead/conflicts/(x-[0-9a-f]+)\?of=ann">Question (\d)', page)


def test_a_persons_answers_open_with_gold_misses_first_and_then_those_all_others_gave_otherwise(team):
    lead = team.lead()
    page = lead.get("/lead/people/ann").text
    order = [int(number) for _, number in shown(page)]
    assert set(order[:2]) == {3, 6}
    assert len(order) == 9
    assert "all others said otherwise <b>9</b>" in page
    assert "gold pairs missed <b>2</b>" in page
    only = lead.get("/lead/people/ann?show=gold").text
    assert {number for _, number in shown(only)} == {"3", "6"}
    opened = lead.get(f"/lead/conflicts/{shown(only)[0][0]}?of=ann").text
    assert "What was said" in opened
    assert '<a href="/lead/people/ann">ann</a>' in opened


def test_deciding_on_a_pair_that_was_opened_from_a_person_leads_back_to_them(team):
    lead = team.lead()
    lead.get("/lead/people/ann")
    decided = lead.post("/lead/conflicts/pair-1?of=ann", verdict="A")
    assert decided.url.path == "/lead/people/ann"


def test_a_persons_page_has_domains_and_figures_beside_the_others(team):
    page = team.lead().get("/lead/people/ann").text
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    for domain in ("chat", "code", "law"):
        assert re.search(rf"{domain} 3 0% \[0%, 56%\] of 3", text), text
    assert re.search(r"first two answers agree 0% \[0%, 30%\] of 9", text)


def test_every_change_to_a_person_says_what_would_come_of_it_and_can_be_taken_back(team):
    lead = team.lead()
    lead.get("/lead/people/ann")
    for form, asked, done, column, value in (
        (
            {"what": "limit", "limit": "20"},
            "9: 11 more today",
            "may give 20 answers a day",
            "daily_limit",
            20,
        ),
        ({"what": "pause"}, None, "gets no more pairs", "state", "paused"),
        ({"what": "tags", "tags": "law, code"}, None, "The skills of ann are saved", "tags", ["law", "code"]),
        ({"what": "remove"}, "signed out everywhere", "has no access", "state", "removed"),
        ({"what": "lead"}, "see everybody's answers", "is a lead", "role", "lead"),
    ):
        before = getattr(account(team, "ann"), column)
        page = lead.post("/lead/people/ann", **form)
        if asked:
            assert asked in unescape(page.text)
            assert getattr(account(team, "ann"), column) == before
            page = lead.agree("/lead/people/ann", **form)
        assert done in page.text
        assert getattr(account(team, "ann"), column) == value
        assert "Taken back" in lead.post("/lead/people/ann", **undo_of(page.text)).text
        assert getattr(account(team, "ann"), column) == before


def test_what_was_changed_again_since_is_not_taken_back(team):
    lead = team.lead()
    lead.get("/lead/people/ann")
    first = undo_of(lead.agree("/lead/people/ann", what="limit", limit="20").text)
    lead.agree("/lead/people/ann", what="limit", limit="30")
    assert "was changed again since" in lead.post("/lead/people/ann", **first).text
    assert account(team, "ann").daily_limit == 30


def test_the_record_says_what_was_before(team):
    lead = team.lead()
    lead.get("/lead/people/ann")
    lead.agree("/lead/people/ann", what="limit", limit="20")
    done = rows(team.project, "lead_action")[-1]
    assert (done.what, done.detail["daily_limit"], done.detail["before"]) == (
        "changed",
        20,
        {"daily_limit": None},
    )


def test_a_limit_ends_the_day_and_the_next_one_goes_on(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 9)
        run_route(project)
        site = TheSite(project)
        ann, lead = site.annotator("ann"), site.lead()
        lead.get("/lead/people/ann")
        lead.agree("/lead/people/ann", what="limit", limit="3")
        assert len(ann.work(5)["tasks"]) == 3
        ann.answer(ann.work(1)["tasks"][0])
        assert len(ann.work(5)["tasks"]) == 2
        answer_all(ann, for_yes)
        found = ann.work(2)
        assert (found["state"], found["tasks"]) == ("done", [])
        assert found["message"] == "That was all for today: you may give 3 answers a day."
        assert "You may give 3 answers a day" in ann.get("/me").text
        ann.call("/api/undo", {"key": uuid4().hex})
        assert len(ann.work(5)["tasks"]) == 1
        with project.store.write() as connection:
            connection.execute(update(schema.vote).values(at=schema.vote.c.at - 86400))
        assert len(ann.work(5)["tasks"]) == 3


@pytest.mark.parametrize("limit", ["-1", "10001", "many"])
def test_a_limit_that_is_none_is_refused(team, limit):
    lead = team.lead()
    lead.get("/lead/people/ann")
    assert lead.post("/lead/people/ann", what="limit", limit=limit).status_code == 400
    assert account(team, "ann").daily_limit is None


def domains_of(visitor, project):
    """The domains of all that somebody is offered."""
    named = {
        public_id("pair", row.key, full=True): int(row.external_id[5:]) % 3 for row in rows(project, "pair")
    }
    return {("law", "code", "chat")[named[task["id"]]] for task in visitor.work(5)["tasks"]}


def test_a_reserved_domain_is_for_its_person_alone_while_they_may_work(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_rows(project, (
            {"id": f"pair-{i}", "prompt": f"Question {i}?", "response_a": "yes", "response_b": "no",
             "domain": ("law", "code", "chat")[i % 3]} for i in range(9)
        ))  # fmt: skip
        run_route(project)
        site = TheSite(project)
        ann, bob, lead = site.annotator("ann"), site.annotator("bob"), site.lead()
        lead.get("/lead/people/ann")
        asked = lead.post("/lead/people/ann", what="reserve", reserved="law").text
        assert "3 open pairs of law would be for ann alone" in asked
        assert "2 other people would get no more of them" in asked
        done = lead.agree("/lead/people/ann", what="reserve", reserved="law").text
        assert "Reserved for ann: law" in done
        assert domains_of(bob, project) == {"code", "chat"}
        bob.call("/api/leave", {"ids": [task["id"] for task in bob.work(0)["tasks"]]})
        assert "law" in domains_of(ann, project)
        lead.post("/lead/people/ann", what="pause")
        cat = site.annotator("cat")
        assert "law" in domains_of(cat, project)
        assert (
            "no open pair takes the skill physics"
            in lead.post("/lead/people/ann", what="reserve", reserved="physics").text
        )


def test_who_is_sent_to_practise_practises_on_their_own_misses_first_and_goes_on(tmp_path):
    with a_project(tmp_path, settings="[annotate]\nqualify_pairs = 3\ngold_rate = 0.5\n") as project:
        add_pairs(project, 12)
        run_route(project)
        site = TheSite(project)
        ann = site.annotator("ann")
        for _ in range(6):
            task = ann.work(1)["tasks"][0]
            ann.answer(task, for_no(task["left"]["written"]))
        missed = [row.pair_id for row in rows(project, "vote")][:2]
        for pair_id in (*missed, 11, 12):
            make_gold(project, pair_id, "A")
        held = ann.work(1)["tasks"][0]
        lead = site.lead()
        page = lead.get("/lead/people/ann").text
        assert "shown 3 gold pairs with feedback, those of the 2 they got wrong first" in page
        assert "ann practises first" in lead.post("/lead/people/ann", what="practise").text
        found = ann.work(3, have=held["id"])
        assert (found["state"], found["gone"]) == ("qualify", [held["id"]])
        ids = {public_id("pair", row.key, full=True): row.id for row in rows(project, "pair")}
        assert set(missed) <= {ids[task["id"]] for task in found["tasks"]}
        votes = len(rows(project, "vote"))
        assert ann.answer(held)["saved"]  # what was before them when they were sent is not lost
        assert len(rows(project, "vote")) == votes + 1
        for task in found["tasks"]:
            state = ann.answer(task, for_yes(task["left"]["written"]))["feedback"]["state"]
        assert state == "passed"
        assert ann.work(1)["state"] == "work"
        ann.call("/api/undo", {"key": uuid4().hex})
        assert ann.work(5)["state"] == "work"


def test_where_there_is_nothing_to_practise_on_nobody_is_sent(site):
    site.annotator("ann")
    lead = site.lead()
    assert "Send to practise" not in lead.get("/lead/people/ann").text
    assert "nothing to practise on" in lead.post("/lead/people/ann", what="practise").text
