"""The lead's page of settings: a look at what would come of it, the change, the record, the way back."""

import re
import tomllib

import pytest
from projects import a_project, add_pairs, rows
from sites import TheSite

from pairwright.cli.main import run
from pairwright.stages.figures.status import status_of
from pairwright.stages.people.gold import make_gold
from pairwright.stages.project.project import Project
from pairwright.stages.route.route import run_route


@pytest.fixture
def site(tmp_path):
    """Four pairs, two of which ann has answered."""
    with a_project(tmp_path, settings="# ours\n[annotate]\nqualify_pairs = 0\n") as project:
        add_pairs(project, 4)
        run_route(project)
        site = TheSite(project)
        ann = site.annotator("ann")
        for _ in range(2):
            ann.answer(ann.work()["tasks"][0])
        yield site


def in_file(site):
    return tomllib.loads((site.project.root / "pairwright.toml").read_text())["annotate"]


def status(site):
    """As the command counts it, which reads the project anew."""
    with Project.open(site.project.root) as project:
        return status_of(project)


def change(lead, setting, value):
    return lead.agree("/lead/settings", setting=setting, value=value)


def test_a_higher_overlap_is_looked_at_first_and_then_holds_for_labels_open_pairs_and_the_command(site):
    lead = site.lead()
    lead.get("/lead/settings")
    asked = lead.post("/lead/settings", setting="overlap", value="2").text
    assert "Annotators per pair: 2 instead of 1?" in asked
    assert "6 answers are wanted, 4 more than now." in asked
    assert "2 labels rest on fewer answers and wait until more people have answered." in asked
    assert "overlap" not in in_file(site)
    assert status(site).accepted_from_people == 2
    done = change(lead, "overlap", "2")
    assert "Annotators per pair: 2 from now on." in done.text
    assert in_file(site) == {"qualify_pairs": 0, "overlap": 2}
    assert (status(site).open.answers, status(site).accepted_from_people) == (6, 0)
    assert len(site.annotator("bob").work(5)["tasks"]) == 4, "the running page asks for them at once"
    before = status(site).open
    with Project.open(site.project.root) as project:
        assert run_route(project).changed == 0, "routing has nothing to add"
    assert status(site).open == before


def test_a_lower_overlap_gives_pairs_with_enough_answers_their_label(site):
    lead = site.lead()
    lead.get("/lead/settings")
    change(lead, "overlap", "2")
    asked = lead.post("/lead/settings", setting="overlap", value="1").text
    assert "2 answers are wanted, 4 fewer than now." in asked
    assert "2 open pairs get their labels at once." in asked
    change(lead, "overlap", "1")
    assert (status(site).open.answers, status(site).accepted_from_people) == (2, 2)


def test_every_change_is_on_record_and_has_a_way_back(site, capsys):
    lead, olga = site.lead(), site.annotator("olga", "lead")
    lead.get("/lead/settings")
    olga.get("/lead/settings")
    change(lead, "assist", "off")
    done = change(olga, "gold_rate", "7.5").text
    undo = re.search(r'name="back" value="(\d+)">Undo', done)[1]
    assert in_file(site)["gold_rate"] == 0.075
    page = lead.get("/lead/settings").text
    table = [re.findall(r"<td>([^<]*)</td>", row) for row in page.split("<tbody>")[1].split("</tr>")]
    assert table[0] == ["olga", "Share of gold pairs", "0%", "7.5%"]
    assert table[1] == ["lea", "Verdicts of judges", "shown after the choice", "never shown"]
    lead.agree("/lead/settings", back=undo)
    assert in_file(site)["gold_rate"] == 0.0
    assert run(["-C", str(site.project.root), "people", "changes"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"lea +gold_rate +0.075 +0.0", said)
    assert re.search(r"olga +gold_rate +0.0 +0.075", said)


def test_what_another_lead_changed_since_it_was_looked_at_is_asked_about_again(site):
    lead, olga = site.lead(), site.annotator("olga", "lead")
    lead.get("/lead/settings")
    olga.get("/lead/settings")
    asked = lead.post("/lead/settings", setting="overlap", value="2").text
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', asked))
    change(olga, "overlap", "3")
    assert "2 instead of 3?" in lead.post("/lead/settings", **form).text
    assert in_file(site)["overlap"] == 3


def test_a_change_in_the_file_is_shown_as_it_is_and_told_apart_from_those_made_here(site):
    lead = site.lead()
    lead.get("/lead/settings")
    change(lead, "overlap", "2")
    path = site.project.root / "pairwright.toml"
    path.write_text(path.read_text().replace("overlap = 2", "overlap = 4"))
    page = lead.get("/lead/settings").text
    assert 'name="value" min="1" max="20" value="4"' in page
    assert "by lea, and in pairwright.toml since." in page
    path.write_text("[annotate]\noverlap = \n")
    assert "pairwright.toml can&#39;t be read" in lead.get("/lead/settings").text.replace(
        "can't", "can&#39;t"
    )
    assert lead.post("/lead/settings", setting="overlap", value="2").status_code == 200


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("overlap", "0", "Annotators per pair can't be 0"),
        ("overlap", "two", "is a whole number; got 'two'"),
        ("gold_rate", "80", "Share of gold pairs can't be 0.8"),
        ("gold_rate", "nan", "Share of gold pairs can't be nan"),
        ("assist", "always", "Verdicts of judges can't be always"),
        ("proxies", "1", "what can be changed here is overlap, gold_rate, assist"),
    ],
)
def test_what_cannot_be_is_refused_in_words(site, setting, value, told):
    lead = site.lead()
    lead.get("/lead/settings")
    answer = lead.post("/lead/settings", setting=setting, value=value)
    assert answer.status_code == 400
    assert told in answer.text.replace("&#39;", "'")
    assert in_file(site) == {"qualify_pairs": 0}
    assert not [each for each in rows(site.project, "lead_action") if "setting" in each.detail]


def test_the_share_of_gold_says_how_many_answers_it_takes(site):
    lead = site.lead()
    lead.get("/lead/settings")
    assert "no gold pair to mix in yet" in lead.post("/lead/settings", setting="gold_rate", value="50").text
    make_gold(site.project, 4, "A", use="hidden")
    asked = lead.post("/lead/settings", setting="gold_rate", value="50").text
    assert "About 1 answer to gold pairs beside the 1 that are wanted" in asked


def test_guidelines_are_on_the_record_and_an_earlier_version_can_be_brought_back(site):
    lead = site.lead()
    first = lead.get("/lead/guidelines").text.split('name="number" value="')[1].split('"')[0]
    old = (site.project.root / "guidelines.md").read_text()
    lead.post("/lead/guidelines", number=first, text="# Be fair")
    page = lead.get("/lead/settings").text
    link = re.search(r'href="(/lead/guidelines\?version=\d+)">version', page)[1]
    earlier = lead.get(link).text
    assert "not the one in use" in earlier
    assert re.search(r"<ins>[^<]*fair", earlier), "what changed since"
    number = earlier.split('name="number" value="')[1].split('"')[0]
    lead.post("/lead/guidelines", number=number, text=old)
    assert (site.project.root / "guidelines.md").read_text().strip() == old.strip()
    assert lead.get("/lead/guidelines?version=99").status_code == 400
