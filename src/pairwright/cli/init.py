"""init: a new project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pairwright.cli.options import Json
from pairwright.cli.output import (
    DONE,
    emit,
    say,
)

if TYPE_CHECKING:
    pass


def init(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder to make.")] = Path("."),
    json: Json = False,
) -> int:
    """Make a project: settings, guidelines and an empty store."""
    from pairwright.stages.project.project import Project

    path = Project.init(folder)
    if json:
        emit({"project": str(path.parent), "settings": str(path)})
        return DONE
    say(f"Made {path.parent}: pairwright.toml, guidelines.md, pairwright.db.")
    go = "" if folder == Path(".") else f"cd {folder} && "
    say(f"Next: name your endpoint and models in {path}, then: {go}pairwright add prompts.jsonl")
    return DONE
