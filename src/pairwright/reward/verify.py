"""Labels verified by a reward model that never saw them, and how far it may be believed.

Out-of-fold agreement is not label accuracy: a model that is right in a share `a` of
pairs agrees with labels that are right in a share `q` in m = a q + (1 - a)(1 - q), if
both err independently. With `a` known from gold pairs, q = (m + a - 1) / (2 a - 1). That rests on two
assumptions which cannot be tested here: that gold pairs are as hard as the others, and that the model's
errors are not the labels' (one that learned to like length from labels that do agrees with them too often).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pairwright.errors import InputError
from pairwright.reward.consistency import hear_others
from pairwright.reward.cross_fit import FOLDS, REPEATS, cross_fit, folds_of
from pairwright.reward.light import Comparisons, train
from pairwright.stats.clustered import clustered_share
from pairwright.types import Estimate

THRESHOLD = 0.1  # of the margin: probability of chosen minus that of rejected
WEAK = 0.55  # the least the held-out agreement's interval must reach, for its flags to mean anything
WEAK_ON_GOLD = 0.6
FEWEST_GOLD = 30
_DRAWS = 20_000


@dataclass(frozen=True)
class ModelMargins:
    """What a reward model says of labels it never saw: `margins` (n,) in log-odds.

    `in_sample` (n,) is what one that was trained on all of them says, None where none was.
    `strength` is the light model's inverse penalty, None for others.
    """

    margins: np.ndarray
    in_sample: np.ndarray | None = None
    strength: float | None = None


def light_opinion(
    pairs: Comparisons, *, folds: int = FOLDS, repeats: int = REPEATS, seed: int = 0
) -> ModelMargins:
    """The light model's. Raises InputError where there are too few pairs, NotConverged."""
    fitted = cross_fit(pairs, folds=folds, repeats=repeats, seed=seed)
    seen = train(pairs, strength=fitted.strength, seed=seed).margins(pairs, np.arange(len(pairs)))
    return ModelMargins(fitted.margins, seen, fitted.strength)


@dataclass(frozen=True)
class Verification:
    """What came of verifying `n` labels.

    `decided` (n,) are the labels that are no tie: of a tie neither side was chosen, and none is doubted.
    `support` (n,) is the out-of-fold probability that the chosen one is better, with the
    prompt's other labels heard; `margins` 2 support - 1; `alone` (n,) the same without
    the other labels. `agreement` is held out, `length_only` and `words_only` by
    baselines held out too, `in_sample` that of a model that was trained on the pairs, None
    where there is none.
    `undecided` is the share of pairs on which it takes no side (equal scores): these count as half right.
    `refused` says why its flags mean nothing. `label_accuracy` needs gold pairs.
    Intervals are by prompts.
    """

    decided: np.ndarray
    support: np.ndarray
    alone: np.ndarray
    agreement: Estimate
    with_others: Estimate
    length_only: Estimate
    words_only: Estimate
    in_sample: Estimate | None
    in_sample_flagged: int | None
    on_gold: Estimate | None
    label_accuracy: Estimate | None
    strength: float | None
    others_spread: float
    undecided: float
    refused: str | None

    @property
    def margins(self) -> np.ndarray:
        return 2 * self.support - 1

    def flagged(self, threshold: float = THRESHOLD) -> np.ndarray:
        """Rows whose margin is under `threshold`, the surest wrong first; none where refused."""
        if self.refused is not None:
            return np.array([], int)
        order = np.argsort(self.support, kind="stable")
        return np.asarray(order[(self.margins[order] < threshold) & self.decided[order]])

    @property
    def ties(self) -> int:
        """How many labels are ties."""
        return int((~self.decided).sum())

    def figures(self) -> dict[str, Any]:
        """Everything but the arrays."""
        return {
            name: asdict(value) if isinstance(value, Estimate) else value
            for name in (
                "agreement", "with_others", "length_only", "words_only", "in_sample", "in_sample_flagged",
                "on_gold", "label_accuracy", "strength", "others_spread", "undecided", "ties",
                "refused",
            )
            for value in (getattr(self, name),)
        }  # fmt: skip


