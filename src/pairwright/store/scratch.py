"""Counting by key on disk, for runs over more keys than memory should hold."""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

_CACHE_KB = 16_384


class Counts:
    """How often each key came, in a temporary file that is gone afterwards."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="pairwright-")
        self._db = sqlite3.connect(Path(self._folder.name) / "counts.db", isolation_level=None)
        for statement in (
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            f"PRAGMA cache_size = -{_CACHE_KB}",
            "CREATE TABLE seen (key BLOB PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID",
            "BEGIN",
        ):
            self._db.execute(statement)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()
        self._folder.cleanup()

    def add(self, key: bytes) -> int:
        """Count one more; gives how many there are now."""
        query = "INSERT INTO seen VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET n = n + 1 RETURNING n"
        return int(self._db.execute(query, (key,)).fetchone()[0])
