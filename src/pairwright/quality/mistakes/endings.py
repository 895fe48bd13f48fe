"""A text that is no whole answer: empty, cut off in the middle, or going round in a loop."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from pairwright.quality.example import Problem
from pairwright.quality.mistakes.fences import blocks_of

# Words no English sentence ends with, unless it was cut off.
_OPEN_WORDS = frozenset(
    [
        "the",
        "a",
        "an",
        "and",
        "or",
        "but",
        "of",
        "into",
        "by",
        "as",
        "because",
        "than",
        "if",
        "while",
        "although",
        "since",
        "whose",
        "their",
        "its",
        "your",
        "my",
        "our",
        "his",
        "these",
        "those",
        "every",
        "such",
        "very",
        "can't",
        "won't",
        "doesn't",
    ]
)
_REPEATS_ASKED = re.compile(
    r"\b(?:repeat\w*|times|song|lyrics|poem|chant|loop|rhyme|haiku|verse|list|code)\b", re.IGNORECASE
)
_SAYS = re.compile(r"[^\s.,;:!?…\-–—'\"()*_`#]")  # a digit or a smiley may be an answer
_CODE_LINE = re.compile(r"[={};%]|\w\(")
_LEAST_REPEATS = 4
_LEAST_WORDS = 6  # of a sentence whose repetition counts
_LOOPED = 0.4  # share of a text's words in repeated sentences


def empty(text: str, other: str) -> Iterator[Problem]:
    """Nothing said, where the other response says something."""
    if not _SAYS.search(text) and _SAYS.search(other):
        yield Problem("empty", "the chosen response says nothing, the rejected one does", text[:20])


def cut_off(text: str, asked: str = "") -> Iterator[Problem]:
    """Ends in a word that no sentence ends with, in an open bracket or comma, or within a code block."""
    stripped = text.rstrip()
    blocks = blocks_of(stripped)
    fences_asked = "code block" in asked or "markdown" in asked.lower()  # blocks within blocks
    if blocks and not blocks[-1].closed and blocks[-1].text.strip() and not fences_asked:
        yield Problem("cut_off", "it ends within a code block that is never closed", _tail(stripped))
        return
    last = stripped.rpartition("\n")[2]
    words = last.split()
    if len(words) < 5 or len(stripped) < 80 or _CODE_LINE.search(last):
        return
    word = words[-1].lower()
    if word in _OPEN_WORDS or (last[-1] in ",([{" and len(words) > 7):
        yield Problem("cut_off", f'it breaks off: "... {_tail(last)}"', _tail(last))


def _tail(text: str) -> str:
    return " ".join(text[-120:].split()[-8:])


def loops(asked: str, text: str) -> Iterator[Problem]:
    """The same sentence over and over, where nothing in the prompt asks for that."""
    if len(text) < 200:
        return
    parts = [" ".join(part.split()) for part in re.split(r"(?<![.!?\n])[.!?\n]+(?:\s|$)", text)]
    counts = Counter(part for part in parts if len(part.split()) >= _LEAST_WORDS)
    if not counts:
        return
    sentence, times = counts.most_common(1)[0]
    if times < _LEAST_REPEATS:
        return
    words = len(text.split())
    repeated = sum(len(part.split()) * (n - 1) for part, n in counts.items())
    if repeated >= _LOOPED * words and not _REPEATS_ASKED.search(asked):
        shown = sentence if len(sentence) <= 80 else sentence[:77] + "..."
        yield Problem("looping", f'it says the same {times} times: "{shown}"', times)
