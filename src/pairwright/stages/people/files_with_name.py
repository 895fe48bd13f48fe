"""The files of a project folder in which a person's name still stands."""

from __future__ import annotations

import html
import json
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

CHUNK = 1 << 20
PACKED = {".gz", ".zst", ".xz", ".bz2", ".zip", ".parquet", ".npz", ".arrow"}
SQLITE = b"SQLite format 3\0"


@dataclass(slots=True)
class FilesWithName:
    """`files` hold the name; `packed` are compressed, or can't be read: they were not looked through."""

    files: list[str] = field(default_factory=list)
    packed: list[str] = field(default_factory=list)


def files_with_name(root: Path, name: str, store: Path | None) -> FilesWithName:
    """Look through all files of the folder but the store's own, images and hidden ones."""
    found = FilesWithName()
    word = _word(name)
    for path in sorted(_files(root)):
        if store is not None and path.name.startswith(store.name) and path.parent == store.parent:
            continue
        shown = str(path.relative_to(root))
        if path.suffix in PACKED:
            found.packed.append(shown)
            continue
        try:
            if _holds(path, name, word):
                found.files.append(shown)
        except (OSError, sqlite3.Error):
            found.packed.append(shown)
    return found


def _files(root: Path) -> Iterator[Path]:
    for folder, inner, names in os.walk(root):
        inner[:] = [each for each in inner if not each.startswith(".") and each != "media"]
        yield from (Path(folder, each) for each in names if not each.startswith("."))


def _word(name: str) -> re.Pattern[bytes]:
    """The name as text, JSON and HTML hold it, not within another word."""
    written = {name, json.dumps(name)[1:-1], html.escape(name)}
    names = b"|".join(re.escape(each.encode()) for each in sorted(written))
    return re.compile(rb"(?<![0-9A-Za-z_\x80-\xff])(?:%b)(?![0-9A-Za-z_\x80-\xff])" % names)


def _holds(path: Path, name: str, word: re.Pattern[bytes]) -> bool:
    with path.open("rb") as file:
        before = file.read(len(SQLITE))
        if before == SQLITE:
            return _is_in_store(path, name)
        keep = 6 * len(name) + 2  # the longest way to write it, and the characters around it
        while chunk := file.read(CHUNK):
            before += chunk
            if word.search(before):
                return True
            before = before[-keep:]
    return word.search(before) is not None


def _is_in_store(path: Path, name: str) -> bool:
    """Whether a backup knows somebody of that name; in its pages no word ends where the next begins."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        query = "SELECT 1 FROM rater WHERE kind = 'person' AND name = ?"
        return connection.execute(query, (name,)).fetchone() is not None
