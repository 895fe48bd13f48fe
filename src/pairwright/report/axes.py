"""A pair of axes as plain SVG: points with intervals, lines, bars and rules, in the page's own colours.

What is drawn how (colours, widths, dashes) is said in page.css; here is only where.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

_TEXT = 13  # px
_LETTER = 7.2  # px a letter of the system's font takes, rather more than less
_TICK, _CAP = 5, 4
_MOST_PLACES = 8

Places = Sequence[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high`, with words at some places; on a logarithmic one equal factors are equally far."""

    name: str
    low: float
    high: float
    places: Places
    log: bool = False
    grid: bool = True

    def share(self, value: float) -> float:
        """How far along it a value lies, from 0 to 1."""
        low, high = (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)
        return ((math.log(value) if self.log else value) - low) / (high - low)


def linear(name: str, values: Iterable[float], word: Callable[[float], str], *, spare: float = 0.05) -> Axis:
    """An axis that holds the values with some room beside them, with some round places."""
    values = list(values)
    low, high = min(values), max(values)
    room = spare * (high - low or abs(high) or 1)
    low, high = low - room, high + room
    step = _step(high - low)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return Axis(name, low, high, [(i * step, word(i * step)) for i in range(first, last + 1)])


def shares(name: str, values: Iterable[float]) -> Axis:
    """A linear axis of shares: there may be room beyond 0 and 100 %, but no such place is named."""
    axis = linear(name, values, percent)
    return replace(axis, places=[(at, word) for at, word in axis.places if -1e-9 <= at <= 1 + 1e-9])


def logarithmic(name: str, values: Iterable[float], word: Callable[[float], str]) -> Axis:
    """A logarithmic axis over positive values: places at powers of ten, and between them if these are few."""
    values = list(values)
    low, high = min(values) / 1.3, max(values) * 1.3
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1,), (1, 3), (1, 2, 5)):
        places = [f * 10.0**p for p in powers for f in factors if low <= f * 10.0**p <= high]
        if len(places) >= 3:
            break
    return Axis(name, low, high, [(place, word(place)) for place in places], log=True)


def percent(value: float) -> str:
    return f"{round(100 * value, 6):g}%"


def _step(width: float) -> float:
    """The smallest round number that is not too often in the width."""
    power = 10.0 ** math.floor(math.log10(width / _MOST_PLACES))
    return next(power * step for step in (1, 2, 5, 10) if power * step * _MOST_PLACES >= width)


