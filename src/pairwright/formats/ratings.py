"""What a row itself says of its two answers, beside which is chosen: ratings, a margin, a tie.

One place for all formats and spellings: `chosen_rating`, `rating-chosen`, `score_chosen`, `chosenScore`,
`status: "tie"`. A dataset that names one answer chosen and rates the other higher contradicts itself, and
one that rates both alike has a tie.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Literal

from pairwright.formats.canonical import Canonical, Rated, better, rated_otherwise
from pairwright.formats.carried import Watched
from pairwright.formats.format import Left
from pairwright.formats.messages import number_of

Side = Literal["chosen", "rejected", "first", "second"]
_SIDES: dict[str, Side] = {
    **dict.fromkeys(("chosen", "preferred", "winner", "winning", "win", "accepted", "w"), "chosen"),
    **dict.fromkeys(("rejected", "dispreferred", "nonpreferred", "loser", "losing", "lose", "l"), "rejected"),
    **dict.fromkeys(("a", "1", "first"), "first"),
    **dict.fromkeys(("b", "2", "second"), "second"),
}  # fmt: skip
_RATES = frozenset(("rating", "ratings", "score", "scores", "reward", "rewards", "grade", "stars", "quality"))
_FILLING = frozenset(
    ("avg", "average", "mean", "overall", "total", "final", "response", "answer", "output", "completion",
     "rm", "model", "raw")
)  # fmt: skip
_GAPS = frozenset(("margin", "diff", "difference", "gap", "delta"))
_VERDICTS = frozenset(
    ("status", "verdict", "winner", "preference", "preferred", "better", "label", "outcome", "result",
     "choice", "judgment", "judgement", "decision", "tie", "is_tie", "tied")
)  # fmt: skip
_TIES: dict[str, bool | None] = {
    **dict.fromkeys(
        ("tie", "tied", "ties", "draw", "equal", "equally_good", "same", "the_same", "no_preference", "both")
    ),
    **dict.fromkeys(("neither", "tie_bothbad", "both_bad", "bothbad"), False),
    "both_good": True,
}  # what that says of each answer: good, bad, nothing
_TIE_FLAGS = frozenset(("tie", "is_tie", "tied"))
_WINNERS = frozenset(("winner", "preference", "preferred", "better", "verdict", "choice"))
_OF_CHOSEN = frozenset(
    ("chosen", "rejected", "preferred_output", "rejected_response", "rejected_messages")
)  # fmt: skip
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in _WORDS.findall(name))


@lru_cache(maxsize=4096)
def rated_side(name: str) -> tuple[str, Side] | None:
    """Whose rating a column holds, and what it is called there: `chosen-rating`, `response_1_score`."""
    words = [word for word in _words(name) if word not in _FILLING]
    if "non" in words and "preferred" in words:
        words = ["rejected", *(word for word in words if word not in ("non", "preferred"))]
    called = " ".join(word for word in words if word in _RATES)
    sides = [_SIDES[word] for word in words if word in _SIDES]
    known = len(sides) == 1 and all(word in _RATES or word in _SIDES for word in words)
    return (called, sides[0]) if called and known else None


@lru_cache(maxsize=4096)
def rates(name: str) -> bool:
    """Whether a column is called a rating, and of nobody: `scores`, `avg_rating`."""
    words = [word for word in _words(name) if word not in _FILLING]
    return len(words) == 1 and words[0] in _RATES


@lru_cache(maxsize=4096)
def _is_gap(name: str) -> bool:
    words = set(_words(name))
    return bool(words & _GAPS) and words <= _GAPS | _RATES


def rating_in(values: Mapping[str, Any], passed_over: Collection[str] = ()) -> float | None:
    """The rating of an answer that is an object, or a row of its own, however the column is called."""
    for name in values:
        if name in passed_over:
            continue
        if rates(name):
            value = _peek(values, name)
            if (found := number_of(value)) is not None:
                values.get(name)
                return found
    return None


def _peek(values: Mapping[str, Any], name: str) -> Any:
    """A value, without being taken for somebody who carries it on."""
    return values.peek(name) if isinstance(values, Watched) else values[name]


def stated(row: Canonical, values: Watched, asked: frozenset[str]) -> Canonical | Left:
    """The row with its ratings, margin and tie, from the columns that its reader has not `asked` for.

    Ratings decide between chosen and rejected only where nothing else does: equal ones are a tie there.
    Beside a label of its own (response_a is better) they can only contradict it.
    """
    if len(row.responses) != 2:
        return _rated_beside_its_label(row, values, asked)
    chosen = not _OF_CHOSEN.isdisjoint(values)
    ratings: dict[str, dict[Side, float]] = {}
    margin, tie, good = row.margin, False, None
    for name in values:
        if name in asked:
            continue
        if (of := rated_side(name)) is not None:
            if (found := number_of(values.peek(name))) is not None:
                values.asked.add(name)
                ratings.setdefault(of[0], {}).setdefault(of[1], found)
        elif rates(name) and (inside := _by_side(values.peek(name))):
            values.asked.add(name)
            ratings.setdefault(name, inside)
        elif chosen and margin is None and _is_gap(name):
            margin = number_of(values.peek(name))
            values.asked.update((name,) if margin is not None else ())
        elif (kind := "_".join(_words(name))) in _VERDICTS:
            says = _said(values.peek(name))
            if chosen and says == "rejected" and kind in _WINNERS:
                return Left(row.place, "rejected_is_rated_higher")
            if says in _TIES or (kind in _TIE_FLAGS and says in ("true", "1", "yes")):
                values.asked.add(name)
                tie, good = True, _TIES.get(says)
    if not ratings and not tie and margin == row.margin != 0:
        return row
    # Of a rating and a score those that both answers have: one of each would compare two scales.
    given = max(ratings.values(), key=len, default=dict[Side, float]())
    first, second = (_rated(row, n, given) for n in (0, 1))
    alike = first.rating is not None and first.rating == second.rating
    if tie or (chosen and len(row.opinions) < 2 and (alike or margin == 0)):
        first, second = (
            replace(one, rank=1.5, good=one.good if good is None else good) for one in (first, second)
        )
        row = replace(row, opinions=tuple(replace(each, ranks=(1.5, 1.5)) for each in row.opinions))
    return replace(row, responses=(first, second), margin=margin)


def ratings_of_lists(
    values: Mapping[str, Any], chosen: int, rejected: int
) -> tuple[Sequence[float | None], Sequence[float | None]]:
    """The ratings of each of so many chosen and rejected answers, where two columns list them."""
    found: dict[str, dict[Side, str]] = {}
    lengths = {"chosen": chosen, "rejected": rejected}
    for name in values:
        of = rated_side(name)
        listed = _peek(values, name) if of else None
        if of and isinstance(listed, list) and len(listed) == lengths.get(of[1]):
            found.setdefault(of[0], {})[of[1]] = name
    both = next((names for names in found.values() if len(names) == 2), None)
    if both is None:
        return (None,) * chosen, (None,) * rejected
    one, other = ([number_of(each) for each in values[both[side]]] for side in ("chosen", "rejected"))
    return one, other


def _by_side(value: Any) -> dict[Side, float]:
    """Ratings in one object: {"chosen": 4, "rejected": 2}. Empty where it is none."""
    given = value.items() if isinstance(value, dict) and len(value) == 2 else ()
    found = {
        side: number
        for key, each in given
        if (side := _SIDES.get(str(key).lower())) and (number := number_of(each)) is not None
    }
    return found if len(found) == 2 else {}


def _rated_beside_its_label(row: Canonical, values: Watched, asked: frozenset[str]) -> Canonical:
    """A row of one response that is good or bad, with the rating that stands beside; the label decides."""
    if len(row.responses) != 1 or row.responses[0].good is None or row.responses[0].rating is not None:
        return row
    rating = rating_in(values, asked)
    return row if rating is None else replace(row, responses=(replace(row.responses[0], rating=rating),))


def _said(value: Any) -> str:
    """A verdict as a word: "Tie (bothbad)" is tie_bothbad, True is true."""
    return "_".join(_words(str(value))) if isinstance(value, str | bool | int | float) else ""


def _rated(row: Canonical, n: int, ratings: Mapping[Side, float]) -> Rated:
    """Of two answers the one at `n`, with its rating: `chosen` is whichever is better."""
    one, other = row.responses[n], row.responses[1 - n]
    wins = (better(one, other) or (0, -1)[n]) >= 0
    rating = ratings.get(("first", "second")[n], ratings.get("chosen" if wins else "rejected"))
    return one if rating is None or one.rating is not None else replace(one, rating=rating)


def contradicts_itself(row: Canonical) -> bool:
    """Whether a pair's own margin or ratings say the opposite of which is better.

    Where raters are named the ranks are theirs together, and may well differ from mean ratings.
    """
    if len(row.responses) != 2:
        return False
    a, b = row.responses
    sign = better(a, b)
    if not sign:
        return False
    if row.margin is not None and row.margin < 0 and len(row.opinions) < 2:
        return True
    if row.probability is not None and 2 * row.probability + (row.tie or 0.0) < 1:
        return True  # the other is more probably the better one
    return rated_otherwise(row, a, b, sign)
