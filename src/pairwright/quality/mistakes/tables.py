"""Markdown tables that do not render: header and separator of different widths, or rows too wide for both.

By GitHub's rules a table whose separator has another number of cells than its
header is no table, and cells beyond the header's are thrown away
(https://github.github.com/gfm/#tables-extension-).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pairwright.quality.example import Problem
from pairwright.quality.mistakes.fences import prose_of

_SEPARATOR = re.compile(r"^\s{0,3}\|?\s*:?-{2,}:?\s*(?:\|\s*:?-+:?\s*)*(?:\|\s*)?$")
FEWEST_ROWS = 3  # without a separator: fewer lines in bars may be art or a formula


def broken_tables(text: str, asked: str = "") -> Iterator[Problem]:
    """Each table that a reader would not see as one.

    Lines in bars without dashes may be meant so where the prompt has bars itself.
    """
    if "|" not in text:
        return
    lines = prose_of(text).splitlines()
    at = 0
    while at < len(lines):
        if "|" not in lines[at]:
            at += 1
            continue
        start = at
        while at < len(lines) and "|" in lines[at]:
            at += 1
        yield from _table(lines[start:at], "|" in asked)


def _table(lines: list[str], bars_asked: bool) -> Iterator[Problem]:
    if any("||" in line or "\\|" in line for line in lines):
        return  # "or" in code, or bars meant as text
    separators = [i for i, line in enumerate(lines) if _SEPARATOR.match(line) and "|" in line]
    if not separators and (bars_asked or _is_grid(lines)):
        return
    if not separators:
        framed = [line for line in lines if line.strip().startswith("|") and line.strip().endswith("|")]
        widths = {_cells(line) for line in framed}
        if len(framed) == len(lines) >= FEWEST_ROWS and len(widths) == 1 and widths.pop() >= 2:
            yield Problem(
                "table", f"a table of {len(lines)} rows has no line of dashes under its header", len(lines)
            )
        return
    first = separators[0]
    if first == 0:
        return
    header, dashes = _cells(lines[first - 1]), _cells(lines[first])
    if header != dashes:
        reason = f"a table's header has {header} cells and the line under it {dashes}: it does not render"
        yield Problem("table", reason, f"{header}/{dashes}")
        return
    wide = [line for line in lines[first + 1 :] if _cells(line) > header and re.search(r"\w", line)]
    if wide:
        reason = f"a row has {_cells(wide[0])} cells where the table has {header}: {wide[0].strip()[:80]}"
        yield Problem("table", reason, _cells(wide[0]))


def _cells(line: str) -> int:
    return line.strip().strip("|").count("|") + 1


def _is_grid(lines: list[str]) -> bool:
    """A puzzle or a drawing: hardly a cell of more than two characters."""
    cells = [cell.strip() for line in lines for cell in line.strip().strip("|").split("|")]
    return sum(len(cell) <= 2 or not any(map(str.isalnum, cell)) for cell in cells) >= 0.8 * len(cells)
