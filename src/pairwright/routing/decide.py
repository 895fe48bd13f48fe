"""From the votes on one pair to what happens next: accept, ask a person, or wait.

Three rules. `guarantee`, the default, accepts what is believed more surely than
a threshold certified against people. `stated` and `consistent` believe what a
judge says of itself, or that it says the same in both orders: they promise
nothing, and give no probability.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from pairwright.types import VERDICTS, Belief, Confidence, Order, Purpose, RaterKind, Source, Verdict

Rule = Literal["guarantee", "stated", "consistent"]
RULE: dict[Rule, str] = {
    "guarantee": "guarantee-1",
    "stated": "stated-1",
    "consistent": "stated-1/consistent",
}

# How the reason of a label begins that a dataset's own raters gave: judges, or nobody knows who.
GIVEN = "label that came with the data"
# Standings of a judge that is neither asked again nor counted, unless it is trusted by name.
REFUSED = ("no better than chance", "worse than chance")
# What a person nobody knows yet is taken for, truth by said: the prior's mean in stats/anchored.
NEWCOMER = ((0.8, 0.1, 0.1), (0.1, 0.8, 0.1), (0.1, 0.1, 0.8))
LEAST = 1 / 3  # no belief in the likeliest of three verdicts is less
SENT_BACK, DISAGREE = "sent back to people by a check", "people disagree"  # how such beliefs' reasons begin
EVEN = (1 / 3, 1 / 3, 1 / 3)
# What a belief keeps of a pair's Standing.
_KEPT = ("forecast", "confidence", "threshold", "drawn", "waits", "outside", "hear", "next_judge", "teaches")
SETTLED = 0.8  # people who are split are settled where what is known of them and of the judges comes to this


class SeenVote(NamedTuple):
    """A current vote, with what is needed of its rater. `verdict` in terms of the pair's own a and b."""

    id: int
    rater: str
    kind: RaterKind
    order: Order
    verdict: Verdict
    confidence: Confidence | None
    both: Literal["good", "bad"] | None
    purpose: Purpose | None = None


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many people a pair is asked of.

    `people` each pair, `unsure` one whose likeliest verdict the judges give less
    than `below`. While they are split, or what they say comes to less than
    `sure`, one more is asked, up to `most`; then it is a conflict for a lead.
    """

    people: int = 1
    unsure: int | None = None
    below: float = 0.75
    sure: float = 0.0
    most: int = 3

    def wanted(self, forecast: Sequence[float] | None) -> int:
        """How many people are asked at first."""
        if self.unsure is not None and forecast is not None and max(forecast) < self.below:
            return max(self.people, self.unsure)
        return self.people


ONE_PERSON = Overlap()


class SeenFailure(NamedTuple):
    """A judge's vote on this pair and order that did not come about."""

    id: int
    rater: str
    order: Order


