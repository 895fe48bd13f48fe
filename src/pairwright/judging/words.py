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
DECORATION = "*_`'\"\u201c\u201d\u2018\u2019[](){}.,:;| \t\r\u200b\u200e\u200f\ufeff"
PHRASE = re.compile(
    r"(?:(?:the\s+)?(?:response|answer|assistant|model|output|option|candidate)[\s_-]{0,3})?[\[(\"'*_]{0,4}"
    r"(?:(?P<side>[AB])"
    r"|(?P<tie>(?:(?:it(?:'s|\u2019s|\s+is)\s+)?(?:an?\s+)?|both\s+(?:\w+\s+)?are\s+)(?:TIE|DRAW|EQUAL|TIED|equally\s+good)))"
    r"[\])\"'*_]{0,4}"
    r"(?:\s+(?:is\s+(?:(?:slightly|somewhat|marginally|clearly|much|far|significantly)\s+)?(?:the\s+)?"
    r"(?:better|best|winner)(?:\s+(?:response|answer|one))?|wins))?",
    re.IGNORECASE,
)
_COMPARED = r"(?:A\s?(?:>{1,3}|<{1,3}|={1,2})\s?B|B\s?(?:>{1,3}|<{1,3}|={1,2})\s?A)"
COMPARED = re.compile(_COMPARED, re.IGNORECASE)
BRACKETED = re.compile(rf"\[\[\s{{0,5}}(A|B|TIE|C|{_COMPARED})\s{{0,5}}\]\]", re.IGNORECASE)


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
    first, less, second = re.sub(r"[<>]+", lambda sign: sign[0][0], mark).partition("<")
    return verdict_of(second if less else first.partition(">")[0])


def confidence_of(value: Any) -> Confidence | None:
    """HIGH or LOW as it was stated; None where what was stated can't be placed."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _share(float(value), whole=isinstance(value, int))
    if not isinstance(value, str):
        return None
    said = re.sub(r"[\s_-]+", " ", value.strip(DECORATION).upper()).removesuffix(" CONFIDENCE")
    if match := re.fullmatch(r"~?(\d{1,3}(?:[.,]\d{1,6})?)\s?(?:(%)|(?:/|OUT OF)\s?(10|100|[3-5]))?", said):
        number = float(match[1].replace(",", "."))
        if match[2] or match[3]:
            return _share(number / float(match[3] or 100), whole=False)
        return _share(number, whole=match[1].isdecimal())
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


def score_of(value: Any) -> float:
    if isinstance(value, str) and (match := re.fullmatch(r"\s*([\d.]{1,6})\s*(?:/|out of)\s*10\s*", value)):
        value = match[1]
    try:
        score = float(value) if not isinstance(value, bool) else None
    except (TypeError, ValueError):
        score = None
    if score is None or not 0 <= score <= 10:
        raise Unreadable(f"a score is {shown(value)}, not a number from 1 to 10")
    return score


def confidence_in(rest: str) -> Confidence | None:
    """A confidence in what follows a verdict in its line: (HIGH), with low confidence."""
    found = {
        match.upper() for match in re.findall(r"\b(?:high|medium|moderate|low)\b", rest[:80], re.IGNORECASE)
    }
    return _CONFIDENCES[found.pop()] if len(found) == 1 else None


def shown(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else repr(value)
    return f'"{text[:60]}"'
