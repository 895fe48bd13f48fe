"""Run checks over any number of examples, in bounded memory, in one process or several."""

from __future__ import annotations

import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import islice
from multiprocessing import get_context
from types import FrameType
from typing import Any

from pairwright.errors import CheckError
from pairwright.quality.example import Check, Example, Finding

CHUNK = 256

# What a worker gives for a chunk: what pair checks found, and for each set check its notes.
_Seen = tuple[list[Finding], list[list[Any]], int]


def run_checks(
    examples: Iterable[Example],
    checks: Sequence[Check],
    *,
    workers: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Finding]:
    """What the checks find: pair by pair as the examples come, then what is said of the whole set.

    With several workers the checks are pickled into processes of their own. Raises
    CheckError, naming check and pair, where a check fails.
    """
    sets = [check for check in checks if hasattr(check, "see")]
    done = 0
    for findings, notes, n in _looked_at(examples, checks, workers):
        yield from findings
        for check, noted in zip(sets, notes, strict=True):
            for note in noted:
                _guarded(check, None, check.see, note)
        done += n
        if progress:
            progress(done)
    for check in sets:
        yield from _guarded(check, None, lambda end: list(end()), check.end)


def _looked_at(examples: Iterable[Example], checks: Sequence[Check], workers: int) -> Iterator[_Seen]:
    stream = iter(examples)
    chunks = iter(lambda: list(islice(stream, CHUNK)), [])
    if workers <= 1:
        for chunk in chunks:
            yield _look(checks, chunk)
        return
    try:
        packed = pickle.dumps(list(checks))
    except Exception as error:
        raise CheckError(
            f"a check can't be sent to another process ({error}): run with one worker"
        ) from error
    # Not forked: this process may hold threads and open databases.
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin, (packed,)) as pool:
        waiting: deque[Future[_Seen]] = deque()
        try:
            for chunk in chunks:
                with _no_interrupts():  # nor in workers that this starts: who waits for them ends them
                    waiting.append(pool.submit(_work, chunk))
                if len(waiting) > 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Keep Ctrl-C back; processes that are started meanwhile never see it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    # Blocked, as the workers inherit it; and kept aside, for another thread of this process may get it.
    came: list[tuple[int, FrameType | None]] = []
    on_main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    if on_main:
        signal.signal(signal.SIGINT, lambda number, frame: came.append((number, frame)))
    try:
        yield
    finally:
        if on_main:
            signal.signal(signal.SIGINT, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if came and callable(handler):
            handler(*came[0])


_checks: list[Check] = []  # of this worker


def _begin(packed: bytes) -> None:
    _checks[:] = pickle.loads(packed)  # noqa: S301 - made by the process that started this one


def _work(chunk: list[Example]) -> _Seen:
    return _look(_checks, chunk)


def _look(checks: Sequence[Check], chunk: list[Example]) -> _Seen:
    findings: list[Finding] = []
    notes: list[list[Any]] = [[] for check in checks if hasattr(check, "see")]
    for example in chunk:
        place = 0
        for check in checks:
            if hasattr(check, "look"):
                findings += _guarded(check, example.id, partial(_found, check), example)
            if hasattr(check, "see"):
                note = _guarded(check, example.id, check.note, example)
                if note is not None:
                    notes[place].append(note)
                place += 1
    return findings, notes, len(chunk)


def _found(check: Check, example: Example) -> list[Finding]:
    return list(check.look(example))


def _guarded(check: Check, pair: str | None, run: Callable[[Any], Any], of: Any) -> Any:
    try:
        return run(of)
    except Exception as error:
        where = f" on pair {pair}" if pair is not None else ""
        name = getattr(check, "name", type(check).__name__)
        raise CheckError(f"check {name} failed{where}: {type(error).__name__}: {error}") from error
