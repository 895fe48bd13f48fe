"""A project's images: the folder `media/`, in which each file is called after its content."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pairwright.errors import InputError
from pairwright.images import is_kept, name_of
from pairwright.whole_file import whole_file

FOLDER = "media"


@dataclass(frozen=True, slots=True)
class Media:
    """The images of the project at `root`. The folder is made with the first of them."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / FOLDER

    def keep(self, data: bytes, where: str) -> tuple[str, bool]:
        """Keep an image; gives its name, and whether it is new. Raises InputError for what is none."""
        name = name_of(data, where)
        path = self.folder / name
        if path.exists():
            return name, False
        try:
            self.folder.mkdir(exist_ok=True)
            with whole_file(path) as file:
                file.write(data)
        except OSError as error:
            raise InputError(f"{where} can't be kept in {self.folder}: {error.strerror or error}") from None
        return name, True

    def take_back(self, name: str) -> None:
        """Remove an image that nothing speaks of."""
        (self.folder / name).unlink(missing_ok=True)

    def names(self) -> frozenset[str]:
        """All images that are there."""
        with suppress(FileNotFoundError):
            return frozenset(filter(is_kept, os.listdir(self.folder)))
        return frozenset()

    def read(self, name: str) -> bytes:
        """Raises InputError where there is no such image."""
        path = self.folder / name
        if not is_kept(name) or not path.is_file():
            raise InputError(f"{path} is missing: add the rows with this image again, or put the file back")
        return path.read_bytes()
