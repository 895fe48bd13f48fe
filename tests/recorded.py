"""Made-up votes for tests: judges of known worth, position bias and failures."""

import numpy as np

from pairwright.routing.signals import Ballots


def ballots_of(verdicts, *, families=None, order=None, prob_a=None, margin=None, high=None, lengths=None):
    """Ballots from {judge: one verdict a pair, 1 A, -1 B, 0 TIE, None failed}, all in the order given."""
    names = tuple(verdicts)
    entries = [
        (i, j, v) for j, name in enumerate(names) for i, v in enumerate(verdicts[name]) if v is not None
    ]
    row, judge, verdict = (np.array(part) for part in zip(*entries, strict=True))
    n = len(next(iter(verdicts.values())))

    def column(values):
        if values is None:
            return np.full(len(row), np.nan)
        return np.array([values[names[j]][i] for i, j, _ in entries], float)

    return Ballots(
        names,
        tuple(families or names),
        row,
        judge,
        np.full(len(row), 1.0) if order is None else order,
        verdict.astype(float),
        column(prob_a),
        column(margin),
        column(high),
        np.zeros(n) if lengths is None else np.asarray(lengths, float),
    )


def noisy_judges(n, accuracy, seed=0, both_orders=True):
    """(ballots, truth 0 A / 1 B) of independent judges {name: share right}."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(2, size=n)
    orders = (1.0, -1.0) if both_orders else (1.0,)
    row, judge, order, verdict = [], [], [], []
    for j, share in enumerate(accuracy.values()):
        for shown in orders:
            right = rng.random(n) < share
            row.append(np.arange(n))
            judge.append(np.full(n, j))
            order.append(np.full(n, shown))
            verdict.append(np.where(right == (truth == 0), 1.0, -1.0))
    votes = [np.concatenate(part) for part in (row, judge, order, verdict)]
    nan = np.full(len(votes[0]), np.nan)
    names = tuple(accuracy)
    return Ballots(names, names, *votes, nan, nan, nan, np.zeros(n)), truth
