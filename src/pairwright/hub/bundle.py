"""The files of a dataset as they will stand on the Hub, and an index of them.

The index (`pairwright.json`) names every file with its hashes. By it a later push
knows which files were its own, and whether somebody changed them on the Hub since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from pairwright.errors import InputError
from pairwright.hub.exports import Export

CARD = "README.md"
CROISSANT = "croissant.json"
INDEX = "pairwright.json"
_PIECE = 1 << 20
# What of an export's manifest is anybody else's business.
_MANIFEST = (
    "shape", "style", "to", "seed", "separator", "include_flagged", "totals", "read", "rows", "parts",
    "drops", "dropped", "by_source", "label_balance", "same_prompt_neighbours", "suggested_weights",
    "naive_labels", "faults",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it will be called on the Hub. `blob` is git's name for its content, `sha256` LFS's."""

    path: str
    content: Path | bytes
    size: int
    sha256: str
    blob: str

    def as_dict(self) -> dict[str, Any]:
        return {"bytes": self.size, "sha256": self.sha256, "blob": self.blob}


def sent(path: str, content: Path | bytes) -> Sent:
    """A file with its hashes, read once and in pieces."""
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    sha256 = hashlib.sha256()
    blob = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    for piece in _pieces(content):
        sha256.update(piece)
        blob.update(piece)
    return Sent(path, content, size, sha256.hexdigest(), blob.hexdigest())


def _pieces(content: Path | bytes) -> Iterable[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def index_of(files: Iterable[Sent], exports: Iterable[Export]) -> Sent:
    """The index of all other files, and what each export's manifest says of its rows."""
    said = {
        "pairwright": version("pairwright"),
        "exports": {export.name: _shown(export.manifest) for export in exports},
        "files": {file.path: file.as_dict() for file in files},
    }
    return sent(INDEX, orjson.dumps(said, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def _shown(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {name: manifest[name] for name in _MANIFEST if name in manifest}


def check_names(files: Iterable[Sent]) -> None:
    """Raises InputError where two files would stand under one name."""
    seen: dict[str, Sent] = {}
    for file in files:
        if other := seen.get(file.path):
            if other.sha256 == file.sha256:
                continue
            raise InputError(
                f"two different files would both be {file.path} on the Hub: {file.content!s} and "
                f"{other.content!s}. Export one under another name."
            )
        seen[file.path] = file


def holds(files: Iterable[Sent], secret: str) -> str | None:
    """The first file that holds this text, which must not leave the house."""
    wanted = secret.encode()
    for file in files:
        rest = b""
        for piece in _pieces(file.content):
            if wanted in rest + piece:
                return file.path
            rest = piece[-len(wanted) :]
    return None
