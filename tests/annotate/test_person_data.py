"""The lead's side of one person's data: their work as a file, and erasing it by typing the name."""

import re

import pytest
from projects import a_project, add_pairs, rows
from sites import TheSite

from pairwright.stages.route.route import run_route


@pytest.fixture
def site(tmp_path):
    with a_project(tmp_path, settings="[annotate]\nqualify_pairs = 0\n") as project:
        add_pairs(project, 3)
        run_route(project)
        site = TheSite(project)
        site.ann = site.annotator("ann B")
        site.ann.answer(site.ann.work()["tasks"][0], note="hm")
        yield site


def test_a_lead_downloads_one_persons_work(site):
    lead = site.lead()
    page = lead.get("/lead/people/ann%20B").text
    links = re.findall(r'href="(/lead/work\.(?:csv|json)\?of=[^"]+)"', page)
    assert len(links) == 2
    for link in links:
        answer = lead.http.get(link)
        assert "hm" in answer.text
        assert re.search(r"filename\*=UTF-8''work-ann%20B\.(csv|json)", answer.headers["content-disposition"])
    assert lead.get("/lead/work.csv?of=nobody").status_code == 400


def test_erasing_shows_what_goes_and_stays_and_wants_the_name_typed(site):
    lead = site.lead()
    page = lead.get("/lead/erase?of=ann%20B").text
    assert "1 note beside a vote, flag or skip" in page
    assert "1 vote under erased-1" in page
    assert "what counts of them counts on" in page
    assert "1 that counted count no longer" in page
    refused = lead.post("/lead/erase", of="ann B", votes="keep", confirm="ann")
    assert (refused.status_code, "Nothing was erased" in refused.text) == (400, True)
    assert [row.name for row in rows(site.project, "account")] == ["ann B", "lea"]
    done = lead.post("/lead/erase", of="ann B", votes="keep", confirm="ann B").text
    assert "Their data is erased" in done
    assert [row.name for row in rows(site.project, "account")] == ["erased-1", "lea"]
    assert [row.reason for row in rows(site.project, "vote")] == [None]
    assert rows(site.project, "lead_action")[-1].detail["as"] == "erased-1"
    assert lead.get("/lead/people/erased-1").status_code == 200
    assert "ann B" not in lead.get("/lead/people").text


def test_whoever_is_erased_is_signed_out_at_once(site):
    lead = site.lead()
    lead.get("/lead/erase?of=ann%20B")
    task = site.ann.work()["tasks"][0]
    lead.post("/lead/erase", of="ann B", votes="retract", confirm="ann B")
    answer = {"id": task["id"], "key": "1" * 32, "choice": "left", "seconds": 3}
    assert site.ann.call("/api/answer", answer).status_code == 401
    assert len(rows(site.project, "vote")) == len(rows(site.project, "retraction")) == 1


def test_nobody_erases_themselves_on_the_page(site):
    lead = site.lead()
    assert "another lead can" in lead.get("/lead/erase?of=lea").text
