"""What lies in the project's folder of exports: which files, made when, and what became a row of which."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

import orjson

from pairwright.errors import InputError
from pairwright.hub.exports import SIDE, Export, described_at
from pairwright.stages.project import Project

_MANIFEST = ".manifest.json"


def exports_of(project: Project) -> list[Export]:
    """Every finished export of the project under the folder that `[export] folder` names, newest last."""
    found = []
    for path in (project.root / project.settings.export.folder).rglob(f"*{_MANIFEST}"):
        try:
            export = described_at(path)
        except InputError:
            continue  # no manifest of ours, or one that is being written
        if export.manifest.get("from", "project") == "project":
            found.append(export)
    return sorted(found, key=lambda each: (each.made, str(each.path)))


def told(project: Project, export: Export) -> dict[str, Any]:
    """An export as reports tell of it; `drops` are pairs that gave no row, by reason."""
    return {
        "file": str(export.path.relative_to(project.root)),
        "shape": export.form,
        "rows": export.rows,
        "made": export.made,
        "drops": export.drops["pairs"],
    }


def rows_of_pair(project: Project, pair: str, responses: tuple[str, str]) -> list[dict[str, Any]]:
    """The rows of exports that a pair or its responses became; ids as `pairwright show` gives them.

    Each is the file, the row's number from 1, and what the file's side line says of it. Where one
    file of single responses has several rows of a response, each is listed.
    """
    found = []
    for export in exports_of(project):
        for path in export.sides:
            file = str(path.relative_to(project.root)).removesuffix(SIDE)
            for wanted in (pair, *responses):
                for line in _lines_with(path, f'"{wanted}'.encode()):
                    says = orjson.loads(line)
                    if any(str(says.get(key, "")).startswith(wanted) for key in ("pair", "response")):
                        found.append({"file": file, "made": export.made, "row": says["row"], "says": says})
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
