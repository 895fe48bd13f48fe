"""The words in which judges give a verdict and a confidence, one by one."""

from __future__ import annotations

import math
import re
from typing import Any

from pairwright.types import Confidence, Verdict

SURE = 0.9  # a confidence given as a share is HIGH from here on: the judge was asked for no number

_CONFIDENCES: dict[str, Confidence] = {
    **dict.fromkeys(("HIGH", "VERY HIGH", "EXTREMELY HIGH", "CERTAIN", "VERY CONFIDENT"), "HIGH"),
    **dict.fromkeys(("LOW", "VERY LOW", "MEDIUM", "MED", "MODERATE", "MID", "MEDIUM HIGH"), "LOW"),
    **dict.fromkeys(("MODERATELY HIGH", "MEDIUM LOW", "AVERAGE", "UNCERTAIN", "UNSURE"), "LOW"),
}
DECORATION = "*_`'\"\u201c\u201d\u2018\u2019[](){}.,:; \t"
PHRASE = re.compile(
    r"(?:(?:the\s+)?(?:response|answer|assistant|model|output|option|candidate)[\s_-]{0,3})?[\[(\"'*_]{0,4}"
    r"(?:(?P<side>[AB])|(?P<tie>TIE|DRAW|EQUAL|TIED))[\])\"'*_]{0,4}"
    r"(?:\s+(?:is\s+(?:the\s+)?(?:better|best|winner)(?:\s+(?:response|answer|one))?|wins))?",
    re.IGNORECASE,
)
_COMPARED = r"A\s?>{1,2}\s?B|B\s?>{1,2}\s?A|A\s?={1,2}\s?B|B\s?={1,2}\s?A"
COMPARED = re.compile(_COMPARED, re.IGNORECASE)
BRACKETED = re.compile(rf"\[\[\s{{0,5}}(A|B|TIE|C|{_COMPARED})\s{{0,5}}\]\]", re.IGNORECASE)
# What may stand beside a verdict and a confidence: "I choose A (HIGH)", "Winner: A. Confidence: LOW".
_BESIDE = re.compile(
    r"\b(?:is (?:the )?(?:better|best|winner|preferred)(?: (?:response|answer|one|option))?|wins"
    r"|(?:(?:better|best|preferred) )?(?:response|answer|assistant|model|output|option|candidate|choice)"
    r"(?=\W{0,4}(?:is\b|[:=]|[AB]\b))"
    r"|(?:I|I would) (?:choose|chose|pick|prefer)|my|the|final|overall|verdict|winner|decision|preferred"
    r"|boxed|with|is|confidence(?: level| score)?)\b|[^\w.%/]|_|(?<!\d)/",
    re.IGNORECASE,
)
_SIDES: dict[str, Verdict] = {"A": "A", "B": "B", "TIE": "TIE", "DRAW": "TIE", "TIED": "TIE"}
SHORT = 80  # characters


class Unreadable(ValueError):
    """The answer holds no verdict that could be read without guessing. The message says why."""


def verdict_of(value: Any) -> Verdict:
    said = value.strip(DECORATION) if isinstance(value, str) else ""
    if COMPARED.fullmatch(said):
        return mark_of(said)
    match = PHRASE.fullmatch(said)
    if match is None:
        raise Unreadable(f"its verdict is {shown(value)}, not A, B or TIE")
    if match["tie"]:
        return "TIE"
    return "A" if match["side"].upper() == "A" else "B"


def mark_of(mark: str) -> Verdict:
    """As MT-Bench and Arena-Hard ask for it: [[A]], [[C]] for a tie; [[A>B]], [[A>>B]], [[A=B]]."""
    if mark.upper() == "C" or "=" in mark:
        return "TIE"
    return verdict_of(mark.partition(">")[0])


def short_answer(text: str) -> tuple[Verdict, Confidence | None] | None:
    """A verdict, with or without a confidence; None where a text says more, or something else."""
    if len(text) > SHORT or "?" in text:
        return None
    words = [bare for word in _BESIDE.sub(" ", text).split() if (bare := word.strip("."))]
    sides = [each for each in words if each.upper() in _SIDES]
    if len(sides) != 1 or (sides[0] == "a" and len(text.split()) > 2):  # that may be the article
        return None
    words.remove(sides[0])
    confidence = confidence_of(" ".join(words)) if words else None
    return None if words and confidence is None else (_SIDES[sides[0].upper()], confidence)


def confidence_of(value: Any) -> Confidence | None:
    """HIGH or LOW as it was stated; None where what was stated can't be placed."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _share(float(value), whole=isinstance(value, int))
    if not isinstance(value, str):
        return None
    said = re.sub(r"[\s_-]+", " ", value.strip(DECORATION).upper()).removesuffix(" CONFIDENCE")
    if match := re.fullmatch(r"(\d{1,3}(?:\.\d{1,6})?)\s?(%|/\s?10|/\s?100|/\s?5)?", said):
        number, of = float(match[1]), (match[2] or "").replace(" ", "")
        if of:
            return _share(number / {"%": 100, "/10": 10, "/100": 100, "/5": 5}[of], whole=False)
        return _share(number, whole="." not in match[1])
    return _CONFIDENCES.get(said)


def _share(number: float, *, whole: bool) -> Confidence | None:
    """A whole number up to 10 may be out of 1, 5 or 10, so it says nothing; over 10 it is a percentage."""
    if whole and 10 < number <= 100:
        number /= 100
    elif whole and number != 0:
        return None
    if not math.isfinite(number) or not 0 <= number <= 1:
        return None
    return "HIGH" if number >= SURE else "LOW"


def confidence_in(rest: str) -> Confidence | None:
    """A confidence in what follows a verdict in its line: (HIGH), with low confidence."""
    found = {
        match.upper() for match in re.findall(r"\b(?:high|medium|moderate|low)\b", rest[:80], re.IGNORECASE)
    }
    return _CONFIDENCES[found.pop()] if len(found) == 1 else None


def shown(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else repr(value)
    return f'"{text[:60]}"'
