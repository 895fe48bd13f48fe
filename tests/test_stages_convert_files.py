"""Where a conversion writes: never over what it reads, never beside its own older parts."""

import json
import os
from pathlib import Path

import pytest

from pairwright.errors import InputError
from pairwright.formats.canonical import Parts
from pairwright.formats.files import Layout, parse_shares
from pairwright.stages.convert import Selection, convert
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
