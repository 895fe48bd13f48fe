"""Many people invited at once: one link each, nobody twice, and who got none is said."""

import csv
import io

import pytest
from projects import a_project, rows
from sites import TheSite

from pairwright.errors import InputError
from pairwright.stages.people import accounts
from pairwright.stages.people.invite_many import MOST, invite_many, whom


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ann\n\n  bob  \n", ["ann", "bob"]),
        ("Doe, Jane\nRoe, Richard", ["Doe, Jane", "Roe, Richard"]),
        ("name,email\nAnn,a@x.org\nBob,b@x.org", ["Ann", "Bob"]),
        ("team;E-Mail\nred;a@x.org\nblue;\n", ["a@x.org"]),
        ("id\tname\n1\tann\n2\tbob", ["ann", "bob"]),
        ('name,team\n"Doe, Jane",red', ["Doe, Jane"]),
        ("email\na@x.org", ["a@x.org"]),
    ],
)
def test_names_come_one_a_line_or_from_the_column_that_holds_them(text, found):
    assert whom(text) == found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "nobody is named"),
        ("name\n", "nobody is named"),
        ("x\n" * (MOST + 1), "501 are named"),
        ("y" * 201, "201"),
    ],
)
def test_what_can_not_be_invited_is_an_error_in_words(text, told):
    with pytest.raises(InputError, match=told):
        whom(text)


@pytest.fixture
def site(tmp_path):
    with a_project(tmp_path, settings="") as project:
        yield TheSite(project)


def test_everybody_gets_a_link_of_their_own_that_works_once(site):
    lea = accounts.known_or_new(site.project, "lea", "lead")
    found = invite_many(site.project, ["ann", "bob", "a@x.org"], by=lea, tags=["law"])
    assert [name for name, _ in found.links] == ["ann", "bob", "a@x.org"]
    assert len({token for _, token in found.links}) == 3
    guest = site.visitor()
    page = guest.get(f"/join/{found.links[0][1]}")
    assert 'name="name" value="ann"' in page.text
    assert guest.post(f"/join/{found.links[0][1]}", name="ann").status_code == 200
    assert next(row for row in rows(site.project, "account") if row.name == "ann").tags == ["law"]
    assert site.visitor().get(f"/join/{found.links[0][1]}").status_code == 404
    assert 'name="name" value=""' in site.visitor().get(f"/join/{found.links[2][1]}").text


def test_nobody_gets_two_and_who_got_none_is_said(site):
    lea = accounts.known_or_new(site.project, "lea", "lead")
    invite_many(site.project, ["ann"], by=lea)
    found = invite_many(site.project, ["ANN", "lea", "bob", "Bob"], by=lea)
    assert [name for name, _ in found.links] == ["bob"]
    assert [name for name, _ in found.left_out] == ["ANN", "lea", "Bob"]
    assert len(rows(site.project, "invitation")) == 2
    assert rows(site.project, "lead_action")[-1].detail["people"] == 1


def test_the_page_gives_links_as_csv_that_run_nothing_in_a_spreadsheet(site):
    lead = site.lead()
    lead.get("/lead/people")
    page = lead.post("/lead/invite-several", names="ann\n=1+1\nlea", tags="", days="3").text
    text = page.split('aria-label="Links as CSV">')[1].split("</textarea>")[0].replace("&#39;", "'")
    table = list(csv.DictReader(io.StringIO(text)))
    assert [row["name"] for row in table] == ["ann", "'=1+1"]
    assert all(row["link"].startswith("http://localhost/join/") for row in table)
    assert "lea is here already" in page
    assert "nobody is named" in lead.post("/lead/invite-several", names=" ").text
