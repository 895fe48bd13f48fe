"""A hash chain over votes and decisions: what is edited or deleted later shows.

Every transaction ends with a seal, which holds a digest of each row it added and names the seals it
follows. Two writers at once follow the same seal, and the next one follows both, as commits in git do, so
nobody waits for anybody (docs/decisions/0011-a-seal-per-transaction.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import Any

from sqlalchemy import (
    Boolean,
    Connection,
    Float,
    LargeBinary,
    MetaData,
    Select,
    Table,
    insert,
    inspect,
    select,
)

from pairwright.keys import canonical_json
from pairwright.store import clock
from pairwright.store.insert import insert_rows
from pairwright.store.schema import (
    belief,
    flag,
    ranking,
    response,
    response_vote,
    retraction,
    seal,
    settlement,
    tombstone,
    vote,
    withdrawal,
)

# Votes, and whatever decides what becomes of them. Of responses those that a model was asked for: their
# key names the work, so that it says nothing of the text.
SEALED = {
    str(table.name): table
    for table in (
        response,
        vote,
        response_vote,
        ranking,
        retraction,
        belief,
        settlement,
        withdrawal,
        flag,
        tombstone,
    )
}
DERIVED = {"id", "votes_sum"}  # can be made again from the rest of the row, or stands in the seal itself
ROW_BYTES, SEAL_BYTES = 16, 32
MOST_ROWS = 2000  # in one seal: a large transaction has several
# Among so many of the newest seals those are looked for that no other follows yet.
RECENT = 32
_NEWEST = f"SELECT digest, parents FROM seal ORDER BY id DESC LIMIT {RECENT}"  # asked in every transaction

Ranges = dict[str, list[list[int]]]  # {"vote": [[17, 20], [22, 22]]}: numbers of rows, ends included


@dataclass(frozen=True, slots=True)
class Noted:
    """A row that was added, until it is sealed."""

    table: str
    id: int
    digest: bytes


def append(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Add rows of a sealed table and give their numbers, in order. Only within `Store.write`."""
    if not rows:
        return []
    ids = _inserted(connection, table, rows)
    noted = connection.get_execution_options()["noted"]
    digest = digester(table)
    for number, row in zip(ids, rows, strict=True):
        noted.append(Noted(str(table.name), number, digest(row)))
        if len(noted) >= MOST_ROWS:
            write_seal(connection, noted)
    return ids


