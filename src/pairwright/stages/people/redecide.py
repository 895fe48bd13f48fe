"""People's pairs are decided again after the overlap changed: in the background, also after a restart."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from pairwright.stages.panel.beliefs import renew_beliefs
from pairwright.stages.people.page_settings import CHANGED
from pairwright.stages.project.project import Project
from pairwright.store.people import accounts as sql
from pairwright.store.people.accounts import LeadAction
from pairwright.store.people.peoples_pairs import count_peoples_pairs, peoples_pairs

DECIDED = "decided pairs again"
AT_ONCE = 200  # pairs in one transaction: answers that are given meanwhile wait for it


def unfinished(connection: Connection) -> LeadAction | None:
    """The newest change of the overlap, unless all pairs were decided again after it."""
    done = sql.actions_of(connection, (CHANGED, DECIDED))
    newest = next((each for each in done if each.detail.get("setting") == "overlap"), None)
    decided = {each.detail["change"] for each in done if each.what == DECIDED}
    return None if newest is None or newest.id in decided else newest


@dataclass(frozen=True, slots=True)
class Progress:
    """How many pairs have been decided again, of how many."""

    done: int
    of: int


class Redeciding:
    """Decides pairs again in a thread of its own, by the settings as they are when it begins.

    What is left to do stands in the store, so that whoever serves the project next goes on with it.
    """

    def __init__(self, project: Callable[[], Project]) -> None:
        self._project = project
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.progress: Progress | None = None  # while it runs
        self.problem: str | None = None  # why it ended before all was done

    def start(self) -> None:
        """Go on with what is left to do, if anything is."""
        with self._lock:
            if self._thread is None and not self._stopping.is_set():
                self.problem = None
                self._thread = threading.Thread(target=self._run, name="pairwright-redeciding", daemon=True)
                self._thread.start()

    def wait(self, seconds: float | None = None) -> None:
        """Until all is decided, so many seconds at most."""
        if (thread := self._thread) is not None:
            thread.join(seconds)

    def stop(self) -> None:
        """End after the pairs at hand."""
        self._stopping.set()
        self.wait()

    def _run(self) -> None:
        try:
            while (change := self._next()) is not None:
                self._decide(change)
        except Exception as error:
            # Of a thread nobody would hear: the page says it.
            self.problem = str(error)
            with self._lock:
                self._thread = self.progress = None

    def _next(self) -> LeadAction | None:
        """What is to be done now. With nothing left the thread is over, so that `start` begins another."""
        with self._lock:
            with self._project().store.read() as connection:
                change = None if self._stopping.is_set() else unfinished(connection)
            if change is None:
                self._thread = self.progress = None
            return change

    def _decide(self, change: LeadAction) -> None:
        project = self._project()
        with project.store.read() as connection:
            done, of = 0, count_peoples_pairs(connection)
            pages = list(peoples_pairs(connection, AT_ONCE))
        for page in pages:
            self.progress = Progress(done, of)
            if self._stopping.is_set():
                return
            with project.store.write() as connection:
                renew_beliefs(connection, project, page)
            done += len(page)
        with project.store.write() as connection:
            by = sql.account_named(connection, change.lead)
            assert by is not None
            sql.add_action(connection, by.id, DECIDED, {"change": change.id, "pairs": done})
