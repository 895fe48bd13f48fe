"""Counting by key on disk, for runs over more keys than memory should hold.

SQLite's nameless database is a file without a name: whatever ends the process, nothing stays behind.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from types import TracebackType
from typing import ClassVar, Self


class _Scratch:
    _TABLE: ClassVar[str]
    _CACHE_KB: ClassVar[int]

    def __enter__(self) -> Self:
        self._db = sqlite3.connect("", isolation_level=None)
        for statement in (
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            f"PRAGMA cache_size = -{self._CACHE_KB}",
            self._TABLE,
            "BEGIN",
        ):
            self._db.execute(statement)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()


class Counts(_Scratch):
    """How often each key came."""

    _TABLE = "CREATE TABLE seen (key BLOB PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID"
    _CACHE_KB = 16_384

    def add(self, key: bytes) -> int:
        """Count one more; gives how many there are now."""
        query = "INSERT INTO seen VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET n = n + 1 RETURNING n"
        return int(self._db.execute(query, (key,)).fetchone()[0])


class Sides(_Scratch):
    """How often each key came with True and with False."""

    _TABLE = "CREATE TABLE said (key BLOB PRIMARY KEY, t INTEGER, f INTEGER) WITHOUT ROWID"
    _CACHE_KB = 16_384

    def add(self, key: bytes, side: bool) -> tuple[int, int]:
        """Count one more; gives how many there are now of True and of False."""
        # Most keys come once, and this is half as long as an upsert that tells what is there.
        new = self._db.execute("INSERT OR IGNORE INTO said VALUES (?, ?, ?)", (key, side, not side))
        if new.rowcount:
            return int(side), int(not side)
        query = "UPDATE said SET t = t + ?, f = f + ? WHERE key = ? RETURNING t, f"
        true, false = self._db.execute(query, (side, not side, key)).fetchone()
        return int(true), int(false)


class ResponseVotes(_Scratch):
    """What was said for and against each key, with what came with it first, in the order of coming."""

    _TABLE = (
        "CREATE TABLE said (place INTEGER PRIMARY KEY, key BLOB UNIQUE NOT NULL, "
        "good INTEGER NOT NULL, bad INTEGER NOT NULL, what BLOB NOT NULL)"
    )
    _CACHE_KB = 8_192  # most of it is written once and read once, in order

    def add(self, key: bytes, good: bool, what: bytes) -> int:
        """Count one more; gives how many there are now."""
        query = (
            "INSERT INTO said (key, good, bad, what) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE "
            "SET good = good + excluded.good, bad = bad + excluded.bad RETURNING good + bad"
        )
        return int(self._db.execute(query, (key, good, not good, what)).fetchone()[0])

    def all(self) -> Iterator[tuple[int, int, bytes]]:
        """(how many said good, how many bad, what came first) of each key."""
        yield from self._db.execute("SELECT good, bad, what FROM said ORDER BY place")
