"""Group commit: answers reach the disk together, and soon.

A thread takes whatever has arrived, writes it in one transaction and commits.
While one commit waits for the disk the next group gathers, so 1,000 answers a
second cost some dozens of commits. None waits longer than `LINGER_S` plus a
commit, and no more than `most_waiting` are ever off the disk: when it is slow,
whoever hands over more waits, and sends nothing meanwhile.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any, Self

from sqlalchemy import Table
from sqlalchemy.exc import OperationalError

from pairwright.errors import StoreError
from pairwright.store.chain import add_rows
from pairwright.store.store import Store

LINGER_S = 0.02
LOCKED_TRIES = 40  # each as long as the store waits for a lock

Rows = Sequence[tuple[Table, dict[str, Any]]]


class GroupCommit:
    """Writes groups of rows in the background; the rows of one `put` stay in one transaction."""

    def __init__(self, store: Store, *, most_waiting: int = 256) -> None:
        self._store = store
        self._most_waiting = most_waiting
        self._unwritten = 0
        self._waiting: list[Rows] = []
        self._arrived = threading.Condition()
        self._closing = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="pairwright-writer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        """Write what is left. Raises StoreError if anything could not be written."""
        with self._arrived:
            self._closing = True
            self._arrived.notify()
        self._thread.join()
        self._raise()

    async def put(self, rows: Rows) -> None:
        """Hand over rows to be committed together; waits only when the disk falls behind."""
        self._raise()
        with self._arrived:
            self._waiting.append(rows)
            self._unwritten += 1
            if len(self._waiting) in (1, self._enough):
                self._arrived.notify()
        while self._unwritten > self._most_waiting:
            await asyncio.sleep(LINGER_S / 4)
            self._raise()

    @property
    def _enough(self) -> int:
        """A group of this size is written without lingering."""
        return max(1, self._most_waiting // 2)

    def _raise(self) -> None:
        if self._error is not None:
            raise StoreError(
                f"an answer could not be written to the store: {getattr(self._error, 'orig', self._error)}. "
                "Nothing more is sent; what was written before is safe. Free the disk and run again."
            ) from self._error

    def _run(self) -> None:
        while True:
            with self._arrived:
                self._arrived.wait_for(lambda: self._waiting or self._closing)
                # Let the group grow, unless it is large already.
                self._arrived.wait_for(lambda: len(self._waiting) >= self._enough or self._closing, LINGER_S)
                closing = self._closing
                group, self._waiting = self._waiting, []
            try:
                self._write_patiently(group)
            except BaseException as error:
                self._error = error
                return
            with self._arrived:
                self._unwritten -= len(group)
            if closing and not group:
                return

    def _write_patiently(self, group: list[Rows]) -> None:
        """Another command may hold the store for minutes (adding a million rows): paid answers wait."""
        for _ in range(LOCKED_TRIES - 1):
            try:
                return self._write(group)
            except OperationalError as error:
                if "locked" not in str(error.orig):
                    raise
        self._write(group)

    def _write(self, group: list[Rows]) -> None:
        by_table: dict[Table, list[dict[str, Any]]] = {}
        for rows in group:
            for table, row in rows:
                by_table.setdefault(table, []).append(row)
        if not by_table:
            return
        with self._store.write() as connection:
            for table, values in by_table.items():
                add_rows(connection, table, values)
