"""judge: votes of judges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pairwright.amounts import counted, spent
from pairwright.cli.estimate import print_estimate
from pairwright.cli.failures import tell_failures
from pairwright.cli.options import BudgetUsd, DryRun, Json, Limit, RetryFailed, Via, Wait
from pairwright.cli.output import (
    DONE,
    FINISHED_WITH_FAILURES,
    WAITING,
    emit,
    fail,
    note,
    paid_bar,
    say,
)
from pairwright.cli.waiting import tell_waiting

if TYPE_CHECKING:
    from pairwright.stages.judge.result import JudgeResult
    from pairwright.stages.project.project import Project


def judge(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Option("--judge", metavar="NAME", help="Only this judge; default: all of them.")
    ] = None,
    budget: BudgetUsd = None,
    single_order: Annotated[
        bool,
        typer.Option("--single-order", help="Ask in one order only: half the price, no check on position."),
    ] = False,
    retry_failed: RetryFailed = False,
    rejudge: Annotated[
        bool,
        typer.Option("--rejudge", help="Retract this judge's votes (they stay on record) and ask again."),
    ] = False,
    limit: Limit = None,
    via: Via = "live",
    wait: Wait = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Ask the judges about every pair they have not answered, in both orders."""
    from pairwright.stages.judge.judges import judges_named, run_judges

    with context.obj.open() as project:
        if dry_run:
            from pairwright.stages.figures.estimate import estimate

            found = estimate(
                project,
                stages=("judge",),
                judges=judges_named(project, name),
                single_order=single_order,
                retry_failed=retry_failed,
                rejudge=rejudge,
                via=via,
            )
            return print_estimate(found, json=json)
        result = run_judges(
            project,
            name,
            budget_usd=budget,
            single_order=single_order,
            retry_failed=retry_failed,
            rejudge=rejudge,
            limit=limit,
            via=via,
            wait=wait,
            watch=lambda each: paid_bar(f"judging ({each})", quiet=json),
            passed_over=_passed_over,
            told=(lambda done: None) if json else (lambda done: _print_judge(project, done)),
        )
        if not json:
            tell_waiting(project, result.waiting, via)
    if json:
        emit(result.as_dict())
    elif result.stopped:
        fail(f"stopped: {result.stopped}")
    left = result.failures or result.stopped
    return FINISHED_WITH_FAILURES if left else WAITING if result.waiting else DONE


def _passed_over(judge: str, standing: str) -> None:
    note(f"{judge} is {standing} against people and is not asked; `judge --judge {judge}` says more")


def _print_judge(project: Project, result: JudgeResult) -> None:
    for text in result.notes:
        note(text)
    say(
        f"{result.judge}: {counted(result.votes, 'vote')} in {counted(result.calls, 'call')}, "
        f"{spent(result.spent_usd, result.uncounted_usd)}; "
        f"{result.failures:,} failed."
    )
    if result.failed_before:
        say(f"{result.failed_before:,} more failed before and were not asked for again.")
    if result.failures or result.failed_before:
        tell_failures(project, "judge", result.judge)
