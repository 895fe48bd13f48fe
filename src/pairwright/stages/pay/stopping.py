"""An orderly stop of paid calls: what is in flight is finished and kept, within a bound."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from pairwright import interrupts
from pairwright.amounts import counted

Stop = Exception | KeyboardInterrupt

BY_A_PERSON = "Ctrl-C"  # who can press again: there is no bound but the endpoint's own
KEPT = "calls in flight were finished and kept"


class Stoppable(Protocol):
    """Work that can be told to start nothing more; `tasks` are what it goes on in."""

    stop_within_s: float
    stop: Stop | None
    in_flight: int
    tasks: set[asyncio.Task[Any]]

    def stop_for(self, why: Stop) -> None: ...


@contextmanager
def finish_on_signals(run: Stoppable) -> Iterator[None]:
    """The first signal lets calls in flight finish; the second, and the end of the bound, gives them up.

    What is given up is booked at its worst case. A signal that is ignored stays so, and one that a program
    of somebody else's handles is handed on to it in the end.
    """
    loop = asyncio.get_running_loop()
    stopping = _Stopping(run, loop)
    before = _take(loop, stopping)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
        stopping.done()
    for number, handler in before.items():
        if interrupts.NAMES[number] == stopping.by and handler not in _OURS:
            signal.raise_signal(number)


_OURS = (interrupts.interrupt, signal.default_int_handler)


def _take(loop: asyncio.AbstractEventLoop, stopping: _Stopping) -> dict[int, Any]:
    """Have signals handled here, as far as that can be; gives who handled them before."""
    before: dict[int, Any] = {}
    for number, name in interrupts.NAMES.items():
        handler = signal.getsignal(number)
        if handler in (signal.SIG_IGN, None):  # None: not Python's
            continue
        try:
            loop.add_signal_handler(number, stopping.asked, name)
        except (NotImplementedError, RuntimeError, ValueError):  # not the main thread, or Windows
            break
        before[number] = handler
    return before


class _Stopping:
    def __init__(self, run: Stoppable, loop: asyncio.AbstractEventLoop) -> None:
        self._run, self._loop = run, loop
        self._bound: asyncio.TimerHandle | None = None
        self._gave_up = 0
        self.by: str | None = None

    def asked(self, name: str) -> None:
        if self.by is not None:
            self._give_up()
            return
        self.by, run = name, self._run
        run.stop_for(KeyboardInterrupt(f"by {name}; {KEPT}"))
        waits = f"{counted(run.in_flight, 'call')} in flight"
        if name == BY_A_PERSON:
            told = f"{waits} will be finished and kept; once more ends at once."
        else:
            told = f"{waits} will be finished and kept, for {run.stop_within_s:g} s at most."
            self._bound = self._loop.call_later(run.stop_within_s, self._give_up)
        _tell(f"\n{name}: {told}\n")

    def _give_up(self) -> None:
        self._gave_up += self._run.in_flight
        if self._gave_up and isinstance(self._run.stop, KeyboardInterrupt):
            given = counted(self._gave_up, "call was", "calls were")
            self._run.stop = KeyboardInterrupt(
                f"by {self.by}; {given} given up without an answer and booked at the worst case, "
                "all others were kept"
            )
        for task in list(self._run.tasks):
            task.cancel()

    def done(self) -> None:
        if self._bound is not None:
            self._bound.cancel()


def _tell(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:  # the terminal is gone, which may be why it was asked for
        pass
