"""Rewriting the database so that deleted and overwritten text stands nowhere in it any more."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from sqlalchemy import text

from pairwright.store.store import BUSY_TIMEOUT_S, Store


def vacuum(store: Store) -> bool:
    """Make anew what the database keeps on disk; False where others at work on it did not let us.

    SQLite leaves what was deleted in unused parts of the file, and copies of pages in the log beside it;
    PostgreSQL leaves old versions of rows.
    """
    if store.path is None:
        with store.engine.connect() as connection:
            alone = connection.execution_options(isolation_level="AUTOCOMMIT")
            alone.execute(text("VACUUM (FULL)"))
        return True
    opened = sqlite3.connect(store.path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    with store.in_turn(), closing(opened) as connection:
        try:
            connection.execute("VACUUM")
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError:
            return False
        return not busy
