"""Hours and pay: what people did in a period, and what that comes to."""

import csv
import io
from datetime import date, timedelta
from uuid import uuid4

import pytest
from projects import a_project, add_pairs, rows
from sites import TheSite
from sqlalchemy import update

from pairwright.errors import InputError
from pairwright.stages.people.gold import make_gold
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.people.statement import period, statements
from pairwright.stages.route.route import run_route
from pairwright.store import schema

SETTINGS = "[annotate]\nqualify_pairs = 0\npay_per_answer = 0.5\npay_per_hour = 12.0\n"
TODAY = date.today()


@pytest.fixture
def site(tmp_path):
    with a_project(tmp_path, settings=SETTINGS) as project:
        add_pairs(project, 8)
        run_route(project)
        yield TheSite(project)


def work(site, name, n):
    visitor = site.annotator(name)
    for _ in range(n):
        task = visitor.work(1)["tasks"][0]
        site.a_minute_passes()
        visitor.answer(task, seconds=18.0)
    return visitor


def of(site, name, first=TODAY, last=TODAY):
    return next((each for each in statements(site.project, first, last) if each.name == name), None)


def test_answers_hours_and_amount(site):
    work(site, "ann", 3)
    found = of(site, "ann")
    assert (found.answers, found.hours, found.untimed) == (3, 0.015, 0)
    assert found.amount == 1.68  # 3 * 0.50 + 0.015 * 12


def test_hours_are_no_more_than_the_servers_clock_allows(site):
    visitor = site.annotator("ann")
    visitor.answer(visitor.work(1)["tasks"][0], seconds=3600.0)
    assert of(site, "ann").hours < 0.01


def test_only_the_days_asked_for_count(site):
    work(site, "ann", 2)
    with site.project.store.write() as connection:
        connection.execute(update(schema.vote).values(at=schema.vote.c.at - 2 * 86400))
    assert of(site, "ann") is None
    before = TODAY - timedelta(days=2)
    assert of(site, "ann", before, before).answers == 2
    assert of(site, "ann", before, TODAY).answers == 2


def test_what_somebody_took_back_is_no_work_and_what_a_lead_re_queued_is(site):
    ann = work(site, "ann", 3)
    ann.call("/api/undo", {"key": uuid4().hex})
    assert of(site, "ann").answers == 2
    lead = site.lead()
    lead.get("/lead/people/ann")
    lead.agree("/lead/people/ann", what="requeue")
    assert of(site, "ann").answers == 2
    action = next(row.id for row in rows(site.project, "lead_action") if row.what == "re-queued votes")
    lead.post("/lead/people/ann", what="undo_requeue", action=str(action))
    assert of(site, "ann").answers == 2  # the copies that count again are the same work


def test_gold_is_told_apart_and_labels_from_a_file_are_nobodys_hours(site):
    work(site, "ann", 2)
    for row in rows(site.project, "vote"):
        make_gold(site.project, row.pair_id, "A")
    said = [row.verdict for row in rows(site.project, "vote") if row.purpose is None]
    assert (of(site, "ann").gold, of(site, "ann").gold_right) == (2, said.count("A"))
    path = site.project.root / "labels.csv"
    path.write_text("id,label,annotator\npair-7,A,file\n")
    import_labels(site.project, [path])
    assert of(site, "file") is None


def test_the_page_and_the_csv_say_the_same(site):
    work(site, "=ann", 2)
    lead = site.lead()
    page = lead.get("/lead/hours").text
    assert "1.12 USD" in page
    answer = lead.get(f"/lead/hours.csv?from={TODAY}&to={TODAY}")
    assert f'filename="hours-{TODAY}-{TODAY}.csv"' in answer.headers["content-disposition"]
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["name"], row["answers"], row["hours"], row["amount"]) == ("'=ann", "2", "0.01", "1.12")
    assert row["currency"] == "USD"


@pytest.mark.parametrize(
    ("first", "last"), [("yesterday", ""), ("2026-02-30", ""), ("2026-03-02", "2026-03-01")]
)
def test_a_period_that_is_none_is_an_error_in_words(site, first, last):
    with pytest.raises(InputError, match=r"days are written|before it begins"):
        period(first, last)
    assert site.lead().get(f"/lead/hours?from={first}&to={last}").status_code == 400


def test_by_default_it_is_this_month_so_far():
    assert period("", "") == (TODAY.replace(day=1), TODAY)
