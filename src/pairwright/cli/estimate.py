"""estimate: what the rest will cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer
from rich.table import Table
from rich.text import Text

from pairwright.amounts import usd_range
from pairwright.cli.options import Json
from pairwright.cli.output import (
    DONE,
    emit,
    hours,
    note,
    out,
    say,
    usd,
)

if TYPE_CHECKING:
    from pairwright.routing.plan import Plan
    from pairwright.stages.figures.estimate import ProjectEstimate


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
            f"People: about {who.in_words}, {hours(who.hours)}, {usd(who.usd)} "
            f"at the rates under [annotate] ({who.basis})."
        )
    return DONE


def print_plans(plans: Sequence[Plan]) -> None:
    """Every way to label all pairs, the usual ones and those measured here."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    header = ["To label all pairs", "Cost", "Time", "Agreement with people"]
    told = any(plan.certified is not None for plan in plans)
    for number, name in enumerate([*header, "Guaranteed"] if told else header):
        # In a narrow window the method takes two lines: a figure that is cut off says another thing.
        table.add_column(name, justify="right" if number else "left", no_wrap=number > 0)
    for measured in (False, True):
        rows = [plan for plan in plans if plan.measured == measured]
        if rows:
            table.add_row(Text("measured here" if measured else "usual figures", "dim"))
        for plan in rows:
            spread = f"[{plan.agreement.low:.1%}, {plan.agreement.high:.1%}]"
            table.add_row(
                f"  {plan.method}",
                usd_range(plan.usd.low, plan.usd.high),
                hours(plan.hours),
                f"{plan.agreement.value:.1%} {spread}",
                *([{None: "", True: "yes", False: "no"}[plan.certified]] if told else []),
            )
    out.print()
    out.print(table)
    if any(plan.certified is False for plan in plans):
        note(
            "Guaranteed: no = with the labels at hand `route` sends more pairs to people than this plan does."
        )
