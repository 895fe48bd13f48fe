"""Figures that are costly to count, kept for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from pairwright.store import clock

T = TypeVar("T")

QUICK_SECONDS = 0.5  # what was counted in less is counted again while whoever asks for it waits


class Cached(Generic[T]):
    """Something costly to count, kept for some seconds, and longer the longer it took.

    One thread counts it while the others wait; at most a tenth of the time goes into counting. Where
    counting takes long, whoever asks is given what was counted last, while it is counted again.
    """

    def __init__(self, seconds: float = 4.0) -> None:
        self._least, self._until, self._took = seconds, 0.0, 0.0
        self._value: T | None = None
        self._of: Hashable = None
        self._lock = threading.Lock()
        self._counting: threading.Thread | None = None
        self.at = 0.0  # when what is kept was counted, seconds since 1970

    def get(self, count: Callable[[], T], of: Hashable = None) -> T:
        """What was counted last, or is counted now.

        `of` says what it is counted of: as long as that is the same nothing is counted again, and once it
        is another, what is counted quickly is counted at once.
        """
        with self._lock:
            value = self._value
            if value is None or self._is_due_at_once(of):
                return self._count(count, of)
            if self._is_old(of) and self._counting is None:
                self._counting = threading.Thread(target=self._recount, args=(count, of), daemon=True)
                self._counting.start()
            return value

    def wait(self) -> None:
        """Until nothing is being counted in the background."""
        if (counting := self._counting) is not None:
            counting.join()

    def _is_due_at_once(self, of: Hashable) -> bool:
        changed = of is not None and of != self._of
        return self._took < QUICK_SECONDS and (changed or self._is_old(of))

    def _is_old(self, of: Hashable) -> bool:
        return time.monotonic() > self._until and (of is None or of != self._of)

    def _count(self, count: Callable[[], T], of: Hashable) -> T:
        began, at = time.monotonic(), clock.now()
        value = count()
        self._took = time.monotonic() - began
        self._value, self._of, self.at = value, of, at
        self._until = began + max(self._least, 10 * self._took)
        return value

    def _recount(self, count: Callable[[], T], of: Hashable) -> None:
        try:
            self._count(count, of)
        except Exception:
            self._value = None  # whoever asks next counts it, and is told what is wrong
        finally:
            self._counting = None
