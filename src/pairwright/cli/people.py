"""people: how each annotator does, what leads changed, and one person's data."""

from __future__ import annotations

import getpass
import sys
import time
from pathlib import Path
from typing import Annotated, Literal

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


Name = Annotated[str, typer.Argument(metavar="NAME", help="As `pairwright people` shows it.")]


@app.command("work", cls=Command)
def work(
    context: typer.Context,
    name: Name,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it there: .csv or .json.")] = None,
    json: Json = False,
) -> int:
    """All one person gave: answers with pairs, seconds, notes and gold results; skips, flags, hours."""
    from pairwright.stages.people.work_of import work_of

    with context.obj.open() as project:
        found = work_of(project, name, out)
    if json:
        emit(found.as_dict())
        return DONE
    for what, value in found.facts():
        say(f" {value}", first=f"{what}:")
    if found.file is not None:
        say(f" {found.file}", first="written:")
    else:
        note("--out FILE.csv or FILE.json writes all of it")
    return DONE


@app.command("erase", cls=Command)
def erase_person(
    context: typer.Context,
    name: Name,
    votes: Annotated[
        Literal["keep", "retract"],
        typer.Option(
            help="keep: their votes count on, under a pseudonym; retract: they count no longer.",
        ),
    ],
    confirm: Annotated[
        str | None, typer.Option(metavar="NAME", help="The name once more; default: you are asked for it.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go and stay; erase nothing.")
    ] = False,
    by: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who erases; default: the login name.")
    ] = None,
    json: Json = False,
) -> int:
    """Erase a person's name, sign-in, notes and comments. No way back; old backups hold them still."""
    from pairwright.stages.people.erase import erase

    with context.obj.open() as project:
        if not dry_run and confirm is None and not json and sys.stdin.isatty():
            for line in erase(project, name, votes=votes, dry_run=True).sentences():
                say(line)
            confirm = typer.prompt(f"There is no way back. To erase, type the name ({name})")
        by = by or getpass.getuser()
        done = erase(project, name, votes=votes, confirm=confirm, dry_run=dry_run, by=by)
    if json:
        emit(done.as_dict())
        return DONE
    for line in done.sentences():
        say(line)
    if dry_run:
        note("Nothing was erased.")
    else:
        say(f" {name} is {done.pseudonym} now.", first="Erased:")
    return DONE
