"""judge: votes of judges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pairwright.cli.estimate import print_estimate
from pairwright.cli.failures import tell_failures
from pairwright.cli.options import BudgetUsd, DryRun, Json, RetryFailed
from pairwright.cli.output import (
    DONE,
    FINISHED_WITH_FAILURES,
    emit,
    fail,
    note,
    paid_bar,
    say,
    usd,
)
from pairwright.errors import ConfigError

if TYPE_CHECKING:
    pass


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
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Ask the judges about every pair they have not answered, in both orders."""
    from pairwright.stages.judge.judge import run_judge
    from pairwright.stages.panel.asked import failed_answers, judge_settings

    with context.obj.open() as project:
        judges = project.settings.judges
        names = [each for each in judges if name in (None, each) or each.startswith(f"{name}/")]
        names = names or ([name] if name else [])
        if not names:
            raise ConfigError(
                f"there is no judge: add [judges.main] with a model to {project.root / 'pairwright.toml'}, "
                "or let people decide every pair (`pairwright route`, then `pairwright annotate`)."
            )
        if dry_run:
            from pairwright.stages.figures.estimate import estimate

            for each in names:
                judge_settings(project, each)
            found = estimate(
                project,
                stages=("judge",),
                judges=names,
                single_order=single_order,
                retry_failed=retry_failed,
                rejudge=rejudge,
            )
            return print_estimate(found, json=json)
        done, undone = [], False
        if name is None:
            names = _not_refused(project, names, rejudge)
        for each in names:
            with paid_bar(f"judging ({each})", json=json) as progress:
                result = run_judge(
                    project,
                    each,
                    budget_usd=budget,
                    single_order=single_order,
                    retry_failed=retry_failed,
                    rejudge=rejudge,
                    progress=progress,
                )
            done.append(result)
            with project.store.read() as connection:
                before = max(0, failed_answers(connection, project, each) - result.failures)
            undone = undone or before > 0
            if not json:
                for text in result.notes:
                    note(text)
                say(
                    f"{each}: {result.votes:,} votes in {result.calls:,} calls, {usd(result.spent_usd)}; "
                    f"{result.failures:,} failed."
                )
                if before:
                    say(f"{before:,} more failed before and were not asked for again.")
                if result.failures or before:
                    tell_failures(project, "judge", each)
            if result.stopped:
                break
    if json:
        emit({"judges": [result.as_dict() for result in done]})
    elif done and done[-1].stopped:
        fail(f"stopped: {done[-1].stopped}")
    bad = undone or any(result.failures or result.stopped for result in done)
    return FINISHED_WITH_FAILURES if bad else DONE


def _not_refused(project: Any, names: list[str], rejudge: bool) -> list[str]:
    """The judges to ask when none was named: those found no better than chance are left out, and said."""
    from pairwright.stages.panel.asked import refused_judges

    with project.store.read() as connection:
        refused = {} if rejudge else refused_judges(connection, project)
    for name, standing in refused.items():
        note(f"{name} is {standing} against people and is not asked; `judge --judge {name}` says more")
    return [name for name in names if name not in refused]