def _inserted(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    if len(rows) == 1:
        added = connection.execute(_into(table), dict(rows[0])).inserted_primary_key
        assert added is not None
        return [int(added[0])]
    ids = _numbers(connection, str(table.name), len(rows))
    insert_rows(connection, table, [{"id": number, **row} for number, row in zip(ids, rows, strict=True)])
    return ids


def _numbers(connection: Connection, table: str, count: int) -> list[int]:
    """The numbers of the next rows, taken before they are added: asking afterwards takes twice as long."""
    if connection.dialect.name == "sqlite":  # one writer
        (last,) = connection.exec_driver_sql(f'SELECT max(id) FROM "{table}"').one()
        return list(range((last or 0) + 1, (last or 0) + 1 + count))
    taken = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
    return [int(number) for (number,) in connection.exec_driver_sql(taken, (table, count))]


@cache
def _into(table: Table) -> Any:
    return insert(table)


def add_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows of any table, into the chain where they belong there."""
    if table.name in SEALED:
        append(connection, table, rows)
    else:
        insert_rows(connection, table, rows)


def write_seal(connection: Connection, noted: list[Noted]) -> None:
    """Seal the noted rows, and forget them."""
    if not noted:
        return
    noted.sort(key=lambda each: (each.table, each.id))
    covers: Ranges = {}
    for each in noted:
        ranges = covers.setdefault(each.table, [])
        if ranges and ranges[-1][1] == each.id - 1:
            ranges[-1][1] = each.id
        else:
            ranges.append([each.id, each.id])
    rows = b"".join(each.digest for each in noted)
    parents, at = b"".join(heads(connection)), clock.now()
    row = {"digest": seal_digest(parents, covers, rows, at), "parents": parents, "covers": covers}
    connection.execute(_into(seal), {**row, "rows": rows, "at": at})
    noted.clear()


def heads(connection: Connection) -> list[bytes]:
    """The digests of the seals that none follows yet: all of the history, in one to some few values."""
    found = connection.exec_driver_sql(_NEWEST).all()
    followed = {parent for _, parents in found for parent in parents_of(parents)}
    return sorted(digest for digest, _ in found if digest not in followed)


def parents_of(parents: bytes) -> list[bytes]:
    return [parents] if len(parents) == SEAL_BYTES else cut(parents, SEAL_BYTES)


def cut(digests: bytes, size: int) -> list[bytes]:
    return [digests[at : at + size] for at in range(0, len(digests), size)]


def seal_digest(parents: bytes, covers: Ranges, rows: bytes, at: float) -> bytes:
    told = canonical_json(["seal", parents.hex(), covers, blake2b(rows).hexdigest(), at])
    return blake2b(told, digest_size=SEAL_BYTES).digest()


@cache
def digester(table: Table) -> Callable[[Any], bytes]:
    """Gives the digest of a row of this table, the same whether it is about to be stored or was read.

    Values that are null have no part in it, so that a column added later changes no digest.
    """
    table_name = str(table.name)
    sealed = [str(column.name) for column in table.c if column.name not in DERIVED]
    written = {str(column.name): plain for column in table.c if (plain := _plain(column.type)) is not None}

    def digest(row: Any) -> bytes:
        said = {name: value for name in sealed if (value := row.get(name)) is not None}
        for name, plain in written.items():
            if name in said:
                said[name] = plain(said[name])
        return blake2b(canonical_json([table_name, said]), digest_size=ROW_BYTES).digest()

    return digest


def _plain(kind: Any) -> Callable[[Any], Any] | None:
    """How a column's value is written in JSON; stores differ in whether 1.0 comes back as 1, -0.0 as 0."""
    if isinstance(kind, Float):
        return lambda value: float(value) + 0.0
    if isinstance(kind, LargeBinary):
        return lambda value: bytes(value).hex()
    return bool if isinstance(kind, Boolean) else None


def bury(
    connection: Connection,
    table: Table,
    ids: Iterable[int],
    *,
    because: str,
    by: str | None = None,
) -> None:
    """Say of rows that they were changed or deleted on purpose: they count as they stand now.

    The chain stays whole, for it holds digests and no content. Whoever deletes a person's data calls
    this in the same transaction.
    """
    digest, now = digester(table), clock.now()
    rows = []
    for number in ids:
        found = connection.execute(select(table).where(table.c.id == number)).mappings().first()
        stands = digest(found) if found is not None else None
        what = {"table": table.name, "row_id": number, "digest": stands}
        rows.append({**what, "because": because, "by": by, "at": now})
    append(connection, tombstone, rows)


def adopt(connection: Connection) -> None:
    """Seal what a store holds from before it had a chain. Tables are read as they stand at that version."""
    noted: list[Noted] = []
    there = set(inspect(connection).get_table_names())
    for name in [each for each in SEALED if each in there]:
        table = Table(name, MetaData(), autoload_with=connection)
        digest = digester(table)
        rows = select(table).where(table.c.slot.is_not(None)) if name == response.name else select(table)
        after = 0
        while page := connection.execute(page_after(rows, table, after)).mappings().all():
            noted += (Noted(name, row["id"], digest(row)) for row in page)
            write_seal(connection, noted)
            after = page[-1]["id"]


def page_after(rows: Select[Any], table: Table, after: int) -> Select[Any]:
    """The next rows by number, as many as a seal holds."""
    return rows.where(table.c.id > after).order_by(table.c.id).limit(MOST_ROWS)
