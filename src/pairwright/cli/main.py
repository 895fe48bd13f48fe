"""`pairwright`: one verb a stage, over one project folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError
from typer.exceptions import TyperException

from pairwright.cli import (
    annotate,
    browse,
    check,
    content,
    convert,
    elsewhere,
    export,
    label,
    output,
    push,
    report,
    results,
    verify,
    votes,
)
from pairwright.cli.options import Here
from pairwright.errors import PairwrightError

app = typer.Typer(
    name="pairwright",
    help="Preference data for alignment, from prompts to a verified dataset.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
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
        typer.Option("--project", "-C", help="Project folder; default: the nearest one at or above here."),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    context.obj = Here(project)


content.register(app)
convert.register(app)
votes.register(app)
annotate.register(app)
elsewhere.register(app)
export.register(app)
results.register(app)
label.register(app)
check.register(app)
verify.register(app)
report.register(app)
push.register(app)
browse.register(app)


def main() -> None:
    """Run the command line. Exit code 0 done, 1 error, 2 finished with failures, 130 interrupted."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and give its exit code."""
    try:
        code = app(arguments, standalone_mode=False)
        return int(code or output.DONE)
    except PairwrightError as error:
        return _error(arguments, type(error).__name__, str(error))
    except DBAPIError as error:
        why = f"the store refused: {error.orig}. Nothing half-done was kept."
        if "locked" in str(error.orig):
            why = "another command has been writing to this project for long. Try again when it is done."
        return _error(arguments, "StoreError", why)
    except typer.Exit as stop:
        return stop.exit_code
    except TyperException as error:
        return _error(arguments, "UsageError", f"{error.format_message()} (see `pairwright --help`)")
    except (KeyboardInterrupt, typer.Abort):
        output.fail("interrupted; what was finished is kept, run the same command to go on")
        return output.INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (| head): not our error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return output.DONE
    except OSError as error:  # a full or read-only disk, a folder without permission
        where = f" ({error.filename})" if error.filename else ""
        what = f"{error.strerror or error}{where}. Nothing half-done was kept."
        return _error(arguments, "OSError", what)


def _error(arguments: list[str], kind: str, message: str) -> int:
    if "--json" in arguments:
        output.emit({"error": {"type": kind, "message": message}})
    else:
        output.fail(message)
    return output.ERROR
