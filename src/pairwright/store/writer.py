"""Group commit: answers reach the disk together, and soon.

A thread takes whatever has arrived, writes it in one transaction and commits.
While one commit waits for the disk the next group gathers, so 1,000 answers a
second cost some dozens of commits. Whoever hands rows over waits until they are
on the disk before it sends anything more: what a kill loses is no more than what
may be in flight at once, and a slow disk slows the sending.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Self

from sqlalchemy import Table
from sqlalchemy.exc import IntegrityError, OperationalError

from pairwright.errors import StoreError
from pairwright.store.chain import add_rows
from pairwright.store.judge.pending import next_attempt
from pairwright.store.schema import call
from pairwright.store.store import Store

LINGER_S = 0.005  # a group grows meanwhile
LOCKED_TRIES = 40  # each as long as the store waits for a lock

Rows = Sequence[tuple[Table, dict[str, Any]]]


class GroupCommit:
    """Writes groups of rows in the background; the rows of one `put` stay in one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[Rows] = []
        self._awaited: list[asyncio.Future[None]] = []
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
        """Have rows committed together; returns when they are. Raises StoreError if they could not be."""
        self._raise()
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._hand_over(rows, written)
        await written
        self._raise()

    def hand_over(self, rows: Rows) -> None:
        """Have rows committed together, without waiting for it. An error is raised by the next `put`."""
        self._hand_over(rows, None)

    def _hand_over(self, rows: Rows, written: asyncio.Future[None] | None) -> None:
        with self._arrived:
            self._waiting.append(rows)
            if written is not None:
                self._awaited.append(written)
            if len(self._waiting) == 1:
                self._arrived.notify()

    def _raise(self) -> None:
        if self._error is not None:
            raise StoreError(
                f"an answer could not be written to the store: {getattr(self._error, 'orig', self._error)}. "
                "Nothing more is sent; what was written before is safe. Free the disk and run again."
            ) from self._error

    def _run(self) -> None:
        closing = False
        while not closing:
            with self._arrived:
                self._arrived.wait_for(lambda: self._waiting or self._closing)
                self._arrived.wait_for(lambda: self._closing, LINGER_S)
                closing = self._closing
                group, self._waiting = self._waiting, []
                awaited, self._awaited = self._awaited, []
            try:
                if self._error is None:
                    self._write_patiently(group)
            except BaseException as error:
                self._error = error
            _tell(awaited)

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
        try:
            with self._store.write() as connection:
                for table, values in by_table.items():
                    add_rows(connection, table, values)
        except IntegrityError:
            if self._store.path is not None:  # nobody writes beside this process: it is an error of ours
                raise
            for rows in group:
                self._write_beside_others(rows)

    def _write_beside_others(self, rows: Rows) -> None:
        """Another process did the same work meanwhile: its result stands, what was paid here is booked."""
        try:
            with self._store.write() as connection:
                for table, row in rows:
                    add_rows(connection, table, [row])
        except IntegrityError:
            for row in (row for table, row in rows if table is call):
                self._book_beside_others(row)

    def _book_beside_others(self, row: dict[str, Any]) -> None:
        while True:
            try:
                with self._store.write() as connection:
                    attempt = next_attempt(connection, row["work_key"])
                    add_rows(connection, call, [{**row, "attempt": attempt}])
                return
            except IntegrityError:
                continue  # another process has just taken that number


def _tell(written: list[asyncio.Future[None]]) -> None:
    """Let those go on who wait in an event loop for what is on the disk now."""
    for loop in {each.get_loop() for each in written}:
        mine = [each for each in written if each.get_loop() is loop]
        with suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(_resolve, mine)


def _resolve(written: list[asyncio.Future[None]]) -> None:
    for each in written:
        if not each.done():
            each.set_result(None)
