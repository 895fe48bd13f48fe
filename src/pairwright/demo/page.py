"""What the demo leaves to look at: a page and a picture, both without outside requests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from rich.console import Console


@dataclass(frozen=True)
class Example:
    """A pair worth a look: its chain (see `store.lookup.pair_chain`), the gold label, and why it is shown."""

    title: str
    chain: dict[str, Any]
    gold: str | None


def save_page(
    path: Path, lead: str, rows: Iterable[Sequence[str]], examples: Iterable[Example], row: str
) -> None:
    """One HTML file: the table, the examples, and a row of the dataset."""
    page = Template(files("pairwright.demo").joinpath("page.html").read_text(encoding="utf-8"))
    html = page.substitute(
        lead=escape(lead),
        rows="\n".join(_row(cells) for cells in rows),
        examples="\n".join(_example(example) for example in examples),
        row=escape(row),
    )
    path.write_text(html, encoding="utf-8")


def _row(cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<td>{escape(cell.strip())}</td>" for cell in cells) + "</tr>"


def _example(example: Example) -> str:
    chain = example.chain
    prompt = chain["prompt"]["messages"][-1]["content"]
    sides = "".join(
        f"<div><strong>{side}</strong>\n{escape(chain[side.lower()]['text'])}</div>" for side in ("A", "B")
    )
    votes = "".join(f"<li>{_vote(vote, example.gold)}</li>" for vote in chain["votes"])
    belief = chain["beliefs"][-1]
    said = f"{belief['decision']} {belief['verdict'] or ''}: {belief['reason']}"
    answered = any(vote["kind"] == "person" for vote in chain["votes"])
    gold = f"<li>gold label: <strong>{example.gold}</strong></li>" if example.gold and not answered else ""
    return (
        f"<article><h3>{escape(example.title)}</h3><div class=prompt>{escape(prompt)}</div>"
        f"<div class=sides>{sides}</div>"
        f"<ul>{votes}{gold}<li>so: <strong>{escape(said)}</strong></li></ul></article>"
    )


def _vote(vote: dict[str, Any], gold: str | None) -> str:
    shown = "A first" if vote["order"] == "AB" else "B first"
    mark = "" if gold is None else ("good" if vote["verdict"] == gold else "bad")
    reason = f" &ldquo;{escape(vote['reason'])}&rdquo;" if vote["reason"] else ""
    who = escape(vote["rater"]) + ("" if vote["kind"] == "person" else f", shown {shown}")
    return f"{who}: <strong class='{mark}'>{vote['verdict']}</strong>{reason}"


def save_picture(console: Console, path: Path) -> None:
    """What the console recorded, as one SVG with the fonts the viewer has."""
    svg = console.export_svg(title="make demo", clear=False)
    # rich names a font on another host; a picture must open without asking anybody.
    start, end = svg.index("@font-face"), svg.index(".terminal-")
    svg = svg[:start] + svg[svg.index("\n", svg.rindex("}", start, end)) + 1 :]
    path.write_text(svg, encoding="utf-8")
