"""Images in a real browser: they load under the page's policy, wherever a pair is shown."""

from __future__ import annotations

import json

import pytest
from made_images import png
from projects import a_project

from pairwright.stages.add.into_project import add
from pairwright.stages.route.route import run_route

SIZE = "image => [image.complete, image.naturalWidth, image.naturalHeight]"


@pytest.fixture
def project(tmp_path):
    (tmp_path / "red.png").write_bytes(png("red", (40, 30)))
    row = {"prompt": "Which color?", "images": ["red.png"], "response_a": "Red.", "response_b": "Blue."}
    (tmp_path / "in.jsonl").write_text(json.dumps(row))
    with a_project(tmp_path, settings="") as project:
        add(project, [tmp_path / "in.jsonl"])
        run_route(project)
        yield project


def test_an_annotator_sees_the_image_that_is_asked_about(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    ann.shown()
    image = ann.page.locator("#prompt img.picture")
    image.wait_for()
    ann.page.wait_for_function("document.querySelector('#prompt img.picture').naturalWidth > 0")
    assert image.evaluate(SIZE) == [True, 40, 30]
