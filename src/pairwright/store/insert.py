"""Inserting what is not there yet, and keeping others away from pairs meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Dialect, LargeBinary, Table, select
from sqlalchemy.types import TypeEngine

from pairwright.store.schema import pair


def insert_missing(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], unique: Sequence[str] = ("key",)
) -> int:
    """Insert the rows whose key is not there yet (nor earlier among them); returns how many these were.

    One statement, not "look, then insert": another machine may add the same
    key in between, and looking costs as much as inserting.
    """
    if not rows:
        return 0
    return _execute(connection, _insert(connection.dialect, table, tuple(rows[0]), tuple(unique)), rows)


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, all with the columns of the first."""
    if rows:
        _execute(connection, _insert(connection.dialect, table, tuple(rows[0]), ()), rows)


@dataclass(frozen=True, slots=True)
class _Insert:
    """A statement, and its columns, each with what makes a value what the driver takes."""

    sql: str
    columns: tuple[tuple[str, Callable[[Any], Any] | None], ...]
    positional: bool


def _execute(connection: Connection, statement: _Insert, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows; returns how many there are now that were not."""
    # The driver takes these as they are: SQLAlchemy's way through each row takes longer than the insert.
    columns = []
    for name, stored in statement.columns:
        column = [row[name] for row in rows]
        if stored is not None and column.count(None) < len(rows):
            column = list(map(stored, column))
        columns.append(column)
    values: list[Any] = list(zip(*columns, strict=True))
    if not statement.positional:
        names = [name for name, _ in statement.columns]
        values = [dict(zip(names, each, strict=True)) for each in values]
    # Without the option the count is lost on PostgreSQL.
    done = connection.exec_driver_sql(statement.sql, values, execution_options={"preserve_rowcount": True})
    return done.rowcount


@cache
def _insert(dialect: Dialect, table: Table, names: tuple[str, ...], unique: tuple[str, ...]) -> _Insert:
    """The statement that adds rows, passing over those whose columns `unique` are there already."""
    # One of the two, when it is needed: importing both takes a tenth of what `status` does.
    module: Any = import_module(f"sqlalchemy.dialects.{dialect.name}")
    statement = module.insert(table)
    if unique:
        statement = statement.on_conflict_do_nothing(index_elements=unique)
    compiled = statement.compile(dialect=dialect, column_keys=names, for_executemany=True)
    columns = tuple((name, _stored(table.c[name].type, dialect)) for name in compiled.positiontup or names)
    return _Insert(str(compiled), columns, bool(compiled.positiontup))


def _stored(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """What makes a value of this type what the driver takes; None where it takes it as it is."""
    return None if isinstance(kind, LargeBinary) else kind.dialect_impl(dialect).bind_processor(dialect)


def lock_pairs(connection: Connection, pair_ids: Sequence[int]) -> None:
    """Let no other transaction decide these pairs until this one ends, so that each sees the other's votes.

    SQLite has one writer anyway. The order is always the same: two that lock
    the same pairs wait, but never for each other.
    """
    if connection.dialect.name == "postgresql":
        query = select(pair.c.id).where(pair.c.id.in_(pair_ids)).order_by(pair.c.id).with_for_update()
        connection.execute(query).all()
