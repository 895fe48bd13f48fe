"""Rows beyond text on the pages: reasoning, the row as JSON, images enlarged, long courses of calls."""

from __future__ import annotations

import json
import threading

import pytest
from axe_playwright_python.sync_playwright import Axe
from hard_texts import long_courses, trajectory
from made_images import png
from projects import a_project, rows

from pairwright.annotate.serve import bind
from pairwright.browse.serve import serve as browse
from pairwright.keys import public_id
from pairwright.stages.add.into_project import add
from pairwright.stages.route.route import run_route

PHONE = {"width": 390, "height": 844}
SHAPES = {
    "desktop": {},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": PHONE, "is_mobile": True, "has_touch": True},
    "at 200 %": {"viewport": {"width": 640, "height": 400}},
}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
SHOW = "[annotate]\nshow_reasoning = true\n"


@pytest.fixture
def project(tmp_path):
    """project(row, settings) with that one pair, and the images it names."""
    for color in ("red", "blue", "green", "white"):
        (tmp_path / f"{color}.png").write_bytes(png(color, (1200, 300)))

    def made(row, settings=""):
        (tmp_path / "in.jsonl").write_text(json.dumps(row))
        project = a_project(tmp_path, settings=settings)
        add(project, [tmp_path / "in.jsonl"])
        run_route(project)
        return project

    return made


def at_work(project, serving, seat, shape="desktop"):
    ann = seat(serving(project), **SHAPES[shape]).join("ann")
    ann.shown()
    return ann


def open_ones(page, kind):
    return page.evaluate(f"document.querySelectorAll('#left details.{kind}[open]').length")


def test_reasoning_is_folded_and_a_key_opens_and_folds_it(project, serving, seat):
    ann = at_work(project(long_courses(3, 1), SHOW), serving, seat)
    page = ann.page
    assert page.locator("#left details.reasoning").count() >= 3
    assert "the user wants" not in page.inner_text("main")
    ann.press("o")
    assert "the user wants rows" in page.inner_text("#left")
    assert "the user wants rows" in page.inner_text("#right")
    ann.press("o")
    assert open_ones(page, "reasoning") == 0
    ann.press("w")  # as they were written they are what users see
    assert "the user wants" not in page.inner_text("main")
    ann.press("w", "r")
    page.wait_for_selector("#left pre.json")
    assert "reasoning_content" in page.inner_text("#left")
    ann.press("?")
    assert "Open or fold reasoning" in page.inner_text("#dialog-keys")


def test_where_annotators_may_not_see_it_there_is_no_word_of_reasoning(project, serving, seat):
    ann = at_work(project(long_courses(3, 1)), serving, seat)
    ann.press("o", "r")
    ann.page.wait_for_selector("#left pre.json")
    assert "Find the rows" in ann.page.inner_text("#prompt")
    assert "easoning" not in ann.page.inner_text("main") + ann.page.inner_text("footer")
    assert "the user wants" not in ann.page.content()


def test_the_row_as_json_is_escaped_text_of_all_of_it(project, serving, seat):
    hostile = (
        '"}], "forged": true <script>window.pwned = 1</script><img src=x onerror="window.pwned=1">\u202e'
    )
    row = {
        "prompt": "Why?",
        "response_a": hostile,
        "response_b": "plain\nanswer",
        "chat_template_kwargs": {"x": 1},
    }
    ann = at_work(project(row), serving, seat)
    ann.press("r")
    ann.page.wait_for_selector("#left pre.json")
    prompt, *sides = (json.loads(ann.page.inner_text(f"#{pane}")) for pane in ("prompt", "left", "right"))
    assert prompt == {"prompt": [{"role": "user", "content": "Why?"}], "chat_template_kwargs": {"x": 1}}
    assert sorted(turn["content"] for (turn,) in sides) == sorted([hostile, "plain\nanswer"])
    assert ann.page.evaluate("window.pwned") is None
    assert ann.page.locator("main :is(script, img)").count() == 0
    ann.press("r")
    assert ann.page.locator("pre.json").count() == 0
    assert "plain" in ann.page.inner_text(".sides")


