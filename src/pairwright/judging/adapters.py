"""Judges made from what people have: TRL's old judge classes, and anything that scores a response."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from pairwright.errors import VerdictError
from pairwright.judging.scores import compared
from pairwright.types import Answer


class FromTRL:
    """A judge of the kind TRL had up to 1.0: `judge(prompts, completions, shuffle_order) -> [0 | 1 | -1]`.

    It is asked without shuffling, for both orders are asked anyway. -1 was its
    way of saying that it failed: that is no verdict.
    """

    def __init__(self, judge: Any) -> None:
        self._judge = judge

    def compare(self, prompt: str, a: str, b: str, /) -> str:
        ranks = self._judge.judge([prompt], [[a, b]], shuffle_order=False)
        if len(ranks) != 1 or ranks[0] not in (0, 1):
            raise VerdictError(
                f"the judge answered {ranks!r}; it is one 0 (the first is better) or 1, and -1 is a failure"
            )
        return "A" if ranks[0] == 0 else "B"


class FromScores:
    """A judge that prefers what `score(prompt, response)` gives more: a reward model, a classifier, a rule.

    The difference is kept as the vote's margin, in the scorer's own units; scores
    within `tie` of each other are a tie.
    """

    def __init__(self, score: Callable[[str, str], float], tie: float = 0.0) -> None:
        self._score, self._tie = score, tie

    def compare(self, prompt: str, a: str, b: str, /) -> Answer:
        scores = float(self._score(prompt, a)), float(self._score(prompt, b))
        if not all(map(math.isfinite, scores)):
            raise VerdictError("the score is not a number, so neither is better")
        return compared(*scores, self._tie)
