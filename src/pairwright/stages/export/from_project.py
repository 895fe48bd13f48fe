"""export: a project's labels to a file, by its settings but for what is asked for now."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pairwright.formats.canonical import MarginUnit
from pairwright.formats.catalog import target_named
from pairwright.formats.files import Layout, parse_shares
from pairwright.formats.trl import Shape, Style
from pairwright.literals import checked
from pairwright.stages.export.convert import ConvertResult, Reasoning, Selection, unused_options
from pairwright.stages.export.export import format_of
from pairwright.stages.export.export_dataset import ending_for, export_dataset
from pairwright.stages.export.exported import remember
from pairwright.stages.project.project import Project
from pairwright.types import RatedBy, Source


def export_path(project: Project, shape: str) -> Path:
    """Where a shape is exported to unless told otherwise."""
    settings = project.settings.export
    return project.root / settings.folder / f"{shape}.{settings.file_format}"


@checked
def export_project(
    project: Project,
    out: Path | None = None,
    *,
    to: str | None = None,
    shape: Shape | None = None,
    style: Style | None = None,
    source: Source | None = None,
    min_probability: float | None = None,
    threshold: float | None = None,
    ratings: RatedBy | None = None,
    margin: MarginUnit | None = None,
    split_pairs: bool = False,
    per_prompt: int | None = None,
    reasoning: Reasoning = "keep",
    split: str | None = None,
    stratify: bool = False,
    shard: int | None = None,
    include_flagged: bool = False,
    fail_on: str | None = None,
    note: Callable[[str], None] = lambda _text: None,
) -> ConvertResult:
    """Write labels as trainers read them: in the format `to`, or in the one of TRL for `shape` and `style`.

    `note` is told of options that do nothing. Raises InputError where there is nothing to write, or where
    the checks find anything so severe as `fail_on` (over [check] fail_on).
    """
    if to is not None:
        for option, given in (("--shape", shape), ("--style", style)):
            if given is not None:
                note(f"{option} {given} does nothing beside --to {to}, which says both")
    settings, seed = project.settings.export, project.settings.project.seed
    name = to or format_of(shape or "dpo", style or settings.style)
    ending = ending_for(target_named(name), settings.file_format)
    by_default = project.root / settings.folder / f"{name}{ending}"
    parts = parse_shares(split, seed)
    # A threshold goes by ratings, which is not by who won: it was asked for now.
    split_pairs = split_pairs or (settings.split_pairs and threshold is None)
    selection = Selection("best", threshold, split_pairs, min_probability, per_prompt, margin, reasoning)
    for text in unused_options(name, selection, stratify=stratify, split=split):
        note(text)
    if ratings and split_pairs and target_named(name).takes == "responses":
        note(f"--ratings {ratings} does nothing where good and bad go by who won")
    if (fail_on or project.settings.check.fail_on) != "off":
        # Not above: all checks take as long to import as 10,000 rows to be written.
        from pairwright.stages.check.check import open_gate

        open_gate(project, fail_on)
    result = export_dataset(
        project.store,
        out or (by_default if to else export_path(project, shape or "dpo")),
        to=name,
        selection=selection,
        layout=Layout(parts, shard, stratify),
        source=source,
        ratings=ratings,
        separator=settings.separator,
        seed=seed,
        include_flagged=include_flagged,
        media=project.media,
    )
    remember(project, result.path)
    return result
