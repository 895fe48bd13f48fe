"""Asking any judge: reading what `compare` gives back, and hearing both orders.

A judge is anything with `compare(prompt, a, b)`. It may answer with a bare
verdict ("A", "B", "TIE"), a (verdict, confidence) tuple, a mapping or an
object with `verdict` and `confidence`, in words or as a share; anything else is not a verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from pairwright.errors import VerdictError
from pairwright.judging.words import confidence_of
from pairwright.literals import checked
from pairwright.types import VERDICTS, Answer, Confidence, Verdict, swap


class Judge(Protocol):
    """Anything that can say which of two responses to a prompt is better."""

    def compare(self, prompt: Any, a: str, b: str, /) -> Any: ...


def read_answer(value: Any, where: str) -> Answer:
    """What `compare` returned, as an Answer. Raises VerdictError naming `where`."""
    verdict, confidence, reason = value, None, None
    if isinstance(value, tuple) and len(value) == 2:
        verdict, confidence = value
    elif isinstance(value, Mapping):
        verdict, confidence, reason = (value.get(name) for name in ("verdict", "confidence", "reason"))
    elif hasattr(value, "verdict"):
        verdict = value.verdict
        confidence, reason = getattr(value, "confidence", None), getattr(value, "reason", None)
    if not isinstance(verdict, str) or verdict not in VERDICTS:
        raise VerdictError(
            f"{where}: the judge answered {verdict!r}; a verdict is 'A', 'B' or 'TIE'. "
            "Make its compare(prompt, a, b) return one of these."
        )
    if isinstance(value, Answer):
        return value
    stated = None if confidence is None else confidence_of(confidence)
    if stated is None and confidence is not None:
        raise VerdictError(
            f"{where}: the judge's confidence is {confidence!r}; it is 'HIGH', 'LOW', a share such as 0.95, "
            "or None. Make its compare(prompt, a, b) return one of these."
        )
    return Answer(verdict, stated, reason)


def hear(judge: Judge, prompt: Any, a: str, b: str, *, both_orders: bool, where: str) -> Answer:
    """One answer about (a, b): asked in both orders, a judge that contradicts itself says TIE, LOW.

    With both orders a confidence is HIGH only if it was HIGH twice; a judge
    that states none keeps None when it agrees with itself.
    """
    there = read_answer(judge.compare(prompt, a, b), where)
    if not both_orders:
        return there
    back = read_answer(judge.compare(prompt, b, a), f"{where}, shown in the other order")
    if swap(back.verdict) != there.verdict:
        reason = f"orders disagree: {there.verdict} as given, {swap(back.verdict)} when swapped"
        return Answer("TIE", "LOW", reason)
    return Answer(there.verdict, _weaker(there.confidence, back.confidence), there.reason)


def _weaker(one: Confidence | None, other: Confidence | None) -> Confidence | None:
    if "LOW" in (one, other):
        return "LOW"
    return "HIGH" if one == other == "HIGH" else None


@checked
def winner(verdict: Verdict, a: str, b: str) -> tuple[str, str] | None:
    """(chosen, rejected), or None for a tie."""
    return {"A": (a, b), "B": (b, a), "TIE": None}[verdict]
