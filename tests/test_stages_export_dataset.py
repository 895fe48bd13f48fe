"""A project's labels in other frameworks' formats: the same targets, parts and caps as `convert`."""

from __future__ import annotations

import json

import pytest
from projects import a_project, add_pairs
from stores import a_store

from pairwright.cli.main import run
from pairwright.errors import InputError
from pairwright.formats.catalog import formats
from pairwright.formats.files import Layout, parse_shares
from pairwright.stages.convert import Selection
from pairwright.stages.export import row_of_export
from pairwright.stages.export_dataset import export_dataset
from pairwright.stages.show import chain_of


@pytest.fixture
def builder(tmp_path):
    (tmp_path / "project").mkdir()
    with a_store(tmp_path / "project") as builder:
        yield builder


def lines(path) -> list[dict]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def ratings(a: int, b: int) -> dict:
    return {"a": {"helpful": a, "true": a}, "b": {"helpful": b}}


def test_labels_are_written_for_llama_factory_with_its_stanza_beside(builder, tmp_path):
    builder.pair("Colour?", "Green.", "Blue.", belief="B", prob_a=0.1, models=("m1", "m2"))
    builder.pair("Size?", "Small.", "Large.", belief="TIE")
    result = export_dataset(builder.store, tmp_path / "mine.json", to="llama-factory-dpo")
    (row,) = json.loads((tmp_path / "mine.json").read_text())
    assert (row["instruction"], row["chosen"], row["rejected"]) == ("Colour?", "Blue.", "Green.")
    assert json.loads((tmp_path / "dataset_info.json").read_text())["mine"]["file_name"] == "mine.json"
    assert (result.read, result.rows, result.dropped.counts) == (2, 1, {"tie": 1})
    (meta,) = lines(tmp_path / "mine.json.meta.jsonl")
    assert (meta["row"], meta["prob_chosen"], meta["chosen_model"]) == (1, 0.9, "m2")
    assert row_of_export(tmp_path / "mine.json", 1) == meta["pair"]


@pytest.mark.parametrize(
    "to", [name for name, each in formats().items() if each.writes and name != "trl-reward-margin"]
)
def test_every_target_of_convert_is_one_of_export(builder, tmp_path, to):
    builder.pair("Colour?", "Blue.", "Green.", belief="A")
    out = tmp_path / f"rows{formats()[to].writes.endings[0]}"
    result = export_dataset(builder.store, out, to=to, selection=Selection(split_pairs=True))
    assert result.rows == (2 if formats()[to].writes.takes == "responses" else 1)
    assert out.exists()


def test_a_row_of_a_part_leads_back_to_its_pair(tmp_path):
    project = a_project(tmp_path, settings="")
    add_pairs(project, 30)
    path = tmp_path / "labels.jsonl"
    path.write_text(
        "".join(json.dumps({"id": f"pair-{i}", "annotator": "ann", "label": "A"}) + "\n" for i in range(30))
    )
    assert run(["-C", str(project.root), "annotate", "--import", str(path)]) == 0
    out = tmp_path / "d.jsonl"
    result = export_dataset(project.store, out, to="trl-dpo", layout=Layout(parse_shares("0.5,0.5", 0)))
    assert sum(result.parts.values()) == 30
    row = lines(tmp_path / "d.test.jsonl")[0]
    chain = chain_of(project, f"{tmp_path / 'd.test.jsonl'}:1")
    assert json.dumps(chain).count(row["prompt"][0]["content"])


def test_only_what_people_settled_and_only_what_is_sure(builder, tmp_path):
    builder.pair("1?", "a", "b", belief="A", prob_a=0.95)
    builder.pair("2?", "a", "b", belief="A", by="people", prob_a=0.7)
    builder.pair("3?", "a", "b", belief="B", prob_a=0.4)

    def written(**options) -> tuple[list, dict]:
        selection = Selection(min_probability=options.pop("least", None))
        result = export_dataset(
            builder.store, tmp_path / "o.jsonl", to="trl-dpo", selection=selection, **options
        )
        return [row["prompt"][0]["content"] for row in lines(tmp_path / "o.jsonl")], result.dropped.counts

    assert written(source="people") == (["2?"], {"settled_by_others": 2})
    assert written(source="judge") == (["1?", "3?"], {"settled_by_others": 1})
    assert written(least=0.9) == (["1?"], {"below_min_probability": 2})


def test_margins_come_from_ratings(builder, tmp_path):
    builder.pair("1?", "a", "b", belief="B").vote("ann", "B", kind="person", ratings=ratings(2, 5))
    builder.pair("2?", "a", "b", belief="A")
    result = export_dataset(builder.store, tmp_path / "o.jsonl", to="trl-reward-margin")
    assert [row["margin"] for row in lines(tmp_path / "o.jsonl")] == [3.0]
    assert result.dropped.counts == {"no_margin": 1}


# --- KTO: good and bad by itself --------------------------------------------------------------------------


