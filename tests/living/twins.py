"""Twins lived the same, but for what must not matter: what each says in the end is held against the other."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from always import SHAPES, beliefs, exports_add_up
from life import Life

from pairwright.stages.figures.report import numbers_of

# Of the report: what is about one pair by name, about when, or about the exports in a folder.
BY_NAME = {
    "made",
    "project",
    "sources",
    "pairs",
    "doubted",
    "todo",
    "summary",
    "exports",
    "stale",
    "examples",
    "partings",
}
# Named by row number, or by the order in which judges stand in the project file.
PLACED = {"frame", "raters", "people"}


def are_twins(one: Life, other: Life) -> None:
    here, there = labels(one), labels(other)
    apart = {
        key: (here.get(key), there.get(key))
        for key in here | there
        if not _alike(here.get(key), there.get(key))
    }
    assert not apart, f"labels of {len(apart)} pairs differ: {list(apart.values())[:3]}"
    for shape in SHAPES:
        assert exports_add_up(one, shape) == exports_add_up(other, shape), shape
    told, other_told = (dict(_figures(numbers_of(life.project))) for life in (one, other))
    wrong = {
        name: (told.get(name), other_told.get(name))
        for name in told | other_told
        if not _same(name, told, other_told)
    }
    assert not wrong, f"{len(wrong)} figures differ: {dict(list(wrong.items())[:8])}"


def labels(life: Life) -> dict[str, tuple[Any, ...]]:
    """Of every pair: what was decided, which text is the better one, by whom, and who is asked."""
    held, found = beliefs(life), {}
    for key, pair in life.pairs().items():
        belief = held.get(pair.id)
        if belief is None:
            continue
        probs = None
        if belief.prob_a is not None:
            prob_tie = belief.prob_tie or 0.0
            prob = belief.prob_a if pair.a < pair.b else 1 - belief.prob_a - prob_tie
            probs = (prob, prob_tie)
        verdict = belief.verdict if belief.verdict == "TIE" else pair.winner(belief.verdict)
        found[key] = belief.decision, verdict, belief.source, belief.asks, belief.both, probs
    return found


def _alike(one: tuple[Any, ...] | None, other: tuple[Any, ...] | None) -> bool:
    """The same but for what rounding does to a probability."""
    if one is None or other is None or one[:-1] != other[:-1] or (one[-1] is None) != (other[-1] is None):
        return False
    return one[-1] is None or all(abs(a - b) < 2e-3 for a, b in zip(one[-1], other[-1], strict=True))


def _figures(told: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every number by its path; lists as what is in them, however ordered."""
    if isinstance(told, dict):
        for key, value in told.items():
            if key not in BY_NAME:
                yield from _figures(value, f"{name}.{key}")
    elif isinstance(told, list | tuple):
        parts = Counter(repr(sorted((k, _round(v)) for k, v in _figures(each))) for each in told)
        yield name, tuple(sorted(parts.items()))
    elif isinstance(told, bool | int | float | None):
        yield name, told


def _round(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else value


def _same(name: str, here: dict[str, Any], there: dict[str, Any]) -> bool:
    one, other = here.get(name), there.get(name)
    if isinstance(one, float) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=1e-3, abs_tol=1e-3) or (one > 1e8 and other > 1e8)
    return one == other
