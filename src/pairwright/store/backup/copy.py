"""Every row of one store in another: SQLite and PostgreSQL, in either direction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text, tuple_

from pairwright.errors import StoreError
from pairwright.store.chain import DERIVED, digester
from pairwright.store.schema import metadata
from pairwright.store.store import Store

PAGE = 2000
Progress = Callable[[int, int], None]


def copy_rows(
    source: Store, target: Store, *, replace: bool = False, progress: Progress = lambda _done, _total: None
) -> dict[str, int]:
    """Copy all rows as of one moment, in one transaction, and hold both against each other.

    Gives the number of rows by table. `replace` first removes what the target holds. Raises StoreError
    where the target holds rows otherwise, or a row can't be kept there; nothing is changed then.
    """
    copied: dict[str, int] = {}
    with source.read() as reader, target.write() as writer:
        if not replace and (full := first_with_rows(writer)):
            raise StoreError(f"{_named(target)} is not empty (it has rows in {full}): choose another")
        for table in reversed(metadata.sorted_tables):
            writer.execute(table.delete())
        total, done = sum(_count(reader, table) for table in metadata.sorted_tables), 0
        for table in metadata.sorted_tables:
            copied[str(table.name)] = 0
            for page in _pages(reader, table):
                _check(page, table, target)
                writer.execute(insert(table), page)
                copied[str(table.name)] += len(page)
                done += len(page)
                progress(done, total)
            if _sum(reader, table) != _sum(writer, table):
                raise StoreError(f"{_named(target)} gives other rows of {table.name} back than were written")
        _number_on(writer)
    return copied


def first_with_rows(connection: Connection) -> str | None:
    """A table that holds rows, if any does."""
    for table in metadata.sorted_tables:
        if connection.execute(select(*table.primary_key.columns).limit(1)).first() is not None:
            return str(table.name)
    return None


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _pages(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    key = list(table.primary_key.columns)
    after: tuple[Any, ...] | None = None
    while True:
        query = select(table).order_by(*key).limit(PAGE)
        if after is not None:
            query = query.where(tuple_(*key) > tuple_(*after) if len(key) > 1 else key[0] > after[0])
        page = [dict(row) for row in connection.execute(query).mappings()]
        if not page:
            return
        yield page
        after = tuple(page[-1][column.name] for column in key)


def _check(page: list[dict[str, Any]], table: Table, target: Store) -> None:
    """PostgreSQL keeps no text with a zero byte in it: say in which row it is."""
    if target.path is not None:
        return
    for row in page:
        for name, value in row.items():
            if isinstance(value, str) and "\0" in value:
                raise StoreError(
                    f"{table.name} {row.get('id', '')}: {name} holds a zero byte, which PostgreSQL keeps in "
                    "no text. Nothing was copied. Leave that row out, or keep the store in a file."
                )


def _sum(connection: Connection, table: Table) -> bytes:
    """A digest of all rows of a table, with their numbers."""
    digest, found = digester(table), blake2b()
    apart = [name for name in sorted(DERIVED) if name in table.c]
    for page in _pages(connection, table):
        for row in page:
            found.update(digest(row) + repr([row[name] for name in apart]).encode())
    return found.digest()


def _number_on(connection: Connection) -> None:
    """PostgreSQL numbers on from its own counter, which rows that bring their number don't move."""
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        if list(table.primary_key.columns.keys()) == ["id"]:
            last = connection.execute(select(func.max(table.c.id))).scalar()
            if last is not None:
                numbered = {"table": str(table.name), "last": last}
                connection.execute(
                    text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :last)"), numbered
                )


def _named(store: Store) -> str:
    return str(store.path or store.engine.url.render_as_string(hide_password=True))
