"""Recorded verdicts as a judge."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pairwright.errors import ConfigError
from pairwright.formats.reading import BadRow, read_records
from pairwright.judging.doubles import NotRecorded, Replay
from pairwright.stages.judge.compare import Ask
from pairwright.stages.project.own_code import content_of
from pairwright.stages.project.project import Project
from pairwright.stages.project.settings import JudgeSettings
from pairwright.store.judge.pending import JudgeWork
from pairwright.store.people.tasks import further_ids
from pairwright.store.votes import raters_named
from pairwright.types import Answer, Order

_TURNED: dict[Order, Order] = {"AB": "BA", "BA": "AB"}


def open_replay(project: Project, name: str, settings: JudgeSettings) -> tuple[Ask, dict[str, Any]]:
    assert settings.path is not None  # checked when the project file was read
    path = project.root / settings.path
    replay = Replay(_recorded_rows(path))
    return _ask(project, replay), {"recorded": path.name, **_recording(project, name, path, replay)}


def _recording(project: Project, name: str, path: Path, replay: Replay) -> dict[str, Any]:
    """What tells a recording from another of its name: what it held when it was first read.

    One that only grew since says what it said before, of more pairs: it is the same judge.
    """
    size = path.stat().st_size
    with project.store.read() as connection:
        before = [spec for _, spec in raters_named(connection, "judge", name)]
    for spec in before if not replay.changed else ():
        n = spec.get("bytes")
        if spec.get("recorded") == path.name and n and n <= size and content_of(path, n) == spec["file"]:
            return {"file": spec["file"], "bytes": n}
    return {"file": content_of(path), "bytes": size}


def _ask(project: Project, replay: Replay) -> Ask:
    """Look a pair up by its own id, then by every other it came under; there a may have come as b."""
    with project.store.read() as connection:
        others = further_ids(connection)

    def ask(work: JudgeWork) -> Answer:
        names = [(work.external_id, False), *others.get(work.pair_id, ())]
        for name, swapped in names[:-1]:
            try:
                return replay.recorded(name, _TURNED[work.order] if swapped else work.order)
            except NotRecorded:
                continue
        name, swapped = names[-1]
        return replay.recorded(name, _TURNED[work.order] if swapped else work.order)

    return ask


def _recorded_rows(path: Path) -> Iterator[tuple[str, Any]]:
    for record in read_records(path):
        if isinstance(record, BadRow):
            raise ConfigError(f"{record.place}: {record.reason}")
        yield record.place, record.row
