"""export: labels as a trainer reads them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pairwright.cli.check import level_of
from pairwright.cli.convert import (
    MinProbability,
    PerPrompt,
    Shard,
    Split,
    SplitPairs,
    Stratify,
    To,
    print_left_out,
    tell_unused,
)
from pairwright.cli.options import Json
from pairwright.cli.output import DONE, emit, note, say
from pairwright.formats.trl import Shape, Style
from pairwright.types import SETTLED_BY, RatedBy, Source

if TYPE_CHECKING:
    from pairwright.stages.export.convert import ConvertResult


def register(app: typer.Typer) -> None:
    app.command()(export)


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
            help="KTO with --to: rated this or higher is good; 3.5 of 5 unless told, for ratings of annotate."
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
        Literal["probability", "ratings"] | None,
        typer.Option(help="Unit of margins: probability (the default), or ratings."),
    ] = None,
    split_pairs: SplitPairs = False,
    per_prompt: PerPrompt = None,
    split: Split = None,
    stratify: Stratify = False,
    shard: Shard = None,
    include_flagged: Annotated[
        bool, typer.Option(help="Also export pairs that were flagged as unfit.")
    ] = False,
    fail_on: Annotated[
        str | None,
        typer.Option(
            help="Check first; export nothing where a finding is so severe: error, warning, info, off."
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Write labels as trainers read them, with a manifest and a side file that leads back to every vote."""
    from pairwright.formats.catalog import target_named
    from pairwright.formats.files import Layout, parse_shares
    from pairwright.stages.check.check import open_gate
    from pairwright.stages.export.convert import Selection
    from pairwright.stages.export.export import format_of
    from pairwright.stages.export.export_dataset import ending_for, export_dataset
    from pairwright.stages.export.exported import remember
    from pairwright.stages.run import export_path

    if to is not None:
        for name, given in (("--shape", shape), ("--style", style)):
            if given is not None:
                note(f"{name} {given} does nothing beside --to {to}, which says both")
    shape = shape or "dpo"
    with context.obj.open() as project:
        settings, seed = project.settings.export, project.settings.project.seed
        name = to or format_of(shape, style or settings.style)
        ending = ending_for(target_named(name), settings.file_format)
        by_default = project.root / settings.folder / f"{name}{ending}"
        parts = parse_shares(split, seed)
        # A threshold goes by ratings, which is not by who won: it was asked for now.
        split_pairs = split_pairs or (settings.split_pairs and threshold is None)
        selection = Selection("best", threshold, split_pairs, min_probability, per_prompt, margin)
        tell_unused(name, selection, stratify=stratify, split=split)
        if ratings and split_pairs and target_named(name).takes == "responses":
            note(f"--ratings {ratings} does nothing where good and bad go by who won")
        open_gate(project, level_of(fail_on))
        result = export_dataset(
            project.store,
            target or (by_default if to else export_path(project, shape)),
            to=name,
            selection=selection,
            layout=Layout(parts, shard, stratify),
            source=source,
            ratings=ratings,
            separator=settings.separator,
            seed=seed,
            include_flagged=include_flagged,
        )
        remember(project, result.path)
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
    say(f"{result.rows:,} {result.target} rows ({sources}) -> {where}" + (f" ({parts})" if parts else ""))
    for name in files if where != result.path else ():
        say(f"  {result.path.with_name(name)}")
    print_left_out(result)
    for name in result.config:
        say(f"Configuration: {result.path.with_name(name)}")
    if result.how_to_load and result.path.parent != Path():
        say(f"In {result.path.parent}:")
    for line in result.how_to_load:
        say(f"  {line}")
