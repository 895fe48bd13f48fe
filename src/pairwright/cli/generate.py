"""generate: responses from models."""

from __future__ import annotations

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


def generate(
    context: typer.Context,
    budget: BudgetUsd = None,
    retry_failed: RetryFailed = False,
    limit: Limit = None,
    via: Via = "live",
    wait: Wait = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Sample the responses that prompts lack, from the models under [generate]."""
    from pairwright.stages.figures.estimate import estimate
    from pairwright.stages.generate.generate import run_generate

    with context.obj.open() as project:
        if dry_run:
            return print_estimate(
                estimate(project, stages=("generate",), retry_failed=retry_failed, via=via),
                json=json,
                people=False,
            )
        with paid_bar("generating", quiet=json) as progress:
            result = run_generate(
                project,
                budget_usd=budget,
                retry_failed=retry_failed,
                limit=limit,
                via=via,
                wait=wait,
                progress=progress,
            )
        if not json:
            for text in result.notes:
                note(text)
            say(
                f"{counted(result.responses, 'response')} drawn in {counted(result.calls, 'call')}, "
                f"{spent(result.spent_usd, result.uncounted_usd)}; "
                f"{result.failures:,} failed."
            )
            if result.failed_before:
                say(f"{result.failed_before:,} more failed before and were not asked for again.")
            if result.failures or result.failed_before:
                tell_failures(project, "generate")
            tell_waiting(project, result.waiting, via)
    if json:
        emit(result.as_dict())
    else:
        if result.stopped:
            fail(f"stopped: {result.stopped}")
    left = result.failures or result.failed_before or result.stopped
    return FINISHED_WITH_FAILURES if left else WAITING if result.waiting else DONE
