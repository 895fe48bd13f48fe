"""From several people's answers to one label, four ways, each with what it takes people for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pairwright.errors import NotConverged
from pairwright.literals import checked
from pairwright.stats import anchored
from pairwright.stats.agreement import SIDES
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
    believed before people spoke.
    """

    method: Method
    probs: np.ndarray
    confusion: np.ndarray | None
    prior: np.ndarray


def one_coin(right: np.ndarray) -> np.ndarray:
    """(n, 3, 3) confusion matrices of raters who are right with this probability, else either other."""
    wrong = (1 - right) / (K - 1)
    return np.asarray(wrong[:, None, None] + (right - wrong)[:, None, None] * np.eye(K))


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
    on_gold = votes.known[votes.row] >= 0
    if not on_gold.any():
        raise NotConverged(
            "nobody answered a gold pair, so nobody can be weighed by them: make some (pairwright gold), "
            'set [annotate] gold_rate, or use [label] method = "anchored"'
        )
    right = votes.said == votes.known[votes.row]
    asked = np.bincount(votes.person[on_gold], minlength=votes.n_people)
    hits = np.bincount(votes.person[on_gold], weights=right[on_gold], minlength=votes.n_people)
    share = (hits + anchored.RIGHT) / (asked + anchored.RIGHT + anchored.WRONG)
    newcomer = anchored.RIGHT / (anchored.RIGHT + anchored.WRONG)
    confusion = one_coin(np.where(asked >= FEWEST_GOLD, share, newcomer))
    flat = np.full(K, 1 / K)
    probs = posterior(votes, confusion, flat)
    return Combined("gold", _with_known(probs, votes.known), confusion, flat)


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
    return Combined("dawid-skene", fitted.probs, fitted.confusion, fitted.share)


def by_anchored(votes: PeopleVotes) -> Combined:
    """Judges as one forecast, people as raters on top (stats/anchored)."""
    prior = votes.forecast if votes.forecast is not None else np.full((votes.n_pairs, K), 1 / K)
    found = anchored.combine(prior, votes.row, votes.person, votes.said, votes.n_people)
    return Combined("anchored", _with_known(found.probs, votes.known), one_coin(found.reliability), prior)


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
