"""Images on pages: laid-out texts with their images in place, and the files these are loaded from.

What a page loads is an image made anew from the pixels of the one that is kept, so nothing in its file runs
or tells where it was taken. Addresses are named and not loaded.
"""

from __future__ import annotations

import html
from functools import lru_cache
from re import split

from starlette.responses import Response

from pairwright.annotate.rendering import to_html
from pairwright.errors import InputError
from pairwright.images import is_kept, shown
from pairwright.stages.project.media import Media

SHOWN = 64  # images that are held as they are shown: the next person sees the same pairs


def laid_out_html(text: str) -> str:
    """A laid-out text as safe HTML, its images in place."""
    said = split(r"⟦image ([^⟦⟧\n]*)⟧", text)
    if len(said) == 1:
        return to_html(text)
    parts = ((n, part) for n, part in enumerate(said) if part.strip())
    return "".join(_image(part, n // 2 + 1) if n % 2 else to_html(part) for n, part in parts)


def _image(ref: str, number: int) -> str:
    if is_kept(ref):
        return f'<img class="picture" src="/media/{ref}" alt="image {number}">'
    return f'<span class="image">[image: {html.escape(ref[:200])} - not loaded]</span>'


def image_file(media: Media, name: str) -> Response:
    """An image of the project, by its name; 404 where there is none."""
    try:
        made, kind = _shown(media, name)
    except InputError as error:
        return Response(str(error), 404, media_type="text/plain")
    return Response(made, media_type=kind)


@lru_cache(maxsize=SHOWN)
def _shown(media: Media, name: str) -> tuple[bytes, str]:
    return shown(media.read(name), name)
