"""Answers that are a verdict and a confidence and little else."""

from __future__ import annotations

import re

from pairwright.judging.explaining import explains
from pairwright.judging.words import DECORATION, PHRASE, confidence_of, verdict_of
from pairwright.types import Answer, Confidence, Verdict

# What may stand beside a verdict and a confidence: "I choose A (HIGH)", "Winner: A. Confidence: LOW".
_BESIDE = re.compile(
    r"\b(?:is (?:the )?(?:better|best|winner|preferred)(?: (?:response|answer|one|option))?|wins"
    r"|(?:(?:better|best|preferred) )?(?:response|answer|assistant|model|output|option|candidate|choice)"
    r"(?=\W{0,4}(?:is\b|[:=]|[AB]\b))"
    r"|(?:I|I would) (?:choose|chose|pick|prefer)|my|the|final|overall|verdict|winner|decision|preferred"
    r"|with|is|confidence(?: level| score)?)\b|[^\w.%/]|_|(?<!\d)/",
    re.IGNORECASE,
)
_BOXED = re.compile(r"\\boxed\{\s{0,5}(?:\\text\{\s{0,5})?(\w{1,5})\s{0,5}\}{1,2}")
_HEADING = re.compile(r"\W{0,4}([AB])[*_]{0,2}\s?[:)]")
_SIDES: dict[str, Verdict] = {"A": "A", "B": "B", "TIE": "TIE", "DRAW": "TIE", "TIED": "TIE"}
SHORT = 80  # characters
_SIDE = re.compile(r"\b(?:A|B|TIE|DRAW|TIED)\b", re.IGNORECASE)


def short_answer(text: str) -> tuple[Verdict, Confidence | None] | None:
    """A verdict, with or without a confidence; None where a text says more, or something else."""
    text = _BOXED.sub(r"\1", text)
    if len(text) > SHORT or any(each in text for each in "?{}"):  # doubt, or JSON that may be cut off
        return None
    words = [bare for word in _BESIDE.sub(" ", text).split() if (bare := word.strip("."))]
    sides = [each for each in words if each.upper() in _SIDES]
    if len(sides) != 1 or (sides[0] == "a" and len(text.split()) > 2):  # that may be the article
        return None
    words.remove(sides[0])
    confidence = confidence_of(" ".join(words)) if words else None
    return None if words and confidence is None else (_SIDES[sides[0].upper()], confidence)


def place_of_side(text: str) -> int | None:
    """Where the verdict of a short answer stands."""
    match = _SIDE.search(text)
    return None if match is None else match.start()


def first_line_answer(text: str, alone: bool) -> Answer | None:
    """An answer whose first line is a verdict, perhaps with a confidence there or on the next.

    None where it is not one. What follows must explain it; with `alone` nothing may.
    """
    first, _, rest = text.strip().partition("\n")
    said = short_answer(first)
    if said is None and len(first) <= 60 and PHRASE.fullmatch(first.strip(DECORATION)):
        said = verdict_of(first), None
    if said is None:
        return None
    verdict, confidence = said
    heading, other = _HEADING.match(first), _HEADING.match(rest.lstrip())
    if heading and other and heading[1] != other[1]:  # each response in turn, and what is said of it
        return None
    second, _, behind = rest.lstrip().partition("\n")
    if confidence is None and (stated := confidence_of(second)) is not None:
        confidence, rest = stated, behind
    if rest.strip() and (alone or not explains("\n" + rest, verdict)):
        return None
    return Answer(verdict, confidence)
