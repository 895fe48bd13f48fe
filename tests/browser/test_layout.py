"""Texts that are hard to lay out: on no screen is anything lost, cut off, or shown in the wrong direction."""

from __future__ import annotations

import pytest
from hard_texts import TEXTS, rows
from projects import a_project, add_rows
from projects import rows as table

from pairwright.stages.route.route import run_route

SHAPES = {
    "desktop": {},
    "wide and dark": {"viewport": {"width": 1920, "height": 1080}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
    "at 200 %": {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2},
}

# Of all that is shown: what reaches out of its pane and can't be scrolled to, and columns too narrow to read.
FAULTS = """() => {
  const found = [];
  const scrolls = (each) => /auto|scroll/.test(getComputedStyle(each).overflowX) && each.scrollWidth > each.clientWidth;
  for (const pane of ["prompt", "left", "right"].map((id) => document.getElementById(id))) {
    const edge = pane.getBoundingClientRect();
    if (pane.scrollWidth > pane.clientWidth + 1) found.push(`${pane.id} scrolls sideways as a whole`);
    for (const each of pane.querySelectorAll("p, li, td, th, pre, h1, h2, h3, blockquote, math, code, summary")) {
      const box = each.getBoundingClientRect();
      const out = box.right > edge.right + 1 || box.left < edge.left - 1;
      let reached = false;
      for (let at = each; at !== pane; at = at.parentElement) reached ||= scrolls(at);
      if (out && !reached) found.push(`${pane.id}: ${each.tagName} is cut off: ${each.textContent.slice(0, 40)}`);
      if (/P|LI/.test(each.tagName) && each.textContent.length > 20 && box.width < 80)
        found.push(`${pane.id}: ${each.tagName} is ${box.width} wide: ${each.textContent.slice(0, 40)}`);
    }
  }
  if (document.documentElement.scrollWidth > innerWidth) found.push("the page scrolls sideways");
  return found;
}"""


@pytest.fixture
def shown(tmp_path, serving, seat):
    """shown(names of texts, options of the browser): somebody at work on a pair of these texts."""

    def show(*names, **options):
        text = "\n\n".join(TEXTS[name] for name in names)
        project = a_project(tmp_path, settings="")
        add_rows(project, [{"prompt": text, "response_a": text, "response_b": f"{text}\n\nEnd."}])
        run_route(project)
        ann = seat(serving(project), **options).join("ann")
        ann.shown()
        return ann.page

    return show


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_is_cut_off_and_no_column_is_too_narrow(tmp_path, serving, seat, shape):
    project = a_project(tmp_path, settings="")
    texts = list(rows())
    add_rows(project, texts)
    run_route(project)
    ann = seat(serving(project), **SHAPES[shape]).join("ann")
    faults, seen = [], set()
    for _ in texts:
        ann.shown()
        name = ann.page.inner_text("#prompt")[:30]
        seen.add(name)
        faults += [f"{name}: {fault}" for fault in ann.page.evaluate(FAULTS)]
        ann.press("e", "w")
        faults += [f"{name}, as written: {fault}" for fault in ann.page.evaluate(FAULTS)]
        ann.press("w", "t")
        ann.until(
            "(name) => document.getElementById('pair').hidden"
            " || document.getElementById('prompt').innerText.slice(0, 30) !== name",
            name,
        )
    assert faults == []
    assert len(seen) == len(texts)


# On which side lines of a text as it was written begin.
LINES = """(of) => Object.fromEntries(["مرحبا", "The word", "سلام"].map((word) => {
  const at = of.textContent.indexOf(word), range = document.createRange();
  range.setStart(of.firstChild, at); range.setEnd(of.firstChild, at + 1);
  const [box, first] = [of.getBoundingClientRect(), range.getBoundingClientRect()];
  return [word, first.left - box.left < box.right - first.right ? "left" : "right"];
}))"""
# On which side of its element a text begins.
SIDE = """(of) => {
  const letter = document.createTreeWalker(of, NodeFilter.SHOW_TEXT).nextNode();
  const range = document.createRange();
  range.setStart(letter, 0); range.setEnd(letter, 1);
  const [box, first] = [of.getBoundingClientRect(), range.getBoundingClientRect()];
  return first.left - box.left < box.right - first.right ? "left" : "right";
}"""
BEGINS = {
    "p:has-text('مرحبا بالعالم')": "right",
    "li:has-text('البند الأول')": "right",
    "blockquote p:has-text('اقتباس')": "right",
    "th:has-text('السعر')": "right",
    "li:has-text('ראשון')": "right",
    "p:has-text('The word')": "left",
    "p:has-text('המילה')": "right",
    "pre:has-text('print')": "left",
    "p:has-text('یہ اردو')": "right",
    "p:has-text('English first')": "left",
    "p:has-text('עברית first')": "right",
    "td:has-text('peace')": "left",
    "p:has-text('这是')": "left",
}


@pytest.mark.parametrize("shape", ["wide and dark", "phone"])
def test_every_text_begins_on_its_own_side(shown, shape):
    page = shown("arabic", "hebrew", "persian", "urdu", "mixed", "mixed table", "cjk", **SHAPES[shape])
    for pane in ("prompt", "left", "right"):
        found = {where: page.locator(f"#{pane} {where}").first.evaluate(SIDE) for where in BEGINS}
        assert found == BEGINS
        # The first column of a table in Arabic is its right one.
        name, price = (
            page.locator(f"#{pane} th:has-text('{of}')").bounding_box() for of in ("الاسم", "السعر")
        )
        assert name["x"] > price["x"]
    page.keyboard.press("w")
    assert page.locator("#left pre.raw").evaluate(LINES) == {
        "مرحبا": "right",
        "The word": "left",
        "سلام": "right",
    }


# The longest line of an element in characters, by where its letters stand.
LONGEST_LINE = """(of) => {
  const lines = new Map();
  const text = document.createTreeWalker(of, NodeFilter.SHOW_TEXT).nextNode();
  const range = document.createRange();
  for (let at = 0; at < text.length; at++) {
    range.setStart(text, at); range.setEnd(text, at + 1);
    const top = Math.round(range.getBoundingClientRect().top);
    lines.set(top, (lines.get(top) ?? 0) + 1);
  }
  return Math.max(...lines.values());
}"""
PROSE = (
    "It is a truth universally acknowledged, that a single man in possession of a good fortune is in want. "
    * 8
)


def test_lines_have_about_eighty_characters_on_a_wide_screen(tmp_path, serving, seat):
    project = a_project(tmp_path, settings="")
    add_rows(project, [{"prompt": PROSE, "response_a": PROSE, "response_b": f"{PROSE}\n\nEnd."}])
    run_route(project)
    ann = seat(serving(project), viewport={"width": 2560, "height": 1440}).join("ann")
    ann.shown()
    for what in ("p", "pre.raw"):
        for pane in ("prompt", "left", "right"):
            assert 60 < ann.page.locator(f"#{pane} {what}").first.evaluate(LONGEST_LINE) <= 86, (pane, what)
        ann.press("w")


def test_wide_tables_scroll_and_break_no_word(shown):
    page = shown("wide table", "table of long words", viewport={"width": 390, "height": 844})
    wide, long_words = page.locator("#left table").all()
    assert wide.evaluate("(of) => of.scrollWidth > 2 * of.clientWidth")
    words = """(of) => [...of.querySelectorAll("td")].map((cell) => {
      const range = document.createRange(); range.setStart(cell.firstChild, 0); range.setEnd(cell.firstChild, 20);
      return range.getClientRects().length; })"""
    assert set(wide.evaluate(words)) == {1}
    # A word too long for any screen is broken, so that its neighbour is not squeezed.
    assert long_words.locator("td").nth(1).bounding_box()["width"] > 60


def test_what_is_nested_too_deeply_is_shown_as_written_and_said(shown):
    page = shown("deep list")
    assert "nested too deeply" in page.inner_text("#left .note")
    assert "- level 29" in page.inner_text("#left pre.raw")


def test_quotes_of_any_depth_can_be_read_on_a_phone(shown):
    page = shown("deep quote", "list 15 deep", **SHAPES["phone"])
    for text in ("quote 29", "level 14"):
        innermost = page.locator(f"#left :is(p, li):has-text('{text}')").last
        assert innermost.evaluate("(of) => of.getBoundingClientRect().width") > 100
        innermost.evaluate("(of) => of.scrollIntoView({inline: 'end'})")
        box = innermost.bounding_box()
        assert 0 <= box["x"] < 390 - 50


def test_maths_is_set_or_shown_as_written_with_a_word_saying_so(shown):
    page = shown("maths", "matrix", "maths as written", "wide maths")
    assert page.locator("#left math").count() >= 7
    assert page.locator("#left .math-raw").all_inner_texts() == [
        "\\ce{H2O}",
        "\\frac{\\cancel{x}y}{\\cancel{x}}",
        "\\require{physics}\\qty(a)",
    ]
    said = page.evaluate("getComputedStyle(document.querySelector('.math-raw'), '::after').content")
    assert "as written" in said
    box = page.locator("#left menclose").bounding_box()
    assert box["width"] > box["height"] / 2
    assert page.locator("#left math").last.evaluate("(of) => of.scrollWidth > of.clientWidth")


def test_characters_that_can_not_be_seen_are_named(shown):
    page = shown("nothing but marks")
    assert page.inner_text("#left").strip() == "[U+202E][U+2066][U+200B][U+200F]"


def test_the_prompts_pane_says_that_there_is_more_and_can_be_enlarged(shown):
    page = shown("cjk", "lines", "code", "maths")
    assert page.get_by_text("more above").is_visible()
    assert page.get_by_text("more below").is_hidden()
    page.locator("#prompt").evaluate("(of) => (of.scrollTop = 0)")
    page.get_by_text("more below").wait_for()
    assert page.get_by_text("more above").is_hidden()
    before = page.locator("#prompt").bounding_box()["height"]
    page.keyboard.press("e")
    assert page.locator("#prompt").bounding_box()["height"] > 1.5 * before
    assert page.locator("#left").bounding_box()["height"] > 60
    page.keyboard.press("e")
    assert page.locator("#prompt").bounding_box()["height"] == before


@pytest.mark.parametrize("shape", ["phone", "at 200 %"])
def test_where_responses_are_stacked_they_are_upper_and_lower(tmp_path, serving, seat, shape):
    project = a_project(tmp_path, settings="")
    add_rows(project, [{"prompt": f"Q{n}", "response_a": "yes", "response_b": "no"} for n in range(3)])
    run_route(project)
    ann = seat(serving(project), **SHAPES[shape]).join("ann")
    ann.shown()
    words = ann.page.inner_text("main") + ann.page.inner_text("footer")
    assert "Upper is better" in words
    assert "Lower is better" in words
    assert "left" not in words.lower()
    assert "right" not in words.lower()
    ann.page.wait_for_timeout(300)
    ann.page.locator("[data-strength='3']").click()
    ann.page.get_by_role("button", name="Upper is better").click()
    ann.saved()
    (vote,) = table(project, "vote")
    assert (abs(vote.strength), vote.verdict) == (3, "A" if vote.order == "AB" else "B")
    ann.shown()
    ann.press("u")
    ann.page.wait_for_selector("#notice-before")
    assert "the upper one is better, much" in ann.page.inner_text("#notice-before")
