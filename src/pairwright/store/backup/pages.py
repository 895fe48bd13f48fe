"""A store's file as it is at one moment, page by page, while others go on writing to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from pairwright.errors import StoreDamaged, StoreError

PAGES = 4096  # 16 MB at a time
WAIT_S = 30.0


def copy_pages(
    source: Path, target: Path, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> None:
    """Make `target` what `source` is. A target that is open elsewhere is replaced in one transaction."""

    def tell(_status: int, remaining: int, total: int) -> None:
        progress(total - remaining, total)

    try:
        with closing(_opened(source)) as read, closing(_opened(target)) as written:
            # Held from the first page to the last: else a busy writer would make it begin again and again.
            read.execute("BEGIN")
            read.execute("SELECT count(*) FROM sqlite_master").fetchone()
            read.backup(written, pages=PAGES, progress=tell)
            read.execute("COMMIT")
    except sqlite3.OperationalError as error:
        raise StoreError(f"{source} could not be copied to {target}: {error}") from error
    except sqlite3.DatabaseError as error:
        raise StoreDamaged(f"{source} can't be read ({error}), so it was not copied to {target}") from error


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)
