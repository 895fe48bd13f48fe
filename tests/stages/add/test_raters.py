"""Who said what of a dataset's pairs: a table with a column of raters, ratings of several people, and what follows."""

import json

import pytest
from projects import a_project, rows

from pairwright.cli.main import run
from pairwright.errors import InputError
from pairwright.formats.catalog import read_dataset
from pairwright.formats.reading_options import ReadingOptions
from pairwright.stages.add.labelled_set import add_dataset
from pairwright.stages.export.convert import Selection
from pairwright.stages.export.export_dataset import export_dataset
from pairwright.stages.figures.status import status_of
from pairwright.stages.route.label import run_label
from pairwright.stages.route.route import run_route
from pairwright.store.export.labelled_pairs import labelled_pairs

TABLE = "question,one,two,winner,who\nWhy?,So.,No.,A,eva\nWhy?,So.,No.,B,kim\nHow?,Thus.,Not.,A,eva\nHow?,Thus.,Not.,A,kim\n"
MAP = {"prompt": "question", "response_a": "one", "response_b": "two", "label": "winner", "rater": "who"}


@pytest.fixture
def project(tmp_path):
    return a_project(tmp_path, settings="")


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text(TABLE)
    return path


def test_rows_of_several_raters_on_one_pair_are_as_many_votes(project, table):
    result = add_dataset(project, [table], source="table", options=ReadingOptions(MAP))
    assert (result.votes.added, result.contradictions) == (4, 0)
    names = {row.id: row.name for row in rows(project, "rater")}
    assert sorted(names[vote.rater_id] for vote in rows(project, "vote")) == ["eva", "eva", "kim", "kim"]


def test_a_name_that_no_column_has_is_refused(table):
    with pytest.raises(InputError, match=r'--map "voter" is no name of a column: prompt, .*rater'):
        list(read_dataset(table, "table", ReadingOptions({**MAP, "voter": "who"})))


def test_a_map_without_a_format_is_an_error_of_one_line(project, table, capsys):
    assert run(["-C", str(project.root), "add", str(table), "--map", "prompt=question"]) == 1
    assert "--map goes with --from" in capsys.readouterr().err


def test_people_who_are_split_are_settled_by_another_person(project, table, capsys):
    add_dataset(project, [table], source="table", options=ReadingOptions(MAP), labels_by="person")
    run_route(project)
    root = ["-C", str(project.root)]
    assert status_of(project).stuck == 1
    assert status_of(project).next.startswith("pairwright export")
    assert run([*root, "export"]) == 0
    assert status_of(project).next.startswith(
        "pairwright annotate   (1 disputed and open to one person more: somebody who has not answered"
    )


def test_what_people_say_is_no_probability_where_nobody_was_weighed(project, table):
    add_dataset(project, [table], source="table", options=ReadingOptions(MAP))
    for again in (run_route, run_label):
        with project.store.read() as connection:
            assert [row.prob_chosen for row in labelled_pairs(connection)] == [None]
        again(project)


def test_ratings_of_two_people_are_kept_and_so_is_the_domain_beside_them(project, tmp_path):
    record = {
        "id": "1",
        "fields": {"prompt": "Why?", "generations-0": "So.", "generations-1": "No."},
        "metadata": {"domain": "physics"},
        "responses": {
            f"generations-{n}-rating": [
                {"value": value, "user_id": who, "status": "submitted"} for who, value in (("ann", 5 - 3 * n), ("bob", 4 - 3 * n))
            ]
            for n in (0, 1)
        },
    }  # fmt: skip
    path = tmp_path / "argilla.json"
    path.write_text(json.dumps([record]))
    (found,) = read_dataset(path, "argilla")
    assert found.source == "physics"
    add_dataset(project, [path], source="argilla")
    assert sorted(
        vote.ratings["a"]["rating"] + vote.ratings["b"]["rating"] for vote in rows(project, "vote")
    ) == [5, 7]
    out = tmp_path / "kto.jsonl"
    export_dataset(project.store, out, to="trl-kto", selection=Selection(threshold=4), ratings="people")
    labels = {
        row["completion"][0]["content"]: row["label"] for row in map(json.loads, out.read_text().splitlines())
    }
    assert labels == {"So.": True, "No.": False}