def verify(
    pairs: Comparisons,
    gold: np.ndarray | None = None,
    opinion: ModelMargins | None = None,
    *,
    folds: int = FOLDS,
    repeats: int = REPEATS,
    seed: int = 0,
) -> Verification:
    """Take an opinion (default: the light model's, cross-fitted), hear the prompts' other labels, compare.

    `gold` (n,): 1 where the label is known to be right, 0 wrong, nan unknown. Raises
    InputError where there are too few pairs, NotConverged.
    """
    decided = pairs.labels != 0.5
    if not decided.any():
        raise InputError(f"all {len(pairs):,} labels are ties: there is no better response to verify")
    said = opinion or light_opinion(pairs, folds=folds, repeats=repeats, seed=seed)
    heard = hear_others(said.margins, pairs.labels, pairs.groups, pairs.chosen, pairs.rejected)
    alone = hear_others(said.margins, pairs.labels, np.arange(len(pairs)), pairs.chosen, pairs.rejected)
    words = cross_fit(pairs, folds=folds, repeats=1, seed=seed, strength=said.strength, use_form=False)

    def agrees(margins: np.ndarray, rows: np.ndarray, truth: float | np.ndarray = 1.0) -> Estimate:
        return clustered_share(halves(margins[rows], truth), pairs.groups[rows])

    with_others = agrees(heard.margins, decided)
    seen = said.in_sample
    on_gold = accuracy = None
    known = np.isfinite(gold) & decided if gold is not None else np.zeros(len(pairs), bool)
    if gold is not None and known.sum() >= FEWEST_GOLD:
        on_gold = agrees(heard.margins, known, np.where(gold[known] > 0.5, 1.0, -1.0))
        accuracy = corrected_accuracy(with_others, on_gold)
    return Verification(
        decided=decided,
        support=_probability(heard.margins),
        alone=_probability(alone.margins),
        agreement=agrees(said.margins, decided),
        with_others=with_others,
        length_only=_length_only(pairs, decided, folds, seed),
        words_only=agrees(words.margins, decided),
        in_sample=None if seen is None else agrees(seen, decided),
        in_sample_flagged=None
        if seen is None
        else int((2 * _probability(seen) - 1 < THRESHOLD)[decided].sum()),
        on_gold=on_gold,
        label_accuracy=accuracy,
        strength=said.strength,
        others_spread=heard.spread,
        undecided=float((said.margins == 0)[decided].mean()),
        refused=_refusal(with_others, on_gold),
    )


def corrected_accuracy(agreement: Estimate, on_gold: Estimate, seed: int = 0) -> Estimate | None:
    """How many labels are right, from how often the model agrees and how often it is right on gold pairs.

    Assumes what stands at the head of this module. The interval is of 20,000 draws
    of both shares, as wide as their own intervals: near a coin the division is
    unsteady, and so are the draws. None where the model is right in under 60 % of
    gold pairs, for then the division says nothing, and where it agrees as
    often as it is right or more: its errors may be the labels' too, and nobody can tell.
    """
    m, a = agreement.value, on_gold.value
    if a < WEAK_ON_GOLD or m >= a:
        return None
    rng = np.random.default_rng(seed)
    ms, as_ = (rng.normal(each.value, (each.high - each.low) / 3.92, _DRAWS) for each in (agreement, on_gold))
    q = (ms + as_ - 1) / np.maximum(2 * as_ - 1, 1e-3)
    low, high = np.quantile(q, [0.025, 0.975])
    if high < 0:
        return None
    return Estimate(
        float(np.clip((m + a - 1) / (2 * a - 1), 0, 1)), max(0.0, float(low)), min(1.0, float(high)),
        agreement.n, "corrected for the model's errors, drawn 95%",
    )  # fmt: skip


def softened(before: float, support: float) -> float:
    """How surely a label is right that was right in a share `before` and that a reward model gives `support`.

    Bayes' rule, votes and model taken to err independently; kept between 1 and 99 %.
    """
    before, support = (min(max(each, 0.01), 0.99) for each in (before, support))
    odds = before / (1 - before) * support / (1 - support)
    return min(max(odds / (1 + odds), 0.01), 0.99)


def _refusal(agreement: Estimate, on_gold: Estimate | None) -> str | None:
    told = f"held-out {agreement.percent} of {agreement.n:,}"
    if agreement.low < WEAK:
        return f"this reward model can't verify this data: {told}; use a larger one, or label more pairs"
    if on_gold is not None and on_gold.value < WEAK_ON_GOLD:
        gold = f"right on {on_gold.value:.0%} of {on_gold.n:,} gold pairs"
        return f"this reward model can't verify this data: {gold}, though {told} by labels: use a larger one"
    return None


def _probability(margins: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-np.clip(margins, -500, 500))))


def halves(margins: np.ndarray, truth: float | np.ndarray = 1.0) -> np.ndarray:
    """(n,) 1 where a margin is on the side of `truth` (1 or -1), 0 where on the other, 0.5 where on none."""
    return np.asarray((1 + np.sign(margins) * truth) / 2)


def _length_only(pairs: Comparisons, decided: np.ndarray, folds: int, seed: int) -> Estimate:
    """How often "the longer is better" (or the shorter, whichever the other folds say) is the label."""
    longer = np.sign(
        [len(c.split()) - len(r.split()) for c, r in zip(pairs.chosen, pairs.rejected, strict=True)]
    )
    fold = folds_of(pairs.groups, folds, seed)
    right = np.zeros(len(pairs))
    for each in range(folds):
        side = np.sign(longer[(fold != each) & decided].sum()) or 1.0
        here = fold == each
        right[here] = np.where(longer[here] == 0, 0.5, longer[here] == side)
    return clustered_share(right[decided], pairs.groups[decided])
