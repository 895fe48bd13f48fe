"""Whether the chain holds, and every row it seals is as it was when it was sealed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, func, select

from pairwright.store.chain import (
    MOST_ROWS,
    ROW_BYTES,
    SEALED,
    cut,
    digester,
    parents_of,
    seal_digest,
)
from pairwright.store.doctor.damage import CHANGED, Damage, moment, place, written
from pairwright.store.schema import response, seal

SEALS = 200  # read at once
RESTORE = "Bring the store back from a backup (`pairwright restore FILE`): what was sealed then is in it."
FOUND = 1000  # rows without a seal, told of one by one at most


@dataclass(slots=True)
class _Seen:
    """What the seals say so far."""

    digests: set[bytes] = field(default_factory=set)
    ranges: dict[str, list[list[int]]] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)

    def add(self, table: str, first: int, last: int) -> None:
        ranges = self.ranges.setdefault(table, [])
        if ranges and ranges[-1][1] == first - 1:
            ranges[-1][1] = last
        else:
            ranges.append([first, last])


def chain(connection: Connection) -> Iterator[Damage]:
    """Seals that don't fit together, and rows that were edited, deleted or added past the chain."""
    seen = _Seen()
    after = 0
    while True:
        query = select(seal).where(seal.c.id > after).order_by(seal.c.id).limit(SEALS)
        found = connection.execute(query).all()
        if not found:
            break
        after = found[-1].id
        seen.digests |= {row.digest for row in found}
        for row in found:
            yield from _seal(connection, row)
        yield from _rows(connection, found, seen)
    yield from _followed(connection, seen)
    yield from _unsealed(connection, seen)


def _seal(connection: Connection, row: Any) -> Iterator[Damage]:
    counted = sum(last - first + 1 for ranges in row.covers.values() for first, last in ranges)
    sound = len(row.rows) == counted * ROW_BYTES
    if not sound or seal_digest(row.parents, row.covers, row.rows, row.at) != row.digest:
        yield Damage(
            "chain",
            f"seal {row.digest.hex()[:12]} (row {row.id})",
            "was edited: its digest is not that of what it says",
            RESTORE,
            f"after {moment(row.at)}, when it was made",
        )


def _followed(connection: Connection, seen: _Seen) -> Iterator[Damage]:
    """Seals that others follow and that are gone."""
    for row in connection.execute(select(seal.c.id, seal.c.parents, seal.c.at).order_by(seal.c.id)):
        for parent in parents_of(row.parents):
            if parent not in seen.digests:
                yield Damage(
                    "chain",
                    f"seal {parent.hex()[:12]}",
                    f"is gone, or was edited: the seal in row {row.id} follows it. What it sealed can no "
                    "longer be told from what was edited",
                    RESTORE,
                    f"it was there on {moment(row.at)}",
                )


def _rows(connection: Connection, seals: Sequence[Any], seen: _Seen) -> Iterator[Damage]:
    """Hold the rows of some seals against their digests."""
    wanted: dict[str, dict[int, tuple[bytes, float]]] = {}
    for each in seals:
        digests = iter(cut(each.rows, ROW_BYTES))
        for name, ranges in sorted(each.covers.items()):
            for first, last in ranges:
                seen.add(name, first, last)
                for number in range(first, last + 1):
                    wanted.setdefault(name, {})[number] = next(digests, b""), each.at
    for name, said in wanted.items():
        table = SEALED.get(name)
        if table is not None:
            yield from _held(connection, table, said, seen)


def _held(
    connection: Connection,
    table: Table,
    said: dict[int, tuple[bytes, float]],
    seen: _Seen,
) -> Iterator[Damage]:
    name, digest = str(table.name), digester(table)
    numbers = sorted(said)
    for at in range(0, len(numbers), MOST_ROWS):
        page = numbers[at : at + MOST_ROWS]
        query = select(table).where(table.c.id.between(page[0], page[-1]))
        there = {row["id"]: row for row in connection.execute(query).mappings()}
        for number in page:
            row, (expected, sealed) = there.get(number), said[number]
            if row is None:
                seen.missing[name] = seen.missing.get(name, 0) + 1
            elif digest(row) == expected:
                continue
            key = None if row is None else row.get("key")
            what = "was deleted" if row is None else "was edited: it is not what was sealed"
            since = written(sealed)
            yield Damage("chain", place(name, number, key), what, CHANGED, since, row=(name, number))


def _unsealed(connection: Connection, seen: _Seen) -> Iterator[Damage]:
    """Rows that are there without a seal: nothing of this program added them."""
    for name, table in SEALED.items():
        ranges = sorted(seen.ranges.get(name, ()))
        there = select(table.c.id)
        if table is response:
            there = there.where(table.c.slot.is_not(None))
        counted = connection.execute(select(func.count()).select_from(there.subquery())).scalar_one()
        sealed = sum(last - first + 1 for first, last in ranges) - seen.missing.get(name, 0)
        if counted <= sealed:
            continue
        told = 0
        for number in connection.execute(there.order_by(table.c.id)).scalars():
            while ranges and ranges[0][1] < number:
                ranges.pop(0)
            if ranges and ranges[0][0] <= number:
                continue
            row = connection.execute(select(table).where(table.c.id == number)).mappings().one()
            told += 1
            if told > FOUND:
                break
            what = "has no seal: its seal is gone, or something else than Pairwright added it"
            yield Damage("chain", place(name, number, row.get("key")), what, CHANGED, row=(name, number))
