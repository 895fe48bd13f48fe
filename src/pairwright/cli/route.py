"""route: which pairs judges settle and which people are asked about."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pairwright.amounts import counted
from pairwright.cli.options import Json
from pairwright.cli.output import (
    DONE,
    emit,
    note,
    out,
    say,
)
from pairwright.routing import wording


def route(
    context: typer.Context,
    more: Annotated[
        int, typer.Option(min=0, help="Draw this many more pairs for people, to calibrate judges on.")
    ] = 0,
    recalibrate: Annotated[
        bool, typer.Option(help="Settle an alarm: draw a new calibration sample from the pairs it is about.")
    ] = False,
    restore: Annotated[
        str | None,
        typer.Option(metavar="WHY", help="Settle an alarm: accept these pairs again, for this reason."),
    ] = None,
    withdrawn: Annotated[
        bool, typer.Option(help="Only list the pairs whose label an alarm has withdrawn, one id a line.")
    ] = False,
    json: Json = False,
) -> int:
    """Decide which pairs judges settle and which people are asked about. Free."""
    from pairwright.stages.route.audit import withdrawn as withdrawn_pairs
    from pairwright.stages.route.route import run_route

    with context.obj.open() as project:
        if withdrawn:
            found = withdrawn_pairs(project)
            emit(found.as_dict()) if json else out.print("\n".join(found.withdrawn), soft_wrap=True)
            return DONE
        result = run_route(project, more=more, recalibrate=recalibrate, restore=restore)
    if json:
        emit(result.as_dict())
    else:
        print_route(result.as_dict())
    return DONE


def print_route(result: dict[str, Any]) -> None:
    """`result` is RouteResult.as_dict()."""
    from pairwright.store.people.tasks import Open

    wanted = Open(**result["open"])
    parts = [
        f"{counted(result['accepted_from_judges'], 'label')} from judges",
        f"{result['accepted_from_people']:,} from people",
        wanted.in_words,
    ]
    if result["accepted_from_unknown"]:
        parts.insert(2, f"{result['accepted_from_unknown']:,} from unknown raters")
    if wanted.stuck:
        parts.append(
            f"{counted(wanted.stuck, 'needs somebody else', 'need somebody else')} ({wanted.why_stuck})"
        )
    if wanted.flagged:
        parts.append(f"{counted(wanted.flagged, 'is flagged', 'are flagged')}, so nobody is asked")
    if result["for_judges"]:
        parts.append(
            f"{counted(result['for_judges'], 'waits for the next judge', 'wait for the next judge')} of "
            "the cascade"
        )
    if result["waiting"]:
        parts.append(f"{counted(result['waiting'], 'waits for calibration', 'wait for calibration')}")
    if result["not_judged"]:
        parts.append(f"{result['not_judged']:,} not judged yet")
    say(", ".join(parts) + ".")
    if result["calibration"] is not None:
        _calibration(result["calibration"])
    for judge, standing in result["distrusted"].items():
        note(
            f"{judge} is {standing} against people: not counted and not asked again. "
            f'To use it all the same: [route] trust = ["{judge}"]'
        )


def _calibration(found: dict[str, Any]) -> None:
    """Frame by frame what is covered and what it waits for; what is outside; what the audits found."""
    if not found["frames"]:
        note("Judges are calibrated against people when every pair has been judged.")
    for frame in found["frames"]:
        name = f"{wording.name(frame)}: " if len(found["frames"]) > 1 else ""
        note(name + wording.of_frame(found, frame))
        if frame["shift"]:
            note(f"{name}{frame['shift']}")
    for text in wording.outside(found):
        note(text)
