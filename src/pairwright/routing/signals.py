"""From the votes on a pair to numbers a model can weigh.

Every signal either changes sign when a and b change places (who is better) or
stays the same (whether it is a tie). What a judge says is seen three times: in
the mean of all judges, in the mean of its family (the judges that are one model
under several strategies, which err together) and on its own, so that few labels
teach what is common and many teach what is particular.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

MOST_LOGIT = 5.0


@dataclass(frozen=True, slots=True)
class Ballots:
    """Judges' votes as columns, one entry a vote.

    `row` says which pair (0..n_pairs-1), `judge` which judge (index into its
    names). `order` is 1 where shown as AB, -1 as BA. `verdict` is 1 for A, -1
    for B, 0 for TIE, in terms of the pair's own a and b, like `prob_a` and
    `margin` (nan where not given). `high` is 1 where HIGH was stated, 0 where
    LOW, nan where nothing was. `length_gap` (n_pairs,) is the logarithm of the
    length of a over that of b.
    """

    judges: tuple[str, ...]
    families: tuple[str, ...]
    row: np.ndarray
    judge: np.ndarray
    order: np.ndarray
    verdict: np.ndarray
    prob_a: np.ndarray
    margin: np.ndarray
    high: np.ndarray
    length_gap: np.ndarray

    @property
    def n_pairs(self) -> int:
        return len(self.length_gap)

    def of_judges(self, names: Sequence[str]) -> Ballots:
        """Only what these judges said, in the order of `names`."""
        place = {name: i for i, name in enumerate(names)}
        new = np.array([place.get(name, -1) for name in self.judges], int)
        kept = new[self.judge] >= 0
        family = dict(zip(self.judges, self.families, strict=True))
        return Ballots(
            tuple(names),
            tuple(family[name] for name in names),
            self.row[kept],
            new[self.judge[kept]],
            self.order[kept],
            self.verdict[kept],
            self.prob_a[kept],
            self.margin[kept],
            self.high[kept],
            self.length_gap,
        )

    def of_pairs(self, rows: np.ndarray) -> Ballots:
        """Only what was said of these pairs, in the order of `rows`."""
        new = np.full(self.n_pairs, -1)
        new[rows] = np.arange(len(rows))
        kept = new[self.row] >= 0
        return Ballots(
            self.judges,
            self.families,
            new[self.row[kept]],
            self.judge[kept],
            self.order[kept],
            self.verdict[kept],
            self.prob_a[kept],
            self.margin[kept],
            self.high[kept],
            self.length_gap[rows],
        )

    def means(self, values: np.ndarray) -> np.ndarray:
        """(n_pairs, n_judges): each judge's mean over its votes on a pair; nan where it gave none."""
        known = ~np.isnan(values)
        cell = self.row[known].astype(np.int64) * len(self.judges) + self.judge[known]
        size = self.n_pairs * len(self.judges)
        count = np.bincount(cell, minlength=size)
        total = np.bincount(cell, weights=values[known], minlength=size)
        with np.errstate(invalid="ignore"):
            return (total / np.where(count, count, np.nan)).reshape(self.n_pairs, len(self.judges))


