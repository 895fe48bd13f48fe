"""gold: pairs whose answer is known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pairwright.amounts import counted
from pairwright.cli.options import Json
from pairwright.cli.output import (
    DONE,
    ERROR,
    emit,
    err,
    fail,
    say,
)


def gold(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Rows of id, label and, for practice, explanation.")],
    use: Annotated[
        str, typer.Option(metavar="USE", help="both, hidden (mixed in unseen) or qualify (practice).")
    ] = "both",
    json: Json = False,
) -> int:
    """Give the known answer to pairs: to test people on, and to teach new ones."""
    from pairwright.stages.people.gold import USES, import_gold

    if use not in USES:
        fail(f"--use is one of {', '.join(USES)}; got {use!r}")
        return ERROR
    with context.obj.open() as project:
        result = import_gold(project, files, use=use)
    if json:
        emit(result.as_dict())
    elif result.bad_rows:
        for problem in result.problems:
            err.print(problem, soft_wrap=True)
        fail(f"{result.bad_rows:,} of {result.rows:,} rows can't be used, so none was added.")
    else:
        say(f"{counted(result.gold, 'pair is', 'pairs are')} gold now.")
    return ERROR if result.bad_rows else DONE
