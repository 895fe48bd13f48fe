"""SQL for draws of pairs to be answered by people, and for what was certified with them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, func, insert, select

from pairwright.keys import content_key
from pairwright.store.schema import calibration, draw

Purpose = Literal["calibration", "audit"]


@dataclass(frozen=True, slots=True)
class Draw:
    """A pair drawn by chance; `chance` is the probability with which it was.

    Where it was drawn only from those within reach: the calibration that said
    so, and the confidence it had to have.
    """

    pair_id: int
    purpose: Purpose
    chance: float
    at: float
    calibration_id: int | None = None
    at_least: float | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """The newest fit: its row number, when it was made, and all that is needed to apply it."""

    id: int
    at: float
    result: dict[str, Any]


def add_draws(
    connection: Connection,
    pair_ids: Iterable[int],
    purpose: Purpose,
    chance: float,
    calibration_id: int | None = None,
    at_least: float | None = None,
) -> int:
    same = {
        "purpose": purpose,
        "chance": chance,
        "calibration_id": calibration_id,
        "at_least": at_least,
        "at": time.time(),
    }
    rows = [{"pair_id": int(i), **same} for i in pair_ids]
    if rows:
        connection.execute(insert(draw), rows)
    return len(rows)


def draws(connection: Connection, purpose: Purpose) -> list[Draw]:
    """Oldest first."""
    rows = connection.execute(
        select(
            draw.c.pair_id, draw.c.purpose, draw.c.chance, draw.c.at, draw.c.calibration_id, draw.c.at_least
        )
        .where(draw.c.purpose == purpose)
        .order_by(draw.c.id)
    )
    return [Draw(*row) for row in rows]


def add_calibration(connection: Connection, result: dict[str, Any]) -> int:
    row = {"key": content_key("calibration", count(connection), result), "result": result, "at": time.time()}
    done = connection.execute(insert(calibration).values(**row))
    assert done.inserted_primary_key is not None
    return int(done.inserted_primary_key[0])


def newest_calibration(connection: Connection) -> Recorded | None:
    row = connection.execute(
        select(calibration.c.id, calibration.c.at, calibration.c.result)
        .order_by(calibration.c.id.desc())
        .limit(1)
    ).first()
    return Recorded(*row) if row else None


def calibration_numbered(connection: Connection, number: int) -> Recorded:
    row = connection.execute(
        select(calibration.c.id, calibration.c.at, calibration.c.result).where(calibration.c.id == number)
    ).one()
    return Recorded(*row)


def count(connection: Connection) -> int:
    """How often anything was fitted and tested: every look spends some of delta."""
    return int(connection.execute(select(func.count()).select_from(calibration)).scalar_one())
