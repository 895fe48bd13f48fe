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
    _HELD = 20_000  # rows at a time, sorted: one statement for each would take ten times as long

    def __enter__(self) -> Self:
        self._held: list[tuple[bytes, bool, bool]] = []
        return super().__enter__()

    def add(self, key: bytes, side: bool) -> None:
        """Count one more."""
        self._held.append((key, side, not side))
        if len(self._held) >= self._HELD:
            self._put()

    def both(self) -> dict[bytes, tuple[int, int]]:
        """The keys that came with each, and how often with True and with False."""
        self._put()
        found = self._db.execute("SELECT key, t, f FROM said WHERE t AND f")
        return {key: (true, false) for key, true, false in found}

    def _put(self) -> None:
        self._held.sort()
        self._db.executemany(
            "INSERT INTO said VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE "
            "SET t = t + excluded.t, f = f + excluded.f",
            self._held,
        )
        self._held.clear()


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
