"""The signals that ask a program to end: Ctrl-C, and what containers, Slurm and a closed terminal send.

All are taken alike, as an interrupt: who does something worth finishing finishes it first.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

TOLD = "interrupted; what was finished is kept, run the same command to go on"
NAMES = {
    getattr(signal, name): told
    for name, told in (("SIGINT", "Ctrl-C"), ("SIGTERM", "SIGTERM"), ("SIGHUP", "SIGHUP"))
    if hasattr(signal, name)  # Windows has no SIGHUP
}

_last: int = signal.SIGINT


def end_at_once(number: int, _frame: FrameType | None) -> NoReturn:
    """The handler while there is nothing to finish yet (imports), or nothing any more."""
    _tell()
    os._exit(128 + number)


def interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    """The handler while a verb works: what Python does at Ctrl-C."""
    global _last
    _last = number
    raise KeyboardInterrupt


def take_all(handler: object = interrupt) -> None:
    """From now on every such signal goes to the handler, unless it is to be ignored (nohup)."""
    for number in NAMES:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)  # type: ignore[arg-type]


def on_hangup(handler: object) -> None:
    """For what takes Ctrl-C and SIGTERM itself, but no SIGHUP."""
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is not None and signal.getsignal(hangup) is interrupt:
        signal.signal(hangup, handler)  # type: ignore[arg-type]


def end_silently(number: int, _frame: FrameType | None) -> NoReturn:
    """The handler once all is said: closing down may take a moment."""
    os._exit(128 + number)


def ended() -> int:
    """Say that a verb was interrupted; gives the exit code, 128 and the signal's number as shells have it."""
    _tell()
    return 128 + _last


def _tell() -> None:
    try:
        after = "\n" if sys.stderr.isatty() else ""  # the terminal wrote ^C
        sys.stderr.write(f"{after}error: {TOLD}\n")
        sys.stderr.flush()
    except OSError:  # the terminal is gone
        pass
