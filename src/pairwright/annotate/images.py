"""The images that pages load: made anew from the pixels of those the project keeps.

So nothing in an image's file runs, or tells where it was taken.
"""

from __future__ import annotations

from functools import lru_cache

from starlette.responses import Response

from pairwright.errors import InputError
from pairwright.images import shown
from pairwright.stages.project.media import Media

SHOWN = 64  # images that are held as they are shown: the next person sees the same pairs


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