def labels(builder, tmp_path, **options) -> tuple[dict, dict]:
    source = options.pop("source", None)
    out = tmp_path / "kto.jsonl"
    result = export_dataset(builder.store, out, to="trl-kto", selection=Selection(**options), source=source)
    rows = {row["completion"][0]["content"]: row["label"] for row in lines(out)}
    return rows, result.dropped.counts


def test_winning_alone_makes_no_response_good(builder, tmp_path):
    builder.pair("1?", "a", "b", belief="A")
    with pytest.raises(InputError, match="1 pair, says nothing of a response"):
        labels(builder, tmp_path)
    assert labels(builder, tmp_path, split_pairs=True) == ({"a": True, "b": False}, {})


def test_both_bad_and_both_good_are_words_about_each(builder, tmp_path):
    builder.pair("1?", "a", "b", belief="both bad").pair("2?", "c", "d", belief="both good")
    builder.pair("3?", "e", "f", belief="TIE").pair("4?", "g", "h", belief="A")
    assert labels(builder, tmp_path) == (
        {"a": False, "b": False, "c": True, "d": True},
        {"says_nothing_of_a_response": 2},
    )


def test_ratings_are_held_against_the_threshold_also_where_the_pair_ties(builder, tmp_path):
    builder.pair("1?", "a", "b", belief="A").vote("ann", "A", kind="person", ratings=ratings(5, 4))
    builder.pair("2?", "c", "d", belief="TIE").vote("ann", "TIE", kind="person", ratings=ratings(2, 1))
    assert labels(builder, tmp_path)[0] == {"a": True, "b": True, "c": False, "d": False}
    assert labels(builder, tmp_path, threshold=4.5)[0] == {"a": True, "b": False, "c": False, "d": False}


def test_as_often_good_as_bad_is_neither(builder, tmp_path):
    builder.pair("1?", "a", "b", belief="both bad").vote("ann", "TIE", kind="person", ratings=ratings(5, 1))
    assert labels(builder, tmp_path) == ({"b": False}, {"conflicting": 1})


def test_ratings_of_pairs_that_are_not_settled_do_not_count(builder, tmp_path):
    builder.pair("1?", "a", "b", belief="ask").vote("ann", "A", kind="person", ratings=ratings(5, 1))
    builder.pair("2?", "c", "d", belief="both bad", by="people")
    assert labels(builder, tmp_path, source="people") == ({"c": False, "d": False}, {"waiting_for_people": 1})


# --- the command line ------------------------------------------------------------------------------------------


@pytest.fixture
def labelled(tmp_path):
    project = a_project(tmp_path, settings="")
    add_pairs(project, 20)
    path = tmp_path / "labels.jsonl"
    path.write_text(
        "".join(
            json.dumps({"id": f"pair-{i}", "annotator": "ann", "label": "AB"[i % 2]}) + "\n"
            for i in range(20)
        )
    )
    assert run(["-C", str(project.root), "annotate", "--import", str(path)]) == 0
    return project


def test_export_to_another_framework_in_one_command(labelled, capsys):
    assert run(["-C", str(labelled.root), "export", "--to", "llama-factory-dpo", "--split", "0.8,0.2"]) == 0
    told = capsys.readouterr().out
    folder = labelled.root / "export"
    assert {path.name for path in folder.iterdir()} >= {
        "llama-factory-dpo.train.jsonl",
        "llama-factory-dpo.test.jsonl",
        "dataset_info.json",
        "llama-factory-dpo.jsonl.manifest.json",
    }
    assert "llamafactory-cli train --stage dpo" in told


def test_the_shapes_there_were_take_parts_and_caps_too(labelled, capsys):
    code = run(
        ["-C", str(labelled.root), "export", "--shape", "kto", "--split-pairs", "--shard", "15", "--json"]
    )
    assert code == 0
    said = json.loads(capsys.readouterr().out.partition("}\n{")[0] or "{}")
    assert said["to"] == "trl-kto"
    assert [file["rows"] for file in said["files"]] == [15, 15, 15, 15, 10, 10]
    assert said["same_prompt_neighbours"] == 0
    assert run(["-C", str(labelled.root), "export", "--shape", "unpaired", "--per-prompt", "1"]) == 1


def test_export_writes_parquet_where_the_framework_wants_it(labelled):
    assert run(["-C", str(labelled.root), "export", "--to", "verl-reward"]) == 0
    assert (labelled.root / "export" / "verl-reward.parquet").exists()


def test_options_that_another_one_decides_are_named(labelled, capsys):
    words = ["--style", "standard", "--shape", "dpo", "--threshold", "3"]
    assert run(["-C", str(labelled.root), "export", "--to", "trl-dpo", *words]) == 0
    told = " ".join(capsys.readouterr().err.split())
    assert "--style standard does nothing beside --to trl-dpo" in told
    assert "--shape dpo does nothing beside --to trl-dpo" in told
    assert "--threshold does nothing for trl-dpo" in told
