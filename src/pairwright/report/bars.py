"""Bars drawn as plain SVG in a grid of words, so that they read on a telephone and on paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

# What is drawn how; the same colour is the same thing all over the page.
COLOURS = {
    "accepted from judges": "judge",
    "from judges": "judge",
    "calls of models": "judge",
    "for people": "people",
    "from people": "people",
    "people so far": "people",
    "people still wanted": "wanted",
    "people on every pair": "whole",
    "came from unknown raters": "unknown",
    "from unknown raters": "unknown",
}
_HEIGHT = 26


def funnel(steps: Sequence[dict[str, Any]]) -> Markup:
    """Steps one under the other on one scale, each drawn into the next, with what was lost beside it."""
    most = max((step["n"] for step in steps), default=0) or 1
    rows = Markup("")
    for i, step in enumerate(steps):
        after = steps[i + 1]["n"] if i + 1 < len(steps) else None
        lost = Markup("").join(
            Markup("<li>{} <span>{}</span></li>").format(f"{n:,}", name) for name, n in step["lost"].items()
        )
        parts = Markup("").join(
            Markup('<li class="key {}">{} <span>{}</span></li>').format(
                COLOURS.get(name, "whole"), f"{n:,}", name
            )
            for name, n in step["parts"].items()
        )
        notes = Markup("")
        if parts:
            notes += Markup('<ul class="kept">{}</ul>').format(parts)
        if lost:
            notes += Markup('<ul class="lost">{}</ul>').format(lost)
        rows += Markup(
            '<div class="step"><div class="name"><b>{}</b> {}</div>{}<div class="notes">{}</div></div>'
        ).format(f"{step['n']:,}", _step_of(step["n"], step["name"]), _drawn(step, after, most), notes)
    return Markup('<div class="funnel">{}</div>').format(rows)


def _drawn(step: dict[str, Any], after: int | None, most: int) -> Markup:
    """The step's bar in its parts, and the slope down to the next one's."""
    shapes, at = Markup(""), 0.0
    for name, n in (step["parts"] or {"": step["n"]}).items():
        width = 100 * n / most
        shapes += Markup('<rect class="{}" x="{}" y="0" width="{}" height="{}"/>').format(
            COLOURS.get(name, "whole"), f"{at:.2f}", f"{width:.2f}", _HEIGHT
        )
        at += width
    slope = Markup("")
    if after is not None:
        points = f"0,0 {100 * step['n'] / most:.2f},0 {100 * after / most:.2f},10 0,10"
        slope = _svg("slope", 10, Markup('<polygon points="{}"/>').format(points))
    return Markup('<div class="drawn">{}{}</div>').format(_svg("bar", _HEIGHT, shapes), slope)


def _step_of(n: int, name: str) -> str:
    """`1 row ready` of `rows ready`; what is no plural (`judged`) stays."""
    first, _, rest = name.partition(" ")
    return f"{first.removesuffix('s')} {rest}".rstrip() if n == 1 else name


def _svg(name: str, height: int, shapes: Markup) -> Markup:
    """A picture as wide as its place, whatever that is: the words stand beside it."""
    return Markup(
        '<svg class="{}" viewBox="0 0 100 {}" preserveAspectRatio="none" aria-hidden="true">{}</svg>'
    ).format(name, height, shapes)


def stacked(title: str, rows: Sequence[tuple[str, str, dict[str, float]]]) -> Markup:
    """Rows of (name, sum in words, {part: how much}) on one scale, with a key beneath."""
    most = max((sum(parts.values()) for _, _, parts in rows), default=0) or 1
    html, seen = Markup(""), dict[str, None]()
    for name, told, parts in rows:
        shapes, at = Markup(""), 0.0
        for part, much in parts.items():
            seen[part] = None
            shapes += Markup('<rect class="{}" x="{}" y="0" width="{}" height="{}"/>').format(
                COLOURS.get(part, "whole"), f"{at:.2f}", f"{100 * much / most:.2f}", _HEIGHT
            )
            at += 100 * much / most
        html += Markup(
            '<div class="step"><div class="name">{} <b>{}</b></div><div class="drawn">{}</div></div>'
        ).format(name, told, _svg("bar", _HEIGHT, shapes))
    key = Markup("").join(
        Markup('<li class="key {}"><span>{}</span></li>').format(COLOURS.get(part, "whole"), part)
        for part in seen
    )
    return Markup('<div class="funnel two"><h3>{}</h3>{}<ul class="kept">{}</ul></div>').format(
        title, html, key
    )
