"""What lies in the project's folder of exports: which files, made when, and what became a row of which."""

from __future__ import annotations

import mmap
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from pairwright.formats.writing import meta_path
from pairwright.stages.project import Project

_MANIFEST = ".manifest.json"


@dataclass(frozen=True, slots=True)
class Exported:
    """One export as its manifest tells it; `drops` are pairs that gave no row, by reason."""

    file: str
    shape: str
    rows: int
    made: str
    drops: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def exports_of(project: Project) -> list[Exported]:
    """Every finished export under the folder that `[export] folder` names, newest last."""
    found = []
    for path in sorted((project.root / project.settings.export.folder).rglob(f"*{_MANIFEST}")):
        try:
            told = orjson.loads(path.read_bytes())
            name = str(path.relative_to(project.root)).removesuffix(_MANIFEST)
            drops = dict(told["drops"]["pairs"])
            found.append(Exported(name, told["shape"], told["totals"]["rows"], told["created_at"], drops))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # no manifest of ours, or one that is being written
    return sorted(found, key=lambda each: each.made)


def rows_of_pair(project: Project, pair: str, responses: tuple[str, str]) -> list[dict[str, Any]]:
    """The rows of exports that a pair or its responses became; ids as `pairwright show` gives them.

    Each is the file, the row's number from 1, and what the file's side line says of it. Where one
    file of single responses has several rows of a response, each is listed.
    """
    found = []
    for export in exports_of(project):
        path = meta_path(project.root / export.file)
        for wanted in (pair, *responses):
            for line in _lines_with(path, f'"{wanted}'.encode()):
                told = orjson.loads(line)
                if any(str(told.get(key, "")).startswith(wanted) for key in ("pair", "response")):
                    found.append({"file": export.file, "made": export.made, "row": told["row"], "says": told})
    return found


def _lines_with(path: Path, text: bytes) -> list[bytes]:
    """The lines of a file that hold these bytes; the file is not read into memory."""
    if not path.is_file() or not path.stat().st_size:
        return []
    found, at = [], 0
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text_of:
        while (hit := text_of.find(text, at)) >= 0:
            start, end = text_of.rfind(b"\n", 0, hit) + 1, text_of.find(b"\n", hit)
            end = len(text_of) if end < 0 else end
            found.append(text_of[start:end])
            at = end
    return found
