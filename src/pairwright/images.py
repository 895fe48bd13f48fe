"""Images by their content: what a reference to one is, whether bytes are a real one, what is sent and shown.

An image that a project keeps is called after its content, `<sha256>.<ending>`: the same image under two
paths is one image. Bytes are decoded with Pillow before they are kept, and nothing is ever fetched.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import re
import warnings
from typing import Any

from pairwright.errors import InputError
from pairwright.extras import needed

MOST_BYTES = 20_000_000  # what endpoints take at most
MOST_PIXELS = 50_000_000  # an image may be a thousand times its file once it is decoded
SHOWN_PIXELS = 2_000  # the longer side of an image on a page
_ENDINGS = {"PNG": "png", "JPEG": "jpg", "MPO": "jpg", "WEBP": "webp", "GIF": "gif"}
TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "gif": "image/gif"}
_KEPT = re.compile(rf"[0-9a-f]{{64}}\.(?:{'|'.join(TYPES)})")
_URL = re.compile(r"https?://[^\s⟦⟧]{1,2000}", re.IGNORECASE)
_MAGIC = ((b"\x89PNG", "png"), (b"\xff\xd8\xff", "jpg"), (b"GIF8", "gif"))
_WHAT = "reading images"


def is_kept(ref: str) -> bool:
    """Whether this is the name of an image in a project's `media/`."""
    return _KEPT.fullmatch(ref) is not None


def is_url(ref: str) -> bool:
    return _URL.fullmatch(ref) is not None


def is_data(ref: str) -> bool:
    return ref[:5].lower() == "data:"


def data_uri(data: bytes) -> str:
    """Bytes as a reference that holds them; what they are is told by how they begin."""
    kind = next((ending for magic, ending in _MAGIC if data.startswith(magic)), None)
    if kind is None and data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        kind = "webp"
    return f"data:{TYPES.get(kind or '', 'image/*')};base64,{base64.b64encode(data).decode()}"


def bytes_of(uri: str, where: str) -> bytes:
    """The bytes that a data URI holds. Raises InputError."""
    head, comma, text = uri.partition(",")
    if not comma or not head.lower().endswith(";base64"):
        raise InputError(f"{where} is a data URI that is not base64 ({head[:40]})")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error as error:
        raise InputError(f"{where} is a data URI whose base64 is broken ({error})") from None


def name_of(data: bytes, where: str) -> str:
    """What an image is called by its content. Raises InputError for what is too large, or no image."""
    if len(data) > MOST_BYTES:
        raise InputError(
            f"{where} has {len(data):,} bytes; an image has {MOST_BYTES:,} at most. Make it smaller."
        )
    image = _decoded(data, where)
    return f"{hashlib.sha256(data).hexdigest()}.{_ENDINGS[str(image.format)]}"


def shown(data: bytes, where: str) -> tuple[bytes, str]:
    """An image as a page shows it, and its media type: made anew from its pixels, without anything beside.

    Of several frames it is the first; its side has `SHOWN_PIXELS` at most.
    """
    image = _decoded(data, where)
    with needed("images", _WHAT):
        from PIL import Image, ImageOps
    image = ImageOps.exif_transpose(image)
    clear = image.has_transparency_data
    image = image.convert("RGBA" if clear else "RGB")
    image.thumbnail((SHOWN_PIXELS, SHOWN_PIXELS))
    bare = Image.new(image.mode, image.size)
    bare.paste(image)
    made = io.BytesIO()
    bare.save(made, "PNG") if clear else bare.save(made, "JPEG", quality=90)
    return made.getvalue(), TYPES["png" if clear else "jpg"]


def png_of(image: Any) -> bytes:
    """A decoded image, as `datasets` gives it in memory, as a file's bytes."""
    made = io.BytesIO()
    image.save(made, "PNG")
    return made.getvalue()


def _decoded(data: bytes, where: str) -> Any:
    """The image of these bytes, decoded as a whole. Raises InputError."""
    with needed("images", _WHAT):
        from PIL import Image, UnidentifiedImageError
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # there is a limit of our own
            image = Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP", "GIF"))
        if image.width * image.height > MOST_PIXELS:
            raise InputError(
                f"{where} has {image.width:,} x {image.height:,} pixels; an image has {MOST_PIXELS:,} at "
                "most. Make it smaller."
            )
        image.load()
    except UnidentifiedImageError:
        began = data[:12].hex(" ") if data else "nothing"
        raise InputError(
            f"{where} is no PNG, JPEG, WebP or GIF image (its bytes begin with {began})"
        ) from None
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise InputError(f"{where} is a broken image: {error}") from None
    return image
