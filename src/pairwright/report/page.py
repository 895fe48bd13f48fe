"""The report's page: sections in order, each with one sentence on how to read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from markupsafe import Markup, escape


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page. `html` is safe already: made by `table` or a figure."""

    name: str
    title: str
    how_to_read: str
    html: Markup


def render(numbers: dict[str, Any], sections: Sequence[Section]) -> str:
    """The whole page. `numbers` has `project`, `made` and `todo`."""
    folder = Path(__file__).parent
    environment = Environment(loader=FileSystemLoader(folder), autoescape=select_autoescape(default=True))
    return environment.get_template("page.html").render(of=numbers, sections=sections)


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Markup:
    """A table; cells are escaped unless they are Markup."""
    head = Markup("").join(Markup("<th>{}</th>").format(name) for name in header)
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(Markup("<td>{}</td>").format(cell) for cell in row))
        for row in rows
    )
    return Markup(
        '<div class="wide"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>'
    ).format(head, body)


def share(estimate: Any) -> Markup:
    """An Estimate (or its dict) as `91% [88%, 93%] of 664`; a dash where there is none."""
    if estimate is None:
        return Markup("-")
    of = estimate if isinstance(estimate, dict) else {name: getattr(estimate, name) for name in _FIELDS}
    cases = f" of {of['n']:,}" if of["n"] else ""  # a usual figure rests on no cases of ours
    interval = escape(f"[{of['low']:.0%}, {of['high']:.0%}]{cases}")
    return Markup('{:.0%} <span class="soft">{}</span>').format(of["value"], interval)


_FIELDS = ("value", "low", "high", "n")
