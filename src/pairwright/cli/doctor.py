"""doctor: whether a project is sound."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from pairwright.amounts import counted
from pairwright.cli.options import Json
from pairwright.cli.output import DONE, FINISHED_WITH_FAILURES, emit, note, say, steps_bar


def doctor(
    context: typer.Context,
    quick: Annotated[bool, typer.Option("--quick", help="Look only at what exported rows rest on.")] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Make again what can be derived: queue, sums, indexes.")
    ] = False,
    accept: Annotated[
        str | None,
        typer.Option("--accept", metavar="WHY", help="Put on record that changed rows count as they are."),
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who accepts; default: the login name.")
    ] = None,
    json: Json = False,
) -> int:
    """Find what is damaged or was changed by hand, and mend what can be made again."""
    from pairwright.stages.doctor.doctor import doctor as examine
    from pairwright.stages.doctor.doctor import lines_of

    with steps_bar("examining", quiet=json) as tell:
        result = examine(
            context.obj.folder,
            quick=quick,
            repair=repair,
            accept=accept,
            by=by or getpass.getuser(),
            progress=tell,
        )
    if json:
        emit(result.as_dict())
        return DONE if result.sound else FINISHED_WITH_FAILURES
    for damage in result.damages:
        first, *rest = lines_of(damage)
        say(first, first=f"{damage.check}  ")
        for line in rest:
            say(line)
    more = sum(result.found.values()) - len(result.damages)
    if more:
        note(f"{more:,} more: --json has the counts")
    if result.repaired:
        say(", ".join(result.repaired), first="Repaired: ")
    if result.accepted:
        say(f"{counted(result.accepted, 'row')}, as they stand now", first="Accepted: ")
    if not result.damages:
        say(f" {', '.join(result.checks)}", first="Sound:")
    if result.heads:
        say(f"The chain of votes and decisions ends in {' and '.join(result.heads)}")
    return DONE if result.sound else FINISHED_WITH_FAILURES
