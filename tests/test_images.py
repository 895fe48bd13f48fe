"""What an image is: real, by its content, and without anything beside when it is shown."""

from __future__ import annotations

import base64
import hashlib
import io
import sys

import pytest
from made_images import png
from PIL import Image, PngImagePlugin

from pairwright import images
from pairwright.errors import InputError, MissingExtra

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("kind", "ending"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp"), ("GIF", "gif"), ("MPO", "jpg")]
)
def test_an_image_is_called_after_its_content(kind, ending):
    data = png(kind=kind)
    assert images.name_of(data, "a") == f"{hashlib.sha256(data).hexdigest()}.{ending}"
    assert images.is_kept(images.name_of(data, "a"))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (SVG, "is no PNG, JPEG, WebP or GIF image (its bytes begin with 3c 73 76"),
        (b"", "is no PNG, JPEG, WebP or GIF image (its bytes begin with nothing)"),
        (png(kind="TIFF"), "is no PNG, JPEG, WebP or GIF image"),
        (png(size=(64, 64), color="blue")[:-30], "is a broken image"),
        (png(size=(8000, 8000), kind="GIF"), "8,000 x 8,000 pixels; an image has 50,000,000 at most"),
        (png() + b"\0" * images.MOST_BYTES, "bytes; an image has 20,000,000 at most"),
    ],
    ids=["svg", "nothing", "tiff", "cut off", "many pixels", "many bytes"],
)
def test_what_is_no_image_or_too_large_is_refused(data, said):
    for read in (images.name_of, images.shown) if len(data) <= images.MOST_BYTES else (images.name_of,):
        with pytest.raises(InputError) as error:
            read(data, "cat.png")
        assert str(error.value).startswith("cat.png ")
        assert said in str(error.value)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_an_image_is_shown_without_what_was_hidden_in_its_file(kind):
    exif = Image.Exif()
    exif[0x010E] = "taken at 12 Privet Drive"
    options = {} if kind == "GIF" else {"exif": exif}
    if kind == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_text("Comment", "taken at 12 Privet Drive")
    if kind == "GIF":
        options["comment"] = b"taken at 12 Privet Drive"
    data = png(kind=kind, **options) + b"<script>alert(1)</script>"
    assert b"Privet Drive" in data
    made, media_type = images.shown(data, "a")
    assert media_type in ("image/png", "image/jpeg")
    assert b"Privet Drive" not in made
    assert b"<script>" not in made
    again = Image.open(io.BytesIO(made))
    assert (again.size, again.convert("RGB").getpixel((0, 0))[0] > 250) == ((8, 8), True)


def test_a_large_image_is_shown_smaller():
    made, _ = images.shown(png(size=(4000, 1000)), "a")
    assert Image.open(io.BytesIO(made)).size == (2000, 500)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_data_uri_says_what_its_bytes_are_and_gives_them_back(kind):
    data = png(kind=kind)
    uri = images.data_uri(data)
    assert uri.startswith(f"data:image/{kind.lower()};base64,")
    assert images.bytes_of(uri, "a") == data


@pytest.mark.parametrize(
    "uri", ["data:image/png,abc", "data:image/png;base64,a&b", "data:image/png;base64,abc"]
)
def test_a_broken_data_uri_is_refused(uri):
    with pytest.raises(InputError, match="cat is a data URI"):
        images.bytes_of(uri, "cat")


def test_references_are_told_apart():
    kept, url, data = (
        f"{'a' * 64}.png",
        "https://a.org/a.png",
        f"data:image/png;base64,{base64.b64encode(b'a')}",
    )
    assert [images.is_kept(each) for each in (kept, url, data, "a.png", f"{kept}/x")] == [True, *[False] * 4]
    assert [images.is_url(each) for each in (kept, url, data, "ftp://a", "http://a b")] == [
        False,
        True,
        *[False] * 3,
    ]
    assert [images.is_data(each) for each in (kept, url, data)] == [False, False, True]


def test_without_pillow_it_is_said_what_to_install(monkeypatch):
    data = png()
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingExtra, match=r'reading images needs the extra "images".*\[images\]'):
        images.name_of(data, "a")
