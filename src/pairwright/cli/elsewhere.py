"""send, take, gold, people: work in other tools, pairs whose answer is known, and how people do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pairwright.cli.annotate import told_import
from pairwright.cli.options import DryRun, Json
from pairwright.cli.output import DONE, ERROR, emit, err, fail, note, out, say
from pairwright.types import OnError

TOOLS = "label-studio, argilla, potato, mturk, prolific or csv"
ToolName = Annotated[str, typer.Argument(metavar="TOOL", help=f"One of {TOOLS}.")]


def register(app: typer.Typer) -> None:
    for verb in (send, take, gold, people):
        app.command()(verb)


def send(
    context: typer.Context,
    tool: ToolName,
    folder: Annotated[Path, typer.Argument(help="A new folder for the tasks and the tool's set-up.")],
    n: Annotated[
        int, typer.Option("--n", min=1, help="At most this many pairs, first of the queue first.")
    ] = 1_000_000,
    for_people: Annotated[
        int, typer.Option("--people", min=1, help="How many people each pair is asked of.")
    ] = 1,
    days: Annotated[float, typer.Option(min=0.1, help="For so long these places are not offered here.")] = 14,
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
    say(f"{result.pairs:,} pairs{would} sent to {tool}, {result.places:,} answers wanted.")
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


def gold(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Rows of id, label and, for practice, explanation.")],
    use: Annotated[str, typer.Option(help="both, hidden (mixed in unseen) or qualify (practice).")] = "both",
    json: Json = False,
) -> int:
    """Say what the right answer to pairs is: to test people on, and to teach new ones."""
    from pairwright.stages.people.gold import USES, import_gold

    if use not in USES:
        fail(f"--use is one of {', '.join(USES)}; got {use!r}")
        return ERROR
    with context.obj.open() as project:
        result = import_gold(project, files, use=use)
    if json:
        emit(result.as_dict())
    elif result.bad_rows:
        for problem in result.problems:
            err.print(problem, soft_wrap=True)
        fail(f"{result.bad_rows:,} of {result.rows:,} rows can't be used, so none was added.")
    else:
        say(f"{result.gold:,} pairs are gold now.")
    return ERROR if result.bad_rows else DONE


def people(context: typer.Context, json: Json = False) -> int:
    """How each person's votes look: gold, agreement, bias to a side or to length, pace, drift."""
    from pairwright.stages.people.annotators import people_of

    with context.obj.open() as project:
        found = people_of(project)
    if json:
        emit({"people": [each.as_dict() for each in found]})
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
