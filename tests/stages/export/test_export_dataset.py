"""A project's labels in other frameworks' formats: the same targets, parts and caps as `convert`."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from projects import a_project, add_pairs, change, rows
from stores import a_store

from pairwright.cli.main import run
from pairwright.errors import InputError
from pairwright.formats.catalog import formats
from pairwright.formats.files import Layout, parse_shares
from pairwright.formats.reading import Rows
from pairwright.hub.exports import export_at
from pairwright.stages.add.labelled_set import add_dataset
from pairwright.stages.export.convert import Selection
from pairwright.stages.export.export import row_of_export
from pairwright.stages.export.export_dataset import export_dataset
from pairwright.stages.export.stale import stale
from pairwright.stages.figures.show import chain_of
from pairwright.stages.panel.beliefs import renew_beliefs
from pairwright.store.people.names import person_id
from pairwright.store.votes import add_vote
from pairwright.types import Vote


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
    "to", [name for name, each in formats().items() if each.writes and not name.endswith("-margin")]
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


# --- how surely, and how much better ----------------------------------------------------------------------


def test_a_pair_with_its_sides_exchanged_gives_the_same_row(builder, tmp_path):
    builder.pair("1?", "a", "b", belief="A", prob_a=0.2, prob_tie=0.75)
    builder.pair("2?", "b", "a", belief="B", prob_a=0.05, prob_tie=0.75)
    export_dataset(builder.store, tmp_path / "o.jsonl", to="trl-reward-margin")
    assert [row["margin"] for row in lines(tmp_path / "o.jsonl")] == [0.15, 0.15]
    one, other = lines(tmp_path / "o.jsonl.meta.jsonl")
    assert one["prob_chosen"] == other["prob_chosen"] == 0.2


@pytest.mark.parametrize("to", ["trl-reward-margin", "openrlhf-margin"])
def test_all_margins_of_a_file_are_in_one_unit(builder, tmp_path, to):
    rated = {"kind": "person", "ratings": ratings(2, 5)}
    builder.pair("1?", "a", "b", belief="B", prob_a=0.1, prob_tie=0.1).vote("ann", "B", **rated)
    builder.pair("2?", "a", "b", belief="A", prob_a=0.9, prob_tie=0.0).pair("3?", "a", "b", belief="A")

    def written(**options) -> tuple[list[float], dict, dict]:
        out = tmp_path / "o.jsonl"
        result = export_dataset(builder.store, out, to=to, selection=Selection(**options))
        said = json.loads((tmp_path / "o.jsonl.manifest.json").read_text())
        return [row["margin"] for row in lines(out)], result.dropped.counts, said

    margins, dropped, said = written()
    assert (margins, dropped, said["margin_unit"]) == ([0.7, 0.8], {"no_margin": 1}, "probability")
    margins, dropped, said = written(margin="ratings")
    assert (margins, dropped) == ([3.0], {"no_margin": 2})
    assert (said["margin_unit"], said["ratings"]) == ("ratings", "annotate")


def test_openrlhf_rows_have_no_margin_where_one_is_not_known(builder, tmp_path):
    builder.pair("1?", "a", "b", belief="A", prob_a=0.9).pair("2?", "a", "b", belief="A")
    export_dataset(builder.store, tmp_path / "o.jsonl", to="openrlhf")
    assert [set(row) for row in lines(tmp_path / "o.jsonl")] == [{"chosen", "rejected"}] * 2


# --- KTO: good and bad by itself --------------------------------------------------------------------------


def labels(builder, tmp_path, **options) -> tuple[dict, dict]:
    more = {name: options.pop(name, None) for name in ("source", "ratings")}
    out = tmp_path / "kto.jsonl"
    result = export_dataset(builder.store, out, to="trl-kto", selection=Selection(**options), **more)
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


def given(a: float, b: float, kind: str) -> dict:
    """Ratings that came with a dataset."""
    return {"kind": kind, "given": True, "ratings": {"a": {"rating": a}, "b": {"rating": b}}}


@pytest.mark.parametrize("kind", ["person", "judge"])
def test_ratings_that_came_with_a_dataset_count_once_their_threshold_is_told(builder, tmp_path, kind):
    builder.pair("1?", "a", "b", belief="A").vote("who", "A", **given(9, 4, kind))
    with pytest.raises(InputError, match=r"1 pair, rated otherwise \(.*--threshold"):
        labels(builder, tmp_path)
    assert labels(builder, tmp_path, threshold=7) == ({"a": True, "b": False}, {})


def test_ratings_of_different_people_and_scales_are_never_put_together(builder, tmp_path):
    builder.pair("1?", "a", "b", belief="A").vote("ann", "A", kind="person", ratings=ratings(5, 2))
    builder.vote("critic", "B", **given(1, 10, "judge")).vote("bob", "B", **given(10, 1, "person"))
    builder.pair("2?", "c", "d", belief="A").vote("critic", "A", **given(9, 4, "judge"))
    assert labels(builder, tmp_path) == ({"a": True, "b": False}, {"rated_otherwise": 1})
    assert labels(builder, tmp_path, threshold=7, ratings="judges")[0] == {
        "a": False,
        "b": True,
        "c": True,
        "d": False,
    }
    assert labels(builder, tmp_path, threshold=7, ratings="people")[0] == {"a": True, "b": False}


def test_ratings_there_are_none_of_are_told(builder, tmp_path):
    builder.pair("1?", "a", "b", belief="A").vote("critic", "A", **given(9, 4, "judge"))
    with pytest.raises(InputError, match="--ratings people: the project has no such.*those of judges"):
        labels(builder, tmp_path, threshold=7, ratings="people")


def test_who_won_and_a_threshold_together_are_refused(builder, tmp_path):
    builder.pair("1?", "a", "b", belief="A").vote("ann", "A", kind="person", ratings=ratings(5, 4))
    with pytest.raises(InputError, match="--threshold 4 goes by ratings, and --split-pairs"):
        labels(builder, tmp_path, threshold=4, split_pairs=True)


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
    assert (
        run(["-C", str(labelled.root), "export", "--shape", "unpaired", "--split-pairs", "--per-prompt", "1"])
        == 0
    )


def test_another_option_never_changes_what_a_kto_label_means(labelled, capsys):
    def written(*options: str) -> set[tuple[str, bool]]:
        out = labelled.root / "kto.jsonl"
        words = ["export", "--shape", "kto", "--split-pairs", "-o", str(out)]
        assert run(["-C", str(labelled.root), *words, *options]) == 0
        assert "winners were called good and losers bad" in " ".join(capsys.readouterr().err.split())
        files = labelled.root.glob("kto*.jsonl")
        rows = [row for file in files if ".meta" not in file.name for row in lines(file)]
        return {(row["completion"][0]["content"], row["label"]) for row in rows}

    whole = written()
    assert len(whole) == 40
    assert len({text for text, good in whole if good}) == 20
    for options in (
        ["--split", "0.5,0.5"],
        ["--per-prompt", "2"],
        ["--source", "people"],
        ["--shard", "100"],
    ):
        for old in labelled.root.glob("kto*"):
            old.unlink()
        assert written(*options) == whole, options


def test_the_projects_separator_stands_in_parts_and_shards_too(labelled, capsys):
    project = change(labelled, '\n[export]\nseparator = " | "\n')
    for shape in ("dpo", "kto"):
        options = ["--shape", shape, "--style", "standard", "--split-pairs", "--shard", "100"]
        assert run(["-C", str(project.root), "export", *options]) == 0
        (file,) = (project.root / "export").glob(f"{shape}-*-of-*01.jsonl")
        assert all(row["prompt"].endswith("? | ") for row in lines(file))


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


def test_ratings_of_a_tie_do_not_make_an_export_stale(builder, tmp_path):
    told = {"kind": "person", "ratings": ratings(5, 1)}
    builder.pair("1?", "a", "b", belief="TIE").vote("ann", "TIE", **told)
    export_dataset(builder.store, tmp_path / "k.jsonl", to="trl-kto", selection=Selection(threshold=3))
    project = SimpleNamespace(store=builder.store)
    assert stale(project, export_at(tmp_path / "k.jsonl")) is None


def test_a_datasets_margins_and_weights_come_out_again(tmp_path):
    """Its margin is of its own winner: where people say otherwise there is none."""
    project = a_project(tmp_path, settings="")
    given = [
        {"prompt": f"q{n}", "chosen": f"good {n}", "rejected": f"bad {n}", "margin": n + 0.5, "weight": n}
        for n in range(4)
    ]
    add_dataset(project, [Rows("scored.jsonl", given)], source="trl-dpo-text")
    out = tmp_path / "margins.jsonl"
    result = export_dataset(project.store, out, to="trl-reward-margin", selection=Selection(margin="dataset"))
    assert ([row["margin"] for row in lines(out)], result.margin_unit) == ([0.5, 1.5, 2.5, 3.5], "dataset")
    export_dataset(project.store, tmp_path / "all.jsonl", to="jsonl")
    assert [row["weight"] for row in lines(tmp_path / "all.jsonl")] == [0, 1, 2, 3]
    first = rows(project, "pair")[0]
    with project.store.write() as connection:
        loser = "A" if first.meta["margin_a"] < 0 else "B"
        add_vote(connection, Vote(first.id, person_id(connection, "ann"), "AB", loser), b"0" * 16)
        renew_beliefs(connection, project, [first.id])
    result = export_dataset(project.store, out, to="trl-reward-margin", selection=Selection(margin="dataset"))
    assert ([row["margin"] for row in lines(out)], result.dropped.counts) == (
        [1.5, 2.5, 3.5],
        {"no_margin": 1},
    )
