"""What a team might trust, each a function: (ballots, some pairs' labels) -> label, confidence of all.

`labels` (n_pairs, 3) has a row of zeros where nobody labelled. Confidence only
ranks; nothing else is asked of it here.
"""

from __future__ import annotations

import re
import warnings

import numpy as np

from pairwright.routing import forecast
from pairwright.routing.judge_subset import chosen_by_evidence
from pairwright.routing.signals import Ballots

Answer = tuple[np.ndarray, np.ndarray]
STRONG, CHEAP, PERSON = 0.01, 0.001, 1.0  # USD a call of a strong judge, of a cheap one, a person's answer


def _label(signed: np.ndarray) -> np.ndarray:
    return np.where(signed > 0, 0, np.where(signed < 0, 1, 2))


def _best(ballots: Ballots, labels: np.ndarray, values: np.ndarray) -> int:
    """The judge most often right on the labelled pairs, by the sign of its mean."""
    known = labels.sum(1) > 0
    truth = labels[known].argmax(1)
    means = ballots.means(values)[known]
    heard = (~np.isnan(means)).mean(0)
    right = np.array([(_label(np.nan_to_num(means[:, j])) == truth).mean() for j in range(means.shape[1])])
    return int(np.argmax(np.where(heard > 0.5, right, -1)))


def stated(ballots: Ballots, labels: np.ndarray) -> Answer | None:
    """The best judge that states how sure it is: HIGH before LOW, or the gap between the scores it gave."""
    if (~np.isnan(ballots.high)).any():
        values = ballots.verdict * np.where(ballots.high > 0, 1.0, 0.5)
    elif (~np.isnan(ballots.margin)).any():
        values = ballots.margin
    else:
        return None
    signed = np.nan_to_num(ballots.means(values)[:, _best(ballots, labels, values)])
    return _label(signed), np.abs(signed)


def consistent(ballots: Ballots, labels: np.ndarray) -> Answer | None:
    """The best judge, trusted where it gives the same winner in both orders."""
    if abs(ballots.order.mean()) > 0.9:
        return None
    return best_judge(ballots, labels)


def log_probability(ballots: Ballots, labels: np.ndarray) -> Answer | None:
    """The best judge's own token probabilities."""
    if np.isnan(ballots.prob_a).all():
        return None
    values = ballots.prob_a - 0.5
    signed = np.nan_to_num(ballots.means(values)[:, _best(ballots, labels, values)])
    return _label(signed), np.abs(signed)


def best_judge(ballots: Ballots, labels: np.ndarray) -> Answer:
    """The best judge on its own, by its mean vote; where its orders disagree, by the first."""
    values = ballots.verdict * np.where(ballots.order > 0, 1.0 + 1e-6, 1.0)
    signed = np.nan_to_num(ballots.means(values)[:, _best(ballots, labels, values)])
    return _label(signed), np.abs(signed)


def plain_vote(ballots: Ballots, labels: np.ndarray) -> Answer:
    """Every judge one vote."""
    means = ballots.means(ballots.verdict.astype(float))
    heard = ~np.isnan(means)
    signed = np.nan_to_num(means).sum(1) / np.maximum(heard.sum(1), 1)
    return _label(np.round(signed, 12)), np.abs(signed)


def strong_vote(ballots: Ballots, labels: np.ndarray) -> Answer | None:
    """Every strategy of the best judge's model one vote; None if no model has several or one has all."""
    best = _best(ballots, labels, ballots.verdict.astype(float))
    if len(set(ballots.families)) in (1, len(ballots.judges)):
        return None
    family = [j for j, f in zip(ballots.judges, ballots.families, strict=True) if f == ballots.families[best]]
    if len(family) == 1:
        return best_judge(ballots, labels)
    return plain_vote(ballots.of_judges(family), labels)


def dawid_skene(ballots: Ballots, labels: np.ndarray) -> Answer:
    """crowd-kit's Dawid-Skene, every judge and order a worker. It asks for no labels."""
    import pandas as pd
    from crowdkit.aggregation import DawidSkene

    votes = pd.DataFrame(
        {
            "task": ballots.row,
            "worker": ballots.judge * 2 + (ballots.order > 0),
            "label": np.where(ballots.verdict > 0, 0, np.where(ballots.verdict < 0, 1, 2)),
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        probs = DawidSkene(n_iter=100).fit_predict_proba(votes)
    table = np.full((ballots.n_pairs, 3), 1 / 3)
    table[probs.index.to_numpy()[:, None], probs.columns.to_numpy()[None, :]] = probs.to_numpy()
    return table.argmax(1), table.max(1)


def few(ballots: Ballots, labels: np.ndarray) -> Answer | None:
    """Pairwright's beliefs from the two judges that explain the labels best."""
    if len(ballots.judges) < 4:
        return None
    return ours(ballots.of_judges(chosen_by_evidence(ballots, labels, 2)), labels)


def ours(ballots: Ballots, labels: np.ndarray) -> Answer:
    """Pairwright's beliefs."""
    return forecast.best_label(forecast.fit(ballots, labels).predict(ballots))


METHODS = {
    "stated confidence": stated,
    "order consistency": consistent,
    "log-probability": log_probability,
    "best judge": best_judge,
    "plain vote": plain_vote,
    "vote of the best model's strategies": strong_vote,
    "Dawid-Skene (crowd-kit)": dawid_skene,
    "Pairwright, two judges": few,
    "Pairwright": ours,
}


def calls_usd(name: str, ballots: Ballots) -> float:
    """What a method's calls cost a pair: the best judge's model counts as strong, all others as cheap."""
    everybody = np.ones((ballots.n_pairs, 3)) / 3
    strong = next(
        (f for f in ballots.families if re.search(r"gpt-?4", f, re.IGNORECASE)),
        ballots.families[_best(ballots, everybody, ballots.verdict.astype(float))],
    )
    orders = len(np.unique(ballots.order))
    price = np.array([STRONG if family == strong else CHEAP for family in ballots.families]) * orders
    if name in ("plain vote", "Dawid-Skene (crowd-kit)", "Pairwright"):
        return float(price.sum())
    if name == "vote of the best model's strategies":
        return float(sum(p for p, family in zip(price, ballots.families, strict=True) if family == strong))
    return float(np.sort(price)[::-1][: 2 if name == "Pairwright, two judges" else 1].sum())
