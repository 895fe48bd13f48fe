"""backup: the project in one checked file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pairwright.cli.options import Json
from pairwright.cli.output import DONE, FINISHED_WITH_FAILURES, emit, fail, say, steps_bar


def backup(
    context: typer.Context,
    out: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="File to write; default: backups/TIME.db in the project."),
    ] = None,
    json: Json = False,
) -> int:
    """Write the store and the settings to one file, checked, while work goes on."""
    from pairwright.cli.push import size
    from pairwright.stages.backup.backup import backup as write

    with context.obj.open() as project, steps_bar("copying", quiet=json) as tell:
        result = write(project, out, progress=tell)
    if json:
        emit(result.as_dict())
    else:
        say(f" {result.path} ({size(result.bytes)}), with {', '.join(result.files)}", first="Written:")
        if result.sound:
            say("Examined as `pairwright doctor` does: sound")
        else:
            fail(
                f"the store is damaged ({', '.join(result.found)}), and so is this copy: `pairwright doctor`"
            )
    return DONE if result.sound else FINISHED_WITH_FAILURES
