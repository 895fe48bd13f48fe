"""Ranking in a real browser: by keys alone, by dragging, by touch; undone, flagged, kept through a dead server."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from projects import a_project, add_rows, current_votes, rows

from pairwright.stages.generate.pair import pair
from pairwright.stages.route.route import run_route

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
RESPONSES = ("worst", "third", "second", "best")


@pytest.fixture
def project(tmp_path):
    with a_project(tmp_path, settings='[annotate]\nform = "rank"\nqualify_pairs = 0\n') as project:
        add_rows(
            project,
            (
                {"prompt": f"Question {i}?", "responses": [f"the {each} to {i}" for each in RESPONSES]}
                for i in range(3)
            ),
        )
        pair(project)
        run_route(project)
        yield project


def where(seat):
    """By what it says, the number of each response on screen."""
    texts = seat.page.locator("#responses .text").all_inner_texts()
    return {word: next(i + 1 for i, text in enumerate(texts) if word in text) for word in RESPONSES}


def ranking(seat):
    """The ranking as it stands: numbers in groups, best first."""
    groups = seat.page.locator("#places .group:not(.rest)")
    return [
        [int(each) for each in groups.nth(i).locator(".chip").all_inner_texts()]
        for i in range(groups.count())
    ]


def verdicts(project):
    """(better, other) of all votes that count, by what the responses say; ties apart."""
    texts = {row.id: row.text.split()[1] for row in rows(project, "response")}
    pairs = {row.id: (texts[row.a_id], texts[row.b_id]) for row in rows(project, "pair")}
    found, ties = set(), set()
    for row in current_votes(project):
        a, b = pairs[row.pair_id]
        if row.verdict == "TIE":
            ties.add(frozenset((a, b)))
        else:
            found.add((a, b) if row.verdict == "A" else (b, a))
    return found, ties


def test_by_keys_alone_with_a_tie_an_undo_and_a_reload(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    ann.shown()
    at = where(ann)
    ann.press(str(at["best"]), str(at["worst"]), "Backspace", str(at["second"]), "=", str(at["third"]))
    assert ranking(ann) == [[at["best"]], [at["second"], at["third"]]]
    assert ann.page.get_by_role("button", name="Save the ranking").is_disabled()
    ann.press(str(at["worst"]), "Enter")
    ann.saved()
    better = {
        ("best", "second"),
        ("best", "third"),
        ("best", "worst"),
        ("second", "worst"),
        ("third", "worst"),
    }
    assert verdicts(project) == (better, {frozenset(("second", "third"))})
    ann.page.reload()
    ann.shown()
    ann.press("u")
    ann.page.wait_for_selector("text=This is how you had ranked them")
    assert ranking(ann) == [[at["best"]], sorted([at["second"], at["third"]]), [at["worst"]]]
    assert verdicts(project) == (set(), set())


def test_arrows_on_a_number_move_it_and_tie_it_on_the_way(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    ann.shown()
    ann.press("1", "2", "3", "4")
    assert ranking(ann) == [[1], [2], [3], [4]]
    ann.page.locator(".chip[data-n='3']").focus()
    steps = [[[1], [2], [3, 4]], [[1], [2], [4], [3]], [[1], [2, 4], [3]], [[1], [4], [2], [3]]]
    for wanted in steps:
        ann.press("ArrowLeft")
        assert ranking(ann) == wanted
    ann.press("ArrowRight")
    assert ranking(ann) == steps[2]
    assert (
        ann.page.locator(".chip[data-n='3']").get_attribute("aria-label")
        == "Response 4, place 2, tied with 2"
    )


def drag(seat, number, to):
    chip = seat.page.locator(f".chip[data-n='{number - 1}']").bounding_box()
    place = seat.page.locator(to).bounding_box()
    mouse = seat.page.mouse
    mouse.move(chip["x"] + chip["width"] / 2, chip["y"] + chip["height"] / 2)
    mouse.down()
    mouse.move(place["x"] + place["width"] / 2 + 2, place["y"] + place["height"] / 2, steps=6)
    mouse.up()
    seat.page.wait_for_timeout(50)


def test_numbers_are_dragged_between_others_onto_others_and_out(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    ann.shown()
    drag(ann, 2, "[data-gap='0']")
    drag(ann, 4, "[data-gap='1']")
    assert ranking(ann) == [[2], [4]]
    drag(ann, 1, "[data-gap='1']")
    assert ranking(ann) == [[2], [1], [4]]
    drag(ann, 3, "[data-group='0']")
    assert ranking(ann) == [[2, 3], [1], [4]]
    drag(ann, 4, "[data-gap='0']")
    assert ranking(ann) == [[4], [2, 3], [1]]
    drag(ann, 2, "[data-gap='1']")
    assert ranking(ann) == [[4], [2], [3], [1]]
    ann.page.locator(".chip[data-n='0']").click()
    assert ranking(ann) == [[4], [2], [3]]
    drag(ann, 3, "[data-rest]")
    assert ranking(ann) == [[4], [2]]


def test_a_finger_on_a_phone_ranks_too_and_all_is_within_reach(project, serving, seat):
    ann = seat(serving(project), viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).join(
        "ann"
    )
    ann.shown()
    at = where(ann)
    for word in ("best", "second", "third", "worst"):
        ann.page.locator(f".chip[data-n='{at[word] - 1}']").tap()
    box = ann.page.get_by_role("button", name="Save the ranking").bounding_box()
    assert box["y"] + box["height"] <= 844
    assert ann.page.evaluate("document.documentElement.scrollWidth") <= 390
    ann.page.get_by_role("button", name="Save the ranking").tap()
    ann.saved()
    assert len(verdicts(project)[0]) == 6


def test_one_response_is_flagged_and_the_others_come_again(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    prompt = ann.shown()
    at = where(ann)
    ann.press("f")
    ann.page.get_by_label("Which response").select_option(f"Response {at['worst']}")
    ann.page.get_by_role("button", name="Broken or empty text").click()
    ann.saved()
    flagged = {row.pair_id for row in rows(project, "flag")}
    assert len(flagged) == 3
    for _ in range(3):
        ann.shown()
        here, n = ann.page.inner_text("#prompt").strip(), ann.page.locator("#responses .side").count()
        assert n == (3 if here == prompt else 4)
        ann.press(*map(str, range(1, n + 1)), "Enter")
        ann.saved()
    ann.page.wait_for_selector("text=All done")
    assert len(rows(project, "ranking")) == 3
    assert len(rows(project, "vote")) == 3 + 6 + 6


def test_a_ranking_given_while_the_server_is_away_is_sent_once_it_is_back(project, serving, seat):
    served = serving(project)
    ann = seat(served).join("ann")
    ann.shown()
    served.stop()
    ann.press("1", "2", "3", "4", "Enter")
    ann.page.wait_for_selector("text=Not connected")
    served.start()
    ann.page.evaluate("dispatchEvent(new Event('online'))")
    ann.saved()
    assert len(rows(project, "ranking")) == 1
    assert len(rows(project, "vote")) == 6


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_and_its_dialogs_pass_wcag(project, serving, seat, scheme):
    ann = seat(serving(project), color_scheme=scheme, bypass_csp=True).join("ann")
    ann.shown()
    problems = []

    def check(name):
        found = Axe().run(ann.page, options=RULES).response["violations"]
        problems.extend(f"{name}: {one['id']} {one['nodes'][0]['html'][:120]}" for one in found)

    check("nothing ranked")
    ann.press("1", "2", "=", "3")
    check("half ranked")
    for key in ("?", "s", "f", "n", "h"):
        ann.press(key)
        ann.page.wait_for_timeout(200)
        check(key)
        ann.press("Escape")
    assert problems == []
