"""Labels that would come out wrong: numbers for sides, contradictions, the same response good and bad."""

import json
import signal
import subprocess
import sys

import pytest

from pairwright.cli.main import run
from pairwright.errors import InputError
from pairwright.formats.catalog import read_dataset
from pairwright.formats.files import parse_shares
from pairwright.formats.reading import BadRow
from pairwright.stages.export.convert import Selection, convert


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def pair(chosen, rejected, prompt="q", **more):
    return {"prompt": prompt, "chosen": chosen, "rejected": rejected, **more}


# --- sides --------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", ["0", "1", "2", "left", "neither", "first"])
def test_a_side_is_told_by_its_letter_and_never_by_a_number(tmp_path, label):
    path = tmp_path / "in.csv"
    path.write_text(f"prompt,response_a,response_b,label\nq,GOOD,BAAD,{label}\n")
    (found,) = read_dataset(path, "table")
    assert isinstance(found, BadRow)
    assert found.place.endswith("in.csv:2")
    assert f"\"label\" is '{label}'; it is one of A, B, TIE, BOTH_GOOD, BOTH_BAD" in found.reason


def test_a_column_of_zeros_and_ones_writes_nothing(tmp_path, capsys):
    path = tmp_path / "in.csv"
    path.write_text("prompt,response_a,response_b,label\nq1,GOOD,BAAD,0\nq2,BAAD,GOOD,1\n")
    assert run(["convert", str(path), str(tmp_path / "out.jsonl"), "--to", "trl-dpo"]) == 1
    assert "in.csv:2" in capsys.readouterr().err
    assert not (tmp_path / "out.jsonl").exists()


# --- contradictions -----------------------------------------------------------------------------


@pytest.mark.parametrize("to", ["trl-reward-margin", "trl-dpo", "openrlhf-margin"])
@pytest.mark.parametrize("more", [{"margin": -3}, {"chosen_rating": 1, "rejected_rating": 4}])
def test_a_row_that_says_both_is_left_out(tmp_path, to, more):
    rows = [pair("a", "b", margin=2), pair("c", "d", **more)]
    source = "table" if "chosen_rating" in more else "trl-dpo-text"
    result = convert(write(tmp_path / "in.jsonl", rows), tmp_path / "out.jsonl", to=to, source=source)
    assert (result.rows, result.dropped.counts) == (1, {"rejected_is_rated_higher": 1})


def test_ratings_against_the_ranking_give_no_margin(tmp_path):
    said = [("a", 1, 2), ("b", 2, 5), ("c", 3, 1)]
    row = {"prompt": "q", "responses": [{"text": t, "rank": k, "rating": r} for t, k, r in said]}
    result = convert(write(tmp_path / "in.jsonl", [row]), tmp_path / "out.jsonl", to="trl-reward-margin")
    assert (result.rows, result.dropped.counts) == (1, {"rejected_is_rated_higher": 1})


@pytest.mark.parametrize(
    ("asked", "unit", "margins"), [(None, "dataset", [2.0, 1.0]), ("ratings", "ratings", [3.0])]
)
def test_all_margins_of_a_file_are_in_one_unit(tmp_path, asked, unit, margins):
    rated = [{"text": "e", "rating": 5}, {"text": "f", "rating": 2}]
    two = [{"text": "a", "rank": 1}, {"text": "b", "rank": 2}]
    rows = [
        {"prompt": "1", "responses": two, "margin": 2},
        {"prompt": "2", "responses": rated},
        {"prompt": "3", "responses": two, "probability": 0.9},
        {"prompt": "4", "responses": two, "margin": 1, "probability": 0.6},
    ]
    source, out = write(tmp_path / "in.jsonl", rows), tmp_path / "out.jsonl"
    result = convert(source, out, to="trl-reward-margin", source="jsonl", selection=Selection(margin=asked))
    assert [row["margin"] for row in lines(out)] == margins
    assert result.dropped.counts == {"no_margin": 4 - len(margins)}
    assert json.loads((tmp_path / "out.jsonl.manifest.json").read_text())["margin_unit"] == unit


# --- KTO ----------------------------------------------------------------------------------------


def test_the_majority_of_its_pairs_says_whether_a_response_is_good(tmp_path):
    rows = [pair("x", "y"), pair("y", "z"), pair("x", "z")]
    result = convert(
        write(tmp_path / "in.jsonl", rows),
        tmp_path / "kto.jsonl",
        to="trl-kto-text",
        selection=Selection(split_pairs=True),
    )
    assert {row["completion"]: row["label"] for row in lines(tmp_path / "kto.jsonl")} == {
        "x": True,
        "z": False,
    }
    assert result.rows == 2
    assert result.dropped.counts == {"duplicate": 3, "conflicting": 1}
    assert result.dropped.units == {"duplicate": {"response": 3}, "conflicting": {"response": 1}}
    assert lines(tmp_path / "kto.jsonl.meta.jsonl")[0]["meta"] == {"said_good": 2, "said_bad": 0}


def test_a_response_that_is_true_and_false_is_neither(tmp_path):
    said = [("a", True), ("a ", False), ("b", True), ("c", False), ("c", False), ("c", True)]
    rows = [{"prompt": "q", "completion": text, "label": label} for text, label in said]
    result = convert(write(tmp_path / "in.jsonl", rows), tmp_path / "kto.jsonl", to="trl-kto-text")
    assert {row["completion"]: row["label"] for row in lines(tmp_path / "kto.jsonl")} == {
        "b": True,
        "c": False,
    }
    assert result.dropped.counts == {"duplicate": 3, "conflicting": 1}


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
def test_a_killed_run_leaves_nothing_in_the_folder_for_temporary_files(tmp_path):
    code = (
        "import os, signal; from pairwright.store.export.scratch import Counts, ResponseVotes\n"
        "with Counts() as counts, ResponseVotes() as votes:\n"
        "    [(counts.add(b'%d' % n), votes.add(b'%d' % n, True, bytes(4000))) for n in range(9000)]\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code], env={"TMPDIR": str(tmp_path)}, check=False)
    assert done.returncode == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == []


# --- no numbers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["nan,0.5", "0.5,nan", "inf,-inf"])
def test_shares_are_numbers(text):
    with pytest.raises(InputError, match="--split"):
        parse_shares(text, 0)


@pytest.mark.parametrize("name", ["threshold", "min_probability"])
def test_a_bound_that_is_no_number_is_refused(name):
    with pytest.raises(InputError, match=f"--{name.replace('_', '-')} is nan"):
        Selection(**{name: float("nan")})
