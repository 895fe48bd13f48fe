"""How one person's work goes, as they are shown it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from pairwright.stages.people import queue
from pairwright.stages.project.project import Project
from pairwright.store.people import annotators
from pairwright.store.people.accounts import Account

KEPT_SECONDS = 20.0
FEWEST_SHARED = 10  # pairs others answered too, under which agreement would be noise
LAST = 50  # answers the pace is taken from


@dataclass(frozen=True, slots=True)
class PersonProgress:
    """`per_hour` is the pace of active time of late; `agreement` that with others, until yesterday."""

    answered: int
    today: int
    waiting: int
    per_hour: float | None
    agreement: float | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class ProgressOf:
    """Progress of everybody, counted anew every few seconds: at every answer it would slow all down.

    `project` gives the project as it is then.
    """

    def __init__(self, project: Callable[[], Project]) -> None:
        self._project = project
        self._kept: dict[int, tuple[float, PersonProgress]] = {}
        self._lock = threading.Lock()

    def of(self, account: Account, *, fresh: bool = False) -> PersonProgress:
        now = time.monotonic()
        with self._lock:
            at, found = self._kept.get(account.rater_id, (0.0, None))
        if found is not None and not fresh and now - at < KEPT_SECONDS:
            return found
        progress = progress_of(self._project(), account)
        with self._lock:
            self._kept[account.rater_id] = (now, progress)
        return progress

    def answered(self, account: Account, by: int = 1) -> PersonProgress:
        """Count an answer (or, with -1, one taken back) without asking the store."""
        progress = self.of(account)
        counted = PersonProgress(
            max(0, progress.answered + by),
            max(0, progress.today + by),
            max(0, progress.waiting - by),
            progress.per_hour,
            progress.agreement,
        )
        with self._lock:
            at, _ = self._kept[account.rater_id]
            self._kept[account.rater_id] = (at, counted)
        return counted


def progress_of(project: Project, account: Account) -> PersonProgress:
    """Counted from the store."""
    midnight = queue.midnight()
    with project.store.read() as connection:
        answered, today = annotators.counts(connection, account.rater_id, midnight)
        timed = annotators.last_seconds(connection, account.rater_id, LAST)
        # Of days that are over: an agreement that moved with one answer, or did not, would tell what it was.
        shared, same = annotators.agreement(connection, account.rater_id, midnight)
        waiting = queue.waiting_about(connection, project, account)
    spent = sum(timed)
    return PersonProgress(
        answered,
        today,
        waiting,
        round(len(timed) / spent * 3600, 1) if len(timed) >= 5 and spent > 0 else None,
        round(same / shared, 3) if shared >= FEWEST_SHARED else None,
    )
