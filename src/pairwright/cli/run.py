"""run: every stage in order."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Annotated, Any

import typer

from pairwright.amounts import counted
from pairwright.cli.estimate import print_estimate
from pairwright.cli.export import print_dataset
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
    usd,
)
from pairwright.cli.route import print_route


def run(
    context: typer.Context,
    budget: BudgetUsd = None,
    retry_failed: RetryFailed = False,
    export_partial: Annotated[
        bool, typer.Option("--export-partial", help="Export what is decided although pairs wait for people.")
    ] = False,
    limit: Limit = None,
    via: Via = "live",
    wait: Wait = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Run every stage in order, and stop where people are needed."""
    from pairwright.stages.figures.estimate import estimate as estimate_of
    from pairwright.stages.run import run_all

    with context.obj.open() as project:
        if dry_run:
            return print_estimate(estimate_of(project, retry_failed=retry_failed, via=via), json=json)
        with ExitStack() as bars:
            result = run_all(
                project,
                budget_usd=budget,
                retry_failed=retry_failed,
                export_partial=export_partial,
                limit=limit,
                via=via,
                wait=wait,
                watch=lambda stage: bars.enter_context(paid_bar(stage, quiet=json)),
            )
    if json:
        emit(result.as_dict())
    else:
        print_run(result.stages)
        for done in result.exports:
            print_dataset(done)
        for text in result.notes:
            note(text)
        if result.failures and not result.stopped:
            note(
                f"{counted(result.failures, 'call')} failed: `pairwright status` says why, --retry-failed "
                "asks again."
            )
        if result.waits_for:
            fail(result.waits_for) if result.stopped else say(f" {result.waits_for}", first="Next:")
    left = result.failures or result.stopped
    return FINISHED_WITH_FAILURES if left else WAITING if result.waiting else DONE


def print_run(stages: list[tuple[str, dict[str, Any]]]) -> None:
    """One line a stage: its numbers that are not zero."""
    from pairwright.stages.generate.pair import cut_off

    for name, result in stages:
        if name.startswith("export"):
            continue  # told after all others, with what was left out
        if name == "route":
            print_route(result)
            continue
        if "refused" in result:
            say(f": not asked, it is {result['refused']} against people", first=name)
            continue
        facts = [
            f"{usd(value)} {key.removesuffix('_usd')}" if key.endswith("_usd") else _fact(key, value)
            for key, value in result.items()
            if isinstance(value, int | float) and not isinstance(value, bool) and value
        ]
        say(f": {', '.join(facts) or 'nothing to do'}", first=name)
        if result.get("truncated"):
            note(cut_off(result["truncated"]))


def _fact(key: str, value: float) -> str:
    """`pairs_added` of 1 is `1 pair added`."""
    what, _, rest = key.partition("_")
    if value == 1 and what.endswith("s"):
        what = what[:-1]
    return f"{value:,} {what} {rest.replace('_', ' ')}".rstrip()
