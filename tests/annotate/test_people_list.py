"""The list of people, searched, filtered and sorted."""

import pytest
from projects import a_project, add_pairs
from sites import TheSite

from pairwright.annotate.people_list import COLUMNS, FILTERS, asked_of, listed
from pairwright.errors import InputError
from pairwright.stages.people import accounts
from pairwright.stages.people.annotators import people_of
from pairwright.stages.route.route import run_route


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    with a_project(tmp_path_factory.mktemp("list"), settings="") as project:
        add_pairs(project, 12)
        run_route(project)
        site = TheSite(project)
        lead = site.lead()
        for name, n, tags in (("Zoë", 2, ["law"]), ("ada", 5, []), ("Ben", 0, ["code"]), ("cyd", 3, [])):
            visitor = site.annotator(name, tags=tags)
            for _ in range(n):
                visitor.answer(visitor.work(1)["tasks"][0])
        lea = accounts.known_or_new(project, "lea", "lead")
        accounts.change(project, accounts.known_or_new(project, "cyd", "annotator"), lea, state="paused")
        lead.get("/lead/people")
        yield people_of(project), lead


def names(people, **query):
    return [each.name for each in listed(people[0], asked_of(query))]


def test_by_name_whatever_its_case_and_back(people):
    assert names(people, sort="name") == ["ada", "Ben", "cyd", "lea", "Zoë"]
    assert names(people, sort="name", down="1") == ["Zoë", "lea", "cyd", "Ben", "ada"]


def test_by_a_figure_with_those_who_have_none_last(people):
    assert names(people, sort="answers") == ["Zoë", "cyd", "ada", "Ben", "lea"]
    assert names(people, sort="answers", down="1")[:3] == ["ada", "cyd", "Zoë"]
    assert set(names(people, sort="answers", down="1")[3:]) == {"Ben", "lea"}


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_keeps_everybody(people, column):
    assert len(names(people, sort=column)) == len(names(people, sort=column, down="1")) == 5


@pytest.mark.parametrize(
    ("only", "found"),
    [
        ("paused", {"cyd"}),
        ("leads", {"lea"}),
        ("idle", {"Ben", "lea"}),
        ("active", {"Zoë", "ada", "Ben", "lea"}),
        ("removed", set()),
        ("imported", set()),
        ("look", set()),
        ("", {"Zoë", "ada", "Ben", "cyd", "lea"}),
    ],
)
def test_filters(people, only, found):
    assert set(names(people, only=only)) == found
    assert only in FILTERS


def test_the_search_looks_in_names_and_skills(people):
    assert names(people, q="ZOË") == ["Zoë"]
    assert names(people, q="code") == ["Ben"]
    assert names(people, q="nobody") == []


def test_a_column_or_filter_there_is_not_is_an_error_in_words(people):
    with pytest.raises(InputError, match="sorted by name, answers"):
        asked_of({"sort": "height"})
    assert people[1].get("/lead/people?only=tall").status_code == 400


def test_a_column_sorts_the_other_way_round_when_it_is_chosen_again(people):
    page = people[1].get("/lead/people?q=a&sort=answers&down=1").text
    assert 'aria-sort="descending"><a href="/lead/people?q=a&amp;sort=answers"' in page
    assert 'aria-sort="none"><a href="/lead/people?q=a&amp;sort=gold&amp;down=1"' in page
    assert "everybody (5)" in page
    assert "paused (1)" in page
