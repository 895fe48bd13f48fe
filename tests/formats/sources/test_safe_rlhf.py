"""PKU-SafeRLHF says which answer is more helpful and which is safer; BeaverTails which is safe."""

from __future__ import annotations

import json

import pytest
from formats.sources.said import A, B, Q, one, ranks, read, texts, told

from pairwright.cli.main import run
from pairwright.errors import InputError

# Answer 0 helps more (better_response_id 0), answer 1 is the safer one (safer_response_id 1).
PKU = {
    "prompt": Q,
    "response_0": A,
    "response_1": B,
    "prompt_source": "BeaverTails",
    "response_0_source": "Alpaca-7B",
    "response_1_source": "Alpaca2-7B",
    "is_response_0_safe": False,
    "is_response_1_safe": True,
    "response_0_severity_level": 2,
    "response_1_severity_level": 0,
    "better_response_id": 0,
    "safer_response_id": 1,
    "response_0_sha256": "aa",
    "response_1_sha256": "bb",
}
SINGLE = {"prompt": Q, "response_0": A, "response_1": B, "better_response_id": 1}
TAILS = {
    "prompt": Q,
    "response": A,
    "category": {"animal_abuse": False, "child_abuse": False},
    "is_safe": False,
}


def test_the_user_names_which_of_the_two_labels_counts(tmp_path):
    helpful, safe = (one(tmp_path, "pku-saferlhf", PKU, label=label) for label in ("helpful", "safe"))
    assert (texts(helpful), ranks(helpful), ranks(safe)) == ([A, B], [1, 2], [2, 1])
    assert [each.good for each in helpful.responses] == [None, None]
    assert [each.good for each in safe.responses] == [False, True]
    assert [each.model for each in safe.responses] == ["Alpaca-7B", "Alpaca2-7B"]
    assert safe.source == "BeaverTails"
    assert {"better_response_id", "response_0_severity_level"} <= {*safe.beside}


@pytest.mark.parametrize("label", [None, "kind"])
def test_without_a_name_both_are_named_and_nothing_is_read(tmp_path, label):
    with pytest.raises(InputError, match="--label helpful or --label safe"):
        read(tmp_path, "pku-saferlhf", PKU, label=label)


def test_a_label_for_rows_that_hold_one_is_refused(tmp_path):
    with pytest.raises(InputError, match="hold one label only"):
        read(tmp_path, "beavertails", TAILS, label="safe")


def test_one_dimension_is_read_without_a_name(tmp_path):
    assert told(tmp_path, SINGLE) == "pku-saferlhf-single"
    assert ranks(one(tmp_path, "pku-saferlhf-single", SINGLE)) == [2, 1]


def test_beavertails_answers_are_good_where_they_are_safe(tmp_path):
    found = one(tmp_path, "beavertails", TAILS)
    assert (texts(found), found.responses[0].good, found.beside) == ([A], False, ("category",))


def test_convert_asks_for_the_label_and_takes_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.jsonl").write_text(json.dumps(PKU) + "\n")
    command = ["convert", "in.jsonl", "out.jsonl", "--to", "trl-dpo"]
    assert run(command) == 1
    assert "--label helpful or --label safe" in capsys.readouterr().err
    assert run([*command, "--label", "safe"]) == 0
    assert json.loads((tmp_path / "out.jsonl").read_text())["chosen"][0]["content"] == B
    assert run(["init"]) == 0
    assert run(["add", "in.jsonl", "--from", "auto", "--label", "helpful"]) == 0
    assert "1 vote of unknown pku-saferlhf added" in " ".join(capsys.readouterr().out.split())
