"""What routing came to, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from pairwright.cli.output import note, out, say
from pairwright.routing import wording as covered

if TYPE_CHECKING:
    from pairwright.routing.plan import Plan


def print_plans(plans: Sequence[Plan]) -> None:
    """Every way to label all pairs, the usual ones and those measured here."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    header = ["To label all pairs", "Cost", "Hours", "Agreement with people"]
    told = any(plan.certified is not None for plan in plans)
    for number, name in enumerate([*header, "Guaranteed"] if told else header):
        table.add_column(name, justify="left" if number == 0 else "right", no_wrap=True)
    for measured in (False, True):
        rows = [plan for plan in plans if plan.measured == measured]
        if rows:
            table.add_row(Text("measured here" if measured else "usual figures", "dim"))
        for plan in rows:
            low, high = plan.usd.low, plan.usd.high
            cost = f"${low:,.0f}" if low == high else f"${low:,.0f}-{high:,.0f}"
            spread = f"[{plan.agreement.low:.1%}, {plan.agreement.high:.1%}]"
            table.add_row(
                f"  {plan.method}",
                cost,
                f"{plan.hours:,.0f}",
                f"{plan.agreement.value:.1%} {spread}",
                *([{None: "", True: "yes", False: "no"}[plan.certified]] if told else []),
            )
    out.print()
    out.print(table)
    if any(plan.certified is False for plan in plans):
        note(
            "Guaranteed: no = with the labels at hand `route` sends more pairs to people than this plan does."
        )


def print_route(result: dict[str, Any]) -> None:
    """`result` is RouteResult.as_dict()."""
    from pairwright.store.people.tasks import Open

    wanted = Open(**result["open"])
    half = f" ({wanted.half})" if wanted.half else ""
    parts = [
        f"{result['accepted_from_judges']:,} labels from judges",
        f"{result['accepted_from_people']:,} from people",
        f"{wanted.waiting:,} pairs wait for people{half}",
    ]
    if result["accepted_from_unknown"]:
        parts.insert(2, f"{result['accepted_from_unknown']:,} from unknown raters")
    if wanted.stuck:
        parts.append(f"{wanted.stuck:,} need somebody else ({wanted.why_stuck})")
    if wanted.flagged:
        parts.append(f"{wanted.flagged:,} are flagged, so nobody is asked")
    if result["for_judges"]:
        parts.append(f"{result['for_judges']:,} wait for the next judge of the cascade")
    if result["waiting"]:
        parts.append(f"{result['waiting']:,} wait for calibration")
    if result["not_judged"]:
        parts.append(f"{result['not_judged']:,} not judged yet")
    say(", ".join(parts) + ".")
    if result["calibration"] is not None:
        _calibration(result["calibration"])
    for judge, standing in result["distrusted"].items():
        note(
            f"{judge} is {standing} against people: not counted and not asked again. "
            f'To use it all the same: [route] trust = ["{judge}"]'
        )


def _calibration(found: dict[str, Any]) -> None:
    """Frame by frame what is covered and what it waits for; what is outside; what the audits found."""
    if not found["frames"]:
        note("Judges are calibrated against people when every pair has been judged.")
    for frame in found["frames"]:
        name = f"{covered.name(frame)}: " if len(found["frames"]) > 1 else ""
        note(name + covered.of_frame(found, frame))
        if frame["shift"]:
            note(f"{name}{frame['shift']}")
    for text in covered.outside(found):
        note(text)
