"""status, show, estimate, run."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from pairwright.cli.export import print_dataset
from pairwright.cli.options import BudgetUsd, DryRun, Json, RetryFailed
from pairwright.cli.output import (
    DONE,
    FINISHED_WITH_FAILURES,
    emit,
    fail,
    hours,
    note,
    out,
    paid_bar,
    percent,
    say,
    usd,
)
from pairwright.cli.routing import print_plans, print_route
from pairwright.routing import wording as covered

if TYPE_CHECKING:
    from pairwright.stages.figures.estimate import ProjectEstimate
    from pairwright.stages.figures.status import Status
    from pairwright.stages.project.project import Project


def register(app: typer.Typer) -> None:
    for verb in (status, show, estimate, run):
        app.command()(verb)


def status(context: typer.Context, json: Json = False) -> int:
    """What is done, pending, failed and spent, and what to do next."""
    from pairwright.stages.figures.status import status_of

    with context.obj.open() as project:
        state = status_of(project)
    if json:
        emit(state.as_dict())
    else:
        print_status(state)
    return DONE


def print_status(state: Status) -> None:
    marks = ", ".join(
        f"{n:,} {what}"
        for n, what in (
            (state.truncated, "truncated at max_tokens"),
            (state.refused, "refused"),
            (state.responses_pending, "to draw"),
            (state.responses_failed, "failed"),
        )
        if n
    )
    table = Table.grid(padding=(0, 2))
    table.add_row("Prompts", f"{state.prompts:,}", "")
    table.add_row("Responses", f"{state.responses:,}", marks)
    table.add_row("Pairs", f"{state.pairs:,}", "")
    table.add_row("Labels", f"{state.accepted_from_judges:,}", "from judges")
    table.add_row("", f"{state.accepted_from_people:,}", "from people")
    if state.accepted_from_unknown:
        table.add_row("", f"{state.accepted_from_unknown:,}", "from unknown raters")
    table.add_row("", f"{state.ties:,}", "of these are ties (not exported as pairs)")
    begun = [state.open.half] if state.open.half else []
    begun += [f"{n:,} away in {tool}" for tool, n in state.away.items()]
    table.add_row("Wait for people", f"{state.for_people:,}", ", ".join(begun))
    if state.stuck:
        table.add_row("", f"{state.stuck:,}", f"more need somebody else: {state.open.why_stuck}")
    if state.open.flagged:
        table.add_row("", f"{state.open.flagged:,}", "more are flagged, so nobody is asked")
    if state.for_judges:
        table.add_row("Wait for a judge", f"{state.for_judges:,}", "the next of the cascade")
    if state.dropped:
        table.add_row("Dropped", f"{state.dropped:,}", "")
    table.add_row("Not decided", f"{state.undecided:,}", "")
    if state.uncalibrated:
        table.add_row("", f"{state.uncalibrated:,}", "more wait until the judges are calibrated")
    if state.flags:
        table.add_row("Flagged", f"{sum(state.flags.values()):,}", ", ".join(state.flags))
    if any(state.findings.values()):
        counts = ", ".join(f"{n:,} {name}" for name, n in state.findings.items() if n)
        table.add_row(
            "Checks found", f"{sum(state.findings.values()):,}", f"{counts}: `pairwright check list`"
        )
    if state.verified:
        old = "; out of date: labels have changed since" if state.verified["out_of_date"] else ""
        table.add_row(
            "Verified", f"{state.verified['pairs']:,}", f"labels, by {state.verified['model']}{old}"
        )
    unpriced = f"and {state.unpriced_calls:,} calls whose price is not known" if state.unpriced_calls else ""
    table.add_row("Spent", usd(state.spent_usd), unpriced)
    out.print(table)
    if state.judges:
        out.print()
        out.print(_judge_table(state))
        for judge in state.judges:
            for message, n in judge.reasons:
                say(f"{judge.name} failed {n:,} times: {message[:200]}", style="dim")
            if judge.refused:
                say(f"{judge.name} is {judge.refused} against people: not counted, not asked.", style="red")
    for text in state.cut_prompts:
        say(text, style="red")
    if state.calibration and (told := covered.lines(state.calibration)):
        out.print()
        for text in told:
            say(text)
    if state.people or any(asdict(state.decided).values()):
        out.print()
        for name, n, seconds in state.people:
            pace = f", {seconds:.0f} s each" if seconds else ""
            say(f"{name}: {n:,} {'vote' if n == 1 else 'votes'}{pace}")
        for n, what in (
            (state.decided.lead, "decided by a lead"),
            (state.decided.key, "taken from the answers of gold pairs"),
            (state.decided.flipped, "turned round by `check flip`"),
        ):
            if n:
                say(f"{n:,} labels {what}")
    out.print()
    say(f" {state.next}", first="Next:")


def tell_failures(project: Project, stage: str, judge: str | None = None) -> None:
    """Why work failed, and how to ask again."""
    from pairwright.store.figures.totals import failure_reasons

    with project.store.read() as connection:
        reasons = failure_reasons(connection, stage, judge)
    for message, n in reasons:
        note(f"{n:,} x {message[:300]}")
    if reasons:
        note(f"`pairwright {stage} --retry-failed` asks again for what failed.")


def _judge_table(state: Status) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    columns = (
        "Judge",
        "Votes",
        "Failed",
        "Pending",
        "Said HIGH",
        "Same winner in both orders",
        "Chose the first",
    )
    for number, name in enumerate(columns):
        table.add_column(name, justify="left" if number == 0 else "right")
    for judge in state.judges:
        torn = judge.same_winner is not None and judge.same_winner < 0.5
        same = Text(percent(judge.same_winner), "red" if torn else "")
        leans = judge.first_shown is not None and abs(judge.first_shown - 0.5) > 0.15
        first = Text(percent(judge.first_shown), "red" if leans else "")
        table.add_row(
            judge.name,
            f"{judge.votes:,}",
            f"{judge.failed:,}",
            f"{judge.pending:,}",
            percent(judge.high),
            same,
            first,
        )
    return table


def show(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="ID", help="p-..., r-..., x-..., v-..., your own id, FILE:LINE.")
    ],
    json: Json = False,
) -> int:
    """The whole chain behind a prompt, response, pair, vote or exported row."""
    from pairwright.cli.chain import print_chain
    from pairwright.stages.figures.show import chain_of

    with context.obj.open() as project:
        chain = chain_of(project, name)
    if json:
        emit(chain)
    else:
        print_chain(chain)
    return DONE


def estimate(context: typer.Context, json: Json = False) -> int:
    """Calls, tokens, money and hours of what is left, before anything runs."""
    from pairwright.stages.figures.estimate import estimate as estimate_of

    with context.obj.open() as project:
        found = estimate_of(project)
        code = print_estimate(found, json=json)
        if found.plans and not json:
            print_plans(found.plans)
        return code


def print_estimate(found: ProjectEstimate, *, json: bool, people: bool = True) -> int:
    if json:
        emit(found.as_dict())
        return DONE
    table = Table(box=None, pad_edge=False, header_style="dim")
    for number, name in enumerate(("Stage", "Model", "Calls", "Tokens in", "Tokens out", "Cost", "Time")):
        table.add_column(name, justify="left" if number < 2 else "right")
    for row in found.stages:
        table.add_row(
            row.stage,
            row.model,
            f"{row.calls:,}",
            f"{row.prompt_tokens:,}",
            f"{row.completion_tokens:,}",
            usd(row.usd),
            hours(row.hours),
        )
    if found.stages:
        out.print(table)
        out.print()
        for row in found.stages:
            say(f"{row.stage} {row.model}: {row.basis}", style="dim")
        say(f"Models: {usd(found.usd)} and about {hours(found.hours)}; spent so far {usd(found.spent_usd)}.")
    else:
        say("No calls to make.")
    if found.unpriced:
        names = ", ".join(found.unpriced)
        say(f"No price is known for {names}: set price_in and price_out under [models.NAME].")
    for text in found.notes:
        note(text)
    if people and found.people.pairs:
        who = found.people
        say(
            f"People: about {who.pairs:,} pairs, {hours(who.hours)}, {usd(who.usd)} "
            f"at the rates under [annotate] ({who.basis})."
        )
    return DONE


def run(
    context: typer.Context,
    budget: BudgetUsd = None,
    retry_failed: RetryFailed = False,
    export_partial: Annotated[
        bool, typer.Option("--export-partial", help="Export what is decided although pairs wait for people.")
    ] = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Everything in order: generate, pair, judge, route, check, export. Stops where people are needed."""
    from pairwright.stages.figures.estimate import estimate as estimate_of
    from pairwright.stages.run import run_all

    with context.obj.open() as project:
        if dry_run:
            return print_estimate(estimate_of(project, retry_failed=retry_failed), json=json)
        with ExitStack() as bars:
            result = run_all(
                project,
                budget_usd=budget,
                retry_failed=retry_failed,
                export_partial=export_partial,
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
                f"{result.failures:,} calls failed: `pairwright status` says why, --retry-failed asks again."
            )
        if result.waits_for:
            fail(result.waits_for) if result.stopped else say(f" {result.waits_for}", first="Next:")
    return FINISHED_WITH_FAILURES if result.failures or result.stopped else DONE


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
            f"{usd(value)} spent" if key == "spent_usd" else f"{value:,} {key.replace('_', ' ')}"
            for key, value in result.items()
            if isinstance(value, int | float) and not isinstance(value, bool) and value
        ]
        say(f": {', '.join(facts) or 'nothing to do'}", first=name)
        if result.get("truncated"):
            note(cut_off(result["truncated"]))
