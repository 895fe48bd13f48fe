"""What the commands print: results to stdout, progress and notes to stderr."""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console
from rich.text import Text

from pairwright.amounts import hours as hours
from pairwright.amounts import percent as percent
from pairwright.amounts import usd as usd
from pairwright.progress import count_bar as count_bar
from pairwright.progress import paid_bar as paid_bar
from pairwright.progress import steps_bar as steps_bar

# Texts hold settings ([generate]), ids and what models wrote: nothing in them is markup.
out = Console(highlight=False, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, markup=False, emoji=False)

DONE, ERROR, FINISHED_WITH_FAILURES, WAITING, INTERRUPTED = 0, 1, 2, 3, 130


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
