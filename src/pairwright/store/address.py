"""Where a store is: a file of ours, or a PostgreSQL server; what is neither is refused, and left as it is."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from pairwright.errors import StoreDamaged, StoreError

SQLITE = b"SQLite format 3\0"
DRIVERS = ("postgresql", "postgres", "postgresql+psycopg")
WRITE = 'Write store = "postgresql+psycopg://USER@HOST/NAME", or the name of a file in the project.'


def address_of(url: str) -> URL:
    """The address of a PostgreSQL store, with the driver we use. Raises StoreError for any other."""
    try:
        found = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise StoreError(f'store = "{_unsaid(url)}" is no address of a database: {error}. {WRITE}') from None
    shown = found.render_as_string(hide_password=True)
    if found.drivername not in DRIVERS:
        kind, _, driver = found.drivername.partition("+")
        what = f'the driver "{driver}"' if kind in DRIVERS else f'"{kind}"'
        raise StoreError(f'store = "{shown}": {what} is not known here. {WRITE}')
    return found.set(drivername="postgresql+psycopg")


def _unsaid(url: str) -> str:
    """A URL that can't be parsed, without what may be a password."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://...@{rest.rpartition('@')[2]}" if "@" in rest else url


def check_file(path: Path, *, create: bool) -> None:
    """Raises StoreError unless there is a store at `path`, or (with `create`) nothing. Changes nothing."""
    if path.is_dir():
        raise StoreError(f"{path} is a folder, and a store is a file. Choose another name.")
    if not path.exists():
        if not create:
            raise StoreError(f"{path} does not exist. Run `pairwright init` to make a project here.")
        return
    try:
        with path.open("rb") as file:
            begin = file.read(len(SQLITE))
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}.") from None
    if not begin:
        if not create:  # another process may just be making it
            raise StoreDamaged(
                f"{path} is empty (0 bytes): what was in it is gone, as when a copy was cut off or a disk "
                "was full. Bring it back from a backup (`pairwright restore FILE`), or remove it and run "
                "`pairwright init` to begin anew."
            )
        return
    if begin != SQLITE:
        raise StoreDamaged(
            f"{path} is no Pairwright store: it does not begin as a SQLite file does. Choose another file, "
            "or bring the store back from a backup (`pairwright restore FILE`)."
        )


def writable(path: Path) -> bool:
    """Whether SQLite can write there: it needs the folder, too, for its log."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def read_only_uri(path: Path) -> str:
    """How to open a file that nobody can write. A log with changes beside it is read, where SQLite can."""
    log = path.with_name(f"{path.name}-wal")
    unchanged = "&immutable=1" if not log.exists() or log.stat().st_size == 0 else ""
    return f"file:{quote(os.fspath(path.absolute()))}?mode=ro{unchanged}&uri=true"
