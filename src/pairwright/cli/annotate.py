"""annotate: the web page, the terminal, or labels from a file."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pairwright.amounts import counted
from pairwright.cli.options import Browser, HostName, Json
from pairwright.cli.output import DONE, ERROR, FINISHED_WITH_FAILURES, emit, err, fail, note, say
from pairwright.errors import InputError
from pairwright.types import OnError

if TYPE_CHECKING:
    from pairwright.stages.people.import_labels import ImportResult
    from pairwright.stages.project.project import Project


def annotate(
    context: typer.Context,
    rater: Annotated[
        str | None,
        typer.Option("--rater", metavar="NAME", help="Your name in the votes; default: your user name."),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS", help="Where to listen. Anything but this machine lets others in: invite them."
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Default: 8400, or the next free one; 0: any.")
    ] = None,
    host_name: HostName = None,
    browser: Browser = True,
    terminal: Annotated[bool, typer.Option("--terminal", help="No page: choose in this terminal.")] = False,
    import_: Annotated[
        list[Path] | None,
        typer.Option("--import", help="Take labels from a file instead: id, label, annotator, seconds."),
    ] = None,
    on_error: Annotated[
        OnError, typer.Option(help="For --import: stop adds nothing with a bad row; skip adds the good rows.")
    ] = "stop",
    json: Json = False,
) -> int:
    """Start the page on which people choose the better response."""
    with context.obj.open() as project:
        if import_:
            return _import(project, import_, rater, on_error, json)
        if json:
            raise InputError("annotate talks to people: --json goes with --import only")
        name = rater or getpass.getuser()
        if terminal:
            return _sit(project, name)
        return _serve(project, name, host, port, host_name or [], browser)


def _serve(project: Project, name: str, host: str, port: int | None, names: list[str], browser: bool) -> int:
    from pairwright.annotate.serve import bind, is_loopback, serve
    from pairwright.stages.people.accounts import checked_name
    from pairwright.store.people import tasks

    name = checked_name(name)
    place = bind(host, port, names)
    with project.store.read() as connection:
        wanted = tasks.open_pairs(connection)
    waiting, conflicts = wanted.waiting, wanted.for_lead
    if stuck := wanted.stuck - conflicts:
        note(
            f"{counted(stuck, 'pair was skipped or is disputed', 'pairs were skipped or are disputed')}: "
            "somebody who has not answered them may."
        )
    if conflicts:
        note(
            f"{counted(conflicts, 'conflict waits for', 'conflicts wait for')} a lead's decision, under "
            "Conflicts."
        )
    if not waiting and not conflicts and not stuck:
        note("No pair waits for people yet: `pairwright route` decides what they are asked.")

    def ready(link: str) -> None:
        say(f"{wanted.in_words}.")
        say(f"This link signs you in as {name}, a lead:\n\n  {link}\n")
        if names:
            say(f"Behind your proxy it begins with https://{names[0]}/ instead of {place.url}/.")
        if is_loopback(host):
            say("Only this machine can reach it. Invite others under People, and see --host to let them in.")
        else:
            note(
                "Others on this network can reach it, over plain HTTP: put a proxy with HTTPS in front "
                "(docs/annotate.md), and invite people under People. The link above is yours alone."
            )
        say("Ctrl-C stops it; every answer is saved as it is given.")

    serve(project, name, place, open_browser=browser, ready=ready)
    with project.store.read() as connection:
        say(f"Stopped. {counted(tasks.waiting(connection), 'pair still waits', 'pairs still wait')}.")
    return DONE


def _sit(project: Project, name: str) -> int:
    from rich.console import Console

    from pairwright.annotate import terminal
    from pairwright.stages.people.answers import Person

    console = Console()
    if not console.is_terminal:
        raise InputError(
            "annotate --terminal needs a terminal to show pairs in. Use --import FILE for labels in a file."
        )
    person = Person.sign_in(project, name)
    waiting = person.waiting()
    if not waiting:
        say(f"Nothing waits for {name}. `pairwright route` decides what people are asked.")
        return DONE
    session = terminal.annotate(person, console)
    say(
        f"{session.answered - session.undone:,} answered, {session.skipped:,} skipped, "
        f"{session.flagged:,} flagged; {person.waiting():,} still wait. All saved."
    )
    return DONE


def _import(project: Project, paths: list[Path], rater: str | None, on_error: OnError, json: bool) -> int:
    from pairwright.stages.people.import_labels import import_labels

    result = import_labels(project, paths, default_rater=rater, on_error=on_error)
    return told_import(result, json)


def told_import(result: ImportResult, json: bool, *, more: str = "") -> int:
    """Say what an import of people's labels came to, and give the exit code."""
    if json:
        emit(result.as_dict())
    else:
        for problem in result.problems:
            err.print(problem, soft_wrap=True)
        if result.added:
            say(
                f"{counted(result.votes, 'vote')} added ({result.changed:,} replace an earlier answer), "
                f"{more}"
                f"{result.already_there:,} there already, {counted(result.bad_rows, 'bad row')} of "
                f"{result.rows:,}."
            )
        else:
            fail(
                f"{result.bad_rows:,} of {result.rows:,} rows are bad, so nothing was added. "
                "Mend them, or pass --on-error skip to add the others."
            )
    if not result.added:
        return ERROR
    return FINISHED_WITH_FAILURES if result.bad_rows else DONE
