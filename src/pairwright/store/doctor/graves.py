"""Rows that were erased, deleted or accepted as they stand: they count as right while they stand so."""

from __future__ import annotations

from sqlalchemy import Connection, select

from pairwright.store.chain import digester
from pairwright.store.schema import metadata, tombstone


class Graves:
    """The newest tombstone of each row that has one."""

    def __init__(self, connection: Connection) -> None:
        columns = tombstone.c.table, tombstone.c.row_id, tombstone.c.digest
        rows = connection.execute(select(*columns).order_by(tombstone.c.id))
        self._connection = connection
        self._digests: dict[tuple[str, int], bytes | None] = {
            (row.table, row.row_id): row.digest for row in rows
        }

    def cover(self, row: tuple[str, int] | None) -> bool:
        """Whether a tombstone says of this row that it is as it should be."""
        if row not in self._digests:
            return False
        name, number = row
        table = metadata.tables[name]
        there = self._connection.execute(select(table).where(table.c.id == number)).mappings().first()
        return self._digests[row] == (None if there is None else digester(table)(there))

    def __len__(self) -> int:
        return len(self._digests)
