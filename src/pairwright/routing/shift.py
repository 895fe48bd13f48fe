"""Whether the judges say other things of new pairs than of the frame: covariate shift, seen without labels.

A threshold certified on one frame says nothing of pairs of another kind. Before
new pairs are accepted on it, what the judges say of both is compared: signal by
signal, the mix of domains, and the signals within each domain. All signals are
the same when a and b change places.

Each is a two-sample permutation test on the distance between the two distribution
functions (Anderson & Darling's, at a few quantiles), so that no distribution is
assumed. Prompts are permuted whole, with all their pairs, for pairs of a prompt
are alike (cluster permutation); within a domain only the prompts of that domain
are, so that one domain is not named for another's shift. Several tests of a kind
are held to the level together (Holm, Scandinavian Journal of Statistics 6 (1979)),
and signals and domains get half of it each.

A shift that is not seen here may still be there: judges that are as sure as ever
and more often wrong show it only in an audit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from pairwright.routing.signals import MOST_LOGIT, Ballots

FEWEST = 20  # prompts on either side, under which nothing can be told
PROMPTS = 2000  # a side: more are drawn down to so many, by chance
PERMUTATIONS = 2000  # at least, and so many a test, that many tests can still find something
MORE = 100
BATCH = 250
CUTS = 16  # distribution functions are compared at so many quantiles of both together
LARGEST = 12  # domains that are looked at on their own; the others are one
NO_DOMAIN = "no domain"
OTHERS = "other domains"


@dataclass(frozen=True, slots=True)
class SignalShift:
    """Means then and now, and the adjusted p-value of their distributions being the same."""

    name: str
    then: float
    now: float
    p_value: float
    differs: bool


@dataclass(frozen=True, slots=True)
class DomainShift:
    """Its share of the pairs then and now, and whether that or what the judges say in it differs.

    p-values are adjusted; None where too few of its prompts stand on either side.
    """

    name: str
    then: float
    now: float
    share_p_value: float
    signals_p_value: float | None
    differs: bool


@dataclass(frozen=True, slots=True)
class Shift:
    """What came of comparing `pairs_now` new pairs with `pairs_then` of the frame (`prompts` likewise).

    `p_value` is of no difference at all, None where there are too few to tell.
    """

    p_value: float | None
    shifted: bool
    level: float
    pairs_then: int
    pairs_now: int
    prompts_then: int
    prompts_now: int
    signals: tuple[SignalShift, ...] = ()
    domains: tuple[DomainShift, ...] = ()

    @property
    def in_words(self) -> str:
        """One sentence."""
        if self.p_value is None:
            return (
                f"{self.prompts_now:,} new prompts beside {self.prompts_then:,} are too few to tell whether "
                f"the new pairs are like those before: {FEWEST} of each are needed."
            )
        if not self.shifted:
            return (
                f"No difference seen between {self.pairs_now:,} new pairs and {self.pairs_then:,} before "
                f"(p = {self.p_value:.2g})."
            )
        said = [
            f"{each.name} {each.then:.2f} before, {each.now:.2f} now" for each in self.signals if each.differs
        ]
        said += [_of_domain(each, self.level) for each in self.domains if each.differs]
        more = f"; and {len(said) - 4} more" if len(said) > 4 else ""
        return (
            f"The {self.pairs_now:,} new pairs differ from the {self.pairs_then:,} before "
            f"(p = {self.p_value:.2g}): {'; '.join(said[:4])}{more}."
        )

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "in_words": self.in_words}


def says_little_of_others(labelled: np.ndarray, new: np.ndarray) -> str | None:
    """Why labels of pairs of these prompts (n_labels,) can't speak for new pairs (n_pairs,); None: they can.

    A judge is right or wrong on whole prompts, so it is prompts that are drawn from a stream, not pairs: of
    few prompts with many pairs each, the next few may be others. As many prompts as half the labels have to
    stand on either side.
    """
    needed = -(-len(labelled) // 2)
    for groups, whose in ((labelled, f"the {len(labelled):,} labels are"), (new, "the new pairs are")):
        prompts = len(np.unique(groups))
        if prompts < needed:
            return (
                f"not joined as same-stream: {whose} of {prompts:,} prompts only, and such few say little of "
                "others, so that the new pairs have a sample of their own"
            )
    return None


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two samples: signals (n, d), and the prompt and domain of each pair (n,)."""

    signals: np.ndarray
    groups: np.ndarray
    domains: Sequence[str | None]


