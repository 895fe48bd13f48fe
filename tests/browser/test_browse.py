"""The page of pairs in a real browser: found, read and left by the keyboard; light and dark pass axe."""

import re
import threading
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from projects import a_project, add_rows, rows

from pairwright.annotate.serve import bind
from pairwright.browse.serve import serve
from pairwright.keys import public_id
from pairwright.stages.check.check import run_check
from pairwright.stages.people.gold import make_gold
from pairwright.stages.route.route import run_route

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def project(tmp_path):
    with a_project(tmp_path, settings="") as project:
        pairs = [
            {
                "id": f"p{i}",
                "prompt": f"Question {i}?",
                "response_a": f"yes **{i}** it is",
                "response_b": f"no {i} it is",
            }
            for i in range(60)
        ]
        pairs[1]["response_a"] = (
            "</pre><script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'>"
        )
        pairs[2]["response_b"] = pairs[2]["response_a"] + "!"
        add_rows(project, pairs)
        run_route(project)
        make_gold(project, 1, "A", use="hidden", explanation="clear")
        run_check(project)
        yield project


@pytest.fixture
def served(project):
    ready, stop = threading.Event(), threading.Event()
    place = bind("127.0.0.1", 0)
    run = {"ready": lambda _link: ready.set(), "stop": stop}
    thread = threading.Thread(target=serve, args=(project, place), kwargs=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    yield SimpleNamespace(url=place.url, project=project)
    stop.set()
    thread.join(15)
    assert not thread.is_alive()


def id_of(project, name):
    return public_id("pair", next(row.key for row in rows(project, "pair") if row.external_id == name))


def test_by_keys_alone(served, seat):
    page = seat(served).page
    page.goto(served.url)
    page.wait_for_selector("#count:has-text('60')")
    page.keyboard.press("/")
    page.keyboard.type("yes 1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=yes+1")
    for _ in range(2):
        page.keyboard.press("j")
    page.keyboard.press("k")
    assert "p10" in page.evaluate("document.activeElement.innerText")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/pair/{id_of(served.project, 'p10')}?q=yes+1")
    page.keyboard.press("j")
    page.wait_for_url(f"**/pair/{id_of(served.project, 'p11')}?q=yes+1")
    assert page.locator("#left strong").inner_text() == "11"
    page.keyboard.press("d")
    page.wait_for_url("**shown=difference")
    assert page.locator("#left del").first.inner_text() == "yes"
    assert page.locator("#right ins").first.inner_text() == "no"
    page.keyboard.press("d")
    page.wait_for_url(re.compile(r"q=yes\+1$"))
    page.keyboard.press("r")
    page.wait_for_url("**shown=raw")
    assert "**11**" in page.locator("#left").inner_text()
    page.keyboard.press("k")
    page.wait_for_url(f"**/pair/{id_of(served.project, 'p10')}?q=yes+1&shown=raw")
    page.keyboard.press("u")
    page.wait_for_url("**/?q=yes+1")
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()


def test_pages_turn_by_keys(served, seat):
    page = seat(served).page
    page.goto(served.url)
    page.keyboard.press("n")
    page.wait_for_url("**after=50")
    assert page.locator(".row-of").count() == 10
    page.keyboard.press("p")
    page.wait_for_url("**before=51")
    assert page.locator(".row-of").count() == 50


def test_filters_stand_in_the_address_and_can_be_taken_away(served, seat):
    page = seat(served).page
    page.goto(served.url)
    page.get_by_label("Label by").select_option("people")
    page.get_by_role("button", name="Filter").click()
    page.wait_for_url(re.compile(r"/\?source=people$"))  # empty fields are left out
    assert page.locator(".row-of").count() == 1
    page.get_by_label("Search prompts and responses").fill("Question")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"source=people&q=Question$"))  # a search keeps the filters
    page.get_by_role("link", name="label by").click()
    page.wait_for_url(re.compile(r"/\?q=Question$"))
    assert page.locator(".row-of").count() == 50


def test_hostile_text_does_nothing(served, seat):
    page = seat(served).page
    for shown in ("text", "raw", "difference"):
        page.goto(f"{served.url}/pair/{id_of(served.project, 'p1')}?shown={shown}")
        assert page.evaluate("window.pwned") is None
        assert page.locator("#left img, #left script").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_passes_axe(served, seat, scheme):
    page = seat(served, color_scheme=scheme, bypass_csp=True).page
    problems = []
    first = f"/pair/{id_of(served.project, 'p0')}"
    for path in (
        "/", "/?q=yes&source=people", "/?q=nowhere", "/nothing", first, f"{first}?shown=difference",
        f"/pair/{id_of(served.project, 'p2')}?shown=raw",
    ):  # fmt: skip
        page.goto(served.url + path)
        found = Axe().run(page, options=RULES).response["violations"]
        problems.extend(f"{path}: {one['id']} {one['nodes'][0]['html'][:160]}" for one in found)
    page.keyboard.press("?")
    found = Axe().run(page, options=RULES).response["violations"]
    problems.extend(f"keys: {one['id']} {one['nodes'][0]['html'][:160]}" for one in found)
    assert problems == []


def test_nothing_is_wider_than_a_telephone(served, seat):
    page = seat(served).page
    page.set_viewport_size({"width": 390, "height": 800})
    for path in ("/", f"/pair/{id_of(served.project, 'p1')}"):
        page.goto(served.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
