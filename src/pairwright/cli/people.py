"""people: how each annotator does, what leads changed, and one person's data."""

from __future__ import annotations

import time

import typer
from rich.table import Table

from pairwright.cli.help import Command, a_group
from pairwright.cli.options import Json
from pairwright.cli.output import (
    DONE,
    emit,
    note,
    out,
    say,
)

app = a_group(name="people")


@app.callback(invoke_without_command=True)
def people(context: typer.Context, json: Json = False) -> int:
    """How each annotator does: gold, agreement, bias to a side or to length, pace, drift."""
    if context.invoked_subcommand is not None:
        return DONE
    from pairwright.stages.people.annotators import PeopleResult, people_of

    with context.obj.open() as project:
        found = people_of(project)
    if json:
        emit(PeopleResult(found).as_dict())
        return DONE
    if not found:
        note("Nobody has answered yet: `pairwright annotate`.")
        return DONE
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in (
        "Name",
        "Votes",
        "Gold",
        "With others",
        "Left",
        "Longer (others)",
        "Seconds",
        "Too fast",
    ):
        table.add_column(name, justify="left" if name == "Name" else "right")
    for each in found:
        of = each.figures
        if of is None:
            table.add_row(each.name, "0")
            continue
        longer = "-" if of.longer is None else f"{of.longer.value:.0%}"
        if of.longer is not None and of.others_longer is not None:
            longer += f" ({of.others_longer:.0%})"
        table.add_row(
            each.name,
            f"{of.votes:,}",
            *("-" if share is None else f"{share.value:.0%}" for share in (of.gold, of.agreement, of.left)),
            longer,
            "-" if of.median_seconds is None else f"{of.median_seconds:.0f}",
            "-" if of.too_fast is None else f"{of.too_fast:.0%}",
        )
    out.print(table)
    for each in found:
        if each.figures and each.figures.worries:
            say(f"Look at {each.name}: {'; '.join(each.figures.worries)}")
    return DONE


@app.command("changes", cls=Command)
def changes(context: typer.Context, json: Json = False) -> int:
    """What leads changed on the page: overlap, gold, verdicts, guidelines; who, when, from, to."""
    from pairwright.stages.people.page_settings import changes_of

    with context.obj.open() as project:
        found = changes_of(project)
    if json:
        emit(found.as_dict())
        return DONE
    if not found.changes:
        note("Leads have changed nothing on the page. What stands in pairwright.toml is edited there.")
        return DONE
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("When", "Who", "What", "From", "To"):
        table.add_column(name)
    for each in found.changes:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(each.at))
        told = ("-" if value is None else str(value) for value in (each.before, each.after))
        table.add_row(when, each.lead, each.setting, *told)
    out.print(table)
    return DONE
