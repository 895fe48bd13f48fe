"""Judges made from what people have: TRL's old judge classes, and anything that scores a response."""

from __future__ import annotations

import math
from collections.abc import Callable
from inspect import isawaitable, signature
from typing import Any

from pairwright.errors import InputError, VerdictError
from pairwright.judging.scores import compared
from pairwright.types import Answer


class FromTRL:
    """A judge of the kind TRL has (since 1.0 in `trl.experimental.judges`).

    `judge(prompts, completions, shuffle_order)` of a pairwise judge gives the number of the best
    completion, of a rank judge all numbers, the best first. It is asked without shuffling, for both
    orders are asked anyway. -1 is its way of saying that it failed: that is no verdict.
    """

    def __init__(self, judge: Any) -> None:
        takes = signature(judge.judge).parameters
        if "gold_completions" in takes:
            raise InputError(
                f"the judge {type(judge).__name__} is a binary one: it says whether one completion is right, "
                "not which of two is better. Give a pairwise or rank judge."
            )
        self._judge = judge
        open_ended = any(each.kind == each.VAR_KEYWORD for each in takes.values())
        self._options = {"shuffle_order": False} if "shuffle_order" in takes or open_ended else {}

    def compare(self, prompt: str, a: str, b: str, /) -> Any:
        ranks = self._judge.judge([prompt], [[a, b]], **self._options)
        if isawaitable(ranks):
            return self._later(ranks)
        return _best(ranks)

    async def _later(self, ranks: Any) -> str:
        return _best(await ranks)


def _best(ranks: Any) -> str:
    best = ranks[0] if len(ranks) == 1 else None
    if best is not None and not isinstance(best, str) and hasattr(best, "__len__"):
        best = best[0] if sorted(best) == [0, 1] else None
    if best not in (0, 1):
        raise VerdictError(
            f"the judge answered {ranks!r}; it is one 0 (the first is better) or 1, and -1 is a failure"
        )
    return "A" if best == 0 else "B"


class FromScores:
    """A judge that prefers what `score(prompt, response)` gives more: a reward model, a classifier, a rule.

    The difference is kept as the vote's margin, in the scorer's own units; scores
    within `tie` of each other are a tie.
    """

    def __init__(self, score: Callable[[str, str], Any], tie: float = 0.0) -> None:
        self._score, self._tie = score, tie

    def compare(self, prompt: str, a: str, b: str, /) -> Any:
        scores = self._score(prompt, a), self._score(prompt, b)
        return self._later(scores) if isawaitable(scores[0]) else self._compared(*scores)

    async def _later(self, scores: tuple[Any, Any]) -> Answer:
        return self._compared(await scores[0], await scores[1])

    def _compared(self, *scores: Any) -> Answer:
        first, second = map(float, scores)
        if not (math.isfinite(first) and math.isfinite(second)):
            raise VerdictError("the score is not a number, so neither is better")
        return compared(first, second, self._tie)
