"""True labels and how each rater errs, from raters alone.

Every rater has a confusion matrix; labels and matrices are found together by
expectation-maximisation (Dawid & Skene, JRSS C 28 (1979)). Raters are taken to
err independently: that holds for people, not for judges that share a training
set. Where judges take part, stats/anchored is the model to use.

Where the sides of an item are arbitrary, as a and b are, `mirror` ties what mirrors each
other: a rater takes A for B as often as B for A, and A is as common as B. Else a file in
which the better one always stands first would teach that A is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import scipy

from pairwright.errors import NotConverged

# Pseudo-counts of a matrix row: two votes that are right, half a one for each that is wrong.
RIGHT, WRONG = 2.0, 0.5
FEWEST_SHARED = 10  # items with two votes or more, under which raters can't be told apart


@dataclass(frozen=True, slots=True)
class Fitted:
    """probs (n_items, k) of each class; confusion (n_raters, k, k): truth by what was said.

    `share` (k,) is how common each class is, `steps` how many iterations it took.
    """

    probs: np.ndarray
    confusion: np.ndarray
    share: np.ndarray
    steps: int


def dawid_skene(
    item: np.ndarray,
    rater: np.ndarray,
    said: np.ndarray,
    n_items: int,
    n_raters: int,
    k: int = 3,
    *,
    known: np.ndarray | None = None,
    mirror: Sequence[int] | None = None,
    smooth: float = 1.0,
    steps: int = 2000,
    tolerance: float = 1e-4,
) -> Fitted:
    """Posterior class probabilities of every item, and each rater's confusion matrix.

    item, rater, said (n_votes,): which item, who, and which class 0..k-1. `known`
    (n_items,) is the class of items whose answer is known, -1 elsewhere. `mirror` is what each
    class becomes when the sides of an item are exchanged, where they are arbitrary. `smooth`
    scales the pseudo-counts; 0 is plain maximum likelihood. `tolerance` is on the
    largest change of a confusion matrix. Items nobody
    voted on get the shares of the classes. Raises NotConverged where it
    does not settle, or where the votes can't tell raters apart: under ten items with
    two votes, raters that share no items with the others, or a solution in which
    raters would mostly be wrong.
    """
    _identified(item, rater, n_items, n_raters)
    cell = rater.astype(np.int64) * k + said
    # Single precision halves what a million votes move through memory; labels are far coarser.
    ones = np.ones(len(item), np.float32)
    votes = scipy.sparse.coo_matrix((ones, (item, cell)), shape=(n_items, n_raters * k)).tocsr()
    start = np.bincount(item.astype(np.int64) * k + said, minlength=n_items * k)
    start = start.reshape(n_items, k).astype(np.float32)
    heard = start.sum(1) > 0
    probs = np.where(heard[:, None], start / np.maximum(start.sum(1, keepdims=True), 1), np.float32(1 / k))
    fixed = np.flatnonzero(known >= 0) if known is not None else np.array([], int)
    if known is not None:
        probs[fixed] = np.eye(k)[known[fixed]]
    pseudo = smooth * (WRONG + (RIGHT - WRONG) * np.eye(k))
    confusion, taken = np.zeros((n_raters, k, k)), 0
    other = list(range(k)) if mirror is None else list(mirror)
    while True:
        taken += 1
        share = (probs.sum(0, dtype=float) - probs[~heard].sum(0)) / max(1, heard.sum())
        share = (share + share[other]) / 2
        # (rater, said, truth) counts, turned to truth by said.
        counts = (votes.T @ probs).reshape(n_raters, k, k).transpose(0, 2, 1)
        counts = (counts + counts[:, other][:, :, other]) / 2 + pseudo + 1e-12
        new = counts / counts.sum(2, keepdims=True)
        moved = float(np.abs(new - confusion).max())
        confusion = new
        probs = _posterior(votes, confusion, share)
        if known is not None:
            probs[fixed] = np.eye(k)[known[fixed]]
        if moved < tolerance:
            break
        if taken >= steps:
            raise NotConverged(f"Dawid-Skene did not settle in {steps} steps on {len(item):,} votes")
    weight = np.bincount(rater, minlength=n_raters) / len(rater)
    right = float((weight[:, None] * np.einsum("rtt->rt", confusion) * share).sum())
    if right < 0.5:
        raise NotConverged(
            f"by these votes raters would be right in {right:.0%} only: who is right can't be told without "
            "gold pairs or more people a pair"
        )
    return Fitted(probs, confusion, share, taken)


def _posterior(votes: scipy.sparse.csr_matrix, confusion: np.ndarray, share: np.ndarray) -> np.ndarray:
    n_raters, k, _ = confusion.shape
    gain = np.log(confusion).transpose(0, 2, 1).reshape(n_raters * k, k).astype(np.float32)
    scores = votes @ gain + np.log(share + 1e-12).astype(np.float32)
    # Over three columns, column by column is much faster than numpy's own reduction along the last axis.
    top = reduce(np.maximum, scores.T)
    np.exp(scores - top[:, None], out=scores)
    scores /= reduce(np.add, scores.T)[:, None]
    return np.asarray(scores)


def _identified(item: np.ndarray, rater: np.ndarray, n_items: int, n_raters: int) -> None:
    shared = int((np.bincount(item, minlength=n_items) >= 2).sum())
    if shared < FEWEST_SHARED:
        raise NotConverged(
            f"{shared} pairs were answered by two people or more, too few to tell how right each is "
            f"({FEWEST_SHARED} at least): ask several people about some pairs ([annotate] overlap = 2), or "
            'use [label] method = "majority"'
        )
    graph = scipy.sparse.coo_matrix(
        (np.ones(len(item)), (rater, n_raters + item)), shape=(n_raters + n_items,) * 2
    )
    _, part = scipy.sparse.csgraph.connected_components(graph, directed=False)
    groups = len(np.unique(part[np.unique(rater)]))
    if groups > 1:
        raise NotConverged(
            f"people fall into {groups} groups that share no pair, so they can't be compared: "
            "have some pairs answered across the groups"
        )