IMAGES = {
    "prompt": [
        {
            "role": "user",
            "content": [{"type": "image"}, {"type": "text", "text": "Draw it as this:"}, {"type": "image"}],
        }
    ],
    "images": ["red.png", "white.png"],
    "response_a": [
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "A"},
                {"type": "image_url", "image_url": {"url": "blue.png"}},
            ],
        }
    ],
    "response_b": [
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "B"},
                {"type": "image_url", "image_url": {"url": "green.png"}},
            ],
        }
    ],
}
SHOWN = "[...document.querySelectorAll('#images-shown img')].map((image) => image.getAttribute('src'))"


@pytest.mark.parametrize("shape", SHAPES)
def test_images_are_enlarged_turned_and_left_again(project, serving, seat, shape):
    ann = at_work(project(IMAGES), serving, seat, shape)
    page = ann.page
    names = page.evaluate("[...document.querySelectorAll('img.picture')].map((i) => i.getAttribute('src'))")
    assert len(set(names)) == 4
    small = page.locator("#prompt img.picture").first.bounding_box()
    ann.press("v")
    assert page.evaluate(SHOWN) == names[:1]
    ann.until("() => document.querySelector('#images-shown img').naturalWidth > 0")
    large = page.locator("#images-shown img").bounding_box()
    assert large["width"] >= small["width"]
    assert large["width"] <= page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    page.keyboard.press("ArrowRight")
    assert page.evaluate(SHOWN) == names[1:2]
    page.get_by_role("button", name="Next").click()
    assert page.evaluate(SHOWN) == names[2:]  # both responses' beside each other
    captions = page.locator("#images-shown figcaption").all_inner_texts()
    assert captions == (["Left", "Right"] if shape in ("desktop", "dark") else ["Upper", "Lower"])
    first, second = (page.locator("#images-shown figure").nth(n).bounding_box() for n in (0, 1))
    assert (first["x"] == second["x"]) == (shape == "phone")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(SHOWN) == names[:1]
    page.keyboard.press("z")
    ann.until("() => document.querySelector('#images-shown img').clientWidth === 1200")
    page.keyboard.press("1")  # no answer while an image is before one's eyes
    page.keyboard.press("Escape")
    assert page.locator("dialog.images").is_hidden()
    assert page.locator("#pair").is_visible()
    assert rows(ann.served.project, "vote") == []


@pytest.mark.parametrize("shape", ["desktop", "phone"])
def test_an_image_that_is_clicked_or_tapped_is_the_one_that_is_enlarged(project, serving, seat, shape):
    ann = at_work(project(IMAGES), serving, seat, shape)
    image = ann.page.locator("#right img.picture")
    source = image.get_attribute("src")
    image.tap() if shape == "phone" else image.click()
    assert source in ann.page.evaluate(SHOWN)
    ann.page.get_by_role("button", name="Back").click()
    assert ann.page.locator("dialog.images").is_hidden()


def test_a_pair_without_images_has_nothing_to_enlarge(project, serving, seat):
    ann = at_work(project({"prompt": "Q", "response_a": "yes", "response_b": "no"}), serving, seat)
    ann.press("v", "p", "c", "o")
    assert ann.page.locator("dialog[open]").count() == 0
    for name in ("images", "parting", "calls", "reasoning"):
        assert ann.page.locator(f"[data-do={name}]").is_hidden()


@pytest.mark.parametrize("shape", SHAPES)
def test_thirty_steps_can_be_read_and_compared(project, serving, seat, shape):
    ann = at_work(project(long_courses(30, 12)), serving, seat, shape)
    page = ann.page
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    # What both did is folded, and each line tells what it holds; what differs is open.
    assert page.locator("#left details.call").count() >= 30
    assert 18 <= open_ones(page, "call") <= 22
    assert "same question 3" in page.locator("#left summary").nth(6).inner_text()
    ann.press("p")
    tops = page.evaluate("[...document.querySelectorAll('.parts')].map((m) => m.getBoundingClientRect().top)")
    panes = page.evaluate(
        "['left', 'right'].map((id) => document.getElementById(id).getBoundingClientRect().top)"
    )
    if shape in ("desktop", "dark"):
        assert all(abs(top - pane) < 30 for top, pane in zip(tops, panes, strict=True))
    else:  # the upper one's first, then the lower one's
        assert abs(tops[0]) < 5
        ann.press("p")
        assert abs(page.locator(".parts").nth(1).bounding_box()["y"]) < 5
    ann.press("c")
    assert open_ones(page, "call") >= 30
    ann.press("c")
    assert open_ones(page, "call") == open_ones(page, "result") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_courses_that_part_are_scrolled_together_from_there(project, serving, seat):
    ann = at_work(project(long_courses(30, 12)), serving, seat)
    ann.page.evaluate(
        "document.getElementById('left').scrollTop = document.querySelector('#left .parts').offsetTop - 300"
    )
    ann.until("() => document.getElementById('right').scrollTop > 0")
    ann.page.wait_for_timeout(200)
    tops = ann.page.evaluate(
        "[...document.querySelectorAll('.parts')].map((mark) => mark.getBoundingClientRect().top)"
    )
    assert abs(tops[0] - tops[1]) < 8


