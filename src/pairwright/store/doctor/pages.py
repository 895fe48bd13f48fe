"""Whether the database itself is sound: pages, tables, indexes, references."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, Connection, Table, func, inspect, select, text

from pairwright.store.doctor.damage import CHANGED, REPAIR, Damage, place
from pairwright.store.schema import metadata

MOST = 20  # of one kind are told of one by one
BROKEN = (
    "Stop what uses it, and bring back the last backup: `pairwright restore FILE` keeps the damaged file "
    "aside. Without one, `sqlite3 FILE .recover | sqlite3 saved.db` saves what can be read; then run doctor "
    "on that."
)


def pages(connection: Connection) -> Iterator[Damage]:
    """What the database says of its own pages."""
    if connection.dialect.name == "postgresql":
        yield from _checksums(connection)
        return
    for (said,) in connection.execute(text("PRAGMA integrity_check(100)")):
        if said == "ok":
            continue
        if "index" in said and "page" not in said.lower():
            yield Damage("pages", "an index of the file", said, REPAIR, repair="indexes")
        elif not said.startswith("NULL value in") and "non-unique" not in said:
            yield Damage("pages", "the database file", said, BROKEN)
        else:
            yield Damage("pages", "a row", said, "Put it right from a backup (`pairwright restore FILE`).")


def _checksums(connection: Connection) -> Iterator[Damage]:
    """PostgreSQL counts pages whose checksum was wrong when it read them, where it was set up to."""
    counted = text(
        "SELECT checksum_failures, checksum_last_failure FROM pg_stat_database "
        "WHERE datname = current_database()"
    )
    failures, last = connection.execute(counted).one()
    if failures:
        yield Damage(
            "pages",
            "the server's files",
            f"{failures:,} pages had a wrong checksum when they were read",
            "Look at the server's disk and its log, and restore the database from its own backup.",
            f"last on {last}",
        )


def tables(connection: Connection) -> Iterator[Damage]:
    """Whether every table, column and index of this version is there."""
    there = inspect(connection)
    names = set(there.get_table_names())
    remedy = "Put it right from a backup (`pairwright restore FILE`)."
    for table in metadata.sorted_tables:
        if table.name not in names:
            yield Damage("tables", f"table {table.name}", "is missing", remedy)
            continue
        columns = {column["name"] for column in there.get_columns(table.name)}
        for column in table.c:
            if column.name not in columns:
                yield Damage("tables", f"column {table.name}.{column.name}", "is missing", remedy)
        indexes = {index["name"] for index in there.get_indexes(table.name)}
        for index in sorted(table.indexes, key=lambda each: str(each.name)):
            if index.name not in indexes:
                yield Damage("tables", f"index {index.name}", "is missing", REPAIR, repair="indexes")


def references(connection: Connection) -> Iterator[Damage]:
    """Rows that name a row there is not."""
    for table in metadata.sorted_tables:
        for column in table.c:
            for key in column.foreign_keys:
                yield from _dangling(connection, table, column, key.column)


def _dangling(
    connection: Connection, table: Table, column: Column[object], target: Column[object]
) -> Iterator[Damage]:
    there = target.table.alias("there")
    lost = ~select(there.c[target.name]).where(there.c[target.name] == column).exists()
    row = next(iter(table.primary_key.columns))
    query = select(row, column).where(column.is_not(None), lost)
    found = connection.execute(query.order_by(row).limit(MOST)).all()
    for number, missing in found:
        yield Damage(
            "references",
            place(str(table.name), number),
            f"{column.name} names {target.table.name} {missing}, which is not there",
            CHANGED,
            row=(str(table.name), number) if row.name == "id" else None,
        )
    if len(found) == MOST:
        more = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one() - MOST
        if more:
            what = f"{more:,} further rows name {target.table.name} rows that are not there"
            yield Damage("references", f"table {table.name}", what, "As above.")


def rebuild_indexes(connection: Connection) -> None:
    """Make missing indexes, and all others again: they follow from the rows."""
    there = inspect(connection)
    for table in metadata.sorted_tables:
        known = {index["name"] for index in there.get_indexes(table.name)}
        for index in table.indexes:
            if index.name not in known:
                index.create(connection)
    if connection.dialect.name == "sqlite":
        connection.execute(text("REINDEX"))
