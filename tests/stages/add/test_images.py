"""Images of added rows: kept by content, only real ones, never fetched."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from made_images import png
from projects import a_project, rows

from pairwright.formats.reading import Rows
from pairwright.formats.rows import FieldNames
from pairwright.stages.add.into_project import add
from pairwright.types import messages_from

RED, BLUE = png("red"), png("blue")
RED_NAME, BLUE_NAME = (f"{hashlib.sha256(data).hexdigest()}.png" for data in (RED, BLUE))
LABELS = {
    side: [{"role": "assistant", "content": f"A {what}."}]
    for side, what in (("chosen", "cat"), ("rejected", "dog"))
}


@pytest.fixture
def project(tmp_path):
    (tmp_path / "data" / "pics").mkdir(parents=True)
    (tmp_path / "data" / "pics" / "red.png").write_bytes(RED)
    (tmp_path / "data" / "pics" / "same.png").write_bytes(RED)
    (tmp_path / "data" / "blue.png").write_bytes(BLUE)
    return a_project(tmp_path, settings="")


def file_of(tmp_path, *rows):
    path = tmp_path / "data" / "in.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def asked(*images):
    """A prompt with these images in parts."""
    parts = [{"type": "image_url", "image_url": {"url": image}} for image in images]
    return {"prompt": [{"role": "user", "content": [*parts, {"type": "text", "text": "What is it?"}]}]}


def kept(project):
    folder = project.root / "media"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def prompts(project):
    return [messages_from(each.messages) for each in rows(project, "prompt")]


@pytest.mark.parametrize("labels", [None, "auto"])
@pytest.mark.parametrize("reference", ["pics/red.png", "data URI", "file URI"])
def test_images_are_kept_under_their_content(project, tmp_path, labels, reference):
    if reference == "data URI":
        reference = f"data:image/png;base64,{base64.b64encode(RED).decode()}"
    elif reference == "file URI":
        reference = (tmp_path / "data" / "pics" / "red.png").as_uri()
    path = file_of(tmp_path, {**asked(reference), **(LABELS if labels else {})})
    added = add(project, [path], labels=labels)
    assert (added.prompts.added, added.bad_rows) == (1, 0)
    assert kept(project) == [RED_NAME]
    assert (project.root / "media" / RED_NAME).read_bytes() == RED
    assert prompts(project)[0][0].images[0].ref == RED_NAME


def test_the_same_image_under_two_paths_is_one_prompt_and_two_images_are_two(project, tmp_path):
    path = file_of(tmp_path, asked("pics/red.png"), asked("pics/same.png"), asked("blue.png"))
    added = add(project, [path])
    assert (added.prompts.added, added.prompts.already) == (2, 1)
    assert kept(project) == sorted([RED_NAME, BLUE_NAME])
    again = add(project, [path])
    assert (again.prompts.added, again.prompts.already) == (0, 3)


@pytest.mark.parametrize("labels", [None, "auto"])
@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("gone.png", 'the image "gone.png" can\'t be read'),
        ("in.jsonl", 'the image "in.jsonl" is no PNG, JPEG, WebP or GIF image'),
        ("https://a.org/a.png", "is an address, and images are never fetched. Download it"),
        ("ftp://a.org/a.png", "is an address that is not http or https"),
        ("data:image/png;base64,????", "is a data URI whose base64 is broken"),
    ],
)
def test_what_is_no_image_is_a_bad_row_and_leaves_no_trace(project, tmp_path, labels, reference, said):
    more = LABELS if labels else {}
    path = file_of(tmp_path, {**asked("blue.png"), **more}, {**asked(reference), **more})
    result = add(project, [path], labels=labels)
    assert (result.committed, result.bad_rows) == (False, 1)
    assert said in result.bad[0].reason
    assert (kept(project), rows(project, "prompt")) == ([], [])
    result = add(project, [path], labels=labels, on_error="skip")
    assert (result.prompts.added, kept(project)) == (1, [BLUE_NAME])


@pytest.mark.parametrize("labels", [None, "auto"])
def test_addresses_are_kept_as_addresses_only_when_asked_for(project, tmp_path, labels):
    path = file_of(tmp_path, {**asked("https://a.org/a.png"), **(LABELS if labels else {})})
    assert add(project, [path], labels=labels, image_urls=True).prompts.added == 1
    assert prompts(project)[0][0].images[0].ref == "https://a.org/a.png"
    assert kept(project) == []


def test_an_image_that_was_there_before_stays_when_an_add_comes_to_nothing(project, tmp_path):
    add(project, [file_of(tmp_path, asked("pics/red.png"))])
    add(project, [file_of(tmp_path, asked("pics/red.png"), asked("gone.png"))])
    assert kept(project) == [RED_NAME]


def test_images_of_responses_are_kept_too_and_the_same_image_twice_is_no_pair(project, tmp_path):
    def drawn(*paths):
        parts = [{"type": "image", "image": path} for path in paths]
        return [{"role": "assistant", "content": parts}]

    row = {"prompt": "Draw a red square."}
    path = file_of(
        tmp_path,
        {**row, "response_a": drawn("pics/red.png"), "response_b": drawn("blue.png")},
        {**row, "response_a": drawn("pics/red.png"), "response_b": drawn("pics/same.png")},
    )
    result = add(project, [path], on_error="skip")
    assert (result.pairs.added, result.bad_rows) == (1, 1)
    assert "the same images" in result.bad[0].reason
    texts = {each.text for each in rows(project, "response")}
    assert texts == {f"⟦image {RED_NAME}⟧", f"⟦image {BLUE_NAME}⟧"}


def test_rows_in_memory_may_hold_images_as_datasets_gives_them(project):
    from io import BytesIO

    from PIL import Image

    given = [
        {"prompt": "What is it?", "image": {"bytes": BLUE, "path": None}},
        {"prompt": "And that?", "image": Image.open(BytesIO(RED))},
    ]
    assert add(project, [Rows("rows", given)], fields=FieldNames()).prompts.added == 2
    assert BLUE_NAME in kept(project)
    assert len(kept(project)) == 2


def test_bytes_in_parquet_are_kept(project, tmp_path):
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table({"prompt": ["What is it?"], "image": [{"bytes": BLUE, "path": "cat.png"}]})
    pyarrow.parquet.write_table(table, tmp_path / "in.parquet")
    assert add(project, [tmp_path / "in.parquet"]).prompts.added == 1
    assert kept(project) == [BLUE_NAME]
