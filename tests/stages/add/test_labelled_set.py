"""A labelled dataset into a project: labels become votes, and checks, verify and export run on it."""

from __future__ import annotations

import gzip
import json
from itertools import islice
from pathlib import Path

import pytest
from projects import a_project, change, rows

from pairwright.cli.main import run
from pairwright.errors import InputError
from pairwright.stages.add.labelled_set import add_dataset
from pairwright.stages.route.route import run_route

HH = Path(__file__).parents[3] / ".." / "shared" / "data" / "hh_rlhf_harmless_test" / "raw.jsonl.gz"
Q, A, B = "What color is the sky?", "It is blue.", "It is green."
STEER = {
    "domain": "general",
    "context": [{"role": "user", "content": Q}],
    "response1": A,
    "response2": B,
    "overall_preference": -2,
    "individual_preference": [{"score": -2, "reasoning": "so"}, {"score": -1}, {"score": 0}],
}


@pytest.fixture
def project(tmp_path):
    return a_project(tmp_path, settings="")


def write(tmp_path, *given, name="rows.jsonl") -> Path:
    path = tmp_path / name
    path.write_text("".join(json.dumps(row) + "\n" for row in given), encoding="utf-8")
    return path


def ultra(n: int, *ratings: int) -> dict:
    def aspects(rating):
        names = ("helpfulness", "honesty", "instruction_following", "truthfulness")
        return {name: {"Rating": str(rating)} for name in names}

    return {
        "source": "flan",
        "instruction": f"question {n}",
        "completions": [
            {
                "model": f"m{i}",
                "response": f"answer {n} {i}",
                "annotations": aspects(rating),
                "overall_score": 5,
            }
            for i, rating in enumerate(ratings)
        ],
    }


def beliefs(project) -> list[tuple]:
    return [(row.decision, row.verdict, row.source, row.both) for row in rows(project, "belief")]


def counted(added) -> tuple:
    return added.added, added.already


def test_people_of_a_dataset_vote_and_their_label_counts(project, tmp_path):
    result = add_dataset(project, [write(tmp_path, STEER)])
    assert (result.source, result.guessed, counted(result.votes)) == ("helpsteer3", True, (3, 0))
    names = {row.id: (row.kind, row.name) for row in rows(project, "rater")}
    votes = [(names[row.rater_id], row.verdict, row.strength, row.reason) for row in rows(project, "vote")]
    assert votes == [
        (("person", "helpsteer3/1"), "A", -2, "so"),
        (("person", "helpsteer3/2"), "A", -1, None),
        (("person", "helpsteer3/3"), "TIE", 0, None),
    ]
    assert beliefs(project) == [("accept", "A", "people", None)]
    (pair,) = rows(project, "pair")
    assert pair.meta == {"domain": "general", "margin_a": 2.0}


def test_adding_twice_adds_nothing(project, tmp_path):
    path = write(tmp_path, STEER, {**STEER, "context": [{"role": "user", "content": "And now?"}]})
    first = add_dataset(project, [path])
    again = add_dataset(project, [path])
    assert (counted(first.votes), counted(again.votes), counted(again.pairs)) == ((6, 0), (0, 6), (0, 2))
    assert (again.changed, len(rows(project, "vote")), len(rows(project, "belief"))) == (0, 6, 2)


def test_a_changed_label_replaces_the_earlier_one_and_a_contradiction_does_not(project, tmp_path):
    def row(label):
        return {"prompt": Q, "response_a": A, "response_b": B, "label": label}

    add_dataset(project, [write(tmp_path, row("A"))], source="table")
    result = add_dataset(project, [write(tmp_path, row("B"))], source="table")
    assert (result.changed, len(rows(project, "retraction"))) == (1, 1)
    assert beliefs(project)[-1][:2] == ("accept", "B")
    path = write(tmp_path, row("B"), row("A"), row("B"))
    for _ in range(2):
        result = add_dataset(project, [path], source="table")
        assert (result.contradictions, result.changed, counted(result.votes)) == (1, 0, (0, 3))


