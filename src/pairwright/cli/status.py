"""status: where the project stands."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer
from rich.table import Table
from rich.text import Text

from pairwright.amounts import counted
from pairwright.cli.options import Json
from pairwright.cli.output import (
    DONE,
    emit,
    out,
    percent,
    say,
    usd,
)
from pairwright.routing import wording

if TYPE_CHECKING:
    from pairwright.stages.figures.status import Status


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
    if state.response_labels.all:
        table.add_row("Of one response", f"{state.response_labels.all:,}", state.response_labels.told)
    begun = [state.open.told] if state.open.told else []
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
    uncounted = [f"{usd(state.uncounted_usd)} of it at the worst case"] if state.uncounted_usd else []
    calls = counted(state.unpriced_calls, "call")
    unpriced = [f"and {calls} whose price is not known"] if state.unpriced_calls else []
    read = sum(each.prompt_tokens for each in state.calls)
    cached = sum(each.cached_tokens for each in state.calls)
    from_cache = [f"{cached / read:.0%} of what models read came from a cache"] if cached else []
    table.add_row("Spent", usd(state.spent_usd), ", ".join([*uncounted, *unpriced, *from_cache]))
    out.print(table)
    if state.judges:
        out.print()
        out.print(_judge_table(state))
        for judge in state.judges:
            for why in judge.why_failed:
                say(f"{judge.name} {why}", style="dim")
            if judge.refused:
                say(f"{judge.name} is {judge.refused} against people: not counted, not asked.", style="red")
    for each in state.waiting:
        say(each.in_words, first=f"{each.stage} {each.model}: ")
    for worker in state.at_work:
        say(worker.in_words)
    for text in state.cut_prompts:
        say(text, style="red")
    if state.calibration and (told := wording.lines(state.calibration)):
        out.print()
        for text in told:
            say(text)
    if state.people or any(asdict(state.decided).values()):
        out.print()
        for name, n, seconds in state.people:
            pace = f", {seconds:.0f} s each" if seconds else ""
            say(f"{name}: {counted(n, 'vote')}{pace}")
        for n, what in (
            (state.decided.lead, "decided by a lead"),
            (state.decided.key, "taken from the answers of gold pairs"),
            (state.decided.flipped, "turned round by `check flip`"),
        ):
            if n:
                say(f"{counted(n, 'label')} {what}")
    out.print()
    say(f" {state.next}", first="Next:")


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
