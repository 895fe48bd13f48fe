"""How surely a verdict is right, of what a belief holds: P(A) and P(TIE). What is left is b's.

Said once in Python and once in SQL, for a label must read the same whichever side it is on.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, case, func

from pairwright.literals import checked
from pairwright.types import Verdict


@checked
def prob_of(verdict: Verdict | None, prob_a: float | None, prob_tie: float | None) -> float | None:
    """The probability of this verdict; None where nothing was calibrated, or there is no verdict."""
    if prob_a is None or verdict is None:
        return None
    if verdict == "A":
        return prob_a
    tie = prob_tie or 0.0
    # Both are kept to four digits, so what is left has no more; rounding may take it under 0.
    return tie if verdict == "TIE" else max(0.0, round(1 - prob_a - tie, 4))


def prob_b(belief: Any) -> ColumnElement[Any]:
    """P(B) of rows of beliefs, in SQL."""
    left: ColumnElement[Any] = 1 - belief.c.prob_a - func.coalesce(belief.c.prob_tie, 0.0)
    return left


def prob_of_verdict(belief: Any) -> ColumnElement[Any]:
    """How surely the verdict of rows of beliefs is right, in SQL."""
    return case(
        (belief.c.verdict == "A", belief.c.prob_a),
        (belief.c.verdict == "B", prob_b(belief)),
        (belief.c.verdict == "TIE", belief.c.prob_tie),
    )


def surest(belief: Any) -> ColumnElement[Any]:
    """The largest of P(A), P(B) and P(TIE), in SQL: what is even between the three is the least sure."""
    a, b, tie = belief.c.prob_a, prob_b(belief), func.coalesce(belief.c.prob_tie, 0.0)
    return case((a >= b, case((a >= tie, a), else_=tie)), else_=case((b >= tie, b), else_=tie))
