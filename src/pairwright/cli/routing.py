"""What routing came to, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from pairwright.cli.output import note, out, say

if TYPE_CHECKING:
    from pairwright.routing.plan import Plan


def print_plans(plans: Sequence[Plan]) -> None:
    """Every way to label all pairs, the usual ones and those measured here."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for number, name in enumerate(("To label all pairs", "Cost", "Hours", "Agreement with people")):
        table.add_column(name, justify="left" if number == 0 else "right", no_wrap=True)
    for measured in (False, True):
        rows = [plan for plan in plans if plan.measured == measured]
        if rows:
            table.add_row(Text("measured here" if measured else "usual figures", "dim"), "", "", "")
        for plan in rows:
            low, high = plan.usd.low, plan.usd.high
            cost = f"${low:,.0f}" if low == high else f"${low:,.0f}-{high:,.0f}"
            spread = f"[{plan.agreement.low:.1%}, {plan.agreement.high:.1%}]"
            table.add_row(
                f"  {plan.method}", cost, f"{plan.hours:,.0f}", f"{plan.agreement.value:.1%} {spread}"
            )
    out.print()
    out.print(table)


def print_route(result: dict[str, Any]) -> None:
    """`result` is RouteResult.as_dict()."""
    parts = [
        f"{result['accepted_from_judges']:,} labels from judges",
        f"{result['accepted_from_people']:,} from people",
        f"{result['for_people']:,} pairs wait for people",
    ]
    if result["accepted_from_unknown"]:
        parts.insert(2, f"{result['accepted_from_unknown']:,} from unknown raters")
    if result["stuck"]:
        parts.append(f"{result['stuck']:,} more were skipped or are disputed")
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
    certificate = found["certificate"]
    promise = f"at least {found['target']:.0%} agreement with people"
    if found["alarm"]:
        note(f"alarm: {found['alarm']}")
    elif not found["drawn"]:
        note("Judges are calibrated against people when every pair has been judged.")
    elif certificate is None:
        left = found["drawn"] - found["settled"]
        note(
            f"To promise {promise}, what the judges are worth has to be measured first: "
            f"{found['drawn']:,} pairs were drawn by chance, {left:,} of them still to be answered. "
            "Run `pairwright annotate` (or `annotate --import`), then `pairwright route`."
        )
    elif certificate["threshold"] is None:
        _abstains(found, certificate, promise)
    else:
        sure = certificate["threshold"]
        over = "all pairs" if sure == "every" else f"pairs believed over {sure:.1%}"
        note(
            f"Promised: {promise}, with probability {1 - found['delta']:.0%}. Without a person: {over} "
            f"({certificate['accepted']:,} of {certificate['labels']:,} calibration pairs, "
            f"{certificate['errors']:.0f} of them wrong)."
        )
        if found["accuracy"]:
            share = found["accuracy"]
            note(
                f"Audit: {share['value']:.1%} [{share['low']:.1%}, {share['high']:.1%}] of the accepted "
                f"agree with people, from {share['n']:,} that people checked."
            )
        elif found["audited"]:
            note(
                f"Audit: people checked {found['audited']:,} accepted pairs, {found['audit_errors']:,} wrong."
            )


def _abstains(found: dict[str, Any], certificate: dict[str, Any], promise: str) -> None:
    text = f"No threshold keeps the promise of {promise}, so people are asked about every pair. "
    if certificate["would_do"]:
        more = max(1, certificate["would_do"] - certificate["labels"])
        text += (
            f"{certificate['would_do']:,} labels instead of {certificate['labels']:,} would probably do: "
            f"`pairwright route --more {more}`."
        )
    else:
        text += "More labels would not help: a better judge would, or a lower [route] target."
    note(text)
