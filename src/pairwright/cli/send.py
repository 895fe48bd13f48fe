"""send: open pairs for another annotation tool."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pairwright.amounts import counted
from pairwright.cli.options import DryRun, Json
from pairwright.cli.output import (
    DONE,
    emit,
    note,
    say,
)

TOOLS = "label-studio, argilla, potato, mturk, prolific or csv"
ToolName = Annotated[str, typer.Argument(metavar="TOOL", help=f"One of {TOOLS}.")]


def send(
    context: typer.Context,
    tool: ToolName,
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="A new folder for the tasks and the tool's set-up.")
    ],
    n: Annotated[
        int, typer.Option("--n", min=1, help="At most this many pairs, first of the queue first.")
    ] = 1_000_000,
    for_people: Annotated[
        int, typer.Option("--people", min=1, help="How many people each pair is asked of.")
    ] = 1,
    days: Annotated[
        float, typer.Option(min=0.1, metavar="DAYS", help="For so long these places are not offered here.")
    ] = 14,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Send open pairs to another annotation tool, blind and shuffled."""
    from pairwright.stages.people.other_tools import send as send_out
    from pairwright.store.people import leases

    with context.obj.open() as project:
        result = send_out(project, tool, folder, n=n, people=for_people, days=days, dry_run=dry_run)
        with project.store.read() as connection:
            gone = leases.away(connection)
    if json:
        emit(result.as_dict())
        return DONE
    if not result.pairs and gone:
        where = ", ".join(f"{n:,} in {name}" for name, n in gone.items())
        note(
            f"Every pair that waits is away already ({where}): `pairwright take TOOL FILE` brings them home."
        )
        return DONE
    if not result.pairs:
        note("No pair waits for people: `pairwright route` decides what they are asked.")
        return DONE
    would = " would be" if dry_run else ""
    say(f"{counted(result.pairs, 'pair')}{would} sent to {tool}, {counted(result.places, 'answer')} wanted.")
    if result.places < result.pairs * for_people:
        note(
            f"Not every pair is asked of {for_people} people: [annotate] overlap, and answers given or "
            "awaited already, leave so many places."
        )
    for path in result.files:
        say(f"  {path}")
    if tool in ("csv", "prolific"):
        say("Answers come back as `worker` and `answer`: first, second, tie, both_good, both_bad, skip.")
    if not dry_run:
        say(f"When they are answered: pairwright take {tool} FILE")
    return DONE
