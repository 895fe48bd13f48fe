"""push: a dataset for others, with everything one has to know about it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from pairwright.amounts import counted
from pairwright.cli.options import Json
from pairwright.cli.output import DONE, FINISHED_WITH_FAILURES, emit, fail, note, out, say

Paths = Annotated[
    list[Path] | None,
    typer.Option("--path", help="An exported file; again for several. Default: all finished exports."),
]
License = Annotated[
    str | None,
    typer.Option("--license", metavar="LICENSE", help="Such as cc-by-4.0; without, the card says unknown."),
]
Languages = Annotated[
    list[str] | None,
    typer.Option(
        "--language", metavar="CODE", help="A code such as en; again for several. Default: as detected."
    ),
]


def push(
    context: typer.Context,
    repo: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="The dataset on the Hugging Face Hub.")],
    path: Paths = None,
    public: Annotated[
        bool, typer.Option("--public", help="Let everybody see it; without, it is and stays private.")
    ] = False,
    license: License = None,
    language: Languages = None,
    tag: Annotated[
        str | None, typer.Option("--tag", metavar="NAME", help="Name this version, such as v1.")
    ] = None,
    revision: Annotated[
        str, typer.Option("--revision", metavar="BRANCH", help="The branch to push to.")
    ] = "main",
    ids: Annotated[
        bool, typer.Option("--ids", help="Also send your own ids of prompts and pairs in the side files.")
    ] = False,
    stale_ok: Annotated[
        bool, typer.Option("--stale-ok", help="Push an export although labels have changed since.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that somebody changed on the Hub.")
    ] = False,
    fail_on: Annotated[
        str | None,
        typer.Option(
            metavar="SEVERITY",
            help="Check first; push nothing where something so severe is found: error, warning, info, off.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show all that would be sent, and the card; no network.")
    ] = False,
    json: Json = False,
) -> int:
    """Push exports to the Hugging Face Hub with card and metadata; private by default."""
    from pairwright.stages.check.check import level_of
    from pairwright.stages.publish.dataset import HUB, WantedExports
    from pairwright.stages.publish.push import How
    from pairwright.stages.publish.push import push as send

    endpoint = os.environ.get("HF_ENDPOINT", HUB).rstrip("/")
    wanted = WantedExports(repo, path or (), license, language or (), revision, ids, endpoint)
    how = How(public, tag, dry_run, stale_ok, overwrite, level_of(fail_on), quiet=json)
    with context.obj.open() as project:
        result = send(project, wanted, how)
    if json:
        emit(result.as_dict())
    elif dry_run:
        print_dry(result)
    else:
        print_pushed(result)
    return FINISHED_WITH_FAILURES if result.refused else DONE


def print_dry(result: Any) -> None:
    """The card as it would be, then every file."""
    out.print(result.card, soft_wrap=True)
    seen = "private" if result.private else "PUBLIC"
    total = sum(each["bytes"] for each in result.files)
    say(
        f" to {result.url} ({seen}): {counted(len(result.files), 'file')}, {size(total)}",
        first="Would be sent",
    )
    for each in result.files:
        out.print(f"  {size(each['bytes']):>10}  {each['path']}", soft_wrap=True)
    for text in result.notes:
        note(text)
    for text in result.refused:
        fail(f"would be refused: {text}")


def print_pushed(result: Any) -> None:
    for text in result.notes:
        note(text)
    seen = "private" if result.private else "public"
    if not result.changed:
        say(f"Nothing changed: {result.url} ({seen}) holds all {len(result.files)} files as they are here.")
        return
    facts = [
        f"{counted(len(result.sent), 'file')} sent" if result.sent else "",
        f"{len(result.deleted)} deleted" if result.deleted else "",
        f"{result.unchanged} unchanged" if result.unchanged else "",
        f"tagged {result.tag}" if result.tag else "",
        "now public" if result.published else "",
    ]
    say(f"{', '.join(fact for fact in facts if fact)} -> {result.url} ({seen})")


def size(n: int) -> str:
    """Bytes as people read them."""
    value, unit = float(n), "B"
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            break
        value /= 1000
    return f"{value:,.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
