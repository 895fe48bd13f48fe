"""The time that rows are stamped with: the database server's, so that the clocks of machines need not agree.

A file's clock is this machine's. With PostgreSQL the difference is measured when a store is opened, and again
as long as a process works beside others; what is left of it is half the time an answer takes.
"""

from __future__ import annotations

import time

from sqlalchemy import Connection, text

TRIES = 3  # the quickest answer tells most exactly

_ahead_s = 0.0  # of the server's clock


def now() -> float:
    """Seconds since 1970, UTC."""
    return time.time() + _ahead_s


def ask(connection: Connection) -> None:
    """Go by the clock of this PostgreSQL server from now on."""
    global _ahead_s
    told = []
    for _ in range(TRIES):
        before = time.time()
        server = float(connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())
        after = time.time()
        told.append((after - before, server - (before + after) / 2))
    _ahead_s = min(told)[1]
