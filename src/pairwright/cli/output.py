"""What the commands print: results to stdout, progress and notes to stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from rich.progress import Progress

    from pairwright.stages.pay.paid_calls import Progress as PaidProgress

# Texts hold settings ([generate]), ids and what models wrote: nothing in them is markup.
out = Console(highlight=False, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, markup=False, emoji=False)

REFRESH_S = 0.2
DONE, ERROR, FINISHED_WITH_FAILURES, INTERRUPTED = 0, 1, 2, 130


def emit(result: dict[str, Any]) -> None:
    """One JSON object to stdout."""
    import orjson

    sys.stdout.write(
        orjson.dumps(result, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode() + "\n"
    )


def say(text: str, *, first: str = "", style: str = "") -> None:
    """A line, literally; `first` is what it begins with, in bold."""
    out.print(Text.assemble((first, "bold"), text, style=style), soft_wrap=True)


def note(text: str) -> None:
    err.print(Text.assemble(("note:", "yellow"), " ", text), soft_wrap=True)


def fail(text: str) -> None:
    err.print(Text.assemble(("error:", "red"), " ", text), soft_wrap=True)


def usd(amount: float | None) -> str:
    """Money as people read it: cents from ten cents up, more digits below."""
    if amount is None:
        return "price unknown"
    if amount == 0 or amount >= 0.1:
        return f"${amount:,.2f}"
    return f"${amount:.4f}" if amount >= 0.0001 else "under $0.0001"


def hours(value: float) -> str:
    """A duration as people read it."""
    if value >= 1:
        return f"{value:,.1f} h"
    return f"{value * 60:.1f} min" if value * 60 >= 1 else f"{value * 3600:.0f} s"


def percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


@contextmanager
def paid_bar(label: str, *, json: bool) -> Iterator[PaidProgress]:
    """A bar with rate, time left and spend on a terminal; silent elsewhere."""
    from pairwright.stages.pay.paid_calls import no_progress

    with _bar(json) as progress:
        if progress.disable:
            yield no_progress
            return
        task = progress.add_task(label, total=None, extra="")
        due = 0.0

        def tell(*, done: int, total: int, failed: int, spent_usd: float) -> None:
            nonlocal due
            if (now := monotonic()) < due and done < total:
                return  # a thousand calls a second are not worth a thousand drawings
            due = now + REFRESH_S
            speed = progress.tasks[task].speed
            rate = f"{speed:,.1f}/s" if speed else ""
            bad = f"  {failed:,} failed" if failed else ""
            progress.update(task, completed=done, total=total, extra=f"{rate}  {usd(spent_usd)} spent{bad}")

        yield tell


@contextmanager
def steps_bar(label: str, *, json: bool) -> Iterator[Any]:
    """A bar over steps whose number the work itself tells, on a terminal."""
    with _bar(json) as progress:
        if progress.disable:
            yield None
            return
        task = progress.add_task(label, total=None, extra="")
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def count_bar(label: str, *, json: bool) -> Iterator[Any]:
    """A running count on a terminal, for work whose size is not known before."""
    with _bar(json) as progress:
        if progress.disable:
            yield None
            return
        task = progress.add_task(label, total=None, extra="")

        def tell(done: int) -> None:
            speed = progress.tasks[task].speed
            progress.update(task, completed=done, extra=f"{speed:,.0f}/s" if speed else "")

        yield tell


@contextmanager
def _bar(json: bool) -> Iterator[Progress]:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[extra]}"),
        console=err,
        disable=json or not err.is_terminal,
        transient=True,
        refresh_per_second=1 / REFRESH_S,
    )
    with progress:
        yield progress
