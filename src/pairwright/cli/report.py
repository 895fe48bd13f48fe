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
    from pairwright.stages.figures.report import numbers_of, page_of

    with context.obj.open() as project:
        numbers = numbers_of(project)
        if json and output is None:
            emit(numbers)
            return DONE
        path = output or project.root / "report.html"
        path.write_text(page_of(numbers), encoding="utf-8")
    if json:
        emit(numbers)
        return DONE
    for each in numbers["todo"]:
        say(f"! {each['text']}")
    say(f"Open {path}")
    return DONE
