"""A project's store, images, settings and guidelines in one checked file, and back from it."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pairwright.errors import ConfigError, InputError, StoreDamaged, StoreError
from pairwright.stages.doctor.doctor import DoctorResult, sound
from pairwright.stages.project.media import Media
from pairwright.stages.project.project import FILE_NAME, Project
from pairwright.stages.project.settings import read_settings
from pairwright.stages.result import Result, facts_of
from pairwright.store.address import check_file
from pairwright.store.backup.copy import copy_rows, first_with_rows
from pairwright.store.backup.pages import copy_pages
from pairwright.store.store import Store
from pairwright.whole_file import folder_to_disk, whole_file

FOLDER = "backups"
_LOG = ("-wal", "-shm")
Progress = Callable[[int, int], None]


def _silent(_done: int, _total: int) -> None:
    pass


@dataclass(frozen=True, repr=False)
class BackupResult(Result):
    """The file that was written, what of the project's own files is in it, and whether it is sound.

    `heads` is where the chain of votes and decisions ends in it.
    """

    path: Path
    bytes: int
    files: list[str]
    sound: bool
    found: dict[str, int]
    heads: list[str]

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "path": str(self.path)}

    def facts(self) -> list[tuple[str, str]]:
        return facts_of({**self.as_dict(), "sound": "yes" if self.sound else "no"}, "heads")


@dataclass(frozen=True, repr=False)
class RestoreResult(Result):
    """Where the project is, where what was there before is kept, and which of its own files differ."""

    folder: Path
    store: str
    kept: Path | None
    written: list[str]
    differing: list[str]

    def as_dict(self) -> dict[str, Any]:
        kept = None if self.kept is None else str(self.kept)
        return {**asdict(self), "folder": str(self.folder), "kept": kept}


def backup(project: Project, out: Path | None = None, *, progress: Progress = _silent) -> BackupResult:
    """Write the project's store as it is now, with its images, settings and guidelines, to one file.

    Others may go on writing. What was written is examined as `doctor` does: a backup of a damaged
    store is kept, and says so. Raises InputError where the file is there already.
    """
    out = out or _dated(project.root / FOLDER)
    if out.exists():
        raise InputError(f"{out} is there already: a backup never replaces one. Choose another name.")
    with _beside(out) as partial:
        if project.store.path is not None:
            copy_pages(project.store.path, partial, progress)
        else:
            with Store.open(os.fspath(partial), create=True) as target:
                copy_rows(project.store, target, progress=progress)
        files = _own_files(project)
        _put_in(partial, files)
        _put_images_in(partial, project.media)
        found = _examined(partial)
        _alone(partial)
        os.replace(partial, out)
    folder_to_disk(out.parent)
    return BackupResult(out, out.stat().st_size, sorted(files), found.sound, found.found, found.heads)


def restore(file: Path, folder: Path, *, progress: Progress = _silent) -> RestoreResult:
    """Make the project in `folder` what the backup holds; where there is no project, make one of it.

    What the store holds now is kept as a file of its own. Settings and guidelines that are there stay.
    Raises InputError or StoreError, with nothing changed, where the backup can't be read or is damaged.
    """
    if not file.is_file():
        raise InputError(f"{file} is no file. Name a backup that `pairwright backup` wrote.")
    check_file(file, create=False)
    folder.mkdir(parents=True, exist_ok=True)
    with _beside(folder / "restored.db") as partial:
        copy_pages(file, partial, progress)
        files = _taken_out(partial)
        found = _examined(partial)
        if not found.sound:
            raise StoreError(
                f"{file} is damaged ({_counted(found)}), so nothing was restored. Take an older backup; to "
                "work on this one all the same, copy the file to where the project's store is."
            )
        _take_images_out(partial, Media(folder))
        _alone(partial)
        written = [] if (folder / FILE_NAME).exists() else _write_files(folder, files)
        named = read_settings(folder / FILE_NAME).project.store
        place = named if "://" in named else os.fspath(folder / named)
        kept = _replace(place, partial, folder, progress)
    differing = [name for name, text in files.items() if _other(folder / name, text)]
    return RestoreResult(folder, named, kept, written, differing)


# --- the store ------------------------------------------------------------------------------------


def _replace(place: str, partial: Path, folder: Path, progress: Progress) -> Path | None:
    """Put the restored store where the project's is; gives where that is kept."""
    kept = _dated(folder / FOLDER, "before-restore-")
    path = None if "://" in place else Path(place)
    if path is not None and not path.exists():
        os.replace(partial, path)
        return None
    try:
        live = Store.open(place, create=path is None)
    except StoreDamaged:
        assert path is not None
        kept.parent.mkdir(exist_ok=True)
        for ending in ("", *_LOG):
            if (there := path.with_name(path.name + ending)).exists():
                os.replace(there, kept.with_name(kept.name + ending))
        os.replace(partial, path)
        return kept
    with live, live.exclusively("spending"):
        with live.read() as connection:
            empty = first_with_rows(connection) is None
        if not empty:
            kept.parent.mkdir(exist_ok=True)
            _copied(live, kept)
        if path is not None:
            copy_pages(partial, path, progress)
        else:
            with Store.open(os.fspath(partial)) as source:
                copy_rows(source, live, replace=True, progress=progress)
    return None if empty else kept


