"""Where a conversion writes: never over what it reads, never beside its own older parts."""

import json
import os
import shlex
from pathlib import Path

import pytest

from pairwright.cli.main import run
from pairwright.errors import InputError
from pairwright.formats.files import Layout, parse_shares
from pairwright.formats.split import Parts
from pairwright.stages.export.convert import Selection, convert
from pairwright.types import Message


def write(path: Path, rows) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def paired(n: int) -> list[dict]:
    return [{"prompt": f"question {i}", "chosen": f"yes {i}", "rejected": f"no {i}"} for i in range(n)]


def names(folder: Path) -> set[str]:
    return {
        path.name for path in folder.iterdir() if not path.name.endswith((".meta.jsonl", "manifest.json"))
    }


# --- what is read stays -------------------------------------------------------------------------


@pytest.mark.parametrize("link", [None, os.symlink, os.link])
def test_what_is_read_is_never_written_over(tmp_path, link):
    source = write(tmp_path / "d.jsonl", paired(3))
    out = source if link is None else tmp_path / "other.jsonl"
    if link is not None:
        link(source, out)
    before = source.read_bytes()
    with pytest.raises(InputError, match=r"d\.jsonl is read, and writing .* would replace it"):
        convert(source, out, to="trl-dpo")
    with pytest.raises(InputError, match="would replace it"):
        convert(source, tmp_path / "x" / ".." / out.name, to="trl-dpo")
    assert source.read_bytes() == before


@pytest.mark.parametrize("name", ["d.train.jsonl", "d.jsonl.meta.jsonl", "d.train-00000-of-00001.jsonl"])
def test_parts_and_side_files_do_not_hit_what_is_read(tmp_path, name):
    source = write(tmp_path / name, paired(20))
    layout = Layout(parse_shares("0.5,0.5", 0), 100 if "-of-" in name else None)
    with pytest.raises(InputError, match="would replace it"):
        convert(source, tmp_path / "d.jsonl", to="trl-dpo", source="trl-dpo-text", layout=layout)
    assert names(tmp_path) <= {name}
    assert len(source.read_text().splitlines()) == 20


def test_a_part_of_the_last_run_that_is_read_is_not_removed(tmp_path):
    source = write(tmp_path / "in.jsonl", paired(20))
    convert(source, tmp_path / "d.jsonl", to="trl-dpo-text", layout=Layout(parse_shares("0.5,0.5", 0)))
    with pytest.raises(InputError, match="would replace it"):
        convert(tmp_path / "d.train.jsonl", tmp_path / "d.jsonl", to="trl-dpo")
    assert (tmp_path / "d.train.jsonl").exists()


# --- a run again --------------------------------------------------------------------------------


def test_the_parts_and_shards_of_the_run_before_go(tmp_path):
    source, out = write(tmp_path / "in.jsonl", paired(40)), tmp_path / "d.jsonl"
    (tmp_path / "d.mine.jsonl").write_text("mine")
    shares = parse_shares("0.8,0.1,0.1", 0)
    for layout in (Layout(shares, 5), Layout(shares), Layout(parse_shares("0.5,0.5", 1)), Layout()):
        convert(source, out, to="trl-dpo", layout=layout)
        said = json.loads((tmp_path / "d.jsonl.manifest.json").read_bytes())
        written = {file["name"] for file in said["files"]}
        there = {path.name for path in tmp_path.iterdir()}
        assert there == written | {"in.jsonl", "d.mine.jsonl", "d.jsonl.manifest.json"}


def test_what_has_become_another_datasets_stays(tmp_path):
    source = write(tmp_path / "in.jsonl", paired(40))
    convert(source, tmp_path / "d.jsonl", to="trl-dpo", layout=Layout(parse_shares("0.5,0.5", 0)))
    convert(source, tmp_path / "d.train.jsonl", to="trl-dpo")
    convert(source, tmp_path / "d.jsonl", to="trl-dpo")
    assert names(tmp_path) == {"in.jsonl", "d.jsonl", "d.train.jsonl"}


