"""SQL for what was learned from people's labels of a frame, and certified with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, Select, func, insert, select

from pairwright.keys import content_key
from pairwright.store import clock
from pairwright.store.prepared import prepared
from pairwright.store.schema import calibration


@dataclass(frozen=True, slots=True)
class RecordedLook:
    """One look at labels: its row number, when it was, and all that is needed to apply what was learned."""

    id: int
    at: float
    result: dict[str, Any]

    @property
    def tested(self) -> np.ndarray:
        """(m, 2) the belief in each tested pair, and whether people agree.

        None stands for a pair on which nothing was believed: every judge of it is refused.
        """
        rows = np.array(self.result.get("tested") or [], float).reshape(-1, 2)
        return np.asarray(rows[np.isfinite(rows[:, 0])])


def add_calibration(connection: Connection, result: dict[str, Any]) -> int:
    row = {"key": content_key("calibration", count(connection), result), "result": result, "at": clock.now()}
    done = connection.execute(insert(calibration).values(**row))
    assert done.inserted_primary_key is not None
    return int(done.inserted_primary_key[0])


def calibrations(connection: Connection) -> list[RecordedLook]:
    """All looks, oldest first; those made before certificates named their frame are left out."""
    rows = connection.execute(
        select(calibration.c.id, calibration.c.at, calibration.c.result).order_by(calibration.c.id)
    )
    return [found for row in rows if "frame" in (found := RecordedLook(*row)).result]


def newest_calibration(connection: Connection) -> RecordedLook | None:
    """The last look at any frame."""
    row = _newest(connection).first()
    if row is None or "frame" in row.result:
        return None if row is None else RecordedLook(*row)
    return next(reversed(calibrations(connection)), None)


@prepared
def _newest() -> Select[Any]:
    columns = calibration.c.id, calibration.c.at, calibration.c.result
    return select(*columns).order_by(calibration.c.id.desc()).limit(1)


def count(connection: Connection) -> int:
    """How often anything was fitted and tested: every look spends some of its frame's delta."""
    return int(connection.execute(select(func.count()).select_from(calibration)).scalar_one())
