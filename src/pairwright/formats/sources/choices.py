"""A choice between two, as annotation tools give it, as an opinion on a row."""

from __future__ import annotations

from pairwright.formats.canonical import Both, RowOpinion
from pairwright.literals import checked
from pairwright.types import Maker

_TIE = (1.5, 1.5)
_RANKS = {"first": (1.0, 2.0), "second": (2.0, 1.0)}
_BOTH: dict[str, Both] = {"both_good": "good", "both_bad": "bad"}


@checked
def opinion_on(
    who: str, choice: str, seconds: float | None, note: str | None, kind: Maker = "person"
) -> RowOpinion:
    """`choice` is first, second, tie, both_good or both_bad, in terms of the order shown.

    Annotation tools record who answered, so it is a person's unless the caller knows otherwise.
    """
    ranks = _RANKS.get(choice, _TIE)
    return RowOpinion(who, kind, ranks, _BOTH.get(choice), seconds=seconds, reason=note)
