"""What is wrong with a store: where, since when, and the way forward."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal

from pairwright.keys import KINDS, public_id

Severity = Literal["error", "warning"]
# What `--repair` can make again from what is sound.
Repair = Literal["queue", "beliefs", "indexes", "leftovers"]

CHANGED = (
    "Put it right from a backup (`pairwright restore FILE`). If the change was meant, put that on record: "
    '`pairwright doctor --accept "WHY"`.'
)
REPAIR = "Run `pairwright doctor --repair`."


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that is wrong. `since` bounds when it came about, in words, where anything tells.

    `row` is the table and number of the row it is about, for `--accept`.
    """

    check: str
    where: str
    what: str
    remedy: str
    since: str | None = None
    severity: Severity = "error"
    repair: Repair | None = None
    row: tuple[str, int] | None = None


def place(table: str, number: int, key: bytes | None = None) -> str:
    """A row as people find it: by the id that `pairwright show` takes, where it has one."""
    named = f" {public_id(table, key)}" if key is not None and table in KINDS else ""
    return f"{table}{named} (row {number})"


def written(at: float | None) -> str | None:
    """A change of a row came after the row."""
    return None if at is None else f"after {moment(at)}, when the row was written"


def moment(at: Any) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))
