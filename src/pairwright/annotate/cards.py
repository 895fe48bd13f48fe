"""What a model did as safe HTML: its words laid out, and calls of tools, results and reasoning as cards."""

from __future__ import annotations

import html
import json
from itertools import takewhile
from typing import Any

from pairwright.annotate.rendering import code_html, text_html, visible
from pairwright.images import is_kept
from pairwright.turns import Piece, has_marks, laid_out, pieces, tools_shown, with_names
from pairwright.types import Prompt

OPEN = 6  # calls and results that two trajectories share and that are open; more are folded
PREVIEW = 100  # characters of a folded card that its line shows


def to_html(text: str, parts_at: int | None = None) -> str:
    """A laid-out text (see `pairwright.turns`) as safe HTML.

    `parts_at` is how many steps it shares with the text it is compared with (see `parting`): there it is
    marked, and the calls before it are folded where they are many.
    """
    if not has_marks(text):
        return text_html(text)
    found = pieces(text)
    shared = [piece for piece in _steps(found)[: parts_at or 0] if piece.kind in ("call", "result")]
    made, step, marked = [], 0, parts_at is None
    for piece in found:
        if step == parts_at and not marked:
            made.append('<div class="parts" data-t>From here on the two differ.</div>')
            marked = True
        made.append(_card(piece, folded=not marked and len(shared) > OPEN))
        step += piece.kind != "reasoning"
    if not marked:
        made.append('<div class="parts" data-t>Here this one ends; the other goes on.</div>')
    return "".join(made)


def beside(left: str, right: str) -> tuple[str, str]:
    """Two responses as safe HTML, with a mark where they part."""
    parts_at = parting(left, right)
    return to_html(left, parts_at), to_html(right, parts_at)


def parting(left: str, right: str) -> int | None:
    """How many steps two texts with calls of tools share at the beginning; None where they don't part.

    Reasoning is no step: two models may think differently and do the same.
    """
    if not (has_marks(left) and has_marks(right)):
        return None
    ours, theirs = _steps(pieces(left)), _steps(pieces(right))
    both = zip(ours, theirs, strict=False)
    shared = len(list(takewhile(lambda pair: pair[0] == pair[1], both)))
    return shared if shared and ours != theirs else None


def _steps(found: list[Piece]) -> list[Piece]:
    return [piece for piece in found if piece.kind != "reasoning"]


def shown_turns(prompt: Prompt, *, reasoning: bool = False) -> list[tuple[str, str]]:
    """(role, text) of what a prompt shows: the tools on offer first, then its messages."""
    offered = [("offered", tools_shown(prompt.tools))] if prompt.tools else []
    turns = with_names(prompt.messages)
    return [*offered, *((each.role, laid_out(each, reasoning=reasoning)) for each in turns)]


_TITLES = {"call": "calls", "result": "result of", "tool": "tool"}


def _card(piece: Piece, *, folded: bool) -> str:
    if piece.kind == "text":
        return text_html(piece.text)
    name = html.escape(visible(piece.name))
    if piece.kind == "image":
        return _picture(piece.name, name)
    if piece.kind == "reasoning":
        words = f"<small>{len(piece.text.split()):,} words</small>"
        inner = f'<div class="thought">{text_html(piece.text)}</div>'
        return f'<details class="piece reasoning"><summary>reasoning {words}</summary>{inner}</details>'
    is_open = " open" if piece.kind in ("call", "result") and not folded else ""
    inner = _arguments(piece.text) if piece.kind == "call" else _code(piece.text)
    title = f"{_TITLES[piece.kind]} <b>{name}</b> <small>{_preview(piece)}</small>"
    return f'<details class="piece {piece.kind}"{is_open}><summary>{title}</summary>{inner}</details>'


def _picture(ref: str, name: str) -> str:
    """An image in its place; its link enlarges it."""
    if not is_kept(ref):
        return f'<span class="image">[image: {name} - not loaded]</span>'
    image = f'<img class="picture" src="/media/{ref}" alt="image">'
    return f'<a class="enlarge" href="/media/{ref}" title="Enlarge">{image}</a>'


def _preview(piece: Piece) -> str:
    """What a folded card holds, in a line: of a tool what it is for, else how its text begins."""
    text = piece.text
    if piece.kind == "tool":
        text = str((_object(text) or {}).get("description") or "")
    return html.escape(visible(" ".join(text[: 4 * PREVIEW].split()))[:PREVIEW])


def _code(text: str) -> str:
    return code_html(visible(text), "json" if text[:1] in ("{", "[") else "")


def _arguments(text: str) -> str:
    """A call's arguments, each by its name where one is a text of several lines: as JSON nobody reads it."""
    values = _object(text)
    if values is None or not any(type(each) is str and "\n" in each for each in values.values()):
        return _code(text)
    rows = "".join(f"<dt>{html.escape(visible(key))}</dt><dd>{_value(of)}</dd>" for key, of in values.items())
    return f'<dl class="arguments">{rows}</dl>'


def _value(of: Any) -> str:
    if type(of) is str and "\n" in of:
        return code_html(visible(of), "")
    return code_html(visible(json.dumps(of, ensure_ascii=False, indent=2)), "json")


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if type(found) is dict else None
