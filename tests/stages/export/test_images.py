"""Images of rows that are written: beside the rows or in them, as each loader wants them."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from pathlib import Path

import pytest
from made_images import png
from projects import a_project

from pairwright.errors import InputError
from pairwright.formats.catalog import read_dataset
from pairwright.formats.files import Layout, parse_shares
from pairwright.formats.images import refs_of
from pairwright.stages.add.into_project import add
from pairwright.stages.export.convert import Selection, convert
from pairwright.stages.export.export_dataset import export_dataset
from pairwright.stages.route.route import run_route

RED, BLUE = png("red"), png("blue")
NAMES = {"red": f"{hashlib.sha256(RED).hexdigest()}.png", "blue": f"{hashlib.sha256(BLUE).hexdigest()}.png"}


def uri(data):
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def said(text):
    return [{"role": "assistant", "content": text}]


def row(question, *images):
    parts = [{"type": "image"} for _ in images]
    prompt = [
        {"role": "user", "content": [*parts, {"type": "text", "text": question}] if parts else question}
    ]
    return {
        "prompt": prompt,
        "chosen": said("Red."),
        "rejected": said("I don't know."),
        **({"images": list(images)} if images else {}),
    }


ROWS = (row("Hello?"), row("Which color?", "pics/red.png"), row("Alike?", "pics/red.png", "blue.png"))


@pytest.fixture
def file(tmp_path):
    folder = tmp_path / "data"
    (folder / "pics").mkdir(parents=True)
    (folder / "pics" / "red.png").write_bytes(RED)
    (folder / "blue.png").write_bytes(BLUE)

    def write(*rows):
        (folder / "in.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows or ROWS))
        return folder / "in.jsonl"

    return write


@pytest.fixture
def labelled(tmp_path, file):
    count = itertools.count()

    def made(*rows):
        project = a_project(tmp_path / str(next(count)), settings="")
        add(project, [file(*rows)], labels="trl-dpo", labels_by="person", image_urls=True)
        run_route(project)
        return project

    return made


def exported(project, out, to, **options):
    out.parent.mkdir(exist_ok=True)
    result = export_dataset(project.store, out, to=to, media=project.media, **options)
    return [json.loads(line) for line in out.read_text().splitlines()], result


def beside(out):
    folder = out.with_name(f"{out.name}.media")
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def by_question(rows):
    """The rows by how many images they have."""
    return {len(each.get("images") or ()): each for each in rows}


def test_trl_rows_have_paths_and_placeholders_and_the_files_stand_beside(tmp_path, labelled):
    out = tmp_path / "out" / "dpo.jsonl"
    rows, result = exported(labelled(), out, "trl-dpo")
    assert beside(out) == {NAMES["red"]: RED, NAMES["blue"]: BLUE}
    none, one, two = (by_question(rows)[n] for n in range(3))
    assert none["images"] == []  # in every row, or the collator breaks
    assert (none["prompt"][0]["content"], one["images"]) == ("Hello?", [f"dpo.jsonl.media/{NAMES['red']}"])
    assert two["images"] == [f"dpo.jsonl.media/{NAMES[name]}" for name in ("red", "blue")]
    place = {"type": "image"}
    assert two["prompt"][0]["content"] == [place, place, {"type": "text", "text": "Alike?"}]
    for path in two["images"]:
        assert (out.parent / path).exists()
    assert result.as_dict()["media"] == {"images": 2, "bytes": len(RED) + len(BLUE)}
    assert '"images": [Image()]' in "\n".join(result.how_to_load)
    manifest = json.loads((tmp_path / "out" / "dpo.jsonl.manifest.json").read_text())
    (said_of_rows, _) = manifest["files"]
    assert said_of_rows["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz", ".jsonl.zst", ".json"])
def test_every_row_of_every_part_has_the_column_however_it_is_written(tmp_path, labelled, ending):
    project = labelled(*(row(f"Hello {n}?") for n in range(8)), *ROWS[1:])
    out = tmp_path / f"dpo{ending}"
    layout = Layout(parse_shares("0.5,0.5", 0), 2)
    result = export_dataset(project.store, out, to="trl-dpo", media=project.media, layout=layout)
    rows = result.to_list("train") + result.to_list("test")
    assert len(rows) == 10
    assert sorted(len(each["images"]) for each in rows) == [*[0] * 8, 1, 2]


def test_rows_without_images_have_no_column_for_them(tmp_path, labelled):
    rows, result = exported(labelled(ROWS[0]), tmp_path / "dpo.jsonl", "trl-dpo")
    assert ("images" in rows[0], "media" in result.as_dict(), beside(tmp_path / "dpo.jsonl")) == (
        False,
        False,
        {},
    )


def test_llama_factory_has_marks_paths_and_a_column_in_its_registry(tmp_path, labelled):
    out = tmp_path / "out" / "dpo.jsonl"
    rows, _ = exported(labelled(), out, "llama-factory-dpo-sharegpt")
    two = by_question(rows)[2]
    assert two["conversations"] == [{"from": "human", "value": "<image><image>Alike?"}]
    assert two["images"] == [f"dpo.jsonl.media/{NAMES[name]}" for name in ("red", "blue")]
    registry = json.loads((out.parent / "dataset_info.json").read_text())
    assert registry["dpo"]["columns"]["images"] == "images"
    rows, _ = exported(labelled(ROWS[0]), tmp_path / "plain" / "dpo.jsonl", "llama-factory-dpo-sharegpt")
    registry = json.loads((tmp_path / "plain" / "dataset_info.json").read_text())
    assert "images" not in registry["dpo"]["columns"]


def test_openai_has_images_inside_of_the_rows(tmp_path, labelled):
    rows, _ = exported(labelled(), tmp_path / "out" / "dpo.jsonl", "openai-dpo")
    contents = [each["input"]["messages"][0]["content"] for each in rows]
    two = next(each for each in contents if len(each) == 3)
    assert [part["image_url"]["url"] for part in two[:2]] == [uri(RED), uri(BLUE)]
    assert beside(tmp_path / "out" / "dpo.jsonl") == {}


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("trl-dpo", None),
        ("trl-kto", None),
        ("openai-dpo", None),
        ("llama-factory-dpo-sharegpt", "image_address_not_supported"),
        ("trl-reward", "images_not_supported"),
        ("axolotl-dpo", "images_not_supported"),
    ],
)
def test_addresses_go_where_the_loader_takes_them_and_are_left_out_by_name_elsewhere(
    tmp_path, labelled, to, reason
):
    project = labelled(row("Which color?", "https://a.org/red.png"), ROWS[0])
    options = {"selection": Selection(split_pairs=True)} if to == "trl-kto" else {}
    rows, result = exported(project, tmp_path / "out.jsonl", to, **options)
    assert ("https://a.org/red.png" in json.dumps(rows)) == (reason is None)
    assert list(result.dropped.counts) == ([reason] if reason else [])


def test_an_image_that_is_gone_leaves_its_pair_out_by_name(tmp_path, labelled):
    project = labelled()
    (project.root / "media" / NAMES["blue"]).unlink()
    rows, result = exported(project, tmp_path / "out.jsonl", "trl-dpo")
    assert (len(rows), result.dropped.counts) == (2, {"image_missing": 1})


def test_images_of_an_earlier_export_at_the_same_place_go(tmp_path, labelled):
    project, out = labelled(), tmp_path / "out.jsonl"
    exported(project, out, "trl-dpo")
    (tmp_path / "out.jsonl.media" / "notes.txt").write_text("mine")
    (project.root / "media" / NAMES["blue"]).unlink()
    exported(project, out, "trl-dpo")
    assert sorted(beside(out)) == sorted([NAMES["red"], "notes.txt"])
    exported(project, out, "openai-dpo")
    assert sorted(beside(out)) == ["notes.txt"]


# --- convert ------------------------------------------------------------------------------------


def converted(path, out, to, **options):
    out.parent.mkdir(exist_ok=True)
    result = convert(path, out, to=to, source="trl-dpo", **options)
    return [json.loads(line) for line in out.read_text().splitlines()], result


def test_paths_of_a_converted_file_hold_from_the_new_ones_folder(tmp_path, file):
    rows, _ = converted(file(), tmp_path / "out" / "dpo.jsonl", "llama-factory-dpo-sharegpt")
    paths = by_question(rows)[2]["images"]
    assert paths == ["../data/pics/red.png", "../data/blue.png"]
    assert [(tmp_path / "out" / path).read_bytes() for path in paths] == [RED, BLUE]
    assert beside(tmp_path / "out" / "dpo.jsonl") == {}


def test_images_that_a_row_holds_itself_are_written_beside(tmp_path, file):
    path = file(row("Which color?", uri(RED)), row("And this?", "data:image/png;base64,YWJj"), ROWS[0])
    rows, result = converted(path, tmp_path / "out.jsonl", "trl-dpo")
    assert by_question(rows)[1]["images"] == [f"out.jsonl.media/{NAMES['red']}"]
    assert beside(tmp_path / "out.jsonl") == {NAMES["red"]: RED}
    assert result.dropped.counts == {"image_missing": 1}  # what is no image


def test_paths_to_nothing_are_left_out_by_name(tmp_path, file):
    rows, result = converted(file(row("What?", "gone.png"), ROWS[0]), tmp_path / "out.jsonl", "trl-dpo")
    assert (len(rows), result.dropped.counts) == (1, {"image_missing": 1})


def test_a_dry_run_writes_no_image(tmp_path, file):
    path = file(row("Which color?", uri(RED)))
    result = convert(path, tmp_path / "out.jsonl", to="trl-dpo", source="trl-dpo", dry_run=True)
    assert (result.rows, sorted(each.name for each in tmp_path.iterdir())) == (1, ["data"])


@pytest.mark.parametrize("to", ["trl-dpo", "llama-factory-dpo-sharegpt", "openai-dpo", "jsonl"])
def test_what_is_written_is_read_back_with_its_images_in_their_places(tmp_path, file, to):
    rows = (
        row("Alike?", "pics/red.png", "blue.png"),
        {**ROWS[1], "prompt": [{"role": "user", "content": "Is <image> red?"}]},
    )
    path = file(*rows)
    first = list(read_dataset(path, "trl-dpo"))
    out = tmp_path / "out.jsonl"
    converted(path, out, to)
    again = list(read_dataset(out, to))
    for before, after in zip(first, again, strict=True):
        assert [m.content for m in after.prompt] == [m.content for m in before.prompt]
        assert [[i.at for i in m.images] for m in after.prompt] == [
            [i.at for i in m.images] for m in before.prompt
        ]
        for old, new in zip(refs_of(before.prompt), refs_of(after.prompt), strict=True):
            data = (path.parent / old).read_bytes()
            assert new == uri(data) if to == "openai-dpo" else (out.parent / new).read_bytes() == data


def test_a_text_that_spells_the_mark_is_left_out_where_the_loader_would_count_it(tmp_path, file):
    odd = row("What does <image> mean here?", "blue.png")
    rows, result = converted(file(odd, ROWS[0]), tmp_path / "out.jsonl", "llama-factory-dpo-sharegpt")
    assert (len(rows), result.dropped.counts) == (1, {"image_mark_in_text": 1})


def test_images_in_answers_are_left_out_by_name_and_kept_in_plain_rows(tmp_path, file):
    drawn = {
        **ROWS[0],
        "chosen": [{"role": "assistant", "content": [{"type": "image", "image": "blue.png"}]}],
    }
    rows, result = converted(file(drawn, ROWS[0]), tmp_path / "out.jsonl", "trl-dpo")
    assert (len(rows), result.dropped.counts) == (1, {"image_in_answer": 1})
    rows, _ = converted(file(drawn), tmp_path / "all.jsonl", "jsonl")
    assert "data/blue.png" in json.dumps(rows)


def test_without_its_folder_of_images_a_store_cannot_be_exported(tmp_path, labelled):
    project = labelled(ROWS[1])
    with pytest.raises(InputError, match="nothing to export"):
        export_dataset(project.store, Path(tmp_path / "out.jsonl"), to="trl-dpo")
