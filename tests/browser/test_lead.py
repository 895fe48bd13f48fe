"""The lead's pages in a real browser: invite two people, who disagree; decide; read the dashboard."""

import re

from projects import a_project, add_pairs, rows

from pairwright.stages.export.export import export
from pairwright.stages.route.route import run_route


def test_two_people_on_one_overlap_disagree_and_the_lead_decides(tmp_path, serving, seat):
    settings = "[annotate]\noverlap = 2\noverlap_most = 2\n"
    with a_project(tmp_path, settings=settings) as project:
        add_pairs(project, 3)
        run_route(project)
        served = serving(project)
        lea = seat(served).lead()
        people = []
        for name in ("ann", "bob"):
            lea.page.goto(f"{served.url}/lead/people")
            lea.page.get_by_role("button", name="Make a link").click()
            link = lea.page.get_by_label("Invitation link").input_value()
            person = seat(served)
            person.page.goto(link)
            person.page.get_by_label("Your name").fill(name)
            person.page.get_by_role("button", name="Join").click()
            person.page.get_by_role("button", name="Start").click()
            people.append(person)
        for person, key in zip(people, ("yes", "no"), strict=True):
            for _ in range(3):
                person.shown()
                person.press("1" if key in person.page.inner_text("#left") else "2")
            person.saved()
            person.page.wait_for_selector("text=All done")
        lea.page.goto(f"{served.url}/lead")
        assert "6" in lea.page.inner_text("#figures")
        lea.page.get_by_role("link", name="Conflicts").click()
        for n in (3, 2, 1):
            if n == 3:
                lea.page.get_by_role("link", name="Decide").first.click()
            assert re.search(r"ann.*A|bob.*B", lea.page.inner_text("main"), re.S)
            lea.page.get_by_label("Why").fill("it is true")
            lea.page.get_by_role("button", name="A is better").click()
        lea.page.wait_for_selector("text=There are none")
        result = export(project.store, project.root / "dpo.jsonl", shape="dpo")
        assert result.rows == 3
        decisions = [vote for vote in rows(project, "vote") if vote.purpose == "decision"]
        assert {vote.verdict for vote in decisions} == {"A"}


def test_the_dashboard_keeps_itself_fresh(tmp_path, serving, seat):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 3)
        run_route(project)
        served = serving(project)
        lea, ann = seat(served).lead(), seat(served).join("ann")
        assert re.search(r"Answers given\s+0", lea.page.inner_text("#figures"))
        ann.shown()
        ann.press("1")
        ann.saved()
        lea.until(r"() => /Answers given\s+1/.test(document.getElementById('figures').innerText)", seconds=15)


def test_a_guideline_is_previewed_as_it_is_written(tmp_path, serving, seat):
    with a_project(tmp_path, settings="") as project:
        served = serving(project)
        lea = seat(served).lead()
        lea.page.goto(f"{served.url}/lead/guidelines")
        lea.page.get_by_label("Markdown").fill("# Be *fair*\n\n<script>window.pwned = 1</script>")
        lea.page.wait_for_selector("#preview em")
        assert lea.page.evaluate("window.pwned") is None
        lea.page.get_by_role("button", name="Save").click()
        lea.page.wait_for_selector("text=Saved.")
        assert (project.root / "guidelines.md").read_text().startswith("# Be *fair*")


def test_a_lead_pauses_somebody_and_has_others_asked_anew(tmp_path, serving, seat):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 3)
        run_route(project)
        served = serving(project)
        lea, ann = seat(served).lead(), seat(served).join("ann")
        for _ in range(2):
            ann.shown()
            ann.press("1")
        ann.saved()
        lea.page.get_by_role("link", name="People").click()
        lea.page.get_by_role("link", name="ann", exact=True).click()
        lea.page.get_by_role("button", name="Pause").click()
        lea.page.get_by_role("button", name="Re-queue all 2 answers").click()
        lea.page.get_by_role("button", name="Re-queue 2 answers").click()
        lea.page.wait_for_selector("text=2 answers count no longer")
        ann.page.reload()
        ann.page.wait_for_selector("text=Your lead has paused your work")
        bob = seat(served).join("bob")
        for _ in range(3):
            bob.shown()
            bob.press("2")
        bob.saved()
        bob.page.wait_for_selector("text=All done")
        assert len(rows(project, "vote")) == 5
        lea.page.get_by_role("button", name="Let work again").click()
        lea.page.get_by_role("button", name="Pause").wait_for()


