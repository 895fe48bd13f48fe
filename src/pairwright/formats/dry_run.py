"""The files of a dry run: counted and named as they would be, with nothing on the disk."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.writing import Column, RowWriter, WrittenFile, spare


class _Counter:
    def __init__(self) -> None:
        self.count = 0

    def write(self, row: Mapping[str, Any]) -> None:
        self.count += 1

    def finish(self) -> None:
        pass


class PlannedFiles:
    """Takes what a FileSet takes. Raises InputError where the real one could not write, or would not."""

    def __init__(self, out: Path, source: Path | None) -> None:
        self._out, self._source = out, source
        self._files: dict[RowWriter, str] = {}
        there = next(each for each in (out.absolute().parent, *out.absolute().parents) if each.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            what = "may not be written by this user" if there.is_dir() else "is no folder"
            raise InputError(f"{out} cannot be written: {there} {what}. Choose another folder.")
        spare(source, out, out)

    def open(self, name: str, columns: Mapping[str, Column]) -> RowWriter:
        writer = _Counter()
        self._files[writer] = name
        return writer

    def finish(self, writer: RowWriter, name: str | None = None, *, first: int = 1) -> None:
        self._files[writer] = name or self._files[writer]

    def image(self, name: str, data: bytes) -> None:
        pass

    def fill(self, writer: RowWriter, values: Mapping[str, Any]) -> None:
        pass

    def text(self, name: str, text: str) -> None:
        pass

    def stale(self) -> set[str]:
        return set()

    def complete(self) -> list[WrittenFile]:
        for name in self._files.values():
            spare(self._source, self._out, self._out.with_name(name))
        return [WrittenFile(name, writer.count, 0, "") for writer, name in self._files.items()]

    def publish(self, manifest: Mapping[str, Any]) -> None:
        pass
