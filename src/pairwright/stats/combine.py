"""From several people's answers to one label, four ways, each with what it takes people for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy

from pairwright.errors import NotConverged
from pairwright.literals import checked
from pairwright.stats import anchored
from pairwright.stats.agreement import SIDES
from pairwright.stats.anchored import Taught, one_coin, ties_among
from pairwright.stats.dawid_skene import FEWEST_SHARED, dawid_skene

Method = Literal["majority", "gold", "dawid-skene", "anchored"]
K = 3
MANY_SHARED = 400  # pairs with two answers, from which confusion matrices do as well as one figure or better
FEWEST_GOLD = 5  # gold answers of one person, under which they are taken for a newcomer


@dataclass(frozen=True, slots=True)
class PeopleVotes:
    """Answers as columns: row (pair), person (0..n_people-1), said 0 A, 1 B, 2 TIE; (n_votes,) each.

    `known` (n_pairs,): the answer of gold pairs, -1 elsewhere. `forecast`
    (n_pairs, 3): what judges say, a uniform row where they say nothing; None
    where no judges were weighed.
    """

    row: np.ndarray
    person: np.ndarray
    said: np.ndarray
    n_pairs: int
    n_people: int
    known: np.ndarray
    forecast: np.ndarray | None


@dataclass(frozen=True, slots=True)
class Combined:
    """probs (n_pairs, 3): of A, B, TIE. confusion (n_people, 3, 3): truth by what they say.

    It is None where people are not told apart. `prior` (n_pairs, 3) or (3,) is what was
    believed before people spoke. `taught` says how a forecast is cleared of the errors of the
    people it learned from, where one was used. `by_gold`: what people agree on is spoken
    against by gold pairs, so these alone say who is believed.
    """

    method: Method
    probs: np.ndarray
    confusion: np.ndarray | None
    prior: np.ndarray
    taught: Taught | None = None
    by_gold: bool = False


def best_method(votes: PeopleVotes) -> Method:
    """anchored where judges take part or people overlap; Dawid-Skene with many shared pairs; else majority.

    Nine figures a person take many answers: on fewer, one figure a person (anchored,
    on an even forecast where there are no judges) is right more often.
    """
    shared = int((np.bincount(votes.row, minlength=votes.n_pairs) >= 2).sum())
    if votes.forecast is not None:
        return "anchored"
    if votes.n_people < 3 or shared < 5 * FEWEST_SHARED:
        return "majority"
    return "dawid-skene" if shared >= MANY_SHARED else "anchored"


@checked
def combine(votes: PeopleVotes, method: Method) -> Combined:
    """Raises NotConverged where the method can't tell from these votes, and says what would help."""
    return METHODS[method](votes)


def majority(votes: PeopleVotes) -> Combined:
    """The shares of the answers; everybody counts the same."""
    counts = np.zeros((votes.n_pairs, K))
    np.add.at(counts, (votes.row, votes.said), 1.0)
    total = counts.sum(1, keepdims=True)
    flat = np.full(K, 1 / K)
    return Combined("majority", np.where(total > 0, counts / np.maximum(total, 1), flat), None, flat)


def by_gold(votes: PeopleVotes) -> Combined:
    """Everybody counts as much as their answers on gold pairs were right."""
    if not (votes.known[votes.row] >= 0).any():
        raise NotConverged(
            "nobody answered a gold pair, so nobody can be weighed by them: make some (pairwright gold), "
            'set [annotate] gold_rate, or use [label] method = "anchored"'
        )
    ties = ties_among(votes.said)
    newcomer = anchored.RIGHT / (anchored.RIGHT + anchored.WRONG)
    record = _on_gold(votes)
    confusion = one_coin(np.where(np.isnan(record), newcomer, record), ties)
    taught = Taught(newcomer, ties)
    probs = posterior(votes, confusion, taught.shares)
    return Combined("gold", _with_known(probs, votes.known), confusion, taught.shares, by_gold=True)


def by_dawid_skene(votes: PeopleVotes) -> Combined:
    """People alone, each with a confusion matrix, gold pairs known."""
    fitted = dawid_skene(
        votes.row,
        votes.person,
        votes.said,
        votes.n_pairs,
        votes.n_people,
        K,
        known=votes.known,
        mirror=SIDES,
    )
    if gold_speaks_against(votes):
        raise NotConverged(
            "gold pairs speak against what people agree on: some may copy each other, or share a mistake. "
            'Weigh them by gold: [label] method = "gold" or "anchored"'
        )
    return Combined("dawid-skene", fitted.probs, fitted.confusion, fitted.share)