def test_a_failed_run_removes_nothing(tmp_path):
    source = write(tmp_path / "in.jsonl", paired(40))
    convert(source, tmp_path / "d.jsonl", to="trl-dpo", layout=Layout(parse_shares("0.5,0.5", 0)))
    before = names(tmp_path)
    with pytest.raises(InputError, match="nothing to write"):
        convert(source, tmp_path / "d.jsonl", to="trl-kto")
    assert names(tmp_path) == before


def test_the_stanzas_of_removed_parts_go_too(tmp_path):
    source, out = write(tmp_path / "in.jsonl", paired(40)), tmp_path / "d.json"
    (tmp_path / "dataset_info.json").write_text('{"mine": {"file_name": "mine.json"}}')
    convert(source, out, to="llama-factory-dpo", layout=Layout(parse_shares("0.5,0.5", 0)))
    convert(source, out, to="llama-factory-dpo")
    assert set(json.loads((tmp_path / "dataset_info.json").read_text())) == {"mine", "d"}


# --- parts --------------------------------------------------------------------------------------

ALIKE = (
    "What is a café?",
    "what  is a\ncafé?",
    "What\u00a0is a cafe\u0301?",
    "What is\u200b a caf\u00e9?\ufeff",
)


def test_prompts_that_are_the_same_question_are_never_parted(tmp_path):
    for seed in range(40):
        parts = Parts((("train", 0.5), ("test", 0.5)), seed)
        assert len({parts.of((Message("user", text),)) for text in ALIKE}) == 1


def test_the_cap_of_a_prompt_counts_them_together(tmp_path):
    rows = [{"prompt": text, "chosen": "a", "rejected": "b"} for text in ALIKE]
    source = write(tmp_path / "in.jsonl", rows)
    result = convert(source, tmp_path / "d.jsonl", to="trl-dpo", selection=Selection(per_prompt=3))
    assert (result.rows, result.dropped.counts) == (3, {"over_per_prompt": 1})


# --- what is said of the files ------------------------------------------------------------------


def told(capsys, *arguments: str) -> tuple[int, str, str]:
    code = run(["convert", *arguments])
    said = capsys.readouterr()
    return code, " ".join(said.out.split()), " ".join(said.err.split())


def test_the_one_file_there_is_is_named_and_the_empty_part_too(tmp_path, capsys):
    source = str(write(tmp_path / "in.jsonl", paired(5)))
    code, out, err = told(capsys, source, str(tmp_path / "o.jsonl"), "--to", "trl-dpo", "--split", "1,0")
    assert code == 0
    assert f"-> {tmp_path / 'o.train.jsonl'}" in out
    assert "no row is in test" in err


def test_nothing_is_trained_on_the_part_that_is_held_out(tmp_path):
    source = write(tmp_path / "in.jsonl", paired(5))
    for to in ("trl-dpo", "llama-factory-dpo"):
        result = convert(source, tmp_path / "o.jsonl", to=to, layout=Layout(parse_shares("0,1", 0)))
        assert (result.parts, result.empty_parts) == ({"test": 5}, ["train"])
        said = " ".join(result.how_to_load)
        assert "eval_dataset" not in said
        assert "train_dataset" not in said


def test_a_dry_run_counts_parts_and_names_files_as_the_real_one_does(tmp_path, capsys):
    source = write(tmp_path / "in.jsonl", paired(40))
    layout = Layout(parse_shares("0.5,0.5", 0), 9)
    dry = convert(source, tmp_path / "new" / "d.jsonl", to="trl-dpo", layout=layout, dry_run=True)
    assert not (tmp_path / "new").exists()
    real = convert(source, tmp_path / "new" / "d.jsonl", to="trl-dpo", layout=layout)
    assert (dry.rows, dry.parts) == (real.rows, real.parts)
    assert [(each.name, each.rows) for each in dry.files] == [(each.name, each.rows) for each in real.files]
    arguments = ("--to", "trl-dpo", "--split", "0.5,0.5", "--dry-run")
    _, out, _ = told(capsys, str(source), str(tmp_path / "dry.jsonl"), *arguments)
    assert f"would be written to {tmp_path} (2 files" in out
    assert str(tmp_path / "dry.test.jsonl") in out
    assert not list(tmp_path.glob("dry*"))


