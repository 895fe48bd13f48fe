"""init, add, generate, pair."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pairwright.cli.convert import WhichPairs, Without, column_names, tell_not_carried
from pairwright.cli.options import BudgetUsd, DryRun, Json, RetryFailed
from pairwright.cli.output import (
    DONE,
    ERROR,
    FINISHED_WITH_FAILURES,
    count_bar,
    emit,
    err,
    fail,
    note,
    paid_bar,
    say,
    usd,
)
from pairwright.cli.results import print_estimate, tell_failures
from pairwright.errors import InputError
from pairwright.types import Maker, OnError

if TYPE_CHECKING:
    from pairwright.stages.add.add import AddResult
    from pairwright.stages.add.labelled_set import AddDatasetResult
    from pairwright.stages.generate.pair import PairResult


def register(app: typer.Typer) -> None:
    for verb in (init, add, generate, pair):
        app.command()(verb)


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to make.")] = Path("."), json: Json = False
) -> int:
    """Make a project: [b]pairwright.toml[/b] (all settings, commented), guidelines and an empty store."""
    from pairwright.stages.project.project import Project

    path = Project.init(folder)
    if json:
        emit({"project": str(path.parent), "settings": str(path)})
        return DONE
    say(f"Made {path.parent}: pairwright.toml, guidelines.md, pairwright.db.")
    go = "" if folder == Path(".") else f"cd {folder} && "
    say(f"Next: name your endpoint and models in {path}, then: {go}pairwright add prompts.jsonl")
    return DONE


def add(
    context: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(help="JSONL, JSON, CSV, TSV, Parquet or text, also .gz, .zst.")
    ],
    prompt_field: Annotated[str, typer.Option(help="Column that holds the prompt.")] = "prompt",
    id_field: Annotated[str, typer.Option(help="Column that holds the row's id.")] = "id",
    response_field: Annotated[str, typer.Option(help="Column with one response.")] = "response",
    responses_field: Annotated[str, typer.Option(help="Column with a list of responses.")] = "responses",
    response_a_field: Annotated[str, typer.Option(help="First response of a pair.")] = "response_a",
    response_b_field: Annotated[str, typer.Option(help="Second response of a pair.")] = "response_b",
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="A labelled dataset's format (see `convert --list`), or auto: its labels become votes.",
        ),
    ] = None,
    columns: Annotated[str | None, typer.Option("--map", help="With --from: NAME=COLUMN,...")] = None,
    which: WhichPairs = "best",
    rater: Annotated[
        str | None, typer.Option(help="With --from: name of who made labels whose rows don't say.")
    ] = None,
    labels_by: Annotated[
        Maker | None,
        typer.Option(
            help="With --from: who made the labels, over what rows say. Only people's count as people's; "
            "where neither says, it is unknown."
        ),
    ] = None,
    file_format: Annotated[
        str | None, typer.Option("--format", help="jsonl, json, csv, tsv, parquet, txt; default: by name.")
    ] = None,
    on_error: Annotated[
        OnError, typer.Option(help="stop: with a bad row, add nothing. skip: add the good rows.")
    ] = "stop",
    without: Without = None,
    json: Json = False,
) -> int:
    """Add prompts, responses, pairs and, with --from, labels. Adding twice adds nothing."""
    from pairwright.formats.rows import FieldNames
    from pairwright.stages.add.add import add_files

    if from_ is not None:
        options = {
            "source": None if from_ == "auto" else from_,
            "which": which,
            "rater": rater,
            "labels_by": labels_by,
            "file_format": file_format,
            "on_error": on_error,
            "without": column_names(without),
        }
        return _add_labelled(context, files, columns, options, json=json)
    if columns is not None:
        raise InputError("--map goes with --from: pairwright add FILE --from table --map prompt=COLUMN,...")
    if rater is not None or labels_by is not None:
        option = "--rater" if labels_by is None else "--labels-by"
        raise InputError(f"{option} goes with --from: without it labels are not read. Pass --from auto")
    fields = FieldNames(
        prompt=prompt_field,
        id=id_field,
        response=response_field,
        responses=responses_field,
        response_a=response_a_field,
        response_b=response_b_field,
    )
    with context.obj.open() as project, count_bar("adding rows", json=json) as progress:
        result = add_files(
            project.store,
            files,
            fields=fields,
            file_format=file_format,
            on_error=on_error,
            without=column_names(without),
            progress=progress,
        )
    if json:
        emit(result.as_dict())
    else:
        print_added(result)
    if result.bad_rows:
        return FINISHED_WITH_FAILURES if result.committed else ERROR
    return DONE


def _add_labelled(
    context: typer.Context, files: list[Path], columns: str | None, options: dict[str, Any], *, json: bool
) -> int:
    from pairwright.formats.catalog import parse_mapping
    from pairwright.stages.add.labelled_set import add_dataset

    with context.obj.open() as project, count_bar("adding rows", json=json) as progress:
        result = add_dataset(project, files, mapping=parse_mapping(columns), progress=progress, **options)
    if json:
        emit(result.as_dict())
    else:
        print_labelled(result)
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
    if result.votes.added or result.votes.already:
        there = f", {result.votes.already:,} were there already" if result.votes.already else ""
        say(f"{result.votes.added:,} votes of {who} added{there}.")
    if unknown := result.labels_by.get("unknown"):
        note(
            f"whether people or models made {unknown:,} of the labels is not recorded: they do not count as "
            "people's. If you know, say so: --labels-by person or --labels-by judge"
        )
    if result.contradictions:
        note(f"{result.contradictions:,} labels contradict an earlier row on the same pair: the first stands")
    for line in left_out(result.dropped):
        say(f"Left out: {line}")
    tell_not_carried(result.not_carried)
    for fault, n in result.faults.items():
        note(f"{n:,} rows have a known error of this dataset ({fault}); their pairs' meta marks them")


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
            there = f", {count.already:,} were there already" if count.already else ""
            say(f"{count.added:,} {what} added{there}.")
    for name in result.empty:
        note(f"{name} holds no rows: is it the right file?")
    if not result.rows:
        say("Nothing was added: there are no rows.")
    if result.bad_rows:
        fail(f"{result.bad_rows:,} of {result.rows:,} rows are bad, whole or in part: that was left out.")


def generate(
    context: typer.Context,
    budget: BudgetUsd = None,
    retry_failed: RetryFailed = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Draw the responses that prompts lack, from the models under [b]\\[generate][/b]."""
    from pairwright.stages.figures.estimate import estimate
    from pairwright.stages.generate.generate import run_generate

    with context.obj.open() as project:
        if dry_run:
            return print_estimate(
                estimate(project, stages=("generate",), retry_failed=retry_failed), json=json, people=False
            )
        with paid_bar("generating", json=json) as progress:
            result = run_generate(project, budget_usd=budget, retry_failed=retry_failed, progress=progress)
        if not json:
            say(
                f"{result.responses:,} responses drawn in {result.calls:,} calls, {usd(result.spent_usd)}; "
                f"{result.failures:,} failed."
            )
            if result.failed_before:
                say(f"{result.failed_before:,} more failed before and were not asked for again.")
            if result.failures or result.failed_before:
                tell_failures(project, "generate")
    if json:
        emit(result.as_dict())
    else:
        if result.stopped:
            fail(f"stopped: {result.stopped}")
    left = result.failures or result.failed_before or result.stopped
    return FINISHED_WITH_FAILURES if left else DONE


