"""SQL for how people's answers are combined: every fit of it, the newest of which is used."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, insert, select

from pairwright.routing.decide import Combination
from pairwright.store import clock
from pairwright.store.prepared import prepared
from pairwright.store.schema import combination


def add_combination(connection: Connection, found: Combination, facts: dict[str, Any]) -> None:
    """`facts` is what it was made from, for whoever looks it up later."""
    result = {
        "method": found.method,
        "people": {name: [list(row) for row in matrix] for name, matrix in found.people.items()},
        "prior": None if found.prior is None else list(found.prior),
        "taught": None if found.taught is None else dict(found.taught),
        "newcomer": None if found.newcomer is None else [list(row) for row in found.newcomer],
        **facts,
    }
    connection.execute(insert(combination).values(result=result, at=clock.now()))


def newest_combination(connection: Connection) -> Combination | None:
    result = newest_facts(connection)
    if result is None:
        return None
    # The last two are younger than the table.
    return Combination(
        result["method"], result["people"], result["prior"], result.get("taught"), result.get("newcomer")
    )


def newest_facts(connection: Connection) -> dict[str, Any] | None:
    """The newest fit as it was recorded."""
    return _newest(connection).scalar()


@prepared
def _newest() -> Select[Any]:
    return select(combination.c.result).order_by(combination.c.id.desc()).limit(1)
