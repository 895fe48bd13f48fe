"""Slows down guessing passwords: growing delays per account and per address, which lock nobody out.

Whoever has signed in from an address before is slowed down by their own failures there alone:
neither a stranger who guesses at their name nor colleagues behind the same address keep them out.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST_KEYS = 10_000
FORGOTTEN = 3600.0  # seconds after the last failure


@dataclass(frozen=True, slots=True)
class Limit:
    """So many failures are free; then a delay of a second, doubled by each further one up to `longest`."""

    free: int
    longest: float

    def delay(self, failures: int) -> float:
        over = failures - self.free
        return 0.0 if over < 0 else min(self.longest, 2.0 ** min(over, 20))


PER_ACCOUNT = Limit(5, 60)
PER_ADDRESS = Limit(30, 60)  # a team sits behind one
PER_MEMBER = Limit(5, 900)  # somebody who has signed in from there before


class Brake:
    """Failed tries by name and address, for as long as this process runs. Safe for threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._failed: OrderedDict[tuple[str, ...], tuple[int, float]] = OrderedDict()
        self._members: OrderedDict[tuple[str, str], None] = OrderedDict()

    def wait(self, name: str, address: str) -> float:
        """Seconds until this name may be tried from this address; 0 if it may be now."""
        now = self._clock()
        with self._lock:
            delays = [0.0]
            for key, limit in self._keys(name, address):
                failures, last = self._failed.get(key, (0, 0.0))
                if now - last < FORGOTTEN:
                    delays.append(last + limit.delay(failures) - now)
        return max(delays)

    def failed(self, name: str, address: str) -> None:
        now = self._clock()
        with self._lock:
            for key, _ in self._keys(name, address):
                failures, last = self._failed.pop(key, (0, 0.0))
                self._failed[key] = (failures + 1 if now - last < FORGOTTEN else 1, now)
                while len(self._failed) > MOST_KEYS:
                    self._failed.popitem(last=False)

    def passed(self, name: str, address: str) -> None:
        """Somebody signed in, in whatever way: what failed for them before is forgotten."""
        with self._lock:
            for key in (("name", name), ("member", name, address)):
                self._failed.pop(key, None)
            self._members.pop((name, address), None)
            self._members[name, address] = None
            while len(self._members) > MOST_KEYS:
                self._members.popitem(last=False)

    def _keys(self, name: str, address: str) -> list[tuple[tuple[str, ...], Limit]]:
        if (name, address) in self._members:
            return [(("member", name, address), PER_MEMBER)]
        return [(("name", name), PER_ACCOUNT), (("from", address), PER_ADDRESS)]