def _copied(live: Store, kept: Path) -> None:
    if live.path is not None:
        copy_pages(live.path, kept)
        return
    with Store.open(os.fspath(kept), create=True) as target:
        copy_rows(live, target)


def _examined(path: Path) -> DoctorResult:
    with Store.open(os.fspath(path)) as store:
        return sound(store)


def _counted(found: DoctorResult) -> str:
    return ", ".join(f"{name}: {count:,}" for name, count in found.found.items())


@contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """Where a file is made before it stands at `out`; gone with its log when the block ends."""
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        yield partial
    finally:
        for ending in ("", *_LOG):
            partial.with_name(partial.name + ending).unlink(missing_ok=True)


def _alone(path: Path) -> None:
    """Make the file whole by itself, with no log beside it, and put it on disk."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    with path.open("rb+") as file:
        os.fsync(file.fileno())


# --- the project's own files ----------------------------------------------------------------------


def _own_files(project: Project) -> dict[str, bytes]:
    """Settings, and what they name as text: guidelines and prices."""
    settings = project.settings.project
    names = (FILE_NAME, settings.guidelines, settings.prices)
    return {name: path.read_bytes() for name in names if name and (path := project.root / name).is_file()}


def _put_in(path: Path, files: dict[str, bytes]) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE backup_file (name TEXT PRIMARY KEY, content BLOB NOT NULL)")
        connection.executemany("INSERT INTO backup_file VALUES (?, ?)", list(files.items()))


def _taken_out(path: Path) -> dict[str, bytes]:
    """The project's files in a backup, which is then a store like any other."""
    try:
        with closing(sqlite3.connect(path)) as connection, connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'backup_file'").fetchone():
                return {}
            files = dict(connection.execute("SELECT name, content FROM backup_file").fetchall())
            connection.execute("DROP TABLE backup_file")
    except sqlite3.DatabaseError as error:
        raise StoreDamaged(f"the backup can't be read: {error}. Take an older one.") from None
    return {name: content for name, content in files.items() if Path(name).name == name}


def _put_images_in(path: Path, media: Media) -> None:
    """One after the other: all of a project's images need not fit into memory."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE backup_image (name TEXT PRIMARY KEY, content BLOB NOT NULL)")
        for name in sorted(media.names()):
            connection.execute("INSERT INTO backup_image VALUES (?, ?)", (name, media.read(name)))


def _take_images_out(path: Path, media: Media) -> None:
    """The images of a backup into the project's folder, but for those that are there."""
    with closing(sqlite3.connect(path)) as connection, connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'backup_image'").fetchone():
            return
        there = media.names()
        for (name,) in connection.execute("SELECT name FROM backup_image").fetchall():
            if name not in there:
                query = "SELECT content FROM backup_image WHERE name = ?"
                media.keep(connection.execute(query, (name,)).fetchone()[0], f"the image {name}")
        connection.execute("DROP TABLE backup_image")


def _write_files(folder: Path, files: dict[str, bytes]) -> list[str]:
    if FILE_NAME not in files:
        raise ConfigError(
            f"{folder} holds no {FILE_NAME}, and there is none in the file: it is a store and no backup. Run "
            f"`pairwright init {folder}` and copy the file to {folder / 'pairwright.db'}."
        )
    for name in sorted(files, key=lambda each: each == FILE_NAME):  # last: what has it is a project
        if not (folder / name).exists():
            with whole_file(folder / name) as file:
                file.write(files[name])
    return sorted(files)


def _other(path: Path, content: bytes) -> bool:
    return not path.is_file() or path.read_bytes() != content


def _dated(folder: Path, what: str = "") -> Path:
    """A file named after the time by the second, and numbered where that second has one."""
    name = what + time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    names = (f"{name}.db", *(f"{name}-{n}.db" for n in range(2, 1000)))
    return next(path for each in names if not (path := folder / each).exists())
