"""All that is looked at in a store, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError, OperationalError, ProgrammingError

from pairwright.store.doctor.chain import chain
from pairwright.store.doctor.content import content
from pairwright.store.doctor.damage import Damage
from pairwright.store.doctor.graves import Graves
from pairwright.store.doctor.pages import BROKEN, pages, references, tables
from pairwright.store.doctor.queue import queue
from pairwright.store.doctor.votes import beliefs, paid

CHECKS: dict[str, Callable[[Connection], Iterator[Damage]]] = {
    "pages": pages,
    "tables": tables,
    "references": references,
    "content": content,
    "chain": chain,
    "calls": paid,
    "beliefs": beliefs,
    "queue": queue,
}
# What exported rows rest on.
QUICK = ("content", "chain", "beliefs")
Progress = Callable[[int, int], None]


def checked(*, quick: bool) -> list[str]:
    return [name for name in CHECKS if not quick or name in QUICK]


def examine(
    connection: Connection, *, quick: bool = False, progress: Progress = lambda _done, _total: None
) -> Iterator[Damage]:
    """Everything that is wrong with the store, as of one moment. Reads all of it, changes nothing."""
    graves: Graves | None = None
    checks = checked(quick=quick)
    for done, name in enumerate(checks):
        progress(done, len(checks))
        try:
            if graves is None and name not in ("pages", "tables"):
                graves = Graves(connection)
            for damage in CHECKS[name](connection):
                if graves is None or not graves.cover(damage.row):
                    yield damage
        except (DatabaseError, ValueError) as error:
            if isinstance(error, OperationalError | ProgrammingError) and not _unreadable(error):
                raise
            said = str(getattr(error, "orig", None) or error)
            yield Damage("pages", f"what `{name}` reads", f"can't be read: {said}", BROKEN)


def _unreadable(error: DatabaseError) -> bool:
    """A missing table or column, a page that can't be read; not a lock or a lost connection."""
    said = str(error.orig)
    return any(each in said for each in ("no such", "malformed", "disk I/O", "does not exist"))