@pytest.mark.parametrize("shape", SHAPES)
def test_a_lead_reads_them_on_every_screen(project, serving, seat, shape):
    row = {**long_courses(9, 7), "prompt": IMAGES["prompt"], "images": IMAGES["images"]}
    served = serving(project(row))
    page = seat(served, **SHAPES[shape]).lead().page
    for where in ("review", "conflicts"):
        page.goto(f"{served.url}/lead/{where}/long")
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
        page.get_by_role("button", name="Calls").click()
        page.wait_for_selector("details.call[open]")
        last = page.locator(".side").first.locator("p:has-text('this is the answer')").bounding_box()
        side = page.locator(".side").nth(1).bounding_box()
        beside = shape in ("desktop", "dark")
        assert beside or last["y"] + last["height"] < side["y"]  # the upper one does not run into the lower
        page.get_by_role("button", name="Reasoning").click()
        assert "the user wants rows" in page.locator(".sides").inner_text()
        page.get_by_role("button", name="Images").click()
        assert page.locator("#images-shown img").count() == 1
        page.get_by_role("button", name="Back").click()


@pytest.fixture
def browsing():
    stops = []

    def run(project):
        ready, stop = threading.Event(), threading.Event()
        place = bind("127.0.0.1", 0)
        run = {"ready": lambda _link: ready.set(), "stop": stop}
        thread = threading.Thread(target=browse, args=(project, place), kwargs=run, daemon=True)
        thread.start()
        assert ready.wait(10)
        stops.append((stop, thread))
        return place

    yield run
    for stop, thread in stops:
        stop.set()
        thread.join(15)


def test_a_pair_of_the_list_is_read_by_the_same_keys(project, browsing, seat):
    row = {**long_courses(9, 7), "prompt": IMAGES["prompt"], "images": IMAGES["images"]}
    made = project(row)
    place = browsing(made)
    page = seat(place).page
    page.goto(f"{place.url}/pair/{public_id('pair', rows(made, 'pair')[0].key)}")
    assert "the user wants" not in page.inner_text(".sides")
    page.keyboard.press("o")
    assert "the user wants" in page.inner_text("#left")
    before = open_ones(page, "call")
    page.keyboard.press("c")
    assert open_ones(page, "call") > before
    page.keyboard.press("v")
    assert page.locator("#images-shown img").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("dialog.images").is_hidden()
    page.keyboard.press("r")
    page.wait_for_url("**shown=raw")
    turns = json.loads(page.inner_text("#left"))
    assert turns[0]["reasoning_content"]
    assert turns[0]["tool_calls"][0]["id"] == trajectory(1)[0]["tool_calls"][0]["id"]
    page.keyboard.press("w")
    page.wait_for_url("**shown=written")
    assert "⟦call search_documents⟧" in page.inner_text("#left")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_of_it_passes_axe(project, serving, seat, scheme):
    row = {**long_courses(9, 7), "prompt": IMAGES["prompt"], "images": IMAGES["images"]}
    served = serving(project(row, SHOW))
    ann = seat(served, color_scheme=scheme, bypass_csp=True).join("ann")
    ann.shown()
    problems = []
    for keys in ((), ("o",), ("c",), ("e",), ("w",), ("r",), ("r", "v"), ("Escape", "?")):
        ann.press(*keys)
        ann.page.wait_for_timeout(200)
        found = Axe().run(ann.page, options=RULES).response["violations"]
        problems += [f"{keys}: {one['id']} {one['nodes'][0]['html'][:120]}" for one in found]
    assert problems == []