def shift(then: Side, now: Side, names: Sequence[str], *, level: float = 0.05, seed: int = 0) -> Shift:
    """Compare new pairs with those of the frame.

    `names` are those of the signals. The probability that pairs of the same kind
    are called shifted is `level` at most. Of more than 2,000 prompts a side so
    many are drawn by chance and compared.
    """
    for side, words in ((then, "frame's"), (now, "new")):
        if not len(side.signals) == len(side.groups) == len(side.domains):
            raise ValueError(
                f"the {words} pairs have {len(side.signals)} rows of signals, {len(side.groups)} prompts "
                f"and {len(side.domains)} domains: one of each per pair is needed"
            )
    rng = np.random.default_rng(seed)
    pairs = len(then.signals), len(now.signals)
    both = _Both.of(then, now, rng)
    prompts = len(np.unique(then.groups)), len(np.unique(now.groups))
    if min(prompts) < FEWEST:
        return Shift(None, False, level, *pairs, *prompts)
    steps = [_steps(both.signals[:, j]) for j in range(both.signals.shape[1])]
    p_signals = _holm(both.tested(steps, np.ones(len(both.new), bool), rng))
    signals = tuple(
        SignalShift(
            name,
            float(np.nanmean(then.signals[:, j])) if np.isfinite(then.signals[:, j]).any() else 0.0,
            float(np.nanmean(now.signals[:, j])) if np.isfinite(now.signals[:, j]).any() else 0.0,
            float(p_signals[j]),
            bool(2 * p_signals[j] <= level),
        )
        for j, name in enumerate(names)
    )
    domains = _domains(both, steps, level, rng)
    each = [*p_signals, *(p for d in domains for p in (d.share_p_value, d.signals_p_value) if p is not None)]
    p_value = min(1.0, 2 * float(min(each))) if each else 1.0
    return Shift(p_value, p_value <= level, level, *pairs, *prompts, signals, domains)


def signals_of(ballots: Ballots) -> tuple[np.ndarray, tuple[str, ...]]:
    """(n_pairs, d) what judges say of a pair that does not change with a and b, and the signals' names.

    Of each judge that gives it, and of the pairs' lengths. nan where a judge said nothing.
    """
    verdict = ballots.verdict.astype(float)
    prob = np.clip(ballots.prob_a, 1e-9, 1 - 1e-9)
    logit = np.clip(np.log(prob / (1 - prob)), -MOST_LOGIT, MOST_LOGIT)
    first, second = (ballots.means(np.where(ballots.order == side, verdict, np.nan)) for side in (1, -1))
    found = {
        "votes' distance from even": np.abs(ballots.means(verdict)),
        "ties": ballots.means((verdict == 0).astype(float)),
        "order consistency": 1 - np.abs(first - second) / 2,
        "|log-odds|": np.abs(ballots.means(logit)),
        "|score gap|": np.abs(ballots.means(ballots.margin)),
        "HIGH": ballots.means(ballots.high),
    }
    columns = [np.abs(ballots.length_gap)]
    names = ["|length gap|"]
    for what, values in found.items():
        for j, judge in enumerate(ballots.judges):
            if np.isfinite(values[:, j]).any():
                columns.append(values[:, j])
                names.append(f"{what} of {judge}")
    return np.stack(columns, axis=1), tuple(names)


