"""What was said about two shown responses, as a vote about the pair's own a and b."""

from __future__ import annotations

from pairwright.literals import checked
from pairwright.types import Answer, Order, Vote, as_original


@checked
def vote_of(
    answer: Answer,
    pair_id: int,
    rater_id: int,
    order: Order,
    *,
    seconds: float | None = None,
    guideline_id: int | None = None,
) -> Vote:
    """Verdict, probability and margin turned round where b was shown first; the rest as it was given."""
    prob, margin = answer.prob_first, answer.margin
    swapped = order == "BA"
    return Vote(
        pair_id,
        rater_id,
        order,
        as_original(answer.verdict, order),
        confidence=answer.confidence,
        prob_a=1 - prob if prob is not None and swapped else prob,
        logprobs=answer.logprobs,
        seconds=seconds,
        reason=answer.reason,
        raw=answer.raw,
        guideline_id=guideline_id,
        margin=-margin if margin is not None and swapped else margin,
    )
