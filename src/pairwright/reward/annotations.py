"""Verifying plain rows with anybody's reward model: `verify_with_reward_model(rm, annotations)`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from pairwright.errors import InputError
from pairwright.quality.annotations import texts_of

THRESHOLD = 0.1


def verify_with_reward_model(
    rm: Any, annotations: Iterable[Mapping[str, Any]], threshold: float = THRESHOLD
) -> tuple[list[Any], list[Any]]:
    """(verified, flagged): annotations whose margin is at least `threshold`, and the others.

    The margin is rm's score of chosen minus that of rejected, in rm's own units. `rm`
    is anything with `scores(prompts, responses)`, which is asked once, or with
    `score(prompt, response)`, or a function of both. Order is kept. It must not have been
    trained on these very pairs: then it agrees with whatever it was told
    (`pairwright verify` cross-fits). Raises InputError naming the annotation that is
    none or whose score is no number.
    """
    rows = list(annotations)
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
    if hasattr(rm, "scores"):
        found = [float(each) for each in rm.scores(prompts, responses)]
        if len(found) != len(prompts):
            raise InputError(f"rm.scores gave {len(found)} scores for {len(prompts)} responses")
        return found
    one = rm.score if hasattr(rm, "score") else rm
    if not callable(one):
        raise InputError(f"rm is {type(rm).__name__}: it has no score(prompt, response) and cannot be called")
    return [float(one(prompt, response)) for prompt, response in zip(prompts, responses, strict=True)]
