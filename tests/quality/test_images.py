"""Images that are gone, and answers that are the same image."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from made_images import png
from projects import a_project, rows

from pairwright.quality.example import Example
from pairwright.quality.images import Images
from pairwright.stages.add.into_project import add
from pairwright.stages.check.check import run_check
from pairwright.types import Image, Message

RED, BLUE = (f"{digit * 64}.png" for digit in "ab")
URL = "https://a.org/a.png"


def example(asked=(), a=(), b=()):
    def message(role, refs):
        return (Message(role, "", images=tuple(map(Image, refs))),)

    return Example(
        "1", "", "", "", "",
        messages=message("user", asked), turns_a=message("assistant", a), turns_b=message("assistant", b),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        (example(), []),
        (example([RED, URL]), []),
        (example([BLUE, BLUE]), ["missing"]),
        (example([RED], [BLUE], [RED]), ["missing"]),
        (example([RED], [RED], [URL]), []),
        (example([RED], [RED], [RED]), ["same_image"]),
        (example([RED], [URL], [URL]), ["same_image"]),
    ],
)
def test_images_that_are_gone_or_the_same_on_both_sides_are_errors(given, parts):
    found = list(Images(frozenset([RED])).look(given))
    assert [each.part for each in found] == parts
    assert all(each.severity == "error" for each in found)


@pytest.mark.parametrize("verdict", ["A", "B", None])
@pytest.mark.parametrize("gone", ["a", "b"])
def test_an_image_that_is_gone_is_an_error_on_either_side(gone, verdict):
    given = replace(example([RED], **{"a": [RED], "b": [URL], gone: [BLUE]}), verdict=verdict)
    (found,) = Images(frozenset([RED])).look(given)
    assert (found.part, found.severity, found.value) == ("missing", "error", BLUE)


def test_a_dataset_without_a_project_is_not_asked_where_its_images_are():
    assert list(Images().look(example([BLUE]))) == []


def test_check_names_an_image_that_was_removed_from_the_project(tmp_path):
    (tmp_path / "red.png").write_bytes(png())
    row = {"prompt": "Which color?", "images": ["red.png"], "response_a": "Red.", "response_b": "Blue."}
    (tmp_path / "in.jsonl").write_text(json.dumps(row))
    project = a_project(tmp_path, settings="")
    add(project, [tmp_path / "in.jsonl"])
    assert run_check(project).open.get("error", {}).get("images") is None
    (image,) = (project.root / "media").iterdir()
    image.unlink()
    assert run_check(project).open["error"]["images"] == 1
    (finding,) = [each for each in rows(project, "finding") if each.check == "images"]
    assert image.name in finding.reason
    image.write_bytes(png())
    assert run_check(project).gone >= 1
