"""Inserting what is not there yet, and keeping others away from pairs meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Dialect, Table, select

from pairwright.store.schema import pair


def insert_missing(
    connection: Connection, table: Table, rows: list[dict[str, Any]], unique: Sequence[str] = ("key",)
) -> int:
    """Insert the rows whose key is not there yet (nor earlier among them); returns how many these were.

    One statement, not "look, then insert": another machine may add the same
    key in between, and looking costs as much as inserting.
    """
    if not rows:
        return 0
    sql, columns, positional = _insert(connection.dialect, table, tuple(rows[0]), tuple(unique))
    # The driver takes these as they are: SQLAlchemy's way through each row takes as long as the insert.
    values: list[Any] = [
        tuple([row[name] if stored is None else stored(row[name]) for name, stored in columns])
        for row in rows
    ]
    if not positional:
        names = [name for name, _ in columns]
        values = [dict(zip(names, each, strict=True)) for each in values]
    # Without the option the count is lost on PostgreSQL.
    done = connection.exec_driver_sql(sql, values, execution_options={"preserve_rowcount": True})
    return done.rowcount


@cache
def _insert(
    dialect: Dialect, table: Table, names: tuple[str, ...], unique: tuple[str, ...]
) -> tuple[str, list[tuple[str, Callable[[Any], Any] | None]], bool]:
    """The statement, its columns with what makes values what the driver takes, and whether by position."""
    # One of the two, when it is needed: importing both takes a tenth of what `status` does.
    module: Any = import_module(f"sqlalchemy.dialects.{dialect.name}")
    statement = module.insert(table).on_conflict_do_nothing(index_elements=unique)
    compiled = statement.compile(dialect=dialect, column_keys=names, for_executemany=True)
    columns: list[Any] = [
        (name, table.c[name].type.dialect_impl(dialect).bind_processor(dialect))
        for name in compiled.positiontup or names
    ]
    return str(compiled), columns, bool(compiled.positiontup)


def lock_pairs(connection: Connection, pair_ids: Sequence[int]) -> None:
    """Let no other transaction decide these pairs until this one ends, so that each sees the other's votes.

    SQLite has one writer anyway. The order is always the same: two that lock
    the same pairs wait, but never for each other.
    """
    if connection.dialect.name == "postgresql":
        query = select(pair.c.id).where(pair.c.id.in_(pair_ids)).order_by(pair.c.id).with_for_update()
        connection.execute(query).all()
