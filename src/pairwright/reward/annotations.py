"""Verifying plain rows with anybody's reward model: `verify_with_reward_model(rm, annotations)`."""

from __future__ import annotations

import math
from inspect import isawaitable
from typing import Any

from pairwright.errors import InputError
from pairwright.quality.annotations import texts_of
from pairwright.rows import rows_of

THRESHOLD = 0.1


def verify_with_reward_model(
    rm: Any, annotations: Any, threshold: float = THRESHOLD
) -> tuple[list[Any], list[Any]]:
    """(verified, flagged): annotations whose margin is at least `threshold`, and the others.

    The margin is rm's score of chosen minus that of rejected, in rm's own units. `rm`
    is anything with `scores(prompts, responses)`, which is asked once, or with
    `score(prompt, response)`, or a function of both. Order is kept. It must not have been
    trained on these very pairs: then it agrees with whatever it was told
    (`pairwright verify` cross-fits). Raises InputError naming the annotation that is
    none or whose score is no number.
    """
    rows = rows_of(annotations, "annotations")
    if isinstance(threshold, bool) or not math.isfinite(threshold):
        raise InputError(f"threshold is {threshold}; it is a number")
    texts = [texts_of(number, row) for number, row in enumerate(rows)]
    responses = [each.chosen for each in texts] + [each.rejected for each in texts]
    scores = _scores(rm, [each.prompt for each in texts] * 2, responses)
    verified: list[Any] = []
    flagged: list[Any] = []
    for number, row in enumerate(rows):
        margin = scores[number] - scores[number + len(rows)]
        if not math.isfinite(margin):
            raise InputError(f"annotation {number}: the reward model's score is no number (margin {margin})")
        (verified if margin >= threshold else flagged).append(row)
    return verified, flagged


def _scores(rm: Any, prompts: list[str], responses: list[str]) -> list[float]:
    if isinstance(rm, type):
        raise InputError(f"rm is the class {rm.__name__}: make one, as in {rm.__name__}()")
    if hasattr(rm, "scores"):
        found = [_number(each, number) for number, each in enumerate(rm.scores(prompts, responses))]
        if len(found) != len(prompts):
            raise InputError(f"rm.scores gave {len(found)} scores for {len(prompts)} responses")
        return found
    one = rm.score if hasattr(rm, "score") else rm
    if not callable(one):
        raise InputError(f"rm is {type(rm).__name__}: it has no score(prompt, response) and cannot be called")
    asked = zip(prompts, responses, strict=True)
    return [_number(one(prompt, response), number) for number, (prompt, response) in enumerate(asked)]


def _number(score: Any, number: int) -> float:
    if isawaitable(score):
        if hasattr(score, "close"):
            score.close()
        raise InputError(
            "rm is async: give a function that waits, as in lambda p, r: asyncio.run(score(p, r))"
        )
    try:
        return float(score)
    except (TypeError, ValueError):
        raise InputError(f"rm gave {score!r:.80} as score {number}; it is a number") from None
