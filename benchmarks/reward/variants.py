"""Ways to find wrong labels: every one gives a margin a pair, the smaller the more doubted."""

from __future__ import annotations

import numpy as np
from scipy import sparse, stats
from sklearn.linear_model import SGDClassifier

from pairwright.reward import features
from pairwright.reward.consistency import hear_others
from pairwright.reward.cross_fit import cross_fit
from pairwright.reward.light import Comparisons, train

EPOCHS = 8
DRAWS = 300
NEIGHBOURS = 30


def auroc(wrong: np.ndarray, doubt: np.ndarray) -> float:
    ranks = stats.rankdata(doubt)
    n = wrong.sum()
    return float((ranks[wrong].sum() - n * (n + 1) / 2) / (n * (~wrong).sum()))


def auroc_within(
    wrong: np.ndarray, doubt: np.ndarray, groups: np.ndarray, beside: np.ndarray | None = None
) -> tuple[float, float]:
    """95 % of the AUROC, or of how much greater it is than that of `beside`, over resampled prompts."""
    rng = np.random.default_rng(0)
    order = np.argsort(groups, kind="stable")
    names, starts = np.unique(groups[order], return_index=True)
    rows = np.split(order, starts[1:])
    found = []
    for _ in range(DRAWS):
        some = np.concatenate([rows[i] for i in rng.integers(len(names), size=len(names))])
        value = auroc(wrong[some], doubt[some])
        found.append(value - (auroc(wrong[some], beside[some]) if beside is not None else 0.0))
    return float(np.quantile(found, 0.025)), float(np.quantile(found, 0.975))


def variants(pairs: Comparisons) -> dict[str, np.ndarray]:
    """name -> margins, the smaller the more doubted."""
    fitted = cross_fit(pairs)
    heard = hear_others(fitted.margins, pairs.labels, pairs.groups, pairs.chosen, pairs.rejected)
    length = np.array(
        [np.log(len(c) + 20) - np.log(len(r) + 20) for c, r in zip(pairs.chosen, pairs.rejected, strict=True)]
    )
    every = np.arange(len(pairs))
    loose = train(pairs, strength=30.0).margins(pairs, every)
    found = {
        "length only": length * (1 if (length > 0).mean() >= 0.5 else -1),
        "words only, cross-fitted": cross_fit(
            pairs, strength=fitted.strength, repeats=1, use_form=False
        ).margins,
        "naive, in-sample, same penalty": train(pairs, strength=fitted.strength).margins(pairs, every),
        "naive, in-sample, weak penalty": loose,
        "loss trajectory: mean in-sample margin over epochs": _trajectory(pairs),
        "neighbours' votes": _neighbours(pairs),
        "cross-fitted once": cross_fit(pairs, strength=fitted.strength, repeats=1).margins,
        "cross-fitted twice": fitted.margins,
        "... and the prompt's other labels heard": heard.margins,
    }
    if (quality := _cleanlab(fitted.margins)) is not None:
        found["cleanlab, self-confidence of the same margins"] = quality
    return found


def _cleanlab(margins: np.ndarray) -> np.ndarray | None:
    try:
        from cleanlab.rank import get_label_quality_scores
    except ImportError:
        return None
    p = 1 / (1 + np.exp(-margins))
    # Both orientations, so that there are two classes.
    probs = np.vstack([np.column_stack([1 - p, p]), np.column_stack([p, 1 - p])])
    labels = np.r_[np.ones(len(p), int), np.zeros(len(p), int)]
    scores = get_label_quality_scores(labels, probs, method="self_confidence")
    return np.asarray(scores[: len(p)])


def _trajectory(pairs: Comparisons) -> np.ndarray:
    """Area under the margin (Pleiss et al. 2020, arXiv:2001.10528): in-sample, the mean over epochs."""
    x = _differences(pairs)
    both = sparse.vstack([x, -x]).tocsr()
    labels = np.r_[np.ones(len(pairs)), np.zeros(len(pairs))]
    model = SGDClassifier(loss="log_loss", alpha=1e-4, random_state=0)
    total = np.zeros(len(pairs))
    for epoch in range(EPOCHS):
        order = np.random.default_rng(epoch).permutation(len(labels))
        model.partial_fit(both[order], labels[order], classes=[0, 1])
        total += x @ model.coef_[0]
    return total / EPOCHS


def _neighbours(pairs: Comparisons) -> np.ndarray:
    """Votes of the pairs of other prompts whose difference is most alike or most opposite."""
    x = _differences(pairs)
    x = sparse.diags(1 / np.maximum(np.sqrt(np.asarray(x.multiply(x).sum(1)).ravel()), 1e-9)) @ x
    found = np.zeros(len(pairs))
    for at in range(0, len(pairs), 500):
        alike = (x[at : at + 500] @ x.T).toarray()
        alike[pairs.groups[at : at + 500, None] == pairs.groups[None]] = 0
        nearest = np.argsort(-np.abs(alike), axis=1)[:, :NEIGHBOURS]
        found[at : at + 500] = np.take_along_axis(alike, nearest, 1).sum(1)
    return found


def _differences(pairs: Comparisons) -> sparse.csr_matrix:
    fc, wc, fr, wr = pairs.seen
    scale = np.maximum(np.sqrt(((fc - fr) ** 2).mean(0)), 1e-9)
    idf = features.inverse_frequency(sparse.vstack([wc, wr]).tocsr())
    form = sparse.csr_matrix((fc - fr) * features.SHARES / scale)
    return sparse.hstack([form, features.weighed(wc, idf) - features.weighed(wr, idf)]).tocsr()