def test_a_link_signs_somebody_known_in_again(tmp_path, serving, seat):
    with a_project(tmp_path, settings="") as project:
        served = serving(project)
        lea, ann = seat(served).lead(), seat(served).join("ann")
        ann.context.clear_cookies()
        lea.page.goto(f"{served.url}/lead/people/ann")
        lea.page.get_by_role("button", name="Make a sign-in link").click()
        ann.page.goto(lea.page.get_by_label("Sign-in link").input_value())
        ann.page.get_by_role("button", name="Sign in").click()
        ann.page.get_by_role("link", name="ann", exact=True).wait_for()
        assert len([row for row in rows(project, "account") if row.name == "ann"]) == 1


def test_a_lead_works_off_the_review_queue_by_keys_alone(tmp_path, serving, seat):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 3)
        run_route(project)
        served = serving(project)
        lea, ann = seat(served).lead(), seat(served).join("ann")
        ann.shown()
        ann.press("f")
        ann.page.get_by_role("button", name="Broken or empty text").click()
        ann.shown()
        ann.press("s")
        ann.page.get_by_role("button", name="I don't know the subject").click()
        ann.saved()
        lea.page.goto(f"{served.url}/lead/review")
        lea.page.keyboard.press("Enter")
        lea.page.wait_for_selector("text=Flag")
        assert "What was said" not in lea.page.inner_text("main")
        lea.page.get_by_label("A comment to ann").fill("keys do nothing while one writes: k l 1")
        lea.page.locator("h1").click()
        lea.page.keyboard.press("l")
        lea.page.wait_for_selector("text=The flag is lifted")
        lea.page.keyboard.press("u")
        lea.page.get_by_role("button", name="keep it out").wait_for()
        lea.page.keyboard.press("k")
        lea.page.wait_for_selector("text=The pair stays out of the dataset.")
        lea.page.keyboard.press("Enter")
        lea.page.wait_for_selector("text=Skipped")
        lea.page.keyboard.press("1")
        lea.page.wait_for_selector("text=Your label is recorded.")
        lea.page.keyboard.press("Enter")
        lea.page.wait_for_selector("text=Nothing waits for you")
        ann.page.reload()
        ann.page.get_by_text("Your lead left you a comment.").wait_for()
        ann.page.goto(f"{served.url}/me")
        ann.page.get_by_text("keys do nothing while one writes").wait_for()
        decisions = [vote for vote in rows(project, "vote") if vote.purpose == "decision"]
        assert [vote.verdict for vote in decisions] == ["A"]


def test_what_was_answered_before_a_pause_is_kept_and_sent_when_work_goes_on(tmp_path, serving, seat):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 3)
        run_route(project)
        served = serving(project)
        lea, ann = seat(served).lead(), seat(served).join("ann")
        ann.shown()
        ann.context.set_offline(True)
        ann.press("1")
        lea.page.goto(f"{served.url}/lead/people/ann")
        lea.page.get_by_role("button", name="Pause").click()
        lea.page.get_by_text("ann gets no more pairs.").wait_for()
        ann.context.set_offline(False)
        ann.page.get_by_text("once you may work again").wait_for()
        assert rows(project, "vote") == []
        lea.page.get_by_role("button", name="Undo").click()
        lea.page.get_by_text("Taken back.").wait_for()
        ann.saved()
        assert len(rows(project, "vote")) == 1
