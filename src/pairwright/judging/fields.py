"""The fields of a judge's answer that is a JSON object, by all the names judges give them."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from pairwright.judging.words import Unreadable, confidence_of, verdict_of
from pairwright.types import Answer, Verdict

MAX_REASON = 1000
# Names that judges give the field when they forget "verdict"; read where no object has that.
FOR_VERDICT = ("winner", "choice", "preferred", "preference", "better", "better_response", "answer")
_CONFIDENCES = ("confidence", "confidence_level", "confidence_score")


def field(answer: dict[str, Any], name: str) -> Any:
    return next((value for key, value in answer.items() if _is(key, name)), None)


def has(answer: dict[str, Any], name: str) -> bool:
    return any(_is(key, name) for key in answer)


@lru_cache(maxsize=256)  # the same few names in every answer
def _is(key: str, name: str) -> bool:
    return key.strip().lower().replace(" ", "_") in (name, f"final_{name}")


def answers_in(answer: dict[str, Any], name: str) -> list[Answer]:
    """What an object says, and what it says again under another name that means a verdict."""
    stated = next((said for each in _CONFIDENCES if (said := field(answer, each)) is not None), None)
    reason = field(answer, "reason") or field(answer, "reasoning")
    said = Answer(
        verdict_of(field(answer, name)),
        None if stated is None else confidence_of(stated),
        reason.strip()[:MAX_REASON] or None if isinstance(reason, str) else None,
    )
    again = [field(answer, each) for each in FOR_VERDICT if each != name]
    return [said, *(replace(said, verdict=each) for other in again if (each := _verdict_in(other)))]


def _verdict_in(value: Any) -> Verdict | None:
    try:
        return verdict_of(value)
    except Unreadable:
        return None
