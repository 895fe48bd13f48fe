"""The help names every key that means something, and none that does not; texts grow and shrink by key."""

import pytest
from projects import a_project, add_rows

from pairwright.stages.generate.pair import pair
from pairwright.stages.route.route import run_route

SETTINGS = "[annotate]\nshow_reasoning = true\nreasons = [{}]\n".format(
    ", ".join(f'"reason {n}"' for n in range(8))
)
NAMED = {"ArrowLeft": "←", "ArrowRight": "→", "ArrowUp": "↑", "ArrowDown": "↓", " ": "Space", "Escape": "Esc"}
NAMED |= {"Backspace": "⌫"}


@pytest.fixture
def ann(tmp_path, serving, seat):
    with a_project(tmp_path, settings=SETTINGS) as project:
        add_rows(project, [{"prompt": f"Q{i}?", "response_a": "yes", "response_b": "no"} for i in range(3)])
        run_route(project)
        visitor = seat(serving(project)).join("ann")
        visitor.shown()
        yield visitor


@pytest.fixture
def ranker(tmp_path, serving, seat):
    settings = '[annotate]\nform = "rank"\nqualify_pairs = 0\nshow_reasoning = true\n'
    with a_project(tmp_path, settings=settings) as project:
        add_rows(project, [{"prompt": f"Q{i}?", "responses": ["yes", "no", "maybe"]} for i in range(3)])
        pair(project)
        run_route(project)
        visitor = seat(serving(project)).join("ann")
        visitor.shown()
        yield visitor


def keys_in(ann, selector):
    return set(ann.page.locator(f"#dialog-keys {selector} tr td:first-child kbd").all_text_contents())


def bound(ann, script, what):
    keys = ann.page.evaluate(
        f"async () => {{ const found = await import('/static/{script}.js'); return [...{what}]; }}"
    )
    return {NAMED.get(key, key) for key in keys}


def test_the_help_names_the_keys_that_are_bound_and_no_others(ann):
    told = keys_in(ann, "tbody:not([data-while])")
    assert told == bound(
        ann, "keys", "Object.keys(found.CHOICES), ...Object.keys(found.DOES), ...found.REASONS"
    ) | {"Shift"}
    assert keys_in(ann, "[data-while=marking]") == bound(ann, "keys", "found.MARKS")
    assert keys_in(ann, "[data-while=images]") == bound(ann, "images", "Object.keys(found.KEYS)") | {"Esc"}


def test_every_key_that_is_bound_does_something_that_is_there(ann):
    """What a key is bound to is done by the page: a name that nothing does would throw."""
    for key in sorted(bound(ann, "keys", "Object.keys(found.DOES)") - {"Esc", "Enter"}):
        ann.page.keyboard.press(key)
        ann.page.keyboard.press("Escape")
    assert ann.errors == []


def test_every_button_that_does_something_names_its_key(ann):
    for button in ann.page.locator("[data-do], [data-choice], [data-strength], [data-key]").all():
        assert button.locator("kbd").count() == 1, button.inner_text()


def test_the_help_of_the_ranking_page_names_its_keys_and_no_others(ranker):
    told = keys_in(ranker, "tbody:not([data-while])")
    assert told == bound(ranker, "keys", "Object.keys(found.RANKS)") | {"1", "9"}
    assert keys_in(ranker, "[data-while=placing]") == bound(ranker, "places", "Object.keys(found.STEPS)")
    assert keys_in(ranker, "[data-while=images]") == bound(ranker, "images", "Object.keys(found.KEYS)") | {
        "Esc"
    }


def test_every_key_and_button_of_the_ranking_page_does_something_that_is_there(ranker):
    for key in [*sorted(bound(ranker, "keys", "Object.keys(found.RANKS)") - {"⌫"}), "Backspace"]:
        ranker.page.keyboard.press(key)
        ranker.page.keyboard.press("Escape")
    assert ranker.errors == []
    for button in ranker.page.locator("[data-do]").all():
        assert button.locator("kbd").count() == 1, button.inner_text()


def size(ann, of="#left p"):
    return ann.page.evaluate(f"parseFloat(getComputedStyle(document.querySelector('{of}')).fontSize)")


def test_ranked_texts_grow_and_shrink_by_the_same_keys(ranker):
    usual = size(ranker, "#responses p")
    ranker.press(".", ".")
    assert size(ranker, "#responses p") > usual
    ranker.press(",", ",", ",")
    assert size(ranker, "#responses p") < usual


def test_texts_grow_and_shrink_by_key_and_button_and_stay_so(ann):
    usual = size(ann)
    ann.press(".", ".")
    larger = size(ann)
    assert larger > usual
    ann.page.reload()
    ann.shown()
    assert size(ann) == larger
    ann.page.get_by_role("button", name="Smaller text").click()
    assert usual < size(ann) < larger
    ann.press(",", ",", ",", ",", ",", ",", ",")
    assert 10 < size(ann) < usual