@dataclass(frozen=True, slots=True)
class Combination:
    """How people's answers are combined into one label (stats/combine).

    `people`: each one's confusion matrix, truth by said, over A, B, TIE. `prior`:
    what is believed before anybody answered, None where that is the pair's forecast, cleared of the
    errors of those it learned from where `taught` (stats/anchored.Taught) says what they are.
    `newcomer` is the matrix of somebody not yet known.
    """

    method: str
    people: Mapping[str, Sequence[Sequence[float]]]
    prior: Sequence[float] | None = None
    taught: Mapping[str, float] | None = None
    newcomer: Sequence[Sequence[float]] | None = None

    def before(self, forecast: Sequence[float] | None) -> Sequence[float] | None:
        """What is believed of a pair before people's answers; None where nothing is."""
        if self.prior is not None or self.taught is None:
            return self.prior or forecast
        import numpy as np  # here, or every command would wait for it

        from pairwright.stats.anchored import Taught

        return list(Taught(**self.taught).before(np.array([forecast or EVEN]))[0])


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a pair beyond its own votes, under the rule with a guarantee.

    `forecast` is the judges' probability of A, B, TIE, in which the pair's own
    labels had no say, and `confidence` how surely the likeliest of them is
    believed. `threshold` is the confidence above which it is accepted,
    None where nothing may be. `drawn` says what the pair was drawn by chance
    for. `waits` is why nothing can be decided yet, `outside` why no certificate covers
    the pair. `combination` is how people's
    answers are combined. In a cascade `hear` are the judges every pair is asked
    of, and `next_judge` is the one to ask where this pair stays unsure. `teaches`
    (0..1) is how early among those drawn it is to be answered, where that is not by
    doubt. `again`: it was sent back when this many people had answered, so one more
    is asked. `dropped` is why it is out of the dataset.
    """

    forecast: tuple[float, float, float] | None = None
    confidence: float | None = None
    threshold: float | None = None
    drawn: Literal["calibration", "audit"] | None = None
    waits: str | None = None
    combination: Combination | None = None
    hear: tuple[str, ...] | None = None
    next_judge: str | None = None
    teaches: float | None = None
    again: int | None = None
    dropped: str | None = None
    outside: str | None = None

    def basis(self) -> dict[str, Any]:
        """What a belief keeps of it, so that one more vote can be judged without all the others."""
        kept = {name: getattr(self, name) for name in _KEPT}
        if self.threshold is not None and math.isinf(self.threshold):  # which JSON has no word for
            kept |= {"threshold": None, "accepts_all": True}
        told = {name: list(value) if isinstance(value, tuple) else value for name, value in kept.items()}
        return {name: value for name, value in told.items() if value is not None} | self.repaired()

    def repaired(self) -> dict[str, Any]:
        """What was done about flags on the pair, whatever the rule."""
        found = {"again": self.again, "dropped": self.dropped}
        return {name: value for name, value in found.items() if value is not None}

    @classmethod
    def of_basis(cls, basis: Mapping[str, Any], combination: Combination | None) -> Standing:
        kept = {name: basis[name] for name in _KEPT if name in basis}
        if basis.get("accepts_all"):
            kept["threshold"] = -math.inf
        told: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()
        }
        return cls(**told, combination=combination)


@dataclass(frozen=True, slots=True)
class JudgesOpinion:
    """What one judge's votes on a pair come to: a sure verdict, or why not."""

    verdict: Verdict | None
    reason: str


def decide(
    pair_id: int,
    votes: Sequence[SeenVote],
    failures: Sequence[SeenFailure],
    orders: Mapping[str, Sequence[Order]],
    *,
    accept: Rule = "stated",
    standing: Standing | None = None,
    distrusted: Collection[str] = (),
    overlap: Overlap = ONE_PERSON,
) -> Belief | None:
    """The belief on a pair, or None while a judge still has to answer.

    `orders` names the judges that are to be heard and in which orders each is
    asked; no judge at all sends every pair to people, unless its label came with
    the dataset it was added from: that stands until somebody else is asked.
    People overrule judges, and a lead's decision overrules people.
    `standing` belongs to the rule `guarantee`. The other two never take the word
    of a judge in `distrusted`.
    """
    basis: dict[str, Any] = {
        "rule": RULE[accept],
        "votes": sorted(vote.id for vote in votes),
        "failures": sorted(failure.id for failure in failures),
    }
    standing = standing or Standing()
    basis |= standing.basis() if accept == "guarantee" else standing.repaired()
    if standing.dropped is not None:
        return Belief(pair_id, "drop", None, "none", f"dropped: {standing.dropped}", basis=basis)
    decisions = [vote for vote in votes if vote.purpose == "decision"]
    if decisions:
        return _by_decision(pair_id, decisions[-1], basis)
    people = [vote for vote in votes if vote.kind == "person"]
    if people:
        return _by_people(pair_id, people, basis, standing, overlap, calibrated=accept == "guarantee")
    if standing.again is not None:
        return Belief(pair_id, "ask", None, "none", SENT_BACK, basis=basis, asks="people")
    given = [vote for vote in votes if vote.purpose == "given"]
    if given and not orders:
        return _by_dataset(pair_id, given, basis)
    if (wanted := overlap.wanted(standing.forecast)) > 1:
        basis["open"] = wanted
    if not orders:
        return Belief(pair_id, "ask", None, "none", "no judge: people decide", basis=basis, asks="people")
    if standing.hear is not None:
        orders = {name: asked for name, asked in orders.items() if name in standing.hear}
    if not _all_heard(votes, failures, orders):
        return None
    if accept == "guarantee":
        return _by_forecast(pair_id, standing, basis)
    opinions = [
        _opinion(judge, asked, votes, failures, accept, judge in distrusted)
        for judge, asked in orders.items()
    ]
    sure = {opinion.verdict for opinion in opinions if opinion.verdict is not None}
    reason = "; ".join(opinion.reason for opinion in opinions)
    if len(sure) == 1:
        return Belief(pair_id, "accept", sure.pop(), "judge", reason, basis=basis)
    if sure:
        reason = f"judges disagree: {reason}"
    return Belief(pair_id, "ask", None, "none", reason, basis=basis, asks="people")


