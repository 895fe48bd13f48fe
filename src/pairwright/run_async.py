"""What async judges and models promise, waited for where the caller is not async.

One loop for the whole process, in a thread of its own: a client keeps its connections
from call to call, and a notebook, whose own loop runs already, is served too.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import threading
from typing import Any

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
