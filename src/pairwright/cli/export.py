"""export: labels as a trainer reads them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pairwright.amounts import counted
from pairwright.cli.convert import (
    KeepReasoning,
    MinProbability,
    PerPrompt,
    Shard,
    Split,
    SplitPairs,
    Stratify,
    To,
    print_left_out,
)
from pairwright.cli.options import Json
from pairwright.cli.output import DONE, emit, note, say
from pairwright.formats.canonical import MarginUnit
from pairwright.formats.trl import Shape, Style
from pairwright.types import SETTLED_BY, RatedBy, Source

if TYPE_CHECKING:
    from pairwright.stages.export.convert import ConvertResult


def export(
    context: typer.Context,
    target: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write; its ending gives the format.")
    ] = None,
    to: To = None,
    shape: Annotated[
        Shape | None,
        typer.Option(help="dpo (the default) and orpo: pairs; kto and unpaired: single responses."),
    ] = None,
    style: Annotated[Style | None, typer.Option(help="Message lists, or plain strings.")] = None,
    source: Annotated[
        Source | None, typer.Option("--source", help="Only what judges, or what people settled.")
    ] = None,
    min_probability: MinProbability = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            metavar="RATING",
            help="KTO with --to: rated this or higher is good; default for ratings of annotate: 3.5 of 5.",
        ),
    ] = None,
    ratings: Annotated[
        RatedBy | None,
        typer.Option(
            help="Whose ratings count: people's in annotate (from 1 to 5), or those by people or judges that "
            "came with a dataset; the first of these there are unless told."
        ),
    ] = None,
    margin: Annotated[
        MarginUnit | None,
        typer.Option(help="Unit of margins: probability (the default), ratings, or dataset: the rows' own."),
    ] = None,
    split_pairs: SplitPairs = False,
    per_prompt: PerPrompt = None,
    reasoning: KeepReasoning = "keep",
    split: Split = None,
    stratify: Stratify = False,
    shard: Shard = None,
    include_flagged: Annotated[
        bool, typer.Option(help="Also export pairs that were flagged as unfit.")
    ] = False,
    fail_on: Annotated[
        str | None,
        typer.Option(
            metavar="SEVERITY",
            help="Check first; export nothing where a finding is so severe: error, warning, info, off.",
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Write labels as trainers read them, with a manifest and a side file of their origins."""
    from pairwright.stages.export.from_project import export_project

    with context.obj.open() as project:
        result = export_project(
            project,
            target,
            to=to,
            shape=shape,
            style=style,
            source=source,
            min_probability=min_probability,
            threshold=threshold,
            ratings=ratings,
            margin=margin,
            split_pairs=split_pairs,
            per_prompt=per_prompt,
            reasoning=reasoning,
            split=split,
            stratify=stratify,
            shard=shard,
            include_flagged=include_flagged,
            fail_on=fail_on,
            note=note,
        )
    if json:
        emit(result.as_dict())
    else:
        print_dataset(result)
    return DONE


def print_dataset(result: ConvertResult) -> None:
    parts = ", ".join(f"{n:,} {part}" for part, n in result.parts.items()) if len(result.parts) > 1 else ""
    sources = ", ".join(f"{n:,} from {SETTLED_BY[name]}" for name, n in result.by_source.items())
    files = [each.name for each in result.files if not each.name.endswith(".meta.jsonl")]
    where = result.path if files == [result.path.name] else result.path.parent
    say(
        f"{counted(result.rows, f'{result.target} row')} ({sources}) -> {where}"
        + (f" ({parts})" if parts else "")
    )
    for name in files if where != result.path else ():
        say(f"  {result.path.with_name(name)}")
    print_left_out(result)
    for name in result.config:
        say(f"Configuration: {result.path.with_name(name)}")
    if result.how_to_load and result.path.parent != Path():
        say(f"In {result.path.parent}:")
    for line in result.how_to_load:
        say(f"  {line}")
