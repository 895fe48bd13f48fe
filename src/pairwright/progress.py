"""How far work has come, on stderr: a bar on a terminal, one in HTML in a notebook, nothing elsewhere.

Each bar is a callback that a stage tells of finished work. It also stops the stage in
order where the work was cancelled (see `run_async`): what is in flight is finished and kept.
"""

from __future__ import annotations

import html
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from rich.console import Console

from pairwright.amounts import usd

if TYPE_CHECKING:
    from rich.progress import Progress

    from pairwright.stages.pay.paid_calls import Progress as PaidProgress

REFRESH_S = 0.2


class Bar(Protocol):
    """What shows how far work has come. `speed` is in steps a second, None where it can't be told yet."""

    @property
    def speed(self) -> float | None: ...

    def show(self, done: int, total: int | None, extra: str) -> None: ...


@contextmanager
def paid_bar(label: str, *, quiet: bool = False) -> Iterator[PaidProgress]:
    """A bar with rate, time left and spend."""
    stop, due = _stop_if_cancelled(), 0.0
    with _bar(label, quiet) as bar:

        def tell(*, done: int, total: int, failed: int, spent_usd: float) -> None:
            nonlocal due
            stop()
            if bar is None or ((now := monotonic()) < due and done < total):
                return  # a thousand calls a second are not worth a thousand drawings
            due = now + REFRESH_S
            rate = f"{bar.speed:,.1f}/s" if bar.speed else ""
            bad = f"  {failed:,} failed" if failed else ""
            bar.show(done, total, f"{rate}  {usd(spent_usd)} spent{bad}")

        yield tell


@contextmanager
def steps_bar(label: str, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A bar over steps whose number the work itself tells."""
    stop = _stop_if_cancelled()
    with _bar(label, quiet) as bar:

        def tell(done: int, total: int) -> None:
            stop()
            if bar is not None:
                bar.show(done, total, "")

        yield tell


@contextmanager
def count_bar(label: str, *, quiet: bool = False) -> Iterator[Callable[[int], None]]:
    """A running count, for work whose size is not known before."""
    stop = _stop_if_cancelled()
    with _bar(label, quiet) as bar:

        def tell(done: int) -> None:
            stop()
            if bar is not None:
                bar.show(done, None, f"{bar.speed:,.0f}/s" if bar.speed else "")

        yield tell


def _stop_if_cancelled() -> Callable[[], None]:
    from pairwright.run_async import stop_if_cancelled  # asyncio, which help does not wait for

    return stop_if_cancelled()


@contextmanager
def _bar(label: str, quiet: bool) -> Iterator[Bar | None]:
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    if quiet:
        yield None
    elif _in_notebook():
        bar = NotebookBar(label)
        try:
            yield bar
        finally:
            bar.clear()
    elif console.is_terminal:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[extra]}"),
            console=console,
            transient=True,
            refresh_per_second=1 / REFRESH_S,
        ) as progress:
            yield TerminalBar(progress, label)
    else:
        yield None


class TerminalBar:
    """A bar drawn by rich."""

    def __init__(self, progress: Progress, label: str) -> None:
        self._progress = progress
        self._task = progress.add_task(label, total=None, extra="")

    @property
    def speed(self) -> float | None:
        return self._progress.tasks[self._task].speed

    def show(self, done: int, total: int | None, extra: str) -> None:
        self._progress.update(self._task, completed=done, total=total, extra=extra)


class NotebookBar:
    """A bar as HTML, which every notebook shows without widgets."""

    def __init__(self, label: str) -> None:
        self._label, self._began, self._due, self._done = label, monotonic(), 0.0, 0
        self._shown: Any = None

    @property
    def speed(self) -> float | None:
        seconds = monotonic() - self._began
        return self._done / seconds if self._done and seconds > 1 else None

    def show(self, done: int, total: int | None, extra: str) -> None:
        self._done = done
        if (now := monotonic()) < self._due:
            return
        self._due = now + REFRESH_S
        of = f" of {total:,}" if total else ""
        bar = f'<progress value="{done}" max="{total}"></progress> ' if total else ""
        self._draw(f"{html.escape(self._label)} {bar}{done:,}{of} {html.escape(extra)}")

    def clear(self) -> None:
        """Results are shown by themselves: a bar is of no use any more."""
        if self._shown is not None:
            self._draw("")

    def _draw(self, text: str) -> None:
        from IPython.display import HTML, display

        if self._shown is None:
            self._shown = display(HTML(text), display_id=True)
        else:
            self._shown.update(HTML(text))


def _in_notebook() -> bool:
    """Whether this runs in a Jupyter kernel. IPython is not imported for it: there it is loaded already."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return hasattr(shell, "kernel")
