"""Finished exports in a folder: what their manifests say, and that their files are still those."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from pairwright.errors import InputError
from pairwright.formats import writing
from pairwright.formats.config_files import own_entries

MANIFEST = ".manifest.json"
SIDE = ".meta.jsonl"
_SHARD = re.compile(r"-\d{5}-of-\d{5}$")
_USUAL = ("dpo", "trl-dpo", "orpo", "trl-orpo")  # read by most
_PARTS = ("train", "validation", "test")
# Shapes and formats whose rows are chosen and rejected; what else there is holds single responses or prompts.
_SINGLES = re.compile(r"kto|unpaired|prompt|sft")


@dataclass(frozen=True, slots=True)
class ExportPart:
    """One part (train, validation, test) of an export, in one file or several."""

    name: str
    files: tuple[Path, ...]
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Export:
    """A finished export. `form` is its shape (dpo, kto, ...) or the format it was written for.

    `sides` lead from every row back to its pair; `extras` are configuration
    of a training framework that stands beside the rows, of which others' entries may be part.
    """

    name: str
    path: Path
    form: str
    manifest: dict[str, Any]
    parts: tuple[ExportPart, ...]
    sides: tuple[Path, ...]
    extras: tuple[Path, ...]

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)

    @property
    def files(self) -> tuple[Path, ...]:
        return tuple(file for part in self.parts for file in part.files)

    def own_extras(self) -> Iterator[tuple[Path, dict[str, Any] | None]]:
        """Each of `extras` with the entries that are this export's, None where the whole file is.

        Raises InputError where one was changed after the export.
        """
        said = {each["name"]: each for each in self.manifest.get("config_files") or ()}
        for path in self.extras:
            if path.name in said:
                yield path, own_entries(path, said[path.name])

    @property
    def unknown_extras(self) -> list[str]:
        """Configuration the manifest has no hash of: whether it was changed since nobody can tell."""
        said = {each["name"] for each in self.manifest.get("config_files") or ()}
        return [path.name for path in self.extras if path.name not in said]

    @property
    def of_pairs(self) -> bool:
        return not _SINGLES.search(self.form)

    @property
    def drops(self) -> dict[str, dict[str, int]]:
        """What was left out, by reason: of pairs and, for single responses, of these."""
        found = self.manifest.get("drops")
        if found is not None:
            return dict(found)
        by_unit: dict[str, dict[str, int]] = {"pairs": {}}
        units = self.manifest.get("dropped_by_unit") or {}
        for reason, n in self.manifest.get("dropped", {}).items():
            for unit, m in (units.get(reason) or {"pair": n}).items():
                by_unit.setdefault(f"{unit}s", {})[reason] = m
        return by_unit

    @property
    def include_flagged(self) -> bool | None:
        return self.manifest.get("include_flagged")

    @property
    def made(self) -> str:
        """When, in UTC."""
        return str(self.manifest["created_at"])

    @property
    def weights(self) -> dict[str, float] | None:
        return self.manifest.get("suggested_weights")


def exports_in(folder: Path) -> tuple[list[Export], list[str]]:
    """All finished exports of a project in its export folder and below, and why others were passed over.

    Raises InputError where there is none, or where files are not those of their manifest.
    """
    found, passed = [], []
    for path in sorted(folder.rglob(f"*{MANIFEST}")):
        export = read_export(path)
        if export.manifest.get("from", "project") == "project":
            found.append(export)
        else:
            passed.append(f"{path.name} came from `convert`, so nothing here tells how it was made: left out")
    if not found:
        there = f" ({'; '.join(passed)})" if passed else ""
        raise InputError(
            f"{folder} holds no finished export{there}. Run `pairwright export`, or name another with --path."
        )
    # The first is what loads unless another is named, and what the card speaks of: pairs, the most.
    found.sort(key=lambda each: (not each.of_pairs, -each.rows, not each.form.startswith(_USUAL), each.name))
    return found, passed


def export_at(path: Path) -> Export:
    """The export of this file (its rows, its manifest), wherever it stands."""
    if path.is_dir():
        known = sorted(each.name.removesuffix(MANIFEST) for each in path.glob(f"*{MANIFEST}"))
        raise InputError(
            f"--path {path} is a folder; it is the file of an export's rows"
            + (
                f", such as {path / known[0]}"
                if known
                else f", and {path} holds none: run `pairwright export`"
            )
        )
    manifest = path if path.name.endswith(MANIFEST) else writing.manifest_path(path)
    if not manifest.exists():
        raise InputError(
            f"{manifest} does not exist, so {path} is no finished export: run `pairwright export -o {path}`."
        )
    export = read_export(manifest)
    if export.manifest.get("from", "project") != "project":
        raise InputError(
            f"{path} came from `convert`: nothing in this project tells how its labels were made. Add it "
            "with `pairwright add` and export it from here."
        )
    return export


def read_export(path: Path) -> Export:
    """What the manifest at `path` describes. Raises InputError where a file is missing or was changed."""
    export = described_at(path)
    for said in export.manifest["files"]:
        file = path.with_name(said["name"])
        if not file.exists() or writing.file_hash(file) != (said["bytes"], said["sha256"]):
            what = "was changed after the export" if file.exists() else "is missing"
            raise InputError(f"{file} {what}, so {path.name} does not describe it. Export again.")
    for _ in export.own_extras():
        pass  # looked at, that is all
    return export


def described_at(path: Path) -> Export:
    """The same without a look at the files themselves. Raises InputError where it is no manifest."""
    name, ending = split_ending(path.name.removesuffix(MANIFEST))
    try:
        manifest = orjson.loads(path.read_bytes())
        described = [(path.with_name(file["name"]), file) for file in manifest["files"]]
        form = str(manifest["shape"] if "shape" in manifest else manifest["to"])
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
        raise InputError(f"{path} is no manifest of an export. Export again.") from None
    rows = [(file, said) for file, said in described if not file.name.endswith(SIDE)]
    sides = tuple(file for file, _ in described if file.name.endswith(SIDE))
    extras = tuple(path.with_name(each) for each in manifest.get("config") or ())
    parts = tuple(_parts(name, rows))
    return Export(name, path.with_name(name + ending), form, manifest, parts, sides, extras)


def _parts(name: str, rows: list[tuple[Path, dict[str, Any]]]) -> Iterator[ExportPart]:
    by_part: dict[str, list[tuple[Path, dict[str, Any]]]] = {}
    for file, said in rows:
        stem = _SHARD.sub("", split_ending(file.name)[0])
        by_part.setdefault(stem.removeprefix(name).lstrip(".") or "train", []).append((file, said))
    for part in sorted(by_part, key=lambda each: (*_PARTS, each).index(each)):
        files = sorted(by_part[part], key=lambda each: each[0].name)
        count = sum(said["rows"] for _, said in files)
        size = sum(said["bytes"] for _, said in files)
        yield ExportPart(part, tuple(file for file, _ in files), count, size)


def split_ending(name: str) -> tuple[str, str]:
    """A file's name and its ending, both parts of `.jsonl.gz`."""
    ending = max((each for each in (*writing.ENDINGS, ".json") if name.endswith(each)), key=len, default="")
    return name.removesuffix(ending), ending