def waiting(pair_id: int) -> Belief:
    """What is left of a belief when the votes it rested on are gone."""
    return Belief(
        pair_id, "wait", None, "none", "a judge still has to answer", basis={"votes": [], "failures": []}
    )


def _by_forecast(pair_id: int, standing: Standing, basis: dict[str, Any]) -> Belief:
    """Accept what is believed surely enough, ask people about the rest and about what was drawn."""
    forecast, threshold = standing.forecast, standing.threshold
    prob_a = prob_tie = None
    if forecast is not None:
        prob_a, prob_tie = round(forecast[0], 4), round(forecast[2], 4)

    def ask(reason: str, whom: str = "people") -> Belief:
        return Belief(pair_id, "ask", None, "none", reason, prob_a, basis=basis, prob_tie=prob_tie, asks=whom)

    if standing.drawn is not None:
        return ask(f"drawn by chance for {standing.drawn}")
    if standing.waits is not None:
        return ask(standing.waits, "calibration")
    sure = standing.confidence
    if forecast is None or sure is None:
        return ask(standing.outside or "no judge's vote to go by")
    verdict = VERDICTS[forecast.index(max(forecast))]
    if standing.outside is not None:
        return ask(f"{verdict} believed at {sure:.1%}, outside the guarantee: {standing.outside}")
    if threshold is not None and sure > threshold:
        over = "every belief is" if threshold <= LEAST else f"those over {threshold:.1%} are"
        reason = f"{verdict} believed at {sure:.1%}; {over} certified"
        return Belief(pair_id, "accept", verdict, "judge", reason, prob_a, basis=basis, prob_tie=prob_tie)
    if threshold is None:
        return ask(f"{verdict} believed at {sure:.1%}, and no belief is certified")
    reason = f"{verdict} believed at {sure:.1%}; only those over {threshold:.1%} are certified"
    return ask(reason, standing.next_judge or "people")


def _by_decision(pair_id: int, vote: SeenVote, basis: dict[str, Any]) -> Belief:
    """A lead's decision is the label, whatever others said."""
    prob_a, prob_tie = float(vote.verdict == "A"), float(vote.verdict == "TIE")
    reason = f"decided by {vote.rater}: {vote.verdict}"
    return Belief(
        pair_id, "accept", vote.verdict, "people", reason, prob_a, vote.both, basis, prob_tie=prob_tie
    )


def _by_dataset(pair_id: int, given: Sequence[SeenVote], basis: dict[str, Any]) -> Belief:
    """The label that came with the data, by majority of its raters; nothing is promised of it."""
    (verdict, most), *others = Counter(vote.verdict for vote in given).most_common()
    names = ", ".join(sorted({vote.rater for vote in given}))
    if others and others[0][1] == most:
        reason = f"labels that came with the data disagree ({names})"
        return Belief(pair_id, "ask", None, "none", reason, basis=basis, asks="people")
    both = {vote.both for vote in given if vote.verdict == verdict}
    kind = both.pop() if len(both) == 1 else None
    reason = f"{GIVEN} ({names})"
    known = all(vote.kind == "judge" for vote in given)
    source: Source = "judge" if known else "unknown"
    return Belief(pair_id, "accept", verdict, source, reason, both=kind, basis=basis)


