"""take: answers from another annotation tool."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pairwright.cli.annotate import told_import
from pairwright.cli.options import Json
from pairwright.cli.send import ToolName
from pairwright.types import OnError


def take(
    context: typer.Context,
    tool: ToolName,
    files: Annotated[list[Path], typer.Argument(help="What the tool exported.")],
    on_error: Annotated[
        OnError, typer.Option(help="stop adds nothing with a bad answer; skip adds the good ones.")
    ] = "stop",
    json: Json = False,
) -> int:
    """Take answers back from another annotation tool, as votes of people."""
    from pairwright.stages.people.other_tools import take as take_back

    with context.obj.open() as project:
        result = take_back(project, tool, files, on_error=on_error)
    return told_import(result, json, more=f"{result.skipped:,} skipped, ")
