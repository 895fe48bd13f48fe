"""report: everything measured, as one page and as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pairwright.cli.options import Json
from pairwright.cli.output import DONE, emit, say


def report(
    context: typer.Context,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Default: report.html in the project."),
    ] = None,
    json: Json = False,
) -> int:
    """Write all measurements as one page: judges, confidence, costs, people."""
    from pairwright.stages.figures.report import numbers_of, write_report

    with context.obj.open() as project:
        if json and output is None:
            emit(numbers_of(project))
            return DONE
        result = write_report(project, output)
    if json:
        emit(result.as_dict())
        return DONE
    for each in result.numbers["todo"]:
        say(f"! {each['text']}")
    say(f"Open {result.path}")
    return DONE
