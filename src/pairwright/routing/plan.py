"""What agreement costs: every way to label the same pairs, side by side, in money and human hours.

Rates measured on this data where there are any, a table of what such work
usually costs where there are none; every row says which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pairwright.stats.intervals import clopper_pearson
from pairwright.types import Estimate

SHARES = (0.05, 0.10, 0.20, 0.30, 0.50)
FEWEST = 50  # labelled pairs, under which judges' agreement is not measured
RESAMPLES = 500


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
    """One way to label all pairs: `usd` and `hours` (of people) for all of them, `agreement` in [0, 1]."""

    method: str
    people_share: float
    usd: Estimate
    hours: float
    agreement: Estimate
    measured: bool

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
    judge_usd: float,
    person_usd: float,
    person_seconds: float,
    people_agree: Estimate,
    seed: int = 0,
) -> list[Plan]:
    """What the judges here can do with people on the least certain pairs.

    confidence, right (m,): cross-fitted beliefs in pairs people labelled, drawn by
    chance, and whether people agree. `judge_usd` is what all judges cost a pair,
    `people_agree` how often people agree with each other. Raises ValueError with
    under 50 labelled pairs.
    """
    if len(right) < FEWEST:
        raise ValueError(f"{len(right)} labelled pairs are too few to plan with: {FEWEST} at least")
    rng = np.random.default_rng(seed)
    labels = len(right) * person_usd  # what the measuring itself cost
    everybody = "people, all" + (" (assumed)" if people_agree.method == "assumed" else "")
    plans = []
    for share in (0.0, *SHARES, 1.0):
        if share == 0:
            agreement = clopper_pearson(int(right.sum()), len(right))
        elif share == 1:
            agreement = people_agree
        else:
            agreement = _mixed(confidence, np.asarray(right, float), share, people_agree, rng)
        usd = n_pairs * (share * person_usd + (judge_usd if share < 1 else 0.0)) + (
            labels if share < 1 else 0
        )
        plans.append(
            Plan(
                {0.0: "judges alone", 1.0: everybody}.get(share, f"people on the least certain {share:.0%}"),
                share,
                Estimate(usd, usd, usd, n_pairs, "measured rates"),
                (n_pairs * share + (len(right) if share < 1 else 0)) * person_seconds / 3600,
                agreement,
                measured=True,
            )
        )
    return plans


def plan_in_words(plans: Sequence[Plan], points: float = 0.03) -> str | None:
    """The cheapest measured plan within so many points of people on all pairs; None if none was measured."""
    people = next((plan for plan in plans if plan.measured and plan.people_share == 1), None)
    if people is None:
        return None
    near = [
        plan
        for plan in plans
        if plan.measured and plan.people_share < 1 and plan.agreement.value >= people.agreement.value - points
    ]
    if not near:
        return (
            f"Full human ${people.usd.value:,.0f}; nothing cheaper measured here is within "
            f"{points * 100:.0f} points of the {people.agreement.value:.0%} of people with each other."
        )
    best = min(near, key=lambda plan: plan.usd.value)
    of = best.agreement
    return (
        f"Full human ${people.usd.value:,.0f}; {best.method} ${best.usd.value:,.0f}, "
        f"{of.value:.1%} [{of.low * 100:.1f}, {of.high * 100:.1f}] agreement "
        f"against {people.agreement.value:.0%} for people with each other."
    )


def _mixed(
    confidence: np.ndarray, right: np.ndarray, share: float, people: Estimate, rng: np.random.Generator
) -> Estimate:
    """Agreement where people take the least certain share, with an interval over the labelled pairs."""

    def overall(chosen: np.ndarray, theirs: float) -> float:
        order = np.lexsort((rng.random(len(chosen)), -confidence[chosen]))
        kept = chosen[order[: round((1 - share) * len(chosen))]]
        return float((1 - share) * right[kept].mean() + share * theirs)

    n = len(right)
    spread = (people.high - people.low) / 3.92  # how well people's own agreement is known counts too
    theirs = np.clip(people.value + spread * rng.standard_normal(RESAMPLES), 0, 1)
    drawn = [overall(rng.integers(n, size=n), float(value)) for value in theirs]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Estimate(overall(np.arange(n), people.value), float(low), float(high), n, "resampled 95%")


def _middle(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _range(values: Sequence[float], n: int) -> Estimate:
    return Estimate(_middle(values), min(values), max(values), n, "usual range")