def test_a_pair_that_is_there_the_other_way_round_gets_the_same_label(project, tmp_path):
    add_dataset(
        project,
        [write(tmp_path, {"prompt": Q, "response_a": A, "response_b": B, "label": "A"})],
        source="table",
    )
    turned = {"prompt": Q, "response_a": B, "response_b": A, "label": "B"}
    result = add_dataset(project, [write(tmp_path, turned, name="bob.jsonl")], source="table", rater="bob")
    assert (counted(result.pairs), counted(result.votes)) == ((0, 1), (1, 0))
    assert [row.verdict for row in rows(project, "vote")] == ["A", "A"]


def test_the_chosen_one_is_not_always_a(project, tmp_path):
    given = [{"prompt": f"{Q} {n}", "chosen": f"yes {n}", "rejected": f"no {n}"} for n in range(60)]
    add_dataset(project, [write(tmp_path, *given)])
    verdicts = [row.verdict for row in rows(project, "vote")]
    assert 15 < verdicts.count("A") < 45
    texts = {row.id: row.text for row in rows(project, "response")}
    won = [
        row.a_id if verdict == "A" else row.b_id
        for row, verdict in zip(rows(project, "pair"), verdicts, strict=True)
    ]
    assert all(texts[each].startswith("yes") for each in won)


def test_ties_and_both_bad_stay_what_they_are(project, tmp_path):
    def vote(n, label):
        return {"id": f"r{n}", "prompt": f"{Q} {n}", "response_a": A, "response_b": B, "label": label}

    add_dataset(project, [write(tmp_path, vote(1, "tie"), vote(2, "both_bad"))], labels_by="person")
    assert beliefs(project) == [("accept", "TIE", "people", None), ("accept", "TIE", "people", "bad")]
    assert [row.external_id for row in rows(project, "pair")] == ["r1", "r2"]


# --- judges ------------------------------------------------------------------------------------------


def test_a_judges_labels_stand_until_somebody_else_is_asked(project, tmp_path):
    result = add_dataset(project, [write(tmp_path, ultra(1, 3, 5), ultra(2, 4, 4))])
    assert result.raters == {"judge ultrafeedback/gpt-4"}
    assert [row.purpose for row in rows(project, "vote")] == ["given", "given"]
    verdicts = [belief[:3] for belief in beliefs(project)]
    assert {belief[0] for belief in verdicts} == {"accept"}
    assert verdicts[1] == ("accept", "TIE", "judge")
    assert run_route(project).changed == 0
    pair = rows(project, "pair")[1].external_id
    assert pair is None
    key = rows(project, "pair")[1].key.hex()
    labels = write(tmp_path, {"id": f"x-{key}", "annotator": "ann", "label": "A"}, name="labels.jsonl")
    assert run(["-C", str(project.root), "annotate", "--import", str(labels)]) == 0
    assert beliefs(project)[-1][:3] == ("accept", "A", "people")


def test_the_projects_own_judges_are_heard_instead(project, tmp_path):
    add_dataset(project, [write(tmp_path, ultra(1, 3, 5))])
    before = beliefs(project)
    judged = change(project, '\n[judges.short]\nkind = "prefers_shorter"\n')
    run_route(judged)
    assert beliefs(judged) == [*before, ("wait", None, "none", None)]


def test_rankings_meet_as_asked_and_ratings_come_along(project, tmp_path):
    path = write(tmp_path, ultra(1, 1, 5, 3))
    assert counted(add_dataset(project, [path]).pairs) == (2, 0)
    result = add_dataset(project, [path], which="all")
    assert (counted(result.pairs), counted(result.votes)) == ((1, 2), (1, 2))
    for row in rows(project, "vote"):
        a, b = (row.ratings[side]["rating"] for side in "ab")
        assert row.verdict == ("A" if a > b else "B")