class Axes:
    """What is drawn on two axes; `svg` gives the picture."""

    def __init__(self, x: Axis, y: Axis, size: tuple[int, int]) -> None:
        self._x, self._y = x, y
        self._width, self._height = size
        widest = max((len(word) for _, word in y.places), default=0)
        self._left = (_TEXT + 12 if y.name else 0) + widest * _LETTER + _TICK + 6
        self._right, self._top = 24.0, 10.0
        self._bottom = 2 * _TEXT + _TICK + 16.0
        self._shapes: list[Markup] = []
        self._frame()

    def line(self, x: Iterable[float], y: Iterable[float], kind: str) -> None:
        points = " ".join(f"{self._at_x(a):.1f},{self._at_y(b):.1f}" for a, b in zip(x, y, strict=True))
        self._add('<polyline class="line {}" points="{}"/>', kind, points)

    def rule(self, value: float, kind: str = "soft dashed") -> None:
        """A line straight up at a value of x."""
        self._straight(f"line {kind}", self._at_x(value), self._top, self._at_x(value), self._foot)

    def points(
        self, x: Sequence[float], y: Sequence[float], kind: str, *, up: Sequence[tuple[float, float]] = (),
        across: Sequence[tuple[float, float]] = (), square: bool = False,
    ) -> None:  # fmt: skip
        """Points; `up` are their intervals (low, high) in y, `across` those in x."""
        for at, (low, high) in zip(x, up, strict=False):
            middle, first, last = self._at_x(at), self._at_y(low), self._at_y(high)
            self._straight(f"line {kind}", middle, first, middle, last)
            for end in (first, last):
                self._straight(f"line {kind}", middle - _CAP, end, middle + _CAP, end)
        for at, (low, high) in zip(y, across, strict=False):
            middle, first, last = self._at_y(at), self._at_x(low), self._at_x(high)
            self._straight(f"line {kind}", first, middle, last, middle)
            for end in (first, last):
                self._straight(f"line {kind}", end, middle - _CAP, end, middle + _CAP)
        for a, b in zip(x, y, strict=True):
            self._mark(self._at_x(a), self._at_y(b), kind, square=square)

    def bars(self, edges: Sequence[float], heights: Sequence[float], kind: str) -> None:
        """Bars from 0, each between two edges."""
        for left, right, height in zip(edges, edges[1:], heights, strict=False):
            x, width = self._at_x(left), 0.9 * (self._at_x(right) - self._at_x(left))
            top = self._at_y(height)
            self._add(
                '<rect class="mark {}" x="{}" y="{}" width="{}" height="{}"/>',
                kind, f"{x:.1f}", f"{top:.1f}", f"{width:.1f}", f"{self._at_y(0) - top:.1f}",
            )  # fmt: skip

    def key(self, names: Sequence[tuple[str, str, bool]]) -> None:
        """What the points are, at the bottom right: (name, kind, whether they are square)."""
        widest = max(len(name) for name, _, _ in names) * _LETTER
        x = self._width - self._right - widest - 8
        for row, (name, kind, square) in enumerate(reversed(names)):
            y = self._foot - 14 - row * (_TEXT + 6)
            self._mark(x - 10, y, kind, square=square)
            self._text(name, x, y, "ink", "start")

    def svg(self, alt: str) -> Markup:
        """The picture, with what it shows in words."""
        shapes = Markup("").join(self._shapes)
        return Markup(
            '<svg class="axes" viewBox="0 0 {0} {1}" width="{0}" role="img" aria-label="{2}">{3}</svg>'
        ).format(self._width, self._height, alt, shapes)

    @property
    def _foot(self) -> float:
        return self._height - self._bottom

    def _at_x(self, value: float) -> float:
        return self._left + self._x.share(value) * (self._width - self._left - self._right)

    def _at_y(self, value: float) -> float:
        return self._foot - self._y.share(value) * (self._foot - self._top)

    def _frame(self) -> None:
        """The axes themselves: grid, ticks, words and names."""
        end, foot = self._width - self._right, self._foot
        for value, word in self._x.places:
            x = self._at_x(value)
            if self._x.grid:
                self._straight("grid", x, self._top, x, foot)
            self._straight("axis", x, foot, x, foot + _TICK)
            self._text(word, x, foot + _TICK + _TEXT / 2 + 4, "soft", "middle")
        for value, word in self._y.places:
            y = self._at_y(value)
            if self._y.grid:
                self._straight("grid", self._left, y, end, y)
            self._straight("axis", self._left - _TICK, y, self._left, y)
            self._text(word, self._left - _TICK - 4, y, "soft" if self._y.grid else "ink", "end")
        self._straight("axis", self._left, self._top, self._left, foot)
        self._straight("axis", self._left, foot, end, foot)
        self._text(self._x.name, (self._left + end) / 2, self._height - _TEXT / 2 - 2, "ink", "middle")
        if self._y.name:
            x, y = _TEXT / 2 + 2, (self._top + foot) / 2
            turned = Markup(' transform="rotate(-90 {} {})"').format(f"{x:.1f}", f"{y:.1f}")
            self._text(self._y.name, x, y, "ink", "middle", turned)

    def _mark(self, x: float, y: float, kind: str, *, square: bool) -> None:
        if square:
            shape, at = '<rect class="mark {}" x="{}" y="{}" width="8" height="8"/>', (x - 4, y - 4)
        else:
            shape, at = '<circle class="mark {}" cx="{}" cy="{}" r="4"/>', (x, y)
        self._add(shape, kind, *(f"{each:.1f}" for each in at))

    def _straight(self, kind: str, x1: float, y1: float, x2: float, y2: float) -> None:
        ends = (f"{each:.1f}" for each in (x1, y1, x2, y2))
        self._add('<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>', kind, *ends)

    def _text(self, text: str, x: float, y: float, kind: str, anchor: str, turned: Markup | str = "") -> None:
        self._add(
            '<text class="{}" x="{}" y="{}" text-anchor="{}" dominant-baseline="central"{}>{}</text>',
            kind, f"{x:.1f}", f"{y:.1f}", anchor, turned, text,
        )  # fmt: skip

    def _add(self, shape: str, *values: object) -> None:
        self._shapes.append(Markup(shape).format(*values))  # noqa: S704 - shapes are written here, values escaped
