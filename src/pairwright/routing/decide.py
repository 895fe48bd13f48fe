"""From the votes on one pair to what happens next: accept, ask a person, or wait.

This is the first rule, from stated confidence and order consistency alone. It
gives no probability: nothing has been calibrated against people yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pairwright.types import Belief, Confidence, Order, RaterKind, Verdict

RULE = "stated-1"


@dataclass(frozen=True, slots=True)
class SeenVote:
    """A current vote, with what is needed of its rater. `verdict` in terms of the pair's own a and b."""

    id: int
    rater: str
    kind: RaterKind
    order: Order
    verdict: Verdict
    confidence: Confidence | None
    both: Literal["good", "bad"] | None


@dataclass(frozen=True, slots=True)
class SeenFailure:
    """A judge's vote on this pair and order that did not come about."""

    id: int
    rater: str
    order: Order


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one judge's votes on a pair come to: a sure verdict, or why not."""

    verdict: Verdict | None
    reason: str


def decide(
    pair_id: int,
    votes: Sequence[SeenVote],
    failures: Sequence[SeenFailure],
    orders: Mapping[str, Sequence[Order]],
    *,
    accept: Literal["stated", "consistent"] = "stated",
) -> Belief | None:
    """The belief on a pair, or None while a judge still has to answer.

    `orders` names the judges that are to be heard and in which orders each is
    asked; no judge at all sends every pair to people. People overrule judges.
    """
    basis: dict[str, object] = {
        "rule": f"{RULE}/{accept}",
        "votes": sorted(vote.id for vote in votes),
        "failures": sorted(failure.id for failure in failures),
    }
    people = [vote for vote in votes if vote.kind == "person"]
    if people:
        return _by_people(pair_id, people, basis)
    opinions = []
    for judge, asked in orders.items():
        opinion = _opinion(judge, asked, votes, failures, accept)
        if opinion is None:
            return None
        opinions.append(opinion)
    sure = {opinion.verdict for opinion in opinions if opinion.verdict is not None}
    reason = "; ".join(opinion.reason for opinion in opinions) or "no judge: people decide"
    if len(sure) == 1:
        return Belief(pair_id, "accept", sure.pop(), "judge", reason, basis=basis)
    if sure:
        reason = f"judges disagree: {reason}"
    return Belief(pair_id, "ask", None, "none", reason, basis=basis)


def _by_people(pair_id: int, people: Sequence[SeenVote], basis: dict[str, object]) -> Belief:
    counts = Counter(vote.verdict for vote in people)
    (verdict, most), *others = counts.most_common()
    said = ", ".join(f"{n} {v}" for v, n in sorted(counts.items()))
    if others and others[0][1] == most:
        return Belief(pair_id, "ask", None, "people", f"people disagree: {said}", basis=basis)
    kinds = {vote.both for vote in people if vote.verdict == "TIE"}
    both = kinds.pop() if verdict == "TIE" and len(kinds) == 1 else None
    return Belief(pair_id, "accept", verdict, "people", f"people: {said}", both=both, basis=basis)


def _opinion(
    judge: str,
    asked: Sequence[Order],
    votes: Sequence[SeenVote],
    failures: Sequence[SeenFailure],
    accept: Literal["stated", "consistent"],
) -> Opinion | None:
    """What one judge says, None while it has not been heard in every order it is asked in."""
    heard = {vote.order: vote for vote in votes if vote.rater == judge and vote.kind == "judge"}
    failed = {failure.order for failure in failures if failure.rater == judge}
    missing = [order for order in asked if order not in heard]
    if any(order not in failed for order in missing):
        return None
    if missing:
        return Opinion(None, f"{judge}: failed in order {' and '.join(missing)}")
    said = [heard[order] for order in asked]
    verdicts = {vote.verdict for vote in said}
    if len(verdicts) > 1:
        told = ", ".join(f"{vote.verdict} in {vote.order}" for vote in said)
        return Opinion(None, f"{judge}: orders disagree ({told})")
    verdict = verdicts.pop()
    if accept == "consistent" and len(asked) == 2:
        return Opinion(verdict, f"{judge}: {verdict} in both orders")
    stated = [vote.confidence for vote in said]
    if all(confidence == "HIGH" for confidence in stated):
        orders = "both orders" if len(asked) == 2 else f"order {asked[0]}"
        return Opinion(verdict, f"{judge}: {verdict}, HIGH in {orders}")
    shown = "/".join(confidence or "not stated" for confidence in stated)
    return Opinion(None, f"{judge}: {verdict}, confidence {shown}")
