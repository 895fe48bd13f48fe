"""What lies in the project's folder of exports: which files, made when, and what became a row of which."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

import orjson

from pairwright.errors import InputError
from pairwright.formats.writing import manifest_path
from pairwright.hub.exports import SIDE, Export, described_at
from pairwright.stages.project.project import Project

_MANIFEST = ".manifest.json"
# In the folder of exports: those that stand outside of it, when made and where their manifest is.
_ELSEWHERE = "elsewhere.tsv"


def remember(project: Project, path: Path) -> None:
    """Keep in mind where an export of `path` stands, if that is not in the project's folder of exports."""
    folder, manifest = _folder(project).resolve(), manifest_path(path).resolve()
    if manifest.is_relative_to(folder):
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _ELSEWHERE).open("a", encoding="utf-8") as file:
        file.write(f"{described_at(manifest).made}\t{manifest}\n")


def elsewhere(project: Project) -> list[Path]:
    """The manifests of exports outside the folder, where they are still what this project wrote."""
    kept = _folder(project) / _ELSEWHERE
    lines = kept.read_text(encoding="utf-8").splitlines() if kept.exists() else []
    made = {Path(path): when for when, _, path in (line.partition("\t") for line in lines)}
    return [path for path, when in made.items() if _made(path) == when]


def _made(manifest: Path) -> str | None:
    try:
        return described_at(manifest).made
    except (InputError, OSError):
        return None


def _folder(project: Project) -> Path:
    return project.root / project.settings.export.folder


def exports_of(project: Project) -> list[Export]:
    """Every finished export of the project that still exists, newest last."""
    found = []
    for path in (*_folder(project).rglob(f"*{_MANIFEST}"), *elsewhere(project)):
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
        "file": _shown(project, export.path),
        "shape": export.form,
        "rows": export.rows,
        "made": export.made,
        "drops": export.drops["pairs"],
    }


def _shown(project: Project, path: Path) -> str:
    """Within the project, or else the name alone: reports travel, and folders tell whose machine it was."""
    return str(path.relative_to(project.root)) if path.is_relative_to(project.root) else path.name


def rows_of_pair(project: Project, pair: str, responses: tuple[str, str]) -> list[dict[str, Any]]:
    """The rows of exports that a pair or its responses became; ids as `pairwright show` gives them.

    Each is the file, the row's number from 1, and what the file's side line says of it. Where one
    file of single responses has several rows of a response, each is listed.
    """
    found = []
    for export in exports_of(project):
        for path in export.sides:
            file = (_shown(project, path) if path.is_relative_to(project.root) else str(path)).removesuffix(
                SIDE
            )
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
