"""`pairwright`: one verb a stage, over one project folder."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from pairwright import interrupts
from pairwright.cli import help, output
from pairwright.cli.options import Here
from pairwright.cli.verbs import LINES, PHASES
from pairwright.errors import PairwrightError


class Verbs(help.Group):
    """All verbs by their lines; only the one that is called is imported."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = {verb: help.Command(verb, help=line) for verb, line in LINES.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        verb, _, rest = super().resolve_command(ctx, args)
        return verb, verb and imported(verb), rest

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        for phase, verbs in PHASES.items():
            with formatter.section(phase):
                formatter.write_dl([(f"{verb:<8}", line) for verb, line in verbs.items()])


def every_verb() -> Any:
    """The command line with all verbs imported: for the reference, and for tests that walk it."""
    root: Any = typer.main.get_command(app)
    root.commands = {verb: imported(verb) for verb in LINES}
    return root


def imported(verb: str) -> Any:
    """A verb with its options, from the file of its name."""
    module = import_module(f"pairwright.cli.{verb}")
    verbs_of_its_own = getattr(module, "app", None)
    if verbs_of_its_own is not None:
        return typer.main.get_command(verbs_of_its_own)
    return help.a_command(getattr(module, verb))


app = help.a_group(
    cls=Verbs,
    name="pairwright",
    help="Preference data for alignment, from prompts to a verified dataset.",
    add_completion=True,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        output.say(f"pairwright {version('pairwright')}")
        raise typer.Exit


@app.callback()
def _project(
    context: typer.Context,
    project: Annotated[
        Path | None,
        typer.Option(
            "--project",
            "-C",
            metavar="DIR",
            help="Project folder; default: the nearest one at or above here.",
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    context.obj = Here(project)


def main() -> None:
    """Run the command line.

    Exit code 0 done, 1 error, 2 finished with failures, 3 waits for calls in a batch, 130 interrupted.

    By SIGTERM it is 143, by SIGHUP 129.
    """
    try:
        interrupts.take_all()
        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # outside of a verb
        code = interrupts.ended()
    interrupts.take_all(interrupts.end_silently)
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command and give its exit code."""
    try:
        command = typer.main.get_command(app)
        code = command.main(arguments or ["--help"], prog_name="pairwright", standalone_mode=False)
        # Typer makes an interrupt this exit code.
        return interrupts.ended() if code == output.INTERRUPTED else int(code or output.DONE)
    except PairwrightError as error:
        return _error(arguments, type(error).__name__, str(error))
    except typer.Exit as stop:
        return stop.exit_code
    except TyperException as error:
        where = getattr(error, "ctx", None)
        named = where.command_path if where else "pairwright"
        return _error(arguments, "UsageError", f"{error.format_message()} (see `{named} --help`)")
    except (KeyboardInterrupt, typer.Abort):
        return interrupts.ended()
    except BrokenPipeError:
        # The reader of our output went away (| head): not our error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return output.DONE
    except OSError as error:  # a full or read-only disk, a folder without permission
        where = f" ({error.filename})" if error.filename else ""
        what = f"{error.strerror or error}{where}. Nothing half-done was kept."
        return _error(arguments, "OSError", what)
    except _database_error() as error:
        why = f"the store refused: {error.orig}. Nothing half-done was kept."
        if "locked" in str(error.orig):
            why = "another command has been writing to this project for long. Try again when it is done."
        return _error(arguments, "StoreError", why)


def _database_error() -> Any:
    """Asked for only when something was raised: usage errors and help need no database."""
    from sqlalchemy.exc import DBAPIError

    return DBAPIError


def _error(arguments: list[str], kind: str, message: str) -> int:
    if "--json" in arguments:
        output.emit({"error": {"type": kind, "message": message}})
    else:
        output.fail(message)
    return output.ERROR
