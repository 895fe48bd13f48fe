"""One person's work as a file: everything they gave, the same file each time."""

import csv
import io
import json

import pytest
from projects import a_project, add_pairs, add_rows, rows
from sites import TheSite

from pairwright.cli.main import run
from pairwright.errors import InputError
from pairwright.stages.generate.pair import pair
from pairwright.stages.people.gold import make_gold
from pairwright.stages.people.work_of import work_of
from pairwright.stages.route.route import run_route


@pytest.fixture
def project(tmp_path):
    """ann practised on one pair, answered three, took one of them back, skipped one and flagged one."""
    with a_project(tmp_path, settings="[annotate]\nqualify_pairs = 1\npay_per_answer = 2.0\n") as project:
        add_pairs(project, 6)
        run_route(project)
        make_gold(project, 6, "A", use="qualify")
        ann = TheSite(project).annotator("ann")
        ann.answer(ann.work()["tasks"][0])
        for note in ("=1+1", None, None):
            ann.answer(ann.work()["tasks"][0], "left", note=note, strength=2)
        ann.call("/api/undo", {"key": "0" * 32})
        task = ann.work()["tasks"][0]
        ann.call("/api/skip", {"id": task["id"], "reason": "too long"})
        task = ann.work()["tasks"][0]
        ann.call("/api/flag", {"id": task["id"], "what": "broken", "note": "cut off"})
        yield project


def test_every_answer_is_there_with_its_pair_seconds_note_and_what_became_of_it(project):
    found = work_of(project, "ann")
    kinds = [(row["kind"], row["counts"], row.get("why_not")) for row in found.rows]
    assert kinds == [
        ("practice", False, "practice"),
        ("answer", True, None),
        ("answer", True, None),
        ("answer", False, "undone"),
        ("skip", True, None),
        ("flag", True, None),
    ]
    practice, first, *_, skip, flag = found.rows
    assert practice["known"] == "A"
    assert (first["note"], abs(first["strength"]), first["claimed_seconds"]) == ("=1+1", 2, 12.5)
    assert first["pair"].startswith("x-")
    assert first["external_id"].startswith("pair-")
    assert first["at"].endswith("+00:00")
    assert (skip["note"], flag["note"]) == ("too long", "broken or empty text (said ann): cut off")
    assert (found.statement["answers"], found.statement["practice"], found.statement["amount"]) == (2, 1, 4.0)


def test_the_same_work_is_the_same_file_and_nothing_in_it_runs_in_a_spreadsheet(project, tmp_path):
    for name in ("work.csv", "work.json"):
        texts = set()
        for _ in range(2):
            assert run(["-C", str(project.root), "people", "work", "ann", "--out", str(tmp_path / name)]) == 0
            texts.add((tmp_path / name).read_bytes())
        assert len(texts) == 1
    lines = list(csv.DictReader(io.StringIO((tmp_path / "work.csv").read_text())))
    assert [line["kind"] for line in lines] == [row["kind"] for row in work_of(project, "ann").rows]
    assert lines[1]["note"] == "'=1+1"
    assert json.loads((tmp_path / "work.json").read_text())["rows"] == work_of(project, "ann").rows


def test_what_cannot_be_written_is_told(project, tmp_path):
    with pytest.raises(InputError, match=r"work.xlsx should end in .csv or .json"):
        work_of(project, "ann", tmp_path / "work.xlsx")
    with pytest.raises(InputError, match='nobody here is called "bob"'):
        work_of(project, "bob")


def test_who_has_done_nothing_has_an_empty_file(project):
    TheSite(project).annotator("cyd")
    found = work_of(project, "cyd")
    assert (found.rows, found.statement["answers"]) == ([], 0)
    assert found.account["role"] == "annotator"
    assert len(rows(project, "account")) == 2


def test_why_they_chose_is_in_it_as_the_lead_defined_it_and_they_marked_it(tmp_path):
    settings = '[annotate]\nreasons = ["=style", "accuracy"]\nqualify_pairs = 0\n'
    with a_project(tmp_path, settings=settings) as project:
        add_pairs(project, 1)
        run_route(project)
        ann = TheSite(project).annotator("ann")
        span = {"side": "left", "turn": 0, "start": 0, "end": 2}
        ann.answer(ann.work()["tasks"][0], reasons=["accuracy", "=style"], spans=[span])
        (row,) = work_of(project, "ann").rows
        (vote,) = rows(project, "vote")
        assert (row["reasons"], row["spans"]) == (["=style", "accuracy"], vote.spans)
        (line,) = csv.DictReader(io.StringIO(work_of(project, "ann").as_csv()))
        assert json.loads(line["reasons"]) == row["reasons"]
        assert json.loads(line["spans"]) == vote.spans


def test_a_ranking_is_there_with_its_places_and_the_answers_that_follow_from_it(tmp_path):
    with a_project(tmp_path, settings='[annotate]\nform = "rank"\nqualify_pairs = 0\n') as project:
        add_rows(project, [{"prompt": f"Q{i}?", "responses": ["a", "b", "c"]} for i in range(2)])
        pair(project)
        run_route(project)
        ann = TheSite(project).annotator("ann")
        for key, note in (("1" * 32, "clear"), ("2" * 32, None)):
            (task,) = ann.call("/api/rank?n=1").json()["tasks"]
            places = {each["id"]: place for place, each in enumerate(task["responses"], 1)}
            told = {"id": task["id"], "key": key, "places": places, "seconds": 9, "note": note}
            ann.call("/api/rank", told)
        ann.call("/api/rank/undo", {"key": "3" * 32})
        found = work_of(project, "ann").rows
        assert [(row["kind"], row["ranking"], row["counts"]) for row in found] == [
            *[("ranking", 1, True), *[("answer", 1, True)] * 3],
            *[("ranking", 2, False), *[("answer", 2, False)] * 3],
        ]
        assert sorted(found[0]["places"].values()) == [1, 2, 3]
        assert all(name.startswith("r-") for name in found[0]["places"])
        assert [row["note"] for row in found if row.get("note")] == ["clear"]
