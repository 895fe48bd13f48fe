"""One person at a laptop: they answer, and the page does the rest, at a price they agree to."""

from projects import a_project, add_pairs

from pairwright.models.loopback import LoopbackServer
from pairwright.stages.figures.status import status_of
from pairwright.stages.people.answers import Person
from pairwright.stages.route.route import run_route


def test_at_the_end_the_judges_are_run_once_their_price_was_agreed_to(tmp_path, serving, seat):
    with LoopbackServer() as server, a_project(tmp_path, server) as project:
        add_pairs(project, 3)
        lea = seat(serving(project)).lead()
        lea.page.goto(f"{lea.served.url}/work")
        lea.page.wait_for_selector("text=6 answers are left for the judges.")
        lea.page.get_by_role("button", name="Run the judges now").click()
        assert lea.page.inner_text("#spend-title").startswith("Spend about $")
        lea.page.get_by_role("button", name="Cancel").click()
        assert server.answered == 0
        lea.page.get_by_role("button", name="Run the judges now").click()
        lea.page.locator("#spend-yes").click()
        lea.page.wait_for_selector("text=Done: pairwright judge", timeout=60_000)
        assert server.answered == 6
        lea.page.get_by_role("button", name="Run route now").click()
        # Pairs that are left to people come up at once, in place of what is said here.
        lea.page.wait_for_selector("text=Done: pairwright route", timeout=60_000, state="attached")
        assert status_of(project).undecided == 0


def test_pairs_that_routing_leaves_to_people_come_up_by_themselves(tmp_path, serving, seat):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 2)
        lea = seat(serving(project)).lead()
        lea.page.goto(f"{lea.served.url}/work")
        lea.page.get_by_role("button", name="Run route now").click()
        lea.page.wait_for_selector("#pair:not([hidden])", timeout=60_000)
        lea.press("1")
        lea.shown()
        lea.press("2")
        lea.saved()
        lea.page.wait_for_selector("text=pairwright export")


def test_others_are_told_that_nothing_waits(tmp_path, serving, seat):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 1)
        run_route(project)
        ann = Person.sign_in(project, "someone")
        ann.choose(ann.next_task(), "left", 5)
        visitor = seat(serving(project))
        visitor.join("ann")
        visitor.page.wait_for_selector("text=Nothing waits for you right now")
        assert visitor.page.locator("#next").count() == 0