def by_anchored(votes: PeopleVotes) -> Combined:
    """Judges as one forecast, people as raters on top (stats/anchored).

    How right people are is told from each other's answers and gold pairs; where the two contradict each
    other, by gold alone for all who answered some.
    """
    ties = ties_among(votes.said)
    columns = votes.row, votes.person, votes.said
    fixed = _on_gold(votes) if gold_speaks_against(votes) else None
    even = np.tile(Taught(1.0, ties).shares, (votes.n_pairs, 1))
    among = anchored.combine(even, *columns, votes.n_people, known=votes.known, ties=ties, fixed=fixed)
    if votes.forecast is None:
        prior = Taught(1.0, ties).shares
        matrices = one_coin(among.reliability, ties)
        return Combined("anchored", among.probs, matrices, prior, by_gold=fixed is not None)
    taught = anchored.taught_by(votes.forecast, *columns, among.reliability)
    found = anchored.combine(
        taught.truth(votes.forecast),
        *columns,
        votes.n_people,
        known=votes.known,
        ties=ties,
        fixed=fixed,
        least=taught.least,
    )
    matrices, before = one_coin(found.reliability, ties), taught.before(votes.forecast)
    probs = _with_known(posterior(votes, matrices, before), votes.known)
    return Combined("anchored", probs, matrices, before, taught, fixed is not None)


def gold_speaks_against(votes: PeopleVotes) -> bool:
    """Whether gold pairs say otherwise than people's agreement with each other (p < 0.01 for all together).

    Two who copy each other confirm each other and make an honest third look wrong; gold does not.
    """
    asked, hits = _gold_answers(votes)
    shared = (np.bincount(votes.row, minlength=votes.n_pairs) > 1)[votes.row]
    at = (asked >= FEWEST_GOLD) & (
        np.bincount(votes.person[shared], minlength=votes.n_people) >= FEWEST_SHARED
    )
    if not at.any():
        return False
    ties = ties_among(votes.said)
    even = np.tile(Taught(1.0, ties).shares, (votes.n_pairs, 1))
    alone = anchored.combine(even, votes.row, votes.person, votes.said, votes.n_people, ties=ties)
    right = np.clip(alone.reliability[at], 1e-6, 1 - 1e-6)
    binomial = scipy.stats.binom(asked[at], right)
    few, many = binomial.cdf(hits[at]), binomial.sf(hits[at] - 1)
    return bool(2 * np.minimum(few, many).min() * at.sum() < 0.01)


def _gold_answers(votes: PeopleVotes) -> tuple[np.ndarray, np.ndarray]:
    """(n_people,) each: gold pairs answered, and answered right."""
    at = votes.known[votes.row] >= 0
    right = (votes.said == votes.known[votes.row])[at].astype(float)
    asked = np.bincount(votes.person[at], minlength=votes.n_people)
    return asked, np.bincount(votes.person[at], weights=right, minlength=votes.n_people)


def _on_gold(votes: PeopleVotes) -> np.ndarray:
    """(n_people,) how right people are by gold pairs; nan where they answered too few of them."""
    asked, hits = _gold_answers(votes)
    share = (hits + anchored.RIGHT) / (asked + anchored.RIGHT + anchored.WRONG)
    return np.where(asked >= FEWEST_GOLD, share, np.nan)


def posterior(votes: PeopleVotes, confusion: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """(n_pairs, 3): the prior with every vote on top."""
    scores = np.broadcast_to(np.log(np.maximum(prior, 1e-12)), (votes.n_pairs, K)).copy()
    gain = np.log(np.maximum(confusion, 1e-12))[votes.person, :, votes.said]
    np.add.at(scores, votes.row, gain)
    scores -= scores.max(1, keepdims=True)
    probs = np.exp(scores)
    return np.asarray(probs / probs.sum(1, keepdims=True))


def _with_known(probs: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Gold pairs have their answer."""
    at = np.flatnonzero(known >= 0)
    probs = probs.copy()
    probs[at] = np.eye(K)[known[at]]
    return probs


METHODS: Mapping[Method, Callable[[PeopleVotes], Combined]] = {
    "majority": majority,
    "gold": by_gold,
    "dawid-skene": by_dawid_skene,
    "anchored": by_anchored,
}
