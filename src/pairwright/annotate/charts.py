"""The drawings of the lead's pages, on axes with names and numbers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from markupsafe import Markup

from pairwright.amounts import counted
from pairwright.report.axes import Axes, Axis, linear, percent
from pairwright.stages.figures.forecast import Day
from pairwright.types import Estimate

SIZE = 420, 136
FEWEST_DAYS = 7  # on the axis, so that the first day of a project is no wall
MOST_NAMED = 5  # days under the axis


def days_chart(days: Sequence[Day]) -> Markup:
    """Answers on each day, oldest first."""
    most = max((each.answers for each in days), default=0)
    whole = linear("answers", [0, max(most, 5)], lambda value: f"{value:,.0f}")
    y = replace(whole, low=0.0, places=[each for each in whole.places if each[0] >= 0])
    n = max(len(days), FEWEST_DAYS)
    every = -(-len(days) // MOST_NAMED)
    named = [(i, each) for i, each in enumerate(days) if (len(days) - 1 - i) % every == 0]
    places = [(i + 0.45, "today" if i == len(days) - 1 else _date(each.at)) for i, each in named]
    axes = Axes(Axis("day", 0.0, float(n), places, grid=False), y, SIZE)
    axes.bars(range(len(days) + 1), [each.answers for each in days], "accent")
    said = "; ".join(f"{_date(each.at)}: {counted(each.answers, 'answer')}" for each in days)
    return axes.svg(f"Answers by day. {said}")


def _date(at: float) -> str:
    day = time.localtime(at)
    return f"{day.tm_mday} {time.strftime('%b', day)}"


def course_chart(name: str, course: Sequence[Estimate]) -> Markup:
    """A share in equal parts of a person's answers, oldest first, with its intervals."""
    x = Axis("answers, oldest first", 0.5, len(course) + 0.5, _parts(course), grid=False)
    y = Axis(name, 0.0, 1.0, [(each / 4, percent(each / 4)) for each in range(5)])
    axes = Axes(x, y, SIZE)
    at = range(1, len(course) + 1)
    values = [each.value for each in course]
    axes.line(at, values, "accent")
    axes.points(at, values, "accent", up=[(each.low, each.high) for each in course])
    return axes.svg(f"{name} over time: {', '.join(each.percent for each in course)}")


def _parts(course: Sequence[Estimate]) -> list[tuple[float, str]]:
    """Up to which answer each part goes."""
    ends, n = [], 0
    for place, each in enumerate(course, 1):
        n += each.n
        ends.append((float(place), f"{n:,}"))
    return ends