def pair(
    context: typer.Context,
    policy: Annotated[
        str | None,
        typer.Option(help="all pairs; random: k a prompt; reference: each against one model."),
    ] = None,
    k: Annotated[int | None, typer.Option(min=1, help="Pairs a prompt, for --policy random.")] = None,
    reference: Annotated[str | None, typer.Option(help="The model, for --policy reference.")] = None,
    json: Json = False,
) -> int:
    """Let the responses of each prompt meet. Free; pairs that are there are not made again."""
    from pairwright.stages.generate.pair import make_pairs

    with context.obj.open() as project, count_bar("pairing prompts", json=json) as progress:
        settings = project.settings.pair
        result = make_pairs(
            project.store,
            policy=policy or settings.policy,
            k=k or settings.k,
            reference=reference or settings.reference,
            seed=project.settings.project.seed,
            include_truncated=settings.include_truncated,
            all_prompts=settings.all_prompts,
            progress=progress,
        )
    if json:
        emit(result.as_dict())
    else:
        print_paired(result)
    return DONE


def print_paired(result: PairResult) -> None:
    from pairwright.stages.generate.pair import cut_off

    say(f"{result.pairs_added:,} pairs made, {result.pairs_already:,} were there already.")
    for n, why in (
        (result.given, "prompts came with a pair of their own and got no further ones"),
        (result.too_few, "prompts have fewer than two different responses"),
        (result.without_reference, "prompts have no response of the reference model"),
    ):
        if n:
            say(f"{n:,} {why}.")
    if result.truncated:
        note(cut_off(result.truncated))
