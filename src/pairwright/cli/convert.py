"""convert: one dataset format to another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table

from pairwright.amounts import counted
from pairwright.cli.options import Json
from pairwright.cli.output import (
    DONE,
    FINISHED_WITH_FAILURES,
    count_bar,
    emit,
    err,
    fail,
    note,
    out,
    say,
)
from pairwright.errors import InputError
from pairwright.formats.canonical import MarginUnit, Which

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pairwright.stages.export.convert import ConvertResult


COLUMNS_TOLD = 20
BY_WHO_WON = "winners were called good and losers bad (--split-pairs): both answers may be either"

To = Annotated[
    str | None, typer.Option("--to", metavar="FORMAT", help="The format to write (--list shows all).")
]
Split = Annotated[
    str | None,
    typer.Option(
        "--split", metavar="SHARES", help="Shares of train, validation, test, by prompt: 0.9,0.05,0.05."
    ),
]
Stratify = Annotated[
    bool, typer.Option("--stratify", help="With --split: every domain has its share of every part.")
]
Shard = Annotated[int | None, typer.Option("--shard", min=1, help="Rows a file at most.")]
KeepReasoning = Annotated[
    Literal["keep", "drop"],
    typer.Option(
        "--reasoning", help="What models thought: keep it where the format has a place for it, or drop it."
    ),
]
PerPrompt = Annotated[int | None, typer.Option(min=1, help="Rows of one prompt at most.")]
MinProbability = Annotated[
    float | None, typer.Option(min=0, max=1, metavar="P", help="Leave out what is less sure than this.")
]
WhichPairs = Annotated[
    Which, typer.Option("--pairs", help="Of a ranking: the best against each other, all, or neighbours.")
]


Without = Annotated[
    str | None,
    typer.Option(
        "--without",
        metavar="COLUMN,...",
        help="Columns to read rows without: tools,images. Else such rows are left out.",
    ),
]


Label = Annotated[
    str | None,
    typer.Option(
        "--label",
        metavar="NAME",
        help="Of rows with several labels the one that counts: helpful or safe; the name of a score.",
    ),
]
LabelValues = Annotated[
    str | None,
    typer.Option(
        "--label-values",
        metavar="VALUE=LABEL,...",
        help="With a table: what its label's values mean: 1=A,2=B,0=TIE.",
    ),
]


SplitPairs = Annotated[
    bool,
    typer.Option(
        "--split-pairs",
        help="KTO, unpaired: call every winner good and every loser bad where nothing else is said.",
    ),
]


def convert(
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="IN",
            help="JSONL, JSON, CSV, TSV, Parquet, also .gz, .zst; - is stdin; or hf://OWNER/NAME@REVISION#SPLIT.",
        ),
    ] = None,
    target: Annotated[
        Path | None, typer.Argument(metavar="OUT", help=".jsonl, .jsonl.gz, .jsonl.zst, .json or .parquet.")
    ] = None,
    to: To = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="FORMAT", help="The format to read; default: told by the rows' keys."),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--map",
            metavar="NAME=COLUMN,...",
            help="Your names for columns, or paths in them: chosen=good_answer,prompt=messages[0].content.",
        ),
    ] = None,
    which: WhichPairs = "best",
    threshold: Annotated[
        float | None,
        typer.Option(metavar="RATING", help="KTO: a response rated this or higher is good, any other bad."),
    ] = None,
    split_pairs: SplitPairs = False,
    margin: Annotated[
        MarginUnit | None,
        typer.Option(
            "--margin",
            help="Unit of margins, one a file; the first row's best unless told: its own, ratings' "
            "difference, probability.",
        ),
    ] = None,
    min_probability: MinProbability = None,
    per_prompt: PerPrompt = None,
    reasoning: KeepReasoning = "keep",
    split: Split = None,
    stratify: Stratify = False,
    shard: Shard = None,
    seed: Annotated[int, typer.Option(help="Of the split.")] = 0,
    file_format: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="FORMAT", help="jsonl, json, csv, tsv, parquet; default: by IN's name."
        ),
    ] = None,
    label: Label = None,
    label_values: LabelValues = None,
    list_: Annotated[bool, typer.Option("--list", help="Show all formats.")] = False,
    without: Without = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be written; write nothing.")
    ] = False,
    json: Json = False,
) -> int:
    """Turn a preference dataset of one format into another. Needs no project."""
    from pairwright.formats.files import Layout, parse_shares
    from pairwright.formats.mapping import parse_label_values, parse_mapping
    from pairwright.formats.reading_options import ReadingOptions
    from pairwright.stages.add.sources import given
    from pairwright.stages.export.convert import Selection, unused_options
    from pairwright.stages.export.convert import convert as convert_to

    if list_:
        return _list(json=json)
    if source is None or target is None or to is None:
        raise InputError(
            "convert needs IN, OUT and --to FORMAT: pairwright convert hh.jsonl.gz dpo.jsonl --to trl-dpo"
        )
    selection = Selection(which, threshold, split_pairs, min_probability, per_prompt, margin, reasoning)
    for text in unused_options(to, selection, seed=seed, stratify=stratify, split=split):
        note(text)
    options = ReadingOptions(
        parse_mapping(columns), file_format, column_names(without), label, parse_label_values(label_values)
    )
    with count_bar("converting rows", quiet=json) as progress:
        result = convert_to(
            given(source),
            target,
            to=to,
            source=from_,
            options=options,
            selection=selection,
            layout=Layout(parse_shares(split, seed), shard, stratify),
            dry_run=dry_run,
            progress=progress,
        )
    if json:
        emit(result.as_dict())
    else:
        print_converted(result)
    return FINISHED_WITH_FAILURES if result.bad_rows else DONE


def column_names(text: str | None) -> tuple[str, ...]:
    return tuple(name for each in (text or "").split(",") if (name := each.strip()))


def tell_not_carried(columns: Mapping[str, int]) -> None:
    """Name the columns that are kept nowhere, most rows first; --json has them all."""
    told = sorted(columns.items(), key=lambda each: -each[1])
    rest = f", and {len(told) - COLUMNS_TOLD} more (--json)" if len(told) > COLUMNS_TOLD else ""
    if told:
        names = ", ".join(f"{name} ({n:,})" for name, n in told[:COLUMNS_TOLD])
        note(f"columns not carried, with the number of rows that have a value: {names}{rest}")


def print_converted(result: ConvertResult) -> None:
    if result.guessed:
        note(f"read as {result.source}, told by the rows' keys; --from says otherwise")
    for row in result.bad:
        err.print(f"{row.place}: {row.reason}", soft_wrap=True)
    verb = "would be written to" if result.dry_run else "->"
    names = [file.name for file in result.files if not file.name.endswith(".meta.jsonl")]
    where = result.path.with_name(names[0]) if len(names) == 1 else result.path.parent
    parts = ", ".join(f"{n:,} {part}" for part, n in result.parts.items()) if len(result.parts) > 1 else ""
    say(
        f"{counted(result.rows, f'{result.target} row')} of {result.read:,} read {verb} {where}"
        + (f" ({len(names)} files" + (f": {parts})" if parts else ")") if len(names) > 1 else "")
    )
    if result.dry_run and len(names) > 1:
        for name in names:
            say(f"  {result.path.with_name(name)}")
    print_left_out(result)
    tell_not_carried(result.not_carried)
    if result.contradicting:
        note(
            f"{result.contradicting:,} rows say the opposite of one another and were all written: standard "
            "input is read once. From a file they are left out"
        )
    if result.bad_rows:
        fail(
            f"{result.bad_rows:,} of {result.read:,} rows can't be read, whole or in part: that was left out."
        )
    if result.dry_run:
        return
    for name in result.config:
        say(f"Configuration: {result.path.with_name(name)}")
    if result.how_to_load and result.path.parent != Path():
        say(f"In {result.path.parent}:")
    for line in result.how_to_load:
        out.print(f"  {line}", soft_wrap=True)


def print_left_out(result: ConvertResult) -> None:
    from pairwright.stages.export.convert import left_out

    for line in left_out(result.dropped):
        say(f"Left out: {line}")
    if result.domains is not None and set(result.domains) <= {""}:
        columns = "domain, subset, category, tag or source"
        note(f"no row names a domain (in a column {columns}): --stratify had nothing to go by")
    if result.empty_parts:
        note(f"no row is in {', '.join(result.empty_parts)}, so there is no such file: see --split")
    for fault, n in result.faults.items():
        note(
            f"{counted(n, 'row has', 'rows have')} a known error of this dataset ({fault}); the side file "
            "marks them"
        )
    if result.labels:
        say(f"Labels: {result.labels['good']:,} good, {result.labels['bad']:,} bad.")
    if result.naive:
        note(BY_WHO_WON)
    if result.weights:
        say(
            "Weights to train with: " + ", ".join(f"{name}={value}" for name, value in result.weights.items())
        )


def _list(*, json: bool) -> int:
    from pairwright.formats.catalog import formats

    known = formats().values()
    if json:
        emit(
            {
                "formats": [
                    {
                        "name": each.name,
                        "in": each.reads is not None,
                        "out": each.writes is not None,
                        "for": each.title,
                        "loader": each.loader or None,
                        "endings": list(each.writes.endings) if each.writes else [],
                    }
                    for each in known
                ]
            }
        )
        return DONE
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("Format", "In", "Out", "For"):
        table.add_column(name)
    for each in known:
        table.add_row(each.name, "in" if each.reads else "", "out" if each.writes else "", each.title)
    out.print(table)
    return DONE
