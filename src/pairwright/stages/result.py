"""What every stage gives back: facts that print as a short table, in a notebook too, and as JSON."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pairwright.amounts import usd

MOST_NAMES = 5
LONGEST = 300  # characters of a text shown; as_dict has all of it


class Result:
    """A base for results: every number that is not zero is a line, unless a class says otherwise."""

    __slots__ = ()

    def as_dict(self) -> dict[str, Any]:
        """What the command of the same name prints with `--json`."""
        raise NotImplementedError

    @property
    def title(self) -> str:
        """`Fact check` of FactCheckResult."""
        name = type(self).__name__.removesuffix("Result")
        return " ".join(re.findall(r"[A-Z][a-z]*", name)).capitalize()

    def facts(self) -> list[tuple[str, str]]:
        """The lines of the table: what it is, and its value."""
        return facts_of(self.as_dict())

    def sentences(self) -> list[str]:
        """What stands under the table."""
        return []

    def __str__(self) -> str:
        facts = self.facts() or [("", "nothing")]
        widest = max(len(name) for name, _ in facts)
        lines = [f"  {name:<{widest}}  {value}".rstrip() for name, value in facts]
        return "\n".join([self.title, *lines, *self.sentences()])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{html.escape(name)}</th>"
            f"<td style='text-align:left'>{html.escape(value)}</td></tr>"
            for name, value in self.facts() or [("", "nothing")]
        )
        below = "".join(f"<p>{html.escape(text)}</p>" for text in self.sentences())
        return f"<table><caption>{html.escape(self.title)}</caption>{rows}</table>{below}"


def facts_of(values: Mapping[str, Any], *apart: str) -> list[tuple[str, str]]:
    """The values that say something: no zeros, nothing empty, nothing that takes a page, none of `apart`."""
    return [
        (words(name), text)
        for name, value in values.items()
        if name not in apart and (text := usd(value) if name.endswith("usd") and value else in_short(value))
    ]


def counts(values: Mapping[Any, Any]) -> str:
    """`3 added, 1 already` of {"added": 3, "already": 1, "left": 0}; what is no number is passed over."""
    told = []
    for name, value in values.items():
        if type(value) in (int, float) and value:
            amount = usd(value) if str(name).endswith("usd") else in_short(value)
            told.append(f"{amount} {words(str(name))}")
    return ", ".join(told)


def in_short(value: Any) -> str:
    """A value on one line; empty where it says nothing."""
    if value is None or value is False or value == 0:
        return ""
    if value is True:
        return "yes"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}"
    if isinstance(value, str):
        return value if len(value) <= LONGEST else f"{value[:LONGEST]}..."
    if isinstance(value, Mapping):
        return _mapping(value)
    return _several(value) if isinstance(value, Iterable) else str(value)


def _mapping(value: Mapping[str, Any]) -> str:
    inner = [each for each in value.values() if isinstance(each, Mapping)]
    if not inner:
        return counts(value)
    if any(isinstance(each, Mapping | list) for one in inner for each in one.values()):
        return ""
    told = {name: counts(each) for name, each in value.items() if isinstance(each, Mapping)}
    return "; ".join(f"{words(name)}: {text}" for name, text in told.items() if text)


def _several(value: Iterable[Any]) -> str:
    values = list(value)
    if not all(isinstance(each, str | int | float) for each in values):
        return f"{len(values):,}" if values else ""
    more = f" and {len(values) - MOST_NAMES:,} more" if len(values) > MOST_NAMES else ""
    return ", ".join(in_short(each) or "0" for each in values[:MOST_NAMES]) + more


def words(name: str) -> str:
    return name.removesuffix("_usd").replace("_", " ")
