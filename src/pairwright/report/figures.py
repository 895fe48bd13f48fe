"""The report's figures, each as an SVG that says in words what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from pairwright.amounts import round_usd
from pairwright.report.axes import Axes, Axis, linear, logarithmic, percent, shares
from pairwright.stats.calibration import Bin


def _figure(axes: Axes, alt: str, read: str = "") -> Markup:
    """A drawing in its place; `read` says how to read it."""
    told = Markup('<figcaption class="read">{}</figcaption>').format(read) if read else ""
    return Markup("<figure>{}{}</figure>").format(told, axes.svg(alt))


def reliability_diagram(bins: Sequence[Bin]) -> Markup:
    """How often beliefs of like confidence were right, with 95 % intervals, against the diagonal."""
    sure = [each.confidence for each in bins]
    right = [each.right.value for each in bins]
    intervals = [(each.right.low, each.right.high) for each in bins]
    low = min(0.5, *sure, *(low for low, _ in intervals))
    axes = Axes(
        linear("believed", (low, 1), percent, spare=0.02),
        linear("people agreed", (low, 1), percent, spare=0.02),
        (480, 340),
    )
    axes.line([low, 1], [low, 1], "soft dashed")
    axes.points(sure, right, "accent", up=intervals)
    told = "; ".join(f"believed {b.confidence:.0%}, right {b.right.value:.0%} of {b.right.n}" for b in bins)
    return _figure(axes, f"Reliability diagram: {told}")


def risk_coverage_curve(confidence: np.ndarray, right: np.ndarray, threshold: float | None) -> Markup:
    """The share right among the surest, from the surest few to all; a line where acceptance was certified."""
    order = np.argsort(-confidence, kind="stable")
    hits = np.cumsum(right[order])
    n = np.arange(1, len(order) + 1)
    start = min(9, len(n) - 1)  # under ten pairs it only jumps
    share, agreed = (n / len(n))[start:], (hits / n)[start:]
    axes = Axes(
        linear("share of pairs, the surest first", (0, 1), percent, spare=0),
        shares("people agreed", agreed),
        (480, 340),
    )
    axes.line(share, agreed, "accent")
    if threshold is not None:
        axes.rule(float((confidence > threshold).mean()))
    half = hits[len(n) // 2 - 1] / (len(n) // 2) if len(n) > 1 else hits[0]
    return _figure(
        axes, f"Risk and coverage: {half:.0%} right on the surest half, {hits[-1] / len(n):.0%} on all"
    )


def plans_chart(plans: Sequence[dict[str, Any]]) -> Markup:
    """Agreement with people against money, every way to label the pairs, intervals as bars."""
    kinds = [("usual figures", "soft", True), ("measured here", "accent", False)]
    usd = [max(plan["usd"]["value"], 0.01) for plan in plans]
    bounds = [plan["agreement"][end] for plan in plans for end in ("low", "high")]
    axes = Axes(
        logarithmic("USD for all pairs", usd, _dollars),
        shares("agreement with people", bounds),
        (560, 360),
    )
    shown = []
    for name, kind, square in kinds:
        of = [plan for plan in plans if plan["measured"] == (name == "measured here")]
        if not of:
            continue
        shown.append((name, kind, square))
        x = [max(plan["usd"]["value"], 0.01) for plan in of]
        y = [plan["agreement"]["value"] for plan in of]
        if name == "measured here":
            axes.line(x, y, kind)
        axes.points(
            x, y, kind, up=[(p["agreement"]["low"], p["agreement"]["high"]) for p in of], square=square
        )
    axes.key(shown)
    told = "; ".join(
        f"{p['method']} {round_usd(p['usd']['value'])} {p['agreement']['value']:.0%}" for p in plans
    )
    return _figure(axes, f"Agreement against cost: {told}")


def _dollars(value: float) -> str:
    return f"${value:,.0f}" if value >= 1 else f"${value:g}"


def forest(rows: Sequence[tuple[str, dict[str, Any]]], xlabel: str, even: float, told: str) -> Markup:
    """Shares with their intervals, one under the other, beside a dashed line at `even`; at most 20."""
    shown = list(rows)[:20]
    at = list(range(len(shown)))[::-1]
    intervals = [(each["low"], each["high"]) for _, each in shown]
    names = [(float(place), _short(name)) for place, (name, _) in zip(at, shown, strict=True)]
    axes = Axes(
        shares(xlabel, (even, *(end for each in intervals for end in each))),
        Axis("", -0.6, len(shown) - 0.4, names, grid=False),
        (520, 90 + 32 * len(shown)),
    )
    axes.rule(even)
    axes.points([each["value"] for _, each in shown], at, "accent", across=intervals)
    alt = "; ".join(f"{name} {of['value']:.0%} [{of['low']:.0%}, {of['high']:.0%}]" for name, of in shown)
    read = f"Further right is better; bars are 95 % intervals, the dashed line is {told}."
    return _figure(axes, f"{xlabel}: {alt}", read)


def _short(name: str, most: int = 24) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def margins_chart(histogram: Sequence[int], threshold: float) -> Markup:
    """How many labels have which margin; the dashed line is where flagging begins."""
    edges = np.linspace(-1, 1, len(histogram) + 1).tolist()
    axes = Axes(
        linear("margin: P(chosen) - P(rejected)", (-1, 1), lambda value: f"{round(value, 6):g}", spare=0),
        linear("labels", (0, 1.05 * max(histogram)), lambda value: f"{value:,.10g}", spare=0),
        (480, 290),
    )
    axes.bars(edges, histogram, "accent")
    axes.rule(threshold)
    under = sum(n for n, edge in zip(histogram, edges[:-1], strict=True) if edge < threshold)
    alt = f"Margins of {sum(histogram):,} labels, about {under:,} under {threshold:g}"
    read = "Right of 0 the model prefers what was chosen; left of the dashed line a label is doubted."
    return _figure(axes, alt, read)


def learning_chart(curve: dict[str, Any]) -> Markup:
    """Held-out agreement against the number of pairs, the fitted law, and what twice the data should give."""
    n = [point["n"] for point in curve["points"]]
    value = [point["value"] for point in curve["points"]]
    intervals = [(p["value"] - 1.96 * p["error"], p["value"] + 1.96 * p["error"]) for p in curve["points"]]
    low, middle, high = curve["doubled"]
    law = np.geomspace(n[0], 2 * n[-1], 60)
    fitted = curve["a"] - curve["b"] * law ** -curve["c"]
    places = sorted({n[0], n[len(n) // 2], n[-1], 2 * n[-1]})
    ends = [end for each in (*intervals, (low, high)) for end in each]
    axes = Axes(
        Axis("pairs", n[0] / 1.1, 2.2 * n[-1], [(place, f"{place:,}") for place in places], log=True),
        shares("held-out agreement", (*ends, *fitted)),
        (480, 310),
    )
    axes.line(law, fitted, "soft dashed")
    axes.points(n, value, "accent", up=intervals)
    axes.points([2 * n[-1]], [middle], "soft", up=[(low, high)], square=True)
    told = "; ".join(f"{a:,} pairs {b:.1%}" for a, b in zip(n, value, strict=True))
    alt = f"Learning curve: {told}; at twice the data {middle:.1%} [{low:.1%}, {high:.1%}]"
    read = "Where the line still climbs to the square (twice the data), more of the same is worth having."
    return _figure(axes, alt, read)
