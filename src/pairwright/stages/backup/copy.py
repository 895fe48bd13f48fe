"""A store as another: a file or PostgreSQL, in either direction, examined when it is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pairwright.errors import StoreError
from pairwright.stages.doctor.doctor import sound
from pairwright.stages.result import Result
from pairwright.store.backup.copy import copy_rows
from pairwright.store.store import Store


@dataclass(frozen=True, repr=False)
class CopyResult(Result):
    """How many rows of each table are there now, and whether the copy is sound."""

    rows: dict[str, int]
    sound: bool
    found: dict[str, int]
    heads: list[str]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def copy(
    source: str, target: str, *, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> CopyResult:
    """Copy every row of `source` to `target`, which must be empty or not there yet.

    Each is a file's path or a PostgreSQL URL. Raises StoreError, with nothing copied, where one of them
    can't be used or a row can't be kept in the other.
    """
    new = "://" not in target and not Path(target).exists()
    if "://" not in target and Path(target).exists() and _same(source, target):
        raise StoreError(f"{source} and {target} are the same store: choose another to copy to")
    with Store.open(source) as read:
        try:
            with Store.open(target, create=True) as written:
                rows = copy_rows(read, written, progress=progress)
                found = sound(written)
        except BaseException:
            if new:
                for ending in ("", "-wal", "-shm"):
                    Path(f"{target}{ending}").unlink(missing_ok=True)
            raise
    return CopyResult(rows, found.sound, found.found, found.heads)


def _same(source: str, target: str) -> bool:
    return "://" not in source and Path(source).exists() and Path(source).samefile(target)
