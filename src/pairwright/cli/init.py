"""init: a new project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pairwright.cli.options import Json
from pairwright.cli.output import (
    DONE,
    emit,
    say,
)


def init(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder to make.")] = Path("."),
    json: Json = False,
) -> int:
    """Make a project: settings, guidelines and an empty store."""
    from pairwright.stages.project.project import Project

    kept = [name for name in ("pairwright.toml", "guidelines.md") if (folder / name).exists()]
    path = Project.init(folder)
    if json:
        emit({"project": str(path.parent), "settings": str(path), "kept": kept})
        return DONE
    made = [name for name in ("pairwright.toml", "guidelines.md", "pairwright.db") if name not in kept]
    say(f"Made {path.parent}: {', '.join(made)}." + (f" Kept {' and '.join(kept)}." if kept else ""))
    go = "" if folder == Path(".") else f"cd {folder} && "
    say(f"Next: name your endpoint and models in {path}, then: {go}pairwright add prompts.jsonl")
    return DONE
