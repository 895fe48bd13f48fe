"""Inserting what is not there yet, and keeping others away from pairs meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Table, select

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
    # One of the two, when it is needed: importing both takes a tenth of what `status` does.
    dialect: Any = import_module(f"sqlalchemy.dialects.{connection.dialect.name}")
    statement = dialect.insert(table).on_conflict_do_nothing(index_elements=unique)
    # Without the option the count is lost on PostgreSQL.
    return connection.execute(statement, rows, execution_options={"preserve_rowcount": True}).rowcount


def lock_pairs(connection: Connection, pair_ids: Sequence[int]) -> None:
    """Let no other transaction decide these pairs until this one ends, so that each sees the other's votes.

    SQLite has one writer anyway. The order is always the same: two that lock
    the same pairs wait, but never for each other.
    """
    if connection.dialect.name == "postgresql":
        query = select(pair.c.id).where(pair.c.id.in_(pair_ids)).order_by(pair.c.id).with_for_update()
        connection.execute(query).all()
