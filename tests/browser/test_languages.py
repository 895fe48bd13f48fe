"""The page in other languages: chosen by the browser or by the person, one of them from right to left."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from projects import a_project, add_pairs, add_rows, rows

from pairwright.annotate import words
from pairwright.stages.generate.pair import pair
from pairwright.stages.people import accounts
from pairwright.stages.people.gold import make_gold
from pairwright.stages.route.route import run_route

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def project(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 8)
        run_route(project)
        yield project


@pytest.fixture
def ranked(tmp_path):
    with a_project(tmp_path, settings='[annotate]\nform = "rank"\nqualify_pairs = 0\n') as project:
        add_rows(project, [{"prompt": f"Q{i}?", "responses": ["yes", "no", "maybe"]} for i in range(2)])
        pair(project)
        run_route(project)
        yield project


def join(visitor, name):
    """As `Seat.join`, in whatever language the page is."""
    token = accounts.invite(visitor.served.project, "annotator")
    visitor.page.goto(f"{visitor.served.url}/join/{token}")
    visitor.page.locator("input[name=name]").fill(name)
    visitor.page.locator("form.stack button").click()
    visitor.page.locator("main form button").click()
    visitor.shown()
    return visitor


def test_the_page_speaks_the_browsers_language_until_another_is_chosen(project, serving, seat):
    ann = join(seat(serving(project), locale="de-DE"), "ann")
    assert "Links ist besser" in ann.page.inner_text("footer")
    ann.press("1", "u")
    ann.page.wait_for_selector("text=Ihre bisherige Antwort: links ist besser.")
    ann.page.locator("#language").select_option("ar")
    ann.page.wait_for_selector("html[dir=rtl]")
    ann.shown()
    assert "الأيسر أفضل" in ann.page.inner_text("footer")
    ann.page.goto(f"{ann.served.url}/me")
    assert ann.page.evaluate("document.documentElement.lang") == "ar"


def test_from_right_to_left_the_left_response_stays_left_and_texts_keep_their_direction(
    project, serving, seat
):
    amal = join(seat(serving(project), locale="ar"), "amal")
    left, right = (amal.page.locator(f"#side-{side}").bounding_box() for side in ("left", "right"))
    assert left["x"] < right["x"]
    first, second = (amal.page.locator(f"[data-choice={side}]").bounding_box() for side in ("left", "right"))
    assert first["x"] < second["x"]
    assert amal.page.evaluate("getComputedStyle(document.querySelector('#left')).direction") == "ltr"
    word = amal.page.locator("#left p").bounding_box()
    assert word["x"] - left["x"] < 40  # an English answer begins at its left
    amal.press("ArrowLeft")
    amal.saved()
    (vote,) = rows(project, "vote")
    assert vote.verdict == ("A" if vote.order == "AB" else "B")


def test_the_reason_of_a_skip_is_kept_in_one_language(project, serving, seat):
    amal = join(seat(serving(project), locale="ar"), "amal")
    amal.press("s", "2")
    amal.saved()
    assert [row.message for row in rows(project, "failure")] == ["I don't know the language"]
    amal.press("m")
    amal.page.wait_for_selector("#past button")
    assert "لا أعرف اللغة" in amal.page.inner_text("#past")


@pytest.mark.parametrize("locale", ["de-DE", "ar"])
def test_every_page_passes_in_other_languages(project, serving, seat, locale):
    served, problems = serving(project), []
    make_gold(project, 8, "A", use="qualify", explanation="Since it is **true**.")
    ann = seat(served, locale=locale, bypass_csp=True)

    def check(name):
        found = Axe().run(ann.page, options=RULES).response["violations"]
        problems.extend(f"{name}: {one['id']} {one['nodes'][0]['html'][:120]}" for one in found)

    ann.page.goto(f"{served.url}/signin")
    check("signin")
    join(ann, "ann")
    ann.press("1")
    ann.page.wait_for_selector("#feedback:not([hidden])")
    check("practice")
    ann.page.keyboard.press("Enter")
    ann.page.wait_for_selector("#feedback", state="hidden")
    for key in ("?", "s", "f", "m"):
        ann.press(key)
        ann.page.wait_for_timeout(200)
        check(key)
        ann.press("Escape")
    for path in ("me", "guidelines", "nowhere"):
        ann.page.goto(f"{served.url}/{path}")
        check(path)
    assert problems == []


# Texts on the page that stand in no brackets, past those that are the data's.
BARE = """() => {
    const theirs = "#prompt, #left, #right, #responses .text, kbd, .brand, .quiet-link, .asked, select, option, textarea, #guidelines-text, script, style";
    const found = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (found.nextNode()) {
        const node = found.currentNode;
        if (!node.parentElement.closest(theirs)) texts.push(node.data.replace(/⟦.*?⟧+/gs, ""));
    }
    return texts.filter((each) => /[a-z]{3,}/i.test(each));
}"""


class Wrapped(words.Words):
    """A language in which every sentence stands in brackets: what does not was never translated."""

    def __init__(self, language):
        super().__init__("en")
        bracketed = {each: f"⟦{each}⟧" for each in words.catalogue("de")}
        several = {
            each: {form: f"⟦{text}⟧" for form, text in of.items()} for each, of in self.sentences.items()
        }
        self.sentences = bracketed | several

    def told(self, message):
        return f"⟦{message}⟧"


def test_no_word_of_the_page_is_said_in_one_language_only(project, serving, seat, monkeypatch):
    monkeypatch.setattr("pairwright.annotate.site.words_in", Wrapped)
    ann = join(seat(serving(project)), "ann")
    ann.press("s", "1")
    ann.press("1")
    ann.shown()
    ann.saved()
    for key in ("?", "m", "s", "f", "n", "q"):
        ann.press(key)
        ann.page.wait_for_timeout(200)
        assert ann.page.evaluate(BARE) == [], key
        ann.press("Escape")


def test_no_word_of_the_ranking_page_is_said_in_one_language_only(ranked, serving, seat, monkeypatch):
    monkeypatch.setattr("pairwright.annotate.site.words_in", Wrapped)
    ann = join(seat(serving(ranked)), "ann")
    ann.press("1", "2", "=", "3", "Enter")
    ann.shown()
    ann.saved()
    ann.press("1", "2", "=", "3", "u")
    ann.page.wait_for_selector("#notice-before")
    for key in ("?", "s", "f", "n"):
        ann.press(key)
        ann.page.wait_for_timeout(200)
        assert ann.page.evaluate(BARE) == [], key
        labels = ann.page.locator("main [aria-label]").evaluate_all(
            "all => all.map((each) => each.ariaLabel)"
        )
        assert [each for each in labels if not each.startswith("⟦")] == [], key
        ann.press("Escape")
    ann.press("Enter")
    ann.saved()
    ann.press("1", "2", "3", "Enter")
    ann.page.wait_for_selector("#screen:not([hidden])")
    assert ann.page.evaluate(BARE) == []


def test_from_right_to_left_the_best_stands_right_and_arrows_move_a_number_where_they_point(
    ranked, serving, seat
):
    amal = join(seat(serving(ranked), locale="ar", bypass_csp=True), "amal")
    amal.press("1", "2", "3")
    chips = [amal.page.locator(f".chip[data-n='{n}']") for n in range(3)]
    at = [each.bounding_box()["x"] for each in chips]
    assert at == sorted(at, reverse=True)
    assert "المرتبة 1" in amal.page.inner_text("#title-0")
    chips[2].focus()
    amal.press("ArrowRight")
    assert chips[2].get_attribute("aria-label") == "الرد 3، المرتبة 2، متعادل مع 2"
    amal.press("ArrowRight")
    assert chips[1].bounding_box()["x"] < chips[2].bounding_box()["x"] < chips[0].bounding_box()["x"]
    found = Axe().run(amal.page, options=RULES).response["violations"]
    assert [one["id"] for one in found] == []
    amal.page.locator("[data-do=save]").click()
    amal.saved()
    assert len(rows(ranked, "ranking")) == 1
