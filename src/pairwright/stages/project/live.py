"""The project of a server that runs on: its settings are read again whenever the file has changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pairwright.errors import ConfigError
from pairwright.stages.project.project import FILE_NAME, Project
from pairwright.stages.project.settings import read_settings

_Stamp = tuple[int, int, int]


class LiveProject:
    """`now()` is the project with the settings as they stand in the file. Safe for threads.

    The table [project] (which store, which seed) stays as it was at the start. While the file can't be
    read the settings before that hold, and `problem` says why.
    """

    def __init__(self, project: Project) -> None:
        self._path = project.root / FILE_NAME
        self._read: tuple[_Stamp | None, Project] = (_stamp(self._path), project)
        self.problem: str | None = None

    def now(self) -> Project:
        stamp, project = self._read
        changed = _stamp(self._path)
        if changed == stamp:
            return project
        try:
            settings = read_settings(self._path)
            project = replace(
                project, settings=settings.model_copy(update={"project": project.settings.project})
            )
            self.problem = None
        except (ConfigError, OSError) as error:
            self.problem = str(error)
        self._read = (changed, project)
        return project


def _stamp(path: Path) -> _Stamp | None:
    """What tells one version of a file from another; None while there is none."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