def test_known_errors_of_a_dataset_are_kept_with_the_pair(project, tmp_path):
    row = ultra(1, 1, 5)
    row["completions"][0]["overall_score"] = 10
    result = add_dataset(project, [write(tmp_path, row)])
    assert result.faults == {"overall_score_10_with_low_ratings": 1}
    (pair,) = rows(project, "pair")
    assert pair.meta["faults"] == ["overall_score_10_with_low_ratings"]


# --- what is left out ------------------------------------------------------------------------------------


def test_with_a_bad_row_nothing_is_added_unless_told_to_skip(project, tmp_path):
    path = write(tmp_path, STEER, {**STEER, "overall_preference": 9})
    result = add_dataset(project, [path], source="helpsteer3")
    assert (result.committed, result.bad_rows, counted(result.votes)) == (False, 1, (0, 0))
    assert rows(project, "prompt") == []
    result = add_dataset(project, [path], source="helpsteer3", on_error="skip")
    assert (result.committed, counted(result.pairs)) == (True, (1, 0))


def test_a_format_there_is_not_is_refused(project, tmp_path):
    with pytest.raises(InputError, match="do you mean helpsteer"):
        add_dataset(project, [write(tmp_path, STEER)], source="helpsteer33")


def test_a_rows_rater_can_be_told(project, tmp_path):
    row = {"prompt": Q, "chosen": A, "rejected": B}
    add_dataset(project, [write(tmp_path, row)], rater="gpt-4o", labels_by="judge")
    (rater,) = rows(project, "rater")
    assert (rater.kind, rater.name) == ("judge", "trl-dpo-text/gpt-4o")
    add_dataset(project, [write(tmp_path, row, name="mine.jsonl")])
    assert rows(project, "rater")[1].name == "mine"


# --- the rest of the program runs on it --------------------------------------------------------------------


@pytest.mark.skipif(not HH.exists(), reason=f"REAL DATA IS NOT TESTED: {HH} is not there")
def test_a_real_dataset_is_added_checked_verified_and_exported(project, tmp_path, capsys):
    at = ["-C", str(project.root)]
    some = tmp_path / "some.jsonl"
    with gzip.open(HH, "rt", encoding="utf-8") as lines:
        some.write_text("".join(islice(lines, 120)), encoding="utf-8")

    def said(*step, codes=(0,)):
        capsys.readouterr()
        assert run([*at, *step, "--json"]) in codes
        return json.loads(capsys.readouterr().out)

    added = said("add", str(some), "--from", "hh-rlhf")
    assert added["rows"] == 120
    assert added["pairs"]["added"] == added["votes"]["added"] == 120 - sum(added["dropped"].values())
    assert said("check")["pairs"] == added["pairs"]["added"]
    said("verify", "--repeats", "1", codes=(0, 2))
    assert said("export", "--to", "trl-dpo", "--include-flagged")["rows"] == added["pairs"]["added"]


def test_where_nobody_knows_who_was_shown_first_no_side_looks_preferred(project, tmp_path):
    given = [{"prompt": f"{Q} {n}", "chosen": f"yes {n}", "rejected": f"no {n}"} for n in range(60)]
    add_dataset(project, [write(tmp_path, *given)])
    first = [row.verdict == ("A" if row.order == "AB" else "B") for row in rows(project, "vote")]
    assert 15 < sum(first) < 45


def test_the_command_says_what_it_read_and_added(project, tmp_path, capsys):
    path = write(tmp_path, STEER)
    assert run(["-C", str(project.root), "add", str(path), "--from", "auto"]) == 0
    told = capsys.readouterr()
    assert "3 votes of 3 raters added" in told.out
    assert "read as helpsteer3" in told.err
    assert run(["-C", str(project.root), "add", str(path), "--from", "auto"]) == 0
    assert "0 votes of 3 raters added, 3 were there already" in capsys.readouterr().out


def test_add_without_from_points_to_it(project, tmp_path, capsys):
    path = write(tmp_path, {"prompt": Q, "chosen": A, "rejected": B})
    assert run(["-C", str(project.root), "add", str(path)]) == 1
    assert "pass --from auto" in " ".join(capsys.readouterr().err.split())
