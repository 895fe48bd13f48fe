"""Images of rows that are written: files beside the rows, or in the rows, as the loader wants them.

What a project keeps, and what a row holds itself, is written to `NAME.media/` beside the file NAME. Paths of
a file that is converted stay paths, put so that they hold from the new file's folder. Addresses stay such.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from pairwright.errors import InputError
from pairwright.formats.files import DatasetFiles
from pairwright.formats.format import Target
from pairwright.images import bytes_of, data_uri, is_data, is_url, name_of
from pairwright.stages.project.media import Media

Place = Callable[[str], str]  # of an image's reference that in the row; InputError where it is gone


def from_project(media: Media | None, target: Target, files: DatasetFiles) -> Place:
    """Of the names under which a project keeps its images."""

    def place(ref: str) -> str:
        if is_url(ref):
            return ref
        if media is None:
            raise InputError(f"{ref} is in the project's media folder, and which that is was not told")
        data = media.read(ref)
        return data_uri(data) if target.images == "inside" else files.image(ref, data)

    return place


def from_file(base: Path, out: Path, target: Target, files: DatasetFiles) -> Place:
    """Of the references in a file of the folder `base`."""

    def place(ref: str) -> str:
        if is_url(ref):
            return ref
        if is_data(ref):
            data = bytes_of(ref, "an image")
            return ref if target.images == "inside" else files.image(name_of(data, "an image"), data)
        path = base / ref
        if not path.is_file():
            raise InputError(f"{path} is missing")
        if target.images == "inside":
            data = path.read_bytes()
            name_of(data, ref)
            return data_uri(data)
        return Path(os.path.relpath(path.resolve(), out.parent.resolve())).as_posix()

    return place
