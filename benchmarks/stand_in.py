"""The loopback server as a process of its own, and what it took: is it what a benchmark waits for?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from types import TracebackType
from typing import Self


class StandIn:
    """`with StandIn(latency_ms=50) as server: server.url`; afterwards `server.requests_per_second(calls)`."""

    def __init__(self, **behaviour: float) -> None:
        self._flags = [part for name, value in behaviour.items() for part in (_flag(name), f"{value:g}")]
        self.cpu = 0.0

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "pairwright.models.loopback", *self._flags]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        at = json.loads(self._process.stdout.readline())
        self.port, self.url = at["port"], at["url"]
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        _, status, used = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu = used.ru_utime + used.ru_stime

    def requests_per_second(self, calls: int) -> float:
        """What one core of the server could answer, start-up included."""
        return calls / self.cpu

    def verdict(self, calls: int, wanted_per_second: float) -> str:
        """One line: whether the server, not what is measured, sets the pace."""
        can = self.requests_per_second(calls)
        limits = "IS THE BOTTLENECK" if can < 1.5 * wanted_per_second else "is not the bottleneck"
        return f"the server {limits}: it can answer {can:,.0f} a second, {wanted_per_second:,.0f} are wanted"


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
