"""add: prompts, responses, pairs and labels from files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pairwright.amounts import counted
from pairwright.cli.convert import Label, LabelValues, WhichPairs, Without, column_names, tell_not_carried
from pairwright.cli.options import Json
from pairwright.cli.output import (
    DONE,
    ERROR,
    FINISHED_WITH_FAILURES,
    count_bar,
    emit,
    err,
    fail,
    note,
    say,
)
from pairwright.types import Maker, OnError

if TYPE_CHECKING:
    from pairwright.stages.add.add import AddResult
    from pairwright.stages.add.labelled_set import AddDatasetResult


def add(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(
            help="JSONL, JSON, CSV, TSV, Parquet or text, also .gz, .zst; or hf://OWNER/NAME@REVISION#SPLIT."
        ),
    ],
    prompt_field: Annotated[
        str, typer.Option(metavar="COLUMN", help="Column that holds the prompt.")
    ] = "prompt",
    id_field: Annotated[str, typer.Option(metavar="COLUMN", help="Column that holds the row's id.")] = "id",
    response_field: Annotated[
        str, typer.Option(metavar="COLUMN", help="Column with one response.")
    ] = "response",
    responses_field: Annotated[
        str, typer.Option(metavar="COLUMN", help="Column with a list of responses.")
    ] = "responses",
    response_a_field: Annotated[
        str, typer.Option(metavar="COLUMN", help="First response of a pair.")
    ] = "response_a",
    response_b_field: Annotated[
        str, typer.Option(metavar="COLUMN", help="Second response of a pair.")
    ] = "response_b",
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FORMAT",
            help="A labelled dataset's format (see `convert --list`), or auto: its labels become votes.",
        ),
    ] = None,
    columns: Annotated[
        str | None, typer.Option("--map", metavar="NAME=COLUMN,...", help="With --from: NAME=COLUMN,...")
    ] = None,
    which: WhichPairs = "best",
    rater: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="With --from: name of who made labels whose rows don't say."),
    ] = None,
    labels_by: Annotated[
        Maker | None,
        typer.Option(
            help="With --from: who made the labels, over what rows say. Only people's count as people's; "
            "where neither says, it is unknown."
        ),
    ] = None,
    file_format: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="FORMAT", help="jsonl, json, csv, tsv, parquet, txt; default: by name."
        ),
    ] = None,
    on_error: Annotated[
        OnError, typer.Option(help="stop: with a bad row, add nothing. skip: add the good rows.")
    ] = "stop",
    without: Without = None,
    label: Label = None,
    label_values: LabelValues = None,
    image_urls: Annotated[
        bool,
        typer.Option(
            "--image-urls",
            help="Keep addresses of images as they are (none is ever fetched); else such rows are bad.",
        ),
    ] = False,
    json: Json = False,
) -> int:
    """Add prompts, responses, pairs and, with --from, labels. Adding twice adds nothing."""
    from pairwright.formats.mapping import parse_label_values, parse_mapping
    from pairwright.formats.reading_options import ReadingOptions
    from pairwright.formats.rows import FieldNames
    from pairwright.stages.add.into_project import add as add_to
    from pairwright.stages.add.labelled_set import AddDatasetResult
    from pairwright.stages.add.sources import given

    fields = FieldNames(
        prompt=prompt_field,
        id=id_field,
        response=response_field,
        responses=responses_field,
        response_a=response_a_field,
        response_b=response_b_field,
    )
    options = ReadingOptions(
        parse_mapping(columns), file_format, column_names(without), label, parse_label_values(label_values)
    )
    with context.obj.open() as project, count_bar("adding rows", quiet=json) as progress:
        result = add_to(
            project,
            [given(each) for each in files],
            labels=from_,
            fields=fields,
            options=options,
            which=which,
            rater=rater,
            labels_by=labels_by,
            on_error=on_error,
            image_urls=image_urls,
            progress=progress,
        )
    if json:
        emit(result.as_dict())
    elif isinstance(result, AddDatasetResult):
        print_labelled(result)
    else:
        print_added(result)
    if result.bad_rows:
        return FINISHED_WITH_FAILURES if result.committed else ERROR
    return DONE


def print_labelled(result: AddDatasetResult) -> None:
    from pairwright.stages.export.convert import left_out

    if result.guessed:
        note(f"read as {result.source}, told by the rows' keys; --from says otherwise")
    print_added(result)
    if not result.committed:
        return
    who = f"{len(result.raters):,} raters" if len(result.raters) > 1 else ", ".join(result.raters)
    direct = result.votes.added - result.formed
    if direct or result.votes.already:
        there = (
            f", {counted(result.votes.already, 'was there already', 'were there already')}"
            if result.votes.already
            else ""
        )
        say(f"{counted(direct, 'vote')} of {who} added{there}.")
    if result.response_votes.added or result.response_votes.already:
        _tell_of_single_responses(result, who)
    if unknown := result.labels_by.get("unknown"):
        note(
            f"whether people or models made {unknown:,} of the labels is not recorded: they do not count as "
            "people's. If you know, say so: --labels-by person or --labels-by judge"
        )
    if result.contradictions:
        note(
            f"{counted(result.contradictions, 'label contradicts', 'labels contradict')} an earlier row on "
            "the same pair or response: the first stands"
        )
    for line in left_out(result.dropped):
        say(f"Left out: {line}")
    tell_not_carried(result.not_carried)
    for fault, n in result.faults.items():
        note(
            f"{counted(n, 'row has', 'rows have')} a known error of this dataset ({fault}); their pairs' "
            "meta marks them"
        )


def _tell_of_single_responses(result: AddDatasetResult, who: str) -> None:
    kept = result.response_votes
    there = f", {counted(kept.already, 'was there already', 'were there already')}" if kept.already else ""
    say(f"{counted(kept.added, 'label')} of single responses by {who} kept{there}.")
    if result.formed:
        say(
            f"{counted(result.formed, 'vote')} on pairs of a better and a worse response to one prompt "
            "follow from them."
        )


def print_added(result: AddResult | AddDatasetResult) -> None:
    for row in result.bad:
        err.print(f"{row.place}: {row.reason}", soft_wrap=True)
    if result.bad_rows > len(result.bad):
        err.print(f"... and {result.bad_rows - len(result.bad):,} more")
    if not result.committed:
        fail(
            f"{result.bad_rows:,} of {result.rows:,} rows are bad, so nothing was added. "
            "Mend them, or pass --on-error skip to add the others."
        )
        return
    for what in ("prompts", "responses", "pairs"):
        count = getattr(result, what)
        if count.added or count.already:
            there = (
                f", {counted(count.already, 'was there already', 'were there already')}"
                if count.already
                else ""
            )
            say(f"{counted(count.added, what[:-1])} added{there}.")
    for name in result.empty:
        note(f"{name} holds no rows: is it the right file?")
    if not result.rows:
        say("Nothing was added: there are no rows.")
    if result.bad_rows:
        fail(f"{result.bad_rows:,} of {result.rows:,} rows are bad, whole or in part: that was left out.")
