"""What routing came to, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from pairwright.cli.output import note, out, say
from pairwright.routing.decide import LEAST

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
    """Frame by frame what is covered and what it waits for; what is outside; what the audits found."""
    if not found["frames"]:
        note("Judges are calibrated against people when every pair has been judged.")
    for frame in found["frames"]:
        name = f"Frame {frame['frame']} ({_about(frame)}): " if len(found["frames"]) > 1 else ""
        note(name + _of_frame(found, frame))
        if frame["shift"]:
            note(f"{name}{frame['shift']}")
    for reason, n in found["outside"].items():
        note(f"{n:,} pairs are outside the guarantee: {reason}.")


def _about(frame: dict[str, Any]) -> str:
    joined = f", {frame['joined']:,} joined later" if frame["joined"] else ""
    return f"{frame['pairs']:,} pairs{joined}"


def _of_frame(found: dict[str, Any], frame: dict[str, Any]) -> str:
    certificate = frame["certificate"]
    target = f"at least {found['target']:.0%} agreement with people"
    if frame["alarm"]:
        return f"alarm: {frame['alarm']}"
    if certificate is None:
        left = frame["drawn"] - frame["settled"]
        disputed = f", {frame['disputed']:,} of them disputed: a lead decides" if frame["disputed"] else ""
        return (
            f"To guarantee {target}, what the judges are worth has to be measured first: "
            f"{frame['drawn']:,} pairs were drawn by chance, {left:,} of them still to be "
            f"answered{disputed}. "
            "Run `pairwright annotate` (or `annotate --import`), then `pairwright route`."
        )
    if certificate["threshold"] is None:
        return _abstains(certificate, target)
    sure = certificate["threshold"]
    over = "all pairs" if sure == "every" or sure <= LEAST else f"pairs believed over {sure:.1%}"
    text = (
        f"Guaranteed: {target}, with probability {1 - found['delta']:.0%}. Without a person: {over} "
        f"({certificate['accepted']:,} of {certificate['labels']:,} calibration pairs, "
        f"{certificate['errors']:.0f} of them wrong{_unobserved(frame)})."
    )
    if frame["waits"]:
        text += f" It {frame['waits']}."
    audit = frame["audit"]
    if audit and audit["accuracy"]:
        share = audit["accuracy"]
        text += (
            f" Audit: {share['value']:.1%} [{share['low']:.1%}, {share['high']:.1%}] of the accepted "
            f"agree with people, from {share['n']:,} that people checked."
        )
    elif audit and audit["checked"]:
        text += f" Audit: people checked {audit['checked']:,} accepted pairs, {audit['wrong']:,} wrong."
    return text


def _unobserved(frame: dict[str, Any]) -> str:
    parts = []
    if frame["unobserved"]:
        parts.append(f"{frame['unobserved']:,} drawn pairs nobody answered count as wrong")
    if frame["ties"]:
        parts.append(f"{frame['ties']:,} that people call a tie are left out")
    return "".join(f"; {each}" for each in parts)


def _abstains(certificate: dict[str, Any], target: str) -> str:
    text = f"No threshold guarantees {target}, so people are asked about every pair. "
    if certificate["would_do"]:
        more = max(1, certificate["would_do"] - certificate["labels"])
        return text + (
            f"{certificate['would_do']:,} labels instead of {certificate['labels']:,} would probably do: "
            f"`pairwright route --more {more}`."
        )
    return text + "More labels would not help: a better judge would, or a lower [route] target."
