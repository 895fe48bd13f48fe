"""card: the card of a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pairwright.cli.options import Json
from pairwright.cli.output import (
    DONE,
    emit,
    note,
    out,
    say,
)
from pairwright.cli.push import Languages, License, Paths


def card(
    context: typer.Context,
    repo: Annotated[
        str,
        typer.Option(
            "--repo",
            metavar="OWNER/NAME",
            help="OWNER/NAME it will have on the Hub, for the lines that load it.",
        ),
    ] = "owner/dataset",
    path: Paths = None,
    license: License = None,
    language: Languages = None,
    target: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write; default: print it.")
    ] = None,
    json: Json = False,
) -> int:
    """Print the dataset card: how it was made, how far to trust it, how to load it."""
    from pairwright.stages.publish.dataset import WantedExports
    from pairwright.stages.publish.push import card as card_of

    wanted = WantedExports(repo, path or (), license, language or ())
    with context.obj.open() as project:
        result = card_of(project, wanted)
    if target is not None:
        target.write_text(result.card, encoding="utf-8")
    if json:
        emit(result.as_dict())
        return DONE
    if target is None:
        out.print(result.card, soft_wrap=True)
    else:
        say(f"Open {target}")
    for text in (*result.notes, *result.stale):
        note(text)
    return DONE
