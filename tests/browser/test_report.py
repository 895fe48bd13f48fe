"""The report in a real browser: axe in light and dark, nothing wider than a telephone, what opens opens, paper."""

import json

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from projects import a_project, add_rows, change

from pairwright.stages.check.check import run_check
from pairwright.stages.figures.report import numbers_of, page_of
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.route.route import run_route

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
N = 90


@pytest.fixture
def text(tmp_path):
    """A page with something of most: two judges, three people, models, findings."""
    with a_project(tmp_path, settings="") as project:
        pairs = [
            {"id": f"p{i}", "prompt": f"Question {i}?", "response_a": f"yes, {i} it is", "response_b": f"no {i}",
             "model_a": "big", "model_b": ("small", "tiny")[i % 2], "domain": "facts"}
            for i in range(N)
        ]  # fmt: skip
        pairs[0]["response_a"], pairs[0]["response_b"] = (
            "the very same words " * 9,
            "the very same words " * 9 + "!",
        )
        add_rows(project, pairs)
        rng = np.random.default_rng(0)
        for name, share in (("good", 0.9), ("coin", 0.5)):
            said = [
                {
                    "id": f"p{i}",
                    "order": order,
                    "verdict": "A" if rng.random() < share else "B",
                    "confidence": "HIGH",
                }
                for i in range(N)
                for order in ("AB", "BA")
            ]
            (project.root / f"{name}.jsonl").write_text("\n".join(map(json.dumps, said)))
        judges = "".join(f'\n[judges.{n}]\nkind = "replay"\npath = "{n}.jsonl"\n' for n in ("good", "coin"))
        path = project.root / "pairwright.toml"
        path.write_text(path.read_text().replace('accept = "stated"', "target = 0.7"))
        project = change(project, judges)
        for name in ("good", "coin"):
            run_judge(project, name)
        run_route(project)
        labels = [
            {"id": f"p{i}", "label": "B" if i % 7 == at else "A", "annotator": who, "seconds": 3 + i % 30}
            for i in range(N)
            for at, who in enumerate(("ann", "bob", "cyd"))
        ]
        (project.root / "labels.jsonl").write_text("\n".join(map(json.dumps, labels)))
        import_labels(project, [project.root / "labels.jsonl"])
        run_route(project)
        run_check(project)
        return page_of(numbers_of(project))


def shown(browser, text, **options):
    context = browser.new_context(bypass_csp=True, **options)
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(text)
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    assert [url for url in asked if not url.startswith(("data:", "about:"))] == []
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_passes_axe_with_everything_open(browser, text, scheme):
    page = shown(browser, text, color_scheme=scheme)
    found = Axe().run(page, options=RULES).response["violations"]
    problems = [f"{one['id']} {one['nodes'][0]['html'][:160]}" for one in found]
    page.context.close()
    assert problems == []


def test_nothing_is_wider_than_a_telephone_or_a_sheet(browser, text):
    for width, media in ((390, "screen"), (688, "print")):
        page = shown(browser, text, viewport={"width": width, "height": 800})
        page.emulate_media(media=media)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.context.close()


def test_the_contents_lead_to_every_section(browser, text):
    page = shown(browser, text, viewport={"width": 1280, "height": 800})
    for link in page.locator("nav a").all():
        assert page.locator(link.get_attribute("href")).count() == 1
    assert page.locator("#checks details.pair .text").first.is_visible()
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    page.context.close()
