"""restore: a project back from a backup."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pairwright.cli.options import Json
from pairwright.cli.output import DONE, emit, note, say, steps_bar


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file that `pairwright backup` wrote.")],
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="FOLDER",
            help="Where the project is, or is to be made; default: the one at or above here.",
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Bring a project back from a backup; what is there now is kept aside."""
    from pairwright.stages.backup.backup import restore as bring
    from pairwright.stages.project.project import project_folder

    with steps_bar("copying", quiet=json) as tell:
        result = bring(file, folder or project_folder(context.obj.folder), progress=tell)
    if json:
        emit(result.as_dict())
        return DONE
    say(f" {result.folder} from {file}, examined: sound", first="Restored:")
    if result.written:
        say(f"With {', '.join(result.written)} as they were then")
    if result.kept is not None:
        say(f"What was there is kept in {result.kept}")
    for name in result.differing:
        note(f"{name} is not as it was in the backup: it was left as it is")
    return DONE