def test_a_dry_run_fails_where_the_real_one_would(tmp_path):
    source = write(tmp_path / "in.jsonl", paired(3))
    for out in (source / "under" / "d.jsonl", source):
        for dry_run in (False, True):
            with pytest.raises(InputError, match="cannot be written|would replace it"):
                convert(source, out, to="trl-dpo", dry_run=dry_run)


@pytest.mark.parametrize(
    "to",
    ["ms-swift-dpo", "openrlhf", "nemo-rl", "axolotl-dpo", "llama-factory-dpo", "verl-prompts"],
)
def test_commands_to_paste_hold_names_with_spaces(tmp_path, to):
    out = tmp_path / f"my data{'.parquet' if to.startswith('verl') else '.jsonl'}"
    result = convert(write(tmp_path / "in.jsonl", paired(40)), out, to=to)
    for line in result.how_to_load:
        words = shlex.split(line, comments=True)
        assert any("my data" in word or "my_data" in word for word in words)
        assert "data" not in words


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--threshold", "3"), "--threshold does nothing for trl-dpo, which takes pairs"),
        (("--split-pairs",), "--split-pairs does nothing for trl-dpo"),
        (("--seed", "3"), "--seed does nothing without --split"),
    ],
)
def test_options_that_do_nothing_are_named(tmp_path, capsys, options, said):
    source = str(write(tmp_path / "in.jsonl", paired(3)))
    code, _, err = told(capsys, source, str(tmp_path / "o.jsonl"), "--to", "trl-dpo", *options)
    assert code == 0
    assert said in err


def test_what_is_left_out_is_counted_in_its_unit_and_each_place_stands_once(tmp_path, capsys):
    row = {"prompt": "q", "responses": [{"text": t, "rank": 1} for t in "abc"] + [{"text": "d", "rank": 2}]}
    source = str(write(tmp_path / "in.jsonl", [row, {**row, "prompt": " "}]))
    arguments = ("--to", "trl-dpo", "--pairs", "all", "--json")
    code = run(["convert", source, str(tmp_path / "o.jsonl"), *arguments])
    said = json.loads(capsys.readouterr().out)
    assert code == 2  # the second row can't be read
    assert said["dropped_by_unit"] == {"tie": {"pair": 3}}
    assert said["first_dropped"] == {"tie": ["in.jsonl:1"]}


def test_a_file_that_no_export_wrote_is_never_written_over(tmp_path):
    source, notes = write(tmp_path / "in.jsonl", paired(3)), tmp_path / "notes.jsonl"
    notes.write_text("mine")
    with pytest.raises(InputError, match="no manifest beside it says that it is an export"):
        convert(source, notes, to="trl-dpo")
    assert notes.read_text() == "mine"
    convert(source, tmp_path / "o.jsonl", to="trl-dpo")
    for beside in ("o.jsonl.manifest.json", "o.jsonl.meta.jsonl"):
        with pytest.raises(InputError, match=r"ending|stands beside an export"):
            convert(source, tmp_path / beside, to="trl-dpo")


def test_the_whole_file_does_not_stay_beside_its_parts(tmp_path):
    source, out = write(tmp_path / "in.jsonl", paired(40)), tmp_path / "o.jsonl"
    convert(source, out, to="trl-dpo")
    convert(source, out, to="trl-dpo", layout=Layout(parse_shares("0.5,0.5", 0)))
    assert not out.exists()
    assert (tmp_path / "o.test.jsonl").exists()
    convert(source, out, to="trl-dpo")
    assert out.exists()
    assert not (tmp_path / "o.test.jsonl").exists()
