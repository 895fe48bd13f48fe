"""Between callers that are async and those that are not.

What async judges and models promise is waited for in one loop for the whole process, in a
thread of its own: a client keeps its connections from call to call, and a notebook, whose own
loop runs already, is served too. Stages are the other way round: each runs a loop of its own till it
is done, so where one runs already they do that in another thread.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from pairwright.errors import PairwrightError

P = ParamSpec("P")
T = TypeVar("T")

_LOOPS: dict[int, asyncio.AbstractEventLoop] = {}  # by process: a fork takes no threads along
_LOCK = threading.Lock()


def awaited(value: Any) -> Any:
    """The value itself, or what it comes to where it has to be awaited."""
    if not inspect.isawaitable(value):
        return value

    async def result() -> Any:
        return await value

    waiting = asyncio.run_coroutine_threadsafe(result(), _loop())
    try:
        return waiting.result()
    except BaseException:
        waiting.cancel()
        raise


def _loop() -> asyncio.AbstractEventLoop:
    with _LOCK:
        loop = _LOOPS.get(os.getpid())
        if loop is None:
            loop = _LOOPS[os.getpid()] = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="pairwright", daemon=True).start()
        return loop


_CANCELLED: ContextVar[threading.Event | None] = ContextVar("cancelled", default=None)


class Cancelled(PairwrightError):
    """Whoever waited for the work does so no more."""


def stop_if_cancelled() -> Callable[[], None]:
    """What raises Cancelled once the work that is begun here was cancelled, to be called from any thread."""
    cancelled = _CANCELLED.get()

    def stop() -> None:
        if cancelled is not None and cancelled.is_set():
            raise Cancelled("cancelled; what was in flight was finished and kept")

    return stop


def beside_a_loop(work: Callable[P, T]) -> Callable[P, T]:
    """The same function, which runs an event loop, for callers in whose thread one runs already, too.

    An interrupt lets calls in flight finish, as it does on the command line.
    """

    @wraps(work)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return work(*args, **kwargs)
        cancelled = threading.Event()
        context = copy_context()
        context.run(_CANCELLED.set, cancelled)
        with ThreadPoolExecutor(1, "pairwright") as thread:
            doing = thread.submit(context.run, lambda: work(*args, **kwargs))
            try:
                return doing.result()
            except KeyboardInterrupt:
                cancelled.set()  # leaving the block waits for the thread
                raise

    return call


def awaitable(work: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """The same function to be awaited: done in a thread, so that the caller's loop goes on meanwhile.

    Cancelling lets calls in flight finish, and waits for them: what is paid for is kept.
    """

    @wraps(work)
    async def call(*args: P.args, **kwargs: P.kwargs) -> T:
        cancelled = threading.Event()
        before = _CANCELLED.set(cancelled)
        doing = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
        try:
            return await asyncio.shield(doing)
        except asyncio.CancelledError:
            cancelled.set()
            await asyncio.wait([doing])
            if not doing.cancelled():
                doing.exception()  # seen: it is the cancellation itself
            raise
        finally:
            _CANCELLED.reset(before)

    return call
