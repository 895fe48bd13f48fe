"""The report's page: sections in order, each with one sentence on how to read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from markupsafe import Markup, escape

SHOWN = 6  # of what is to be done, on the first screen; the rest opens


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page. `html` is safe already: made by `table` or a figure.

    `todo` is what somebody has to do about it: it stands first in the section, in red.
    """

    name: str
    title: str
    how_to_read: str
    html: Markup
    group: str = ""
    todo: tuple[Mapping[str, str], ...] = ()


def render(numbers: dict[str, Any], sections: Sequence[Section]) -> str:
    """The whole page. `numbers` has `project`, `made`, `todo` and `summary`."""
    folder = Path(__file__).parent
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = Markup((folder / "page.css").read_text(encoding="utf-8"))  # noqa: S704 - ours
    page = environment.get_template("page.html")
    return page.render(of=numbers, sections=sections, style=style, shown=SHOWN)


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Markup:
    """A table; cells are escaped unless they are Markup."""
    head = Markup("").join(Markup("<th>{}</th>").format(name) for name in header)
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(Markup("<td>{}</td>").format(cell) for cell in row))
        for row in rows
    )
    shown = Markup("<thead><tr>{}</tr></thead>").format(head) if any(header) else Markup("")
    return Markup('<div class="wide"><table>{}<tbody>{}</tbody></table></div>').format(shown, body)


def share(estimate: Any) -> Markup:
    """An Estimate (or its dict) as `91% [88%, 93%] of 664`; a dash where there is none."""
    if estimate is None:
        return Markup("-")
    of = estimate if isinstance(estimate, dict) else {name: getattr(estimate, name) for name in _FIELDS}
    cases = f" of {of['n']:,}" if of["n"] else ""  # a usual figure rests on no cases of ours
    interval = escape(f"[{of['low']:.0%}, {of['high']:.0%}]{cases}")
    return Markup('{:.0%} <span class="soft">{}</span>').format(of["value"], interval)


_FIELDS = ("value", "low", "high", "n")
