"""The report: the numbers are the project's own, and the page opens anywhere."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from projects import a_project, add_pairs, change, rows

from pairwright.cli.main import run
from pairwright.stages.figures.report import numbers_of, page_of
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.people.accounts import known_or_new
from pairwright.stages.people.adjudicate import decide
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.route.route import run_route

N = 150


def write(path, rows):
    path.write_text("\n".join(json.dumps(row) for row in rows))


@pytest.fixture
def project(tmp_path):
    """150 pairs, a is right; `good` says so in 90 %, `coin` in half; ann and bob labelled them all."""
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, N)
        rng = np.random.default_rng(0)
        for name, share in (("good", 0.9), ("coin", 0.5)):
            right = rng.random(N) < share
            verdicts = [
                {"id": f"pair-{i}", "order": order, "verdict": "A" if right[i] else "B", "confidence": "HIGH"}
                for i in range(N)
                for order in ("AB", "BA")
            ]
            write(project.root / f"{name}.jsonl", verdicts)
        judges = "".join(f'\n[judges.{n}]\nkind = "replay"\npath = "{n}.jsonl"\n' for n in ("good", "coin"))
        settings = (project.root / "pairwright.toml").read_text().replace('accept = "stated"', "target = 0.8")
        (project.root / "pairwright.toml").write_text(settings)
        project = change(project, judges)
        for name in ("good", "coin"):
            run_judge(project, name)
        run_route(project)
        labels = [
            {"id": f"pair-{i}", "label": "B" if who == "bob" and i % 10 == 0 else "A", "annotator": who}
            for i in range(N)
            for who in ("ann", "bob")
        ]
        write(project.root / "labels.jsonl", labels)
        import_labels(project, [project.root / "labels.jsonl"])
        lead = known_or_new(project, "lea", "lead")
        for row in rows(project, "pair")[::10]:
            decide(project, row.id, "A", lead)  # where ann and bob part ways
        run_route(project)
        yield project


def test_the_numbers_are_those_of_the_project(project):
    of = numbers_of(project)
    assert of["status"]["pairs"] == N
    assert {judge["judge"]: judge["standing"] for judge in of["judges"]}["good"] == "better than chance"
    assert of["confidence"]["calibrated"]["n"] >= 50
    raw, after = of["confidence"]["before"], of["confidence"]["after"]
    assert raw["n"] == after["n"] <= of["confidence"]["calibrated"]["n"]  # the same pairs
    assert 0 <= after["brier"] <= raw["brier"]  # calibration tells more than counting votes
    assert of["agreement"]["agreement"]["value"] == pytest.approx(0.9)
    assert any("coin" in each["text"] for each in of["todo"])
    assert "Full human" in of["plan_in_words"]


class Page(HTMLParser):
    """What a page loads, and the ids of its sections."""

    def __init__(self, text):
        super().__init__()
        self.loads, self.sections, self.scripts, self.links, self.tags = [], [], 0, [], []
        self.inside_nav = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        of = dict(attributes)
        self.tags.append(tag)
        self.inside_nav |= tag == "nav"
        if tag == "a" and self.inside_nav:
            self.links.append(of["href"])
        self.scripts += tag == "script"
        self.loads += [
            value for name, value in attributes if name in ("src", "href") and not value.startswith("#")
        ]
        if tag == "section" and "id" in of:
            self.sections.append(of["id"])

    def handle_endtag(self, tag):
        self.inside_nav &= tag != "nav"


def test_the_page_stands_alone_and_tells_every_figure_in_words(project):
    text = page_of(numbers_of(project))
    page = Page(text)
    assert (page.loads, page.scripts) == ([], 0)
    assert page.sections == [
        "summary",
        *("funnel", "savings", "plans"),
        *("promise", "agreement", "reliability", "risk"),
        *("judges", "fewer", "people"),
    ]
    assert page.links == ["#" + name for name in page.sections]  # the table of contents, in their order
    assert text.count('role="img" aria-label="') == 5
    assert text.count('class="read"') >= len(page.sections) - 1 + 2  # and two figures inside of sections
    assert "#010" not in text  # every colour is the page's own
    assert not re.search(r"url\(\s*['\"]?https?:", text)


def test_what_somebody_wrote_is_shown_as_text(project):
    of = numbers_of(project)
    of["people"][0]["name"] = "<script>alert(1)</script>"
    of["todo"] = [{"section": "people", "text": "<img src=x>", "do": "<script>"}]
    page = Page(page_of(of))
    assert (page.loads, page.scripts) == ([], 0)


def test_the_same_numbers_give_the_same_page(project):
    of = numbers_of(project)
    assert page_of(of) == page_of(of)


def test_a_new_project_has_a_report_too(tmp_path):
    with a_project(tmp_path, settings="") as project:
        assert Page(page_of(numbers_of(project))).sections == ["summary", "funnel"]


def test_the_verb_writes_the_page_and_gives_the_numbers(project, capsys):
    assert run(["-C", str(project.root), "report"]) == 0
    assert "Open" in capsys.readouterr().out
    assert (project.root / "report.html").read_text().startswith("<!doctype html>")
    assert run(["-C", str(project.root), "report", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"]["pairs"] == N
