"""Whether the queue of open pairs is what the newest beliefs say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, select

from pairwright.store.doctor.damage import REPAIR, Damage
from pairwright.store.queue import keep_queue, queue_rows
from pairwright.store.schema import task
from pairwright.store.votes import current_beliefs, pair_pages


def queue(connection: Connection) -> Iterator[Damage]:
    """Pairs that are open to people, or not, against what is believed of them."""
    for pairs in pair_pages(connection):
        for number, said, stands in _differing(connection, pairs):
            if stands is None:
                what = "is open to people and not in the queue, so nobody is asked"
            elif said is None:
                what = "is in the queue and not open to people"
            else:
                names = ", ".join(name for name in said if said[name] != stands[name])
                what = f"stands in the queue with another {names} than its belief says"
            yield Damage("queue", f"pair (row {number})", what, REPAIR, repair="queue")


def _differing(connection: Connection, pairs: Sequence[int]) -> Iterator[tuple[int, Any, Any]]:
    beliefs = current_beliefs(connection, pairs)
    said = {row["pair_id"]: row for row in queue_rows(connection, list(beliefs.values()))}
    query = select(task).where(task.c.pair_id.in_(pairs))
    stands = {row["pair_id"]: dict(row) for row in connection.execute(query).mappings()}
    for number in pairs:
        if said.get(number) != stands.get(number):
            yield number, said.get(number), stands.get(number)


def rebuild_queue(connection: Connection) -> None:
    """Make the queue again from the newest beliefs, where it differs."""
    for pairs in list(pair_pages(connection)):
        beliefs = current_beliefs(connection, pairs)
        changed = [number for number, *_ in _differing(connection, pairs)]
        keep_queue(connection, [beliefs[number] for number in changed if number in beliefs])