@dataclass(frozen=True, slots=True)
class SignalPlan:
    """Which signals there are, fixed when a model is fitted, so that later pairs are read the same way.

    `margin_scale` gives each scoring judge's typical score difference (0: it
    does not score). The others name judges by index.
    """

    judges: tuple[str, ...]
    families: tuple[str, ...]
    margin_scale: tuple[float, ...]
    with_prob: tuple[int, ...]
    with_high: tuple[int, ...]
    one_sided: tuple[int, ...]

    @classmethod
    def of(cls, ballots: Ballots) -> SignalPlan:
        """The signals these votes can give."""
        n = range(len(ballots.judges))
        sizes = np.abs(ballots.margin)
        scale = []
        for judge in n:
            seen = sizes[(ballots.judge == judge) & (sizes > 0)]
            scale.append(1.5 * float(np.median(seen)) if len(seen) else 0.0)
        return cls(
            ballots.judges,
            ballots.families,
            tuple(scale),
            tuple(j for j in n if (~np.isnan(ballots.prob_a[ballots.judge == j])).any()),
            tuple(j for j in n if len(np.unique(_known(ballots.high[ballots.judge == j]))) > 1),
            tuple(j for j in n if _uneven(ballots.order[ballots.judge == j])),
        )

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> SignalPlan:
        return cls(**{name: tuple(value) for name, value in values.items()})

    def read(self, ballots: Ballots) -> Signals:
        """The signals of these votes; a judge that said nothing adds nothing."""
        ballots = ballots.of_judges(self.judges)
        said = ballots.means(ballots.verdict.astype(float))
        signed = np.nan_to_num(said)
        columns = _Columns()
        family_of = np.array([sorted(set(self.families)).index(family) for family in self.families], int)
        members = np.bincount(family_of)
        columns.add("votes", _mean_heard(said), 1.0, "all")
        if 1 < len(members) < len(self.judges):
            for i, family in enumerate(sorted(set(self.families))):
                heard = _mean_heard(said[:, family_of == i])
                columns.add(f"votes of {family}", heard, 1.0, f"family {family}")
        own = 1 / np.sqrt(members[family_of])
        for j, name in enumerate(self.judges):
            columns.add(f"{name} votes", signed[:, j], 0.55 * own[j], j)
        self._stated(ballots, columns, own)
        self._scored(ballots, columns)
        balance = np.nan_to_num(ballots.means(ballots.order.astype(float)))
        for j in self.one_sided:
            columns.add(f"{self.judges[j]} position", balance[:, j], 0.3, "other")
        columns.add("length", np.tanh(ballots.length_gap), 0.3, "other")
        ties = _mean_heard(ballots.means((ballots.verdict == 0).astype(float)))
        one = np.ones(ballots.n_pairs)
        even = 1 - np.abs(_mean_heard(said))
        return columns.signals(np.stack([one, ties, even], axis=1), np.array([3.0, 2.0, 1.0]))

    def _stated(self, ballots: Ballots, columns: _Columns, own: np.ndarray) -> None:
        prob = np.clip(ballots.prob_a, 1e-9, 1 - 1e-9)
        logit = ballots.means(_tamed(np.log(prob / (1 - prob))))
        if len(self.with_prob) > 1:
            columns.add("log-odds", _mean_heard(logit[:, list(self.with_prob)]), 0.5, "all")
        for j in self.with_prob:
            columns.add(f"{self.judges[j]} log-odds", np.nan_to_num(logit[:, j]), 0.5 * own[j], j)
        sure = np.nan_to_num(ballots.means(ballots.high * ballots.verdict))
        for j in self.with_high:
            columns.add(f"{self.judges[j]} HIGH", sure[:, j], 0.55 * own[j], j)

    def _scored(self, ballots: Ballots, columns: _Columns) -> None:
        margin = np.nan_to_num(ballots.means(ballots.margin))
        scoring = [j for j, scale in enumerate(self.margin_scale) if scale]
        for j in scoring:
            shown = np.tanh(margin[:, j] / self.margin_scale[j])
            columns.add(f"{self.judges[j]} scores", shown, 1 / np.sqrt(len(scoring)), j)


@dataclass(frozen=True, slots=True)
class Signals:
    """x (n, d) changes sign when a and b change places, s (n, e) does not.

    `x_scale` and `s_scale` are relative sizes of what they may be worth; `names` are those of x,
    and `of` says whose opinion each is: "all", "family NAME", a judge's number, or "other".
    """

    x: np.ndarray
    s: np.ndarray
    x_scale: np.ndarray
    s_scale: np.ndarray
    names: tuple[str, ...]
    of: tuple[str | int, ...]

    def rows(self, which: np.ndarray) -> Signals:
        """The signals of some of the pairs."""
        return replace(self, x=self.x[which], s=self.s[which])


class _Columns:
    def __init__(self) -> None:
        self.names: list[str] = []
        self.values: list[np.ndarray] = []
        self.scales: list[float] = []
        self.of: list[str | int] = []

    def add(self, name: str, values: np.ndarray, scale: float, of: str | int) -> None:
        self.of.append(of)
        self.names.append(name)
        self.values.append(values)
        self.scales.append(scale)

    def signals(self, s: np.ndarray, s_scale: np.ndarray) -> Signals:
        x, scale = np.stack(self.values, axis=1), np.array(self.scales)
        return Signals(x, s, scale, s_scale, tuple(self.names), tuple(self.of))


def _tamed(logit: np.ndarray) -> np.ndarray:
    """Log-odds beyond MOST_LOGIT count ever less, but what is surer stays surer."""
    size = np.maximum(np.abs(logit), 1e-12)
    tamed = np.where(size < MOST_LOGIT, size, MOST_LOGIT * (1 + np.log(size / MOST_LOGIT)))
    return np.asarray(np.sign(logit) * tamed)


def _mean_heard(values: np.ndarray) -> np.ndarray:
    """The mean over the judges heard, 0 where none was."""
    heard = ~np.isnan(values)
    return np.asarray(np.nan_to_num(values).sum(1) / np.maximum(heard.sum(1), 1))


def _known(values: np.ndarray) -> np.ndarray:
    return np.asarray(values[~np.isnan(values)])


def _uneven(order: np.ndarray) -> bool:
    """Asked more often in one order than in the other, beyond what failures would explain."""
    return bool(len(order)) and abs(float(order.mean())) > 0.1