def _by_people(
    pair_id: int,
    people: Sequence[SeenVote],
    basis: dict[str, Any],
    standing: Standing,
    overlap: Overlap,
    *,
    calibrated: bool,
) -> Belief:
    counts = Counter(vote.verdict for vote in people)
    (verdict, most), *others = counts.most_common()
    said = ", ".join(f"{n} {v}" for v, n in sorted(counts.items()))
    combination = standing.combination
    # A count of votes is no probability: there is one where judges or people have been weighed.
    weighed = combination is not None and combination.method != "majority"
    probs = _posterior(people, standing) if weighed or (calibrated and standing.forecast) else None
    split = bool(others) and others[0][1] == most
    how = ""
    if others and probs is not None and combination is not None and weighed:
        # Of the verdicts people gave, the one their record and the judges speak for.
        given = sorted(counts, key=lambda each: -probs[VERDICTS.index(each)])
        sure = probs[VERDICTS.index(given[0])] / sum(probs[VERDICTS.index(each)] for each in given)
        if split or given[0] != verdict:
            split = sure < SETTLED
        if not split and (given[0] != verdict or others[0][1] == most):
            verdict, how = given[0], f"; {given[0]} by {combination.method}"
            basis = basis | {"settled_by": combination.method}
    prob_a, prob_tie = (None, None) if probs is None else (round(probs[0], 4), round(probs[2], 4))

    def ask(reason: str, more: int, whom: str = "people") -> Belief:
        kept = basis | ({"open": more} if more > 1 else {})
        return Belief(
            pair_id, "ask", None, "people", reason, prob_a, basis=kept, prob_tie=prob_tie, asks=whom
        )

    n, wanted = len(people), overlap.wanted(standing.forecast)
    if standing.again is not None and n <= standing.again:
        return ask(f"{SENT_BACK}: {said}", standing.again + 1 - n)
    if n < wanted:
        return ask(f"{n} of {wanted} people answered: {said}", wanted - n)
    sure = 1.0 if not overlap.sure else max(probs or _posterior(people, Standing()))
    if split or sure < overlap.sure:
        if n >= max(overlap.most, wanted) and split:
            return ask(f"{DISAGREE}: {said}", 0, "lead")
        if n < max(overlap.most, wanted):
            why = DISAGREE if split else f"believed at {sure:.1%} only"
            return ask(f"{why}: {said}", 1)
    kinds = {vote.both for vote in people if vote.verdict == "TIE"}
    both = kinds.pop() if verdict == "TIE" and len(kinds) == 1 else None
    return Belief(
        pair_id, "accept", verdict, "people", f"people: {said}{how}", prob_a, both, basis, prob_tie=prob_tie
    )


def _posterior(people: Sequence[SeenVote], standing: Standing) -> list[float]:
    """The forecast with each person's vote on top, for as much as that person is worth (stats/anchored)."""
    combination = standing.combination or Combination("none", {})
    odds = [max(p, 1e-12) for p in (combination.before(standing.forecast) or EVEN)]
    for vote in people:
        matrix = combination.people.get(vote.rater, combination.newcomer or NEWCOMER)
        said = VERDICTS.index(vote.verdict)
        odds = [odd * max(row[said], 1e-9) for odd, row in zip(odds, matrix, strict=True)]
    return [each / sum(odds) for each in odds]


def _all_heard(
    votes: Sequence[SeenVote], failures: Sequence[SeenFailure], orders: Mapping[str, Sequence[Order]]
) -> bool:
    """Every judge has answered or failed in every order it is asked in."""
    heard = {(vote.rater, vote.order) for vote in votes if vote.kind == "judge"}
    heard |= {(failure.rater, failure.order) for failure in failures}
    return all((judge, order) in heard for judge, asked in orders.items() for order in asked)


def _opinion(
    judge: str,
    asked: Sequence[Order],
    votes: Sequence[SeenVote],
    failures: Sequence[SeenFailure],
    accept: Rule,
    distrusted: bool,
) -> JudgesOpinion:
    """What one judge says that has been heard, or has failed, in every order it is asked in."""
    heard = {vote.order: vote for vote in votes if vote.rater == judge and vote.kind == "judge"}
    missing = [order for order in asked if order not in heard]
    if distrusted:
        return JudgesOpinion(None, f"{judge}: no better than chance against people, so not believed")
    if missing:
        return JudgesOpinion(None, f"{judge}: failed in order {' and '.join(missing)}")
    # All it said counts, also in an order it is not asked in any more: a contradiction stays one.
    said = list(heard.values())
    verdicts = {vote.verdict for vote in said}
    if len(verdicts) > 1:
        told = ", ".join(f"{vote.verdict} in {vote.order}" for vote in said)
        return JudgesOpinion(None, f"{judge}: orders disagree ({told})")
    verdict = verdicts.pop()
    if accept == "consistent" and len(said) == 2:
        return JudgesOpinion(verdict, f"{judge}: {verdict} in both orders")
    stated = [vote.confidence for vote in said]
    if all(confidence == "HIGH" for confidence in stated):
        orders = "both orders" if len(said) == 2 else f"order {said[0].order}"
        return JudgesOpinion(verdict, f"{judge}: {verdict}, HIGH in {orders}")
    shown = "/".join(confidence or "not stated" for confidence in stated)
    return JudgesOpinion(None, f"{judge}: {verdict}, confidence {shown}")
