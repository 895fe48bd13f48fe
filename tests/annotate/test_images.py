"""Images on the annotation page: in place, made anew, for those who are signed in."""

from __future__ import annotations

import hashlib
import io
import json

import pytest
from made_images import png
from PIL import Image
from projects import a_project
from sites import TheSite
from starlette.testclient import TestClient

from pairwright.annotate.cards import to_html
from pairwright.browse.app import make_app as make_browse
from pairwright.stages.add.into_project import add
from pairwright.stages.route.route import run_route

HIDDEN = b"<script>alert(1)</script>"
RED = png("red") + HIDDEN
NAME = f"{hashlib.sha256(RED).hexdigest()}.png"


@pytest.fixture
def project(tmp_path):
    (tmp_path / "red.png").write_bytes(RED)
    parts = [
        {"type": "text", "text": "Which *color* is"},
        {"type": "image"},
        {"type": "text", "text": "this?"},
    ]
    row = {
        "prompt": [{"role": "user", "content": parts}],
        "images": ["red.png"],
        "response_a": "Red.",
        "response_b": f"Blue. ⟦image {NAME}⟧",
    }
    (tmp_path / "in.jsonl").write_text(json.dumps(row))
    project = a_project(tmp_path, settings="")
    add(project, [tmp_path / "in.jsonl"])
    run_route(project)
    return project


def test_an_image_stands_where_it_is_asked_about_and_a_response_can_not_write_one(project):
    annotator = TheSite(project).lead()
    (task,) = annotator.work()["tasks"]
    shown = task["prompt"][0]["html"]
    assert f'<img class="picture" src="/media/{NAME}" alt="image">' in shown
    before, after = shown.split("<img")
    assert "<em>color</em>" in before
    assert "this?" in after
    assert f"⟦image {NAME}⟧" in task["prompt"][0]["written"]
    assert "<img" not in task["left"]["html"] + task["right"]["html"]


def test_what_is_loaded_is_made_anew_from_its_pixels_under_the_pages_policy(project):
    response = TheSite(project).lead().http.get(f"/media/{NAME}")
    assert (response.status_code, response.headers["content-type"]) == (200, "image/jpeg")
    assert HIDDEN not in response.content
    assert Image.open(io.BytesIO(response.content)).size == (8, 8)
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "name", [f"{'0' * 64}.png", "..%2fpairwright.toml", "pairwright.db", f"{'0' * 64}.svg"]
)
def test_nothing_else_of_the_project_is_served(project, name):
    response = TheSite(project).lead().http.get(f"/media/{name}")
    assert response.status_code == 404


def test_a_file_that_was_put_there_by_hand_and_is_no_image_is_not_served(project):
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    name = f"{hashlib.sha256(svg).hexdigest()}.png"
    (project.root / "media" / name).write_bytes(svg)
    assert TheSite(project).lead().http.get(f"/media/{name}").status_code == 404


def test_whoever_is_not_signed_in_sees_no_image(project):
    visitor = TheSite(project).visitor()
    response = visitor.http.get(f"/media/{NAME}", follow_redirects=False)
    assert not response.headers.get("content-type", "").startswith("image/")
    assert response.status_code in (303, 401, 403)


def test_an_address_is_named_and_not_loaded():
    shown = to_html('What is ⟦image https://a.org/"><script>⟧ this?')
    assert "<img" not in shown
    assert "<script" not in shown
    assert "not loaded" in shown


def test_the_pages_of_pairs_show_them_too(project):
    http = TestClient(make_browse(project, ["localhost"]), base_url="http://localhost")
    assert http.get(f"/media/{NAME}").headers["content-type"] == "image/jpeg"
    assert http.get("/media/pairwright.db").status_code == 404
