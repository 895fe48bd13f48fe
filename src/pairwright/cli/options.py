"""Options that several verbs share."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from pairwright.stages.project.project import Project


@dataclass(frozen=True)
class Here:
    """Where the command runs."""

    folder: Path | None

    def open(self) -> Project:
        from pairwright.stages.project.project import Project

        gc.freeze()  # what was imported stays: looking through it again and again takes a fifth of `route`
        return Project.open(self.folder)


HostName = Annotated[
    list[str] | None,
    typer.Option("--host-name", metavar="NAME", help="A name others reach it by, as behind a proxy."),
]
Browser = Annotated[bool, typer.Option(help="Open the page in your browser.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what it would take; send nothing, spend nothing.")
]
BudgetUsd = Annotated[
    float | None,
    typer.Option(
        "--budget",
        min=0,
        metavar="USD",
        help="Hard stop, in USD, on all this project has spent, earlier runs included.",
    ),
]
Via = Annotated[
    Literal["live", "batch", "files"],
    typer.Option(
        help="Who makes the calls: this process; a provider's batch, at half the price within a day; or your "
        "own machines, from files (`pairwright calls export`)."
    ),
]
Wait = Annotated[
    bool, typer.Option("--wait", help="With --via batch: stay until every call is answered, and go on.")
]
Limit = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Only so many prompts or pairs: try ten before ten thousand."),
]
RetryFailed = Annotated[bool, typer.Option("--retry-failed", help="Also try again what failed before.")]
