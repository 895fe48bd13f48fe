"""Small images for tests."""

from __future__ import annotations

import io

from PIL import Image


def png(color="red", size=(8, 8), kind="PNG", **options) -> bytes:
    """An image's bytes; another colour is another image."""
    made = io.BytesIO()
    Image.new("RGB", size, color).save(made, kind, **options)
    return made.getvalue()
