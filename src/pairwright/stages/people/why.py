"""Why an annotator chose: reasons that the lead defined, and spans of the responses, each checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

from pairwright.errors import InputError
from pairwright.literals import checked
from pairwright.spans import Span
from pairwright.store.people.tasks import Task
from pairwright.types import Order

MOST_SPANS = 20
_PARTS = ("turn", "start", "end")


def checked_reasons(given: Sequence[str], defined: Sequence[str]) -> list[str]:
    """The reasons in the lead's order. Raises InputError for one that the lead has not defined."""
    unknown = [each for each in given if each not in defined]
    if unknown:
        there = f"a reason is one of {', '.join(defined)}" if defined else "no reasons are defined here"
        raise InputError(f"{there}; got {str(unknown[0])[:60]!r}: load the page again")
    return [each for each in defined if each in given]


@checked
def checked_spans(given: Sequence[Mapping[str, Any]], task: Task, order: Order) -> list[Span]:
    """Spans of what was shown left and right as spans of a and b, in order. Raises InputError."""
    if len(given) > MOST_SPANS:
        raise InputError(f"at most {MOST_SPANS} spans are marked on a pair; got {len(given):,}")
    found = sorted(
        (_span(each, task, order) for each in given), key=lambda each: (each.side, each.turn, each.start)
    )
    for one, other in pairwise(found):
        if (one.side, one.turn) == (other.side, other.turn) and other.start < one.end:
            raise InputError(
                f"spans of one text don't overlap; got {one.start}-{one.end} and {other.start}-{other.end}"
            )
    return found


def _span(given: Any, task: Task, order: Order) -> Span:
    fine = isinstance(given, Mapping) and given.get("side") in ("left", "right")
    if not fine or not all(type(given.get(part)) is int for part in _PARTS):
        raise InputError('a span is {"side": "left" or "right", "turn", "start", "end"} with whole numbers')
    side: Literal["a", "b"] = "a" if (given["side"] == "left") == (order == "AB") else "b"
    turns = task.a_turns if side == "a" else task.b_turns
    turn, start, end = (given[part] for part in _PARTS)
    length = len(turns[turn].content) if 0 <= turn < len(turns) else 0
    if not 0 <= start < end <= length:
        raise InputError(
            f"a span lies within its text, which has {length:,} characters; got {start} to {end}"
        )
    return Span(side, turn, start, end)
