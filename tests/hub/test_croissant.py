"""Croissant's own library takes the metadata and reads the rows by it."""

import json
import logging

import numpy as np
import pytest
from pushing import exported, labelled

from pairwright.formats.writing import file_hash
from pairwright.hub.bundle import sent
from pairwright.hub.card import Subject
from pairwright.hub.columns import columns_of
from pairwright.hub.croissant import CONTEXT, croissant
from pairwright.hub.exports import Export, ExportPart
from pairwright.stages.export.export import export
from pairwright.stages.publish.dataset import WantedExports, dataset_of, find_exports

mlcroissant = pytest.importorskip("mlcroissant")


def laid_out(project, tmp_path, **wanted):
    """The dataset as a folder, as it would stand on the Hub."""
    found, _ = find_exports(project, ())
    for folder in ("sides", "copy"):
        (tmp_path / folder).mkdir()
    dataset = dataset_of(project, WantedExports("me/set", **wanted), found, tmp_path / "sides")
    for file in dataset.files:
        path = tmp_path / "copy" / file.path
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(file.content if isinstance(file.content, bytes) else file.content.read_bytes())
    return tmp_path / "copy"


def opened(folder):
    said = json.loads((folder / "croissant.json").read_bytes())
    ids = [each["@id"] for each in said["distribution"] if each["@type"] == "cr:FileObject"]
    mapping = {name: folder if name == "repository" else folder / name for name in ids}
    return said, mlcroissant.Dataset(said, mapping=mapping)


def records(dataset, name):
    def plain(value):
        if isinstance(value, bytes):
            return value.decode()
        if isinstance(value, dict):
            return {key.rpartition("/")[2]: plain(inner) for key, inner in value.items()}
        return [plain(each) for each in value] if isinstance(value, list) else value

    return [plain(each) for each in dataset.records(name)]


def test_it_has_no_errors_and_reads_the_rows(tmp_path, caplog):
    folder = laid_out(exported(labelled(tmp_path)), tmp_path, license="cc-by-4.0")
    with caplog.at_level(logging.WARNING):
        said, dataset = opened(folder)
    assert not dataset.metadata.issues.errors
    assert not dataset.metadata.issues.warnings
    assert "not standard" not in caplog.text
    for name in ("dpo", "kto"):
        rows = [json.loads(line) for line in (folder / "data" / f"{name}.jsonl").read_bytes().splitlines()]
        assert records(dataset, name) == rows
    assert said["license"] == "cc-by-4.0"


def test_every_file_of_rows_has_its_hash(tmp_path):
    folder = laid_out(exported(labelled(tmp_path)), tmp_path)
    said, _ = opened(folder)
    files = [each for each in said["distribution"] if each["@id"] != "repository"]
    assert {each["@id"] for each in files} == {"data/dpo.jsonl", "data/kto.jsonl"}
    for each in files:
        size, digest = file_hash(folder / each["@id"])
        assert (each["sha256"], each["contentSize"]) == (digest, f"{size} B")
        assert each["contentUrl"] == f"https://huggingface.co/datasets/me/set/resolve/main/{each['@id']}"


@pytest.mark.parametrize("ending", ["parquet", "jsonl.gz"])
def test_other_forms_are_read_too(tmp_path, ending):
    project = labelled(tmp_path)
    export(
        project.store,
        project.root / "export" / f"kto.{ending}",
        shape="kto",
        style="standard",
        split_pairs=True,
    )
    _, dataset = opened(laid_out(project, tmp_path))
    found = records(dataset, "kto")
    assert len(found) == 48
    assert set(found[0]) == {"prompt", "completion", "label"}
    assert {type(row["label"]) for row in found} <= {bool, np.bool_}


def test_shards_are_one_set_of_records(tmp_path):
    project = exported(labelled(tmp_path), "dpo")
    folder = laid_out(project, tmp_path)
    said = json.loads((folder / "croissant.json").read_bytes())

    rows = (folder / "data" / "dpo.jsonl").read_bytes().splitlines(keepends=True)
    paths = [folder / "data" / f"dpo-{i:05d}-of-00002.jsonl" for i in range(2)]
    for i, path in enumerate(paths):
        path.write_bytes(b"".join(rows[i::2]))
    part = ExportPart("train", tuple(paths), len(rows), 1)
    of = Export("dpo", folder / "dpo.jsonl", "dpo", {}, (part,), (), ())
    subject = Subject("me/set", "main", [of], {"dpo": columns_of(paths)}, {}, None, ())
    files = [sent(f"data/{path.name}", path) for path in paths]
    made = croissant(
        subject, files, published="2026-03-01", endpoint="https://huggingface.co", description="d"
    )
    (folder / "croissant.json").write_bytes(made)
    _, dataset = opened(folder)
    assert len(records(dataset, "dpo")) == len(rows)
    assert said["@context"] == CONTEXT
