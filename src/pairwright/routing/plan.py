"""What agreement costs: every way to label the same pairs, side by side, in money and human hours.

Rates measured on this data where there are any, a table of what such work
usually costs where there are none; every row says which. A plan that leaves pairs
to judges says whether their labels could be accepted under the guarantee.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pairwright.amounts import round_usd
from pairwright.types import Estimate

SHARES = (0.05, 0.10, 0.20, 0.30, 0.50)
FEWEST = 50  # labelled pairs, under which judges' agreement is not measured
RESAMPLES = 4000


@dataclass(frozen=True, slots=True)
class Method:
    """A usual way to label: USD a pair, agreement with people, pairs an hour; each from low to high."""

    usd: tuple[float, float]
    agreement: tuple[float, float]
    per_hour: tuple[float, float]


# What teams report; planning figures, and claims to be measured.
USUAL: Mapping[str, Method] = {
    "experts": Method((2.0, 5.0), (0.85, 0.90), (20, 50)),
    "crowd": Method((0.10, 0.50), (0.65, 0.75), (100, 200)),
    "judge, people verify": Method((0.02, 0.10), (0.80, 0.85), (500, 1000)),
    "judge alone": Method((0.001, 0.01), (0.75, 0.80), (10_000, 10_000)),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """One way to label all pairs: `usd` and `hours` (of people) for all of them, `agreement` in [0, 1].

    `certified`: whether `route` can accept what it leaves to judges with the labels at hand;
    None where nothing was measured, or nothing is left to judges.
    """

    method: str
    people_share: float
    usd: Estimate
    hours: float
    agreement: Estimate
    measured: bool
    certified: bool | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def usual_plans(n_pairs: int, methods: Mapping[str, Method] = USUAL) -> list[Plan]:
    """What the table says of this many pairs."""
    plans = []
    for name, method in methods.items():
        by_people = name in ("experts", "crowd")
        hours = 0.0 if name == "judge alone" else n_pairs / _middle(method.per_hour)
        plans.append(
            Plan(
                name,
                1.0 if by_people else 0.0,
                _range([n_pairs * each for each in method.usd], n_pairs),
                hours,
                _range(method.agreement, n_pairs),
                measured=False,
            )
        )
    return plans


def measured_plans(
    n_pairs: int,
    confidence: np.ndarray,
    right: np.ndarray,
    *,
    labelled: int,
    certified: float,
    judge_usd: float,
    person_usd: float,
    person_seconds: float,
    people_agree: Estimate,
    seed: int = 0,
) -> list[Plan]:
    """What the judges here can do with people on the least certain pairs.

    confidence, right (m,): cross-fitted beliefs in pairs people labelled, drawn by
    chance, and whether people agree. `labelled` of the n_pairs have a person's
    label already: that is paid once, and plans are for the others. `certified` is
    the share of the others that may be accepted without a person. `judge_usd` is
    what all judges cost a pair, `people_agree` how often people agree with each
    other. Raises ValueError with under 50 labelled pairs.
    """
    if len(right) < FEWEST:
        raise ValueError(f"{len(right)} labelled pairs are too few to plan with: {FEWEST} at least")
    rng = np.random.default_rng(seed)
    labelled = min(labelled, n_pairs)
    rest = n_pairs - labelled
    everybody = "people, all" + (" (assumed)" if people_agree.method == "assumed" else "")
    plans = []
    for share in (0.0, *SHARES, 1.0):
        by_people = labelled + share * rest
        usd = by_people * person_usd + (n_pairs * judge_usd if share < 1 else 0.0)
        agreement = people_agree
        if share < 1:
            agreement = _mixed(confidence, right, share, labelled, rest, people_agree, rng)
        plans.append(
            Plan(
                {0.0: "judges alone", 1.0: everybody}.get(share, f"people on the least certain {share:.0%}"),
                share,
                Estimate(usd, usd, usd, n_pairs, "measured rates"),
                by_people * person_seconds / 3600,
                agreement,
                measured=True,
                certified=None if share == 1 else certified >= 1 - share - 1e-9,
            )
        )
    return plans


def plan_in_words(plans: Sequence[Plan], points: float = 0.03) -> str | None:
    """The cheapest measured plan within so many points of people on all pairs, of those `route` can keep.

    None if none was measured.
    """
    people = next((plan for plan in plans if plan.measured and plan.people_share == 1), None)
    if people is None:
        return None
    full = f"Full human {round_usd(people.usd.value)}; "
    near = [
        plan
        for plan in plans
        if plan.measured and plan.people_share < 1 and plan.agreement.value >= people.agreement.value - points
    ]
    if not near:
        return (
            f"{full}nothing cheaper measured here is within "
            f"{points * 100:.0f} points of the {_with_each_other(people.agreement)}."
        )
    sure = [plan for plan in near if plan.certified is not False]
    best = min(sure or near, key=lambda plan: plan.usd.value)
    of = best.agreement
    told = (
        f"{full}{best.method} {round_usd(best.usd.value)}, "
        f"{of.value:.1%} [{of.low * 100:.1f}, {of.high * 100:.1f}] agreement "
        f"against {_with_each_other(people.agreement)}"
    )
    if sure:
        return f"{told}."
    return (
        f"{told}, but the labels at hand do not carry the guarantee that far: `route` asks people about more."
    )


def _with_each_other(people: Estimate) -> str:
    """How often people agree with each other, and whether anybody measured it."""
    if people.method == "assumed":
        return f"{people.value:.0%} assumed for people with each other"
    return f"{people.value:.0%} for people with each other"


def _mixed(
    confidence: np.ndarray,
    right: np.ndarray,
    share: float,
    labelled: int,
    rest: int,
    people: Estimate,
    rng: np.random.Generator,
) -> Estimate:
    """Agreement over all pairs where people take the least certain share of the rest.

    The interval is a prediction: of the pairs there are, not of a rate. It holds how
    little the labels tell of the judges (Jeffreys' prior), how little is known of people,
    and the luck of the pairs still to come, which in a small pool is most of it.
    """
    order = np.lexsort((rng.random(len(right)), -confidence))
    kept = np.asarray(right, float)[order[: round((1 - share) * len(right))]]
    by_judges = rest - round(share * rest)
    by_people = labelled + rest - by_judges
    judges = rng.beta(kept.sum() + 0.5, len(kept) - kept.sum() + 0.5, RESAMPLES)
    spread = (people.high - people.low) / 3.92
    theirs = np.clip(people.value + spread * rng.standard_normal(RESAMPLES), 0, 1)
    agreeing = rng.binomial(by_judges, judges) + by_people * theirs
    low, high = np.percentile(agreeing / (by_judges + by_people), [2.5, 97.5])
    value = (by_judges * kept.mean() + by_people * people.value) / (by_judges + by_people)
    return Estimate(float(value), float(low), float(high), len(right), "predicted 95%")


def _middle(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _range(values: Sequence[float], n: int) -> Estimate:
    return Estimate(_middle(values), min(values), max(values), n, "usual range")
