"""Whether exports are what their manifests say, and their rows those of this project's labels."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from filelock import FileLock, Timeout
from sqlalchemy import Connection, select

from pairwright.errors import InputError
from pairwright.hub.exports import MANIFEST, SIDE, Export, described_at, read_export
from pairwright.keys import public_id
from pairwright.stages.export.exported import elsewhere
from pairwright.stages.project.project import Project
from pairwright.store.doctor.damage import REPAIR, Damage
from pairwright.store.schema import belief, pair

PAGE = 900
AGAIN = "Export again: `pairwright export` writes it anew."


def exports(project: Project, connection: Connection) -> Iterator[Damage]:
    """Exports that were changed, or whose rows rest on nothing that is in the store."""
    folder = project.root / project.settings.export.folder
    described: set[Path] = set()
    for path in (*sorted(folder.rglob(f"*{MANIFEST}")), *elsewhere(project)):
        try:
            export = described_at(path)
            described |= set(export.sides)
            if export.manifest.get("from", "project") != "project":
                continue
            read_export(path)
        except InputError as error:
            yield Damage("exports", str(path), str(error), AGAIN)
            continue
        yield from unfounded(connection, export)
    for path in sorted(folder.rglob(f"*{SIDE}")):
        if path not in described:
            what = "leads from rows to pairs, and no manifest tells of it"
            yield Damage("exports", str(path), what, AGAIN, severity="warning")


def unfounded(connection: Connection, export: Export) -> Iterator[Damage]:
    """Rows whose side line names a belief that is not there, or is about another pair."""
    for path in export.sides:
        with path.open("rb") as file:
            lines = enumerate(file, 1)
            while page := [(number, orjson.loads(line)) for number, line in islice(lines, PAGE)]:
                said = [
                    (number, one)
                    for number, line in page
                    for one in line.get("pairs") or (line,)
                    if "belief" in one
                ]
                for number, what in _held(connection, said):
                    where, since = f"{export.path}, row {number}", export.manifest.get("created_at")
                    yield Damage("exports", where, what, AGAIN, since and f"after {since}")


def _held(connection: Connection, said: list[tuple[int, dict[str, Any]]]) -> Iterator[tuple[int, str]]:
    numbers = sorted({one["belief"] for _, one in said})
    there: dict[int, Any] = {}
    for at in range(0, len(numbers), PAGE):
        query = select(belief.c.id, belief.c.verdict, pair.c.key).join(pair, pair.c.id == belief.c.pair_id)
        for row in connection.execute(query.where(belief.c.id.in_(numbers[at : at + PAGE]))):
            there[row.id] = row
    for number, one in said:
        rests = one["belief"]
        if (of := there.get(rests)) is None:
            yield number, f"rests on belief {rests}, which is not in the store"
        elif public_id("pair", of.key, full=True) != one["pair"]:
            yield number, f"rests on belief {rests}, which is about another pair"
        elif one.get("verdict") not in (None, of.verdict):
            yield number, f"says {one['verdict']}, and its belief {rests} says {of.verdict}"


def leftovers(project: Project) -> Iterator[Damage]:
    """Hidden folders that a stopped export left behind."""
    folder = project.root / project.settings.export.folder
    for path in sorted(folder.rglob(".*.partial")):
        if path.is_dir() and not _held_by_another(path):
            what = "is what an export that was stopped left behind"
            yield Damage("exports", str(path), what, REPAIR, severity="warning", repair="leftovers")


def _held_by_another(folder: Path) -> bool:
    try:
        with FileLock(folder / "lock", blocking=False):
            return False
    except Timeout:
        return True
