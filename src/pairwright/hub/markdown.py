"""Small pieces of Markdown for the card. Names of models and files are other people's words: escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pairwright.amounts import counted

# Once in a while a text breaks a page: what means something to Markdown or HTML inside a table or a line.
_ESCAPED = {
    "\\": "\\\\",
    "|": "\\|",
    "<": "&lt;",
    ">": "&gt;",
    "`": "\\`",
    "*": "\\*",
    "[": "\\[",
    "]": "\\]",
}


def plain(text: object) -> str:
    """Any text on one line, meaning nothing but itself."""
    return "".join(_ESCAPED.get(sign, sign) for sign in " ".join(str(text).split()))


def told(text: str) -> str:
    """A sentence of ours that holds other people's words and commands in backquotes."""
    return "`".join(part if i % 2 else _plain(part) for i, part in enumerate(text.split("`")))


def _plain(text: str) -> str:
    """`plain`, with the white space at both ends kept."""
    return "".join(_ESCAPED.get(sign, sign) for sign in text)


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Cells are Markdown already: put others' words through `plain`."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def fenced(text: str, language: str = "") -> str:
    """A block of text as it is, whatever fences it holds itself."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text.strip()}\n{fence}"


def percent(value: float) -> str:
    return f"{100 * value:.0f} %"


def share(of: Mapping[str, Any] | None) -> str:
    """`93 % [90, 95] of 218`: a share, its interval, and of how many."""
    if of is None:
        return "not known"
    low, high = (f"{100 * of[name]:.0f}" for name in ("low", "high"))
    return f"{percent(of['value'])} [{low}, {high}] of {of['n']:,}"


def coefficient(of: Mapping[str, Any]) -> str:
    return f"{of['value']:.2f} [{of['low']:.2f}, {of['high']:.2f}] on {counted(of['n'], 'pair')}"


def hours(value: float) -> str:
    if value >= 1:
        return f"{value:,.1f} hours"
    return (
        counted(round(value * 60), "minute") if value * 60 >= 1.5 else counted(round(value * 3600), "second")
    )


def usd(value: float) -> str:
    return f"${value:,.2f}" if value >= 0.01 or value == 0 else f"${value:.4f}"
