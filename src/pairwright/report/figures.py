"""The report's figures as inline SVG, drawn in the page's own colours so that they fit light and dark."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup, escape

from pairwright.stats.calibration import Bin

# Drawn in colours nobody else uses, each put into the page as its variable.
_INK, _SOFT, _LINE, _ACCENT = "#010203", "#010204", "#010205", "#010206"
_VARIABLES = {_INK: "currentColor", _SOFT: "var(--soft)", _LINE: "var(--line)", _ACCENT: "var(--accent)"}


def _svg(
    draw: Callable[[Any], None], alt: str, size: tuple[float, float] = (4.8, 3.4), read: str = ""
) -> Markup:
    """A figure as an `<svg>` element that says in words what it shows; `read` says how to read it."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    settings: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "pairwright",
        "font.size": 11,
        "text.color": _INK,
        "axes.labelcolor": _INK,
        "axes.edgecolor": _SOFT,
        "xtick.color": _SOFT,
        "ytick.color": _SOFT,
        "grid.color": _LINE,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with pyplot.rc_context(settings):
        figure, axes = pyplot.subplots(figsize=size, layout="constrained")
        draw(axes)
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
        pyplot.close(figure)
    text = file.getvalue()
    text = text[text.index("<svg") :]
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, variable)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    safe = escape(alt)
    drawn = Markup(text.replace("<svg", f'<svg role="img" aria-label="{safe}"', 1))  # noqa: S704 - made here
    told = Markup('<figcaption class="read">{}</figcaption>').format(read) if read else ""
    return Markup("<figure>{}{}</figure>").format(told, drawn)


def reliability_diagram(bins: Sequence[Bin]) -> Markup:
    """How often beliefs of like confidence were right, with 95 % intervals, against the diagonal."""

    def draw(axes: Any) -> None:
        x = [each.confidence for each in bins]
        y = [each.right.value for each in bins]
        below = [each.right.value - each.right.low for each in bins]
        above = [each.right.high - each.right.value for each in bins]
        low = min(0.5, *x, *(each.right.low for each in bins))
        axes.plot([low, 1], [low, 1], color=_SOFT, linestyle="--", linewidth=1)
        axes.errorbar(x, y, yerr=[below, above], fmt="o", color=_ACCENT, capsize=3)
        axes.set(xlabel="believed", ylabel="people agreed", xlim=(low, 1.01), ylim=(low, 1.02))
        _in_percent(axes, "xy")

    told = "; ".join(f"believed {b.confidence:.0%}, right {b.right.value:.0%} of {b.right.n}" for b in bins)
    return _svg(draw, f"Reliability diagram: {told}")


