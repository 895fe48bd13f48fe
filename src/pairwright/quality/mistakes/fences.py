"""Fenced code blocks of a Markdown text, and the prose around them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FENCE = re.compile(r"^[ \t]{0,12}(`{3,}|~{3,})[ \t]*+([\w+#.-]*+)[^\n`]*+$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    language: str
    text: str
    closed: bool


def blocks_of(text: str) -> list[Block]:
    """The fenced blocks; one that is never closed reaches to the end."""
    return _split(text)[0] if "```" in text or "~~~" in text else []


def prose_of(text: str) -> str:
    """The text without its fenced blocks and code spans."""
    if "```" in text or "~~~" in text:
        text = _split(text)[1]
    return re.sub(r"`[^`\n]*`", " ", text) if "`" in text else text


def _split(text: str) -> tuple[list[Block], str]:
    blocks, prose, at = [], [], 0
    opening = None
    for fence in _FENCE.finditer(text):
        if opening is None:
            prose.append(text[at : fence.start()])
            opening = fence
        elif fence[1][0] == opening[1][0] and len(fence[1]) >= len(opening[1]) and not fence[2]:
            inside = text[opening.end() + 1 : fence.start()]
            blocks.append(Block(opening[2].lower(), inside, True))
            opening, at = None, fence.end()
    if opening is not None:
        blocks.append(Block(opening[2].lower(), text[opening.end() + 1 :], False))
    else:
        prose.append(text[at:])
    return blocks, "\n".join(prose)