@dataclass(frozen=True, slots=True)
class _Both:
    """Both samples, one after the other. `cluster` (n,) numbers prompts, `new` says which are new."""

    signals: np.ndarray
    domains: np.ndarray
    cluster: np.ndarray
    new: np.ndarray

    @classmethod
    def of(cls, then: Side, now: Side, rng: np.random.Generator) -> _Both:
        signals, domains, cluster, new = [], [], [], np.array([], bool)
        for side in (then, now):
            _, number = np.unique(side.groups, return_inverse=True)
            n = int(number.max()) + 1 if len(number) else 0
            chosen = np.full(n, -1)
            chosen[rng.permutation(n)[:PROMPTS]] = np.arange(min(n, PROMPTS)) + len(new)
            kept = chosen[number] >= 0
            signals.append(np.asarray(side.signals, float)[kept])
            domains.append(np.array([each or NO_DOMAIN for each in side.domains], object)[kept])
            cluster.append(chosen[number][kept])
            new = np.append(new, np.full(min(n, PROMPTS), side is now))
        return cls(np.concatenate(signals), np.concatenate(domains), np.concatenate(cluster), new)

    def tested(
        self,
        steps: Sequence[np.ndarray],
        inside: np.ndarray,
        rng: np.random.Generator,
        rows: np.ndarray | None = None,
    ) -> np.ndarray:
        """The p-value of each; with `rows`, one p-value of the largest distance among those.

        steps: (n, cuts) each: whether a pair lies at or under each cut. `inside`
        (clusters,): those that are permuted. rows (n,): the pairs that count.
        """
        order = np.argsort(self.cluster, kind="stable")
        if rows is not None:
            order = order[rows[order]]
        new = self.new[inside]
        sums = np.zeros((len(new), 1 + sum(each.shape[1] for each in steps)), np.float32)
        starts = np.flatnonzero(np.diff(self.cluster[order], prepend=-1))
        sums[:, 0] = np.diff(np.append(starts, len(order)))
        ends = np.cumsum([1, *(each.shape[1] for each in steps)])
        for each, (a, b) in zip(steps, pairwise(ends), strict=True):
            sums[:, a:b] = np.add.reduceat(each[order].astype(np.float32), starts)
        whole = sums.sum(0)
        share = whole / whole[0]
        weight = np.where((share > 0) & (share < 1), share * (1 - share), np.inf)

        def distances(chosen: np.ndarray) -> np.ndarray:
            """(permutations, steps): chosen (permutations, clusters) are taken for new."""
            mine = chosen.astype(np.float32) @ sums
            other = whole - mine
            gap = (mine / np.maximum(mine[:, :1], 1) - other / np.maximum(other[:, :1], 1)) ** 2 / weight
            found = np.stack([gap[:, a:b].mean(1) for a, b in pairwise(ends)], axis=1)
            return found if rows is None else found.max(1, keepdims=True)

        seen = distances(new[None, :])[0] * (1 - 1e-5)  # equal but for rounding is equal
        above = np.ones(len(seen))
        batches = -(-max(PERMUTATIONS, MORE * len(seen)) // BATCH)
        for _ in range(batches):
            above += (distances(rng.permuted(np.tile(new, (BATCH, 1)), axis=1)) >= seen).sum(0)
        return np.asarray(above / (batches * BATCH + 1))


def _steps(values: np.ndarray) -> np.ndarray:
    """(n, cuts) whether each lies at or under the cuts; what is not known lies under all of them."""
    values = np.where(np.isnan(values), -np.inf, values)
    cuts = (
        np.unique(np.quantile(values[np.isfinite(values)], np.arange(CUTS) / CUTS)) if len(values) else values
    )
    return np.asarray(values[:, None] <= np.append(-np.inf, cuts)[None, :], bool)


def _domains(
    both: _Both, steps: Sequence[np.ndarray], level: float, rng: np.random.Generator
) -> tuple[DomainShift, ...]:
    """Shares, and signals within, of the largest domains and of all others together."""
    names, counts = np.unique(both.domains.astype(str), return_counts=True)
    if len(names) < 2:
        return ()
    largest = names[np.argsort(-counts, kind="stable")][:LARGEST]
    of = np.where(np.isin(both.domains, largest), both.domains, OTHERS)
    names = np.unique(of.astype(str))
    masks = [of == name for name in names]
    everywhere = np.ones(len(both.new), bool)
    p_share = both.tested([mask[:, None] for mask in masks], everywhere, rng)
    within: dict[int, float] = {}
    for i, mask in enumerate(masks):
        inside = np.zeros(len(both.new), bool)
        inside[both.cluster[mask]] = True
        if min((inside & both.new).sum(), (inside & ~both.new).sum()) >= FEWEST:
            within[i] = float(both.tested(steps, inside, rng, mask)[0])
    adjusted = _holm(np.array([*p_share, *within.values()]))
    p_within = dict(zip(within, adjusted[len(names) :].tolist(), strict=True))
    now = both.new[both.cluster]
    return tuple(
        DomainShift(
            str(name),
            float(masks[i][~now].mean()),
            float(masks[i][now].mean()),
            float(adjusted[i]),
            p_within.get(i),
            bool(2 * min(adjusted[i], p_within.get(i, 1.0)) <= level),
        )
        for i, name in enumerate(names)
    )


def _of_domain(each: DomainShift, level: float) -> str:
    said = []
    if 2 * each.share_p_value <= level:
        said.append(f"{each.then:.0%} of pairs before, {each.now:.0%} now")
    if each.signals_p_value is not None and 2 * each.signals_p_value <= level:
        said.append("the judges say other things of it")
    return f"{each.name}: {' and '.join(said)}"


def _holm(p: np.ndarray) -> np.ndarray:
    """Adjusted p-values: rejecting those at or under a level errs at all with that probability at most."""
    order = np.argsort(p, kind="stable")
    adjusted = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    found = np.empty(len(p))
    found[order] = np.minimum(adjusted, 1.0)
    return found