def risk_coverage_curve(confidence: np.ndarray, right: np.ndarray, threshold: float | None) -> Markup:
    """The share right among the surest, from the surest few to all; a line where acceptance was certified."""
    order = np.argsort(-confidence, kind="stable")
    hits = np.cumsum(right[order])
    n = np.arange(1, len(order) + 1)

    def draw(axes: Any) -> None:
        start = min(9, len(n) - 1)  # under ten pairs it only jumps
        axes.plot(n[start:] / len(n), (hits / n)[start:], color=_ACCENT)
        if threshold is not None:
            share = float((confidence > threshold).mean())
            axes.axvline(share, color=_SOFT, linestyle="--", linewidth=1)
        axes.set(xlabel="share of pairs, the surest first", ylabel="people agreed", xlim=(0, 1))
        _in_percent(axes, "xy")

    half = hits[len(n) // 2 - 1] / (len(n) // 2) if len(n) > 1 else hits[0]
    return _svg(
        draw, f"Risk and coverage: {half:.0%} right on the surest half, {hits[-1] / len(n):.0%} on all"
    )


def plans_chart(plans: Sequence[dict[str, Any]]) -> Markup:
    """Agreement with people against money, every way to label the pairs, intervals as bars."""

    def draw(axes: Any) -> None:
        for measured, marker, colour in ((False, "s", _SOFT), (True, "o", _ACCENT)):
            shown = [plan for plan in plans if plan["measured"] == measured]
            if not shown:
                continue
            x = [max(plan["usd"]["value"], 0.01) for plan in shown]
            y = [plan["agreement"]["value"] for plan in shown]
            down = [plan["agreement"]["value"] - plan["agreement"]["low"] for plan in shown]
            up = [plan["agreement"]["high"] - plan["agreement"]["value"] for plan in shown]
            name = "measured here" if measured else "usual figures"
            axes.errorbar(x, y, yerr=[down, up], fmt=marker, color=colour, capsize=3, label=name)
            if measured:
                axes.plot(x, y, color=colour, linewidth=1)
        axes.set_xscale("log")
        axes.set(xlabel="USD for all pairs", ylabel="agreement with people")
        _in_percent(axes, "y")
        axes.xaxis.set_major_formatter("${x:,.0f}")
        axes.legend(frameon=False, loc="lower right")

    told = "; ".join(f"{p['method']} ${p['usd']['value']:,.0f} {p['agreement']['value']:.0%}" for p in plans)
    return _svg(draw, f"Agreement against cost: {told}", (5.6, 3.6))


def forest(rows: Sequence[tuple[str, dict[str, Any]]], xlabel: str, even: float, told: str) -> Markup:
    """Shares with their intervals, one under the other, beside a dashed line at `even`; at most 20."""
    shown = list(rows)[:20]

    def draw(axes: Any) -> None:
        at = np.arange(len(shown))[::-1]
        value = np.array([each["value"] for _, each in shown])
        low = np.array([each["low"] for _, each in shown])
        high = np.array([each["high"] for _, each in shown])
        axes.axvline(even, color=_SOFT, linestyle="--", linewidth=1)
        axes.errorbar(value, at, xerr=[value - low, high - value], fmt="o", color=_ACCENT, capsize=3)
        axes.set_yticks(at, [_plain(name) for name, _ in shown], color=_INK)
        axes.set(xlabel=xlabel, ylim=(-0.6, len(shown) - 0.4))
        axes.grid(False, axis="y")
        _in_percent(axes, "x")

    alt = "; ".join(f"{name} {of['value']:.0%} [{of['low']:.0%}, {of['high']:.0%}]" for name, of in shown)
    read = f"Further right is better; bars are 95 % intervals, the dashed line is {told}."
    return _svg(draw, f"{xlabel}: {alt}", (5.2, 0.9 + 0.32 * len(shown)), read)


def _in_percent(axes: Any, which: str) -> None:
    from matplotlib.ticker import PercentFormatter

    for name in which:
        getattr(axes, f"{name}axis").set_major_formatter(PercentFormatter(1, decimals=0))


def _plain(name: str, most: int = 24) -> str:
    """A name that matplotlib takes for words: a dollar would begin a formula."""
    return (name if len(name) <= most else name[: most - 1] + "…").replace("$", r"\$")


def margins_chart(histogram: Sequence[int], threshold: float) -> Markup:
    """How many labels have which margin; the dashed line is where flagging begins."""
    edges = np.linspace(-1, 1, len(histogram) + 1)

    def draw(axes: Any) -> None:
        axes.bar(edges[:-1], histogram, width=np.diff(edges) * 0.9, align="edge", color=_ACCENT)
        axes.axvline(threshold, color=_SOFT, linestyle="--", linewidth=1)
        axes.set(xlabel="margin: P(chosen) - P(rejected)", ylabel="labels", xlim=(-1, 1))

    under = sum(n for n, edge in zip(histogram, edges[:-1], strict=True) if edge < threshold)
    alt = f"Margins of {sum(histogram):,} labels, about {under:,} under {threshold:g}"
    read = "Right of 0 the model prefers what was chosen; left of the dashed line a label is doubted."
    return _svg(draw, alt, (4.8, 2.9), read)


def learning_chart(curve: dict[str, Any]) -> Markup:
    """Held-out agreement against the number of pairs, the fitted law, and what twice the data should give."""
    n = np.array([point["n"] for point in curve["points"]])
    value = np.array([point["value"] for point in curve["points"]])
    error = np.array([point["error"] for point in curve["points"]])
    low, middle, high = curve["doubled"]
    bars = [[middle - low], [high - middle]]

    def draw(axes: Any) -> None:
        line = np.geomspace(n[0], 2 * n[-1], 60)
        axes.plot(
            line, curve["a"] - curve["b"] * line ** -curve["c"], color=_SOFT, linestyle="--", linewidth=1
        )
        axes.errorbar(n, value, yerr=1.96 * error, fmt="o", color=_ACCENT, capsize=3)
        axes.errorbar([2 * n[-1]], [middle], yerr=bars, fmt="s", color=_SOFT, capsize=3)
        axes.set_xscale("log")
        axes.set(xlabel="pairs", ylabel="held-out agreement")
        _in_percent(axes, "y")
        places = [int(n[0]), int(n[len(n) // 2]), int(n[-1]), int(2 * n[-1])]
        axes.set_xticks(places, [f"{place:,}" for place in places])
        axes.set_xticks([], minor=True)

    told = "; ".join(f"{a:,} pairs {b:.1%}" for a, b in zip(n, value, strict=True))
    alt = f"Learning curve: {told}; at twice the data {middle:.1%} [{low:.1%}, {high:.1%}]"
    read = "Where the line still climbs to the square (twice the data), more of the same is worth having."
    return _svg(draw, alt, (4.8, 3.1), read)
