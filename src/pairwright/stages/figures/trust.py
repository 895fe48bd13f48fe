"""Whether what people say can be relied on: agreement, gold, drift, judges, and where each is worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from sqlalchemy import Connection

from pairwright.stages.people.annotators import Annotator
from pairwright.stages.project.project import Project
from pairwright.stages.route.at_chance import unbelieved_judges
from pairwright.stats.agreement import SIDES, answer_counts, krippendorff_alpha, pairwise_agreement
from pairwright.stats.intervals import difference, wilson
from pairwright.stats.raters import (
    FEWEST,
    FEWEST_GOLD,
    GOLD_FLOOR,
    has_fallen,
    majority_of_others,
)
from pairwright.store.people import annotators
from pairwright.store.people.annotators import PairFacts
from pairwright.store.people.person_judge_disagreement import same_side
from pairwright.types import Estimate

ALPHA_FLOOR = 0.67  # Krippendorff's own, for tentative conclusions

State = Literal["good", "look", "open"]  # open: too little is known


@dataclass(frozen=True, slots=True)
class Worst:
    """Where a figure is lowest: a domain, or a person who has a page. `sure`: by more than chance."""

    name: str
    figure: Estimate
    person: bool
    sure: bool


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason to trust the answers, or not to. `missing` says why there is no figure.

    `of` says what `figure.n` counts, and what the figure is held against.
    """

    what: Literal["alpha", "agreement", "gold", "drift", "judges"]
    figure: Estimate | None
    state: State
    of: str
    missing: str | None = None
    worst: Worst | None = None


def trust_of(project: Project, connection: Connection, people: Sequence[Annotator]) -> list[Ground]:
    """All grounds, counted now; `people` with their figures."""
    columns = annotators.votes_as_columns(connection, lengths=False)
    same = same_side(connection, unbelieved_judges(project))
    pair_ids = np.unique(np.concatenate([columns["item"], np.array(list(same), np.int64)]))
    facts = annotators.facts_of(connection, pair_ids.tolist())
    between = _between_people(columns, facts)
    return [
        _alpha(columns),
        between,
        _gold(columns, annotators.gold_verdicts(connection), people),
        _drift(columns, {each.rater_id: each.name for each in people}),
        _judges(same, facts, between.figure),
    ]


def _alpha(columns: Mapping[str, np.ndarray]) -> Ground:
    of = f"pairs; 1 is perfect, 0 is chance, {ALPHA_FLOOR} a usual floor"
    try:
        alpha = krippendorff_alpha(answer_counts(columns["item"], columns["said"], 3), mirror=SIDES)
    except ValueError as why:
        return Ground("alpha", None, "open", of, str(why))
    if alpha.n < FEWEST:
        return Ground("alpha", alpha, "open", of)
    return Ground("alpha", alpha, _against(alpha, ALPHA_FLOOR), of)


def _against(figure: Estimate, floor: float) -> State:
    """Good or to be looked at only where the whole interval says so."""
    return "good" if figure.low >= floor else "look" if figure.high < floor else "open"


def _between_people(columns: Mapping[str, np.ndarray], facts: Mapping[int, PairFacts]) -> Ground:
    of = "pairs that two or more answered"
    same, shared = pairwise_agreement(answer_counts(columns["item"], columns["said"], 3))
    if not shared:
        return Ground("agreement", None, "open", of, "no pair was answered by two yet")
    figure = wilson(same, shared)
    domain = np.array([facts[int(i)].domain or "" for i in columns["item"]], object)
    found = {}
    for name in sorted(set(domain.tolist()) - {""}):
        mine = domain == name
        agree, n = pairwise_agreement(answer_counts(columns["item"][mine], columns["said"][mine], 3))
        if n >= FEWEST:
            found[name] = wilson(agree, n)
    worst = _lowest(found, figure.value)
    state: State = "open" if shared < FEWEST else "look" if worst and worst.sure else "good"
    return Ground("agreement", figure, state, of, None, worst)


def _lowest(found: Mapping[str, Estimate], usual: float, *, person: bool = False) -> Worst | None:
    """The lowest of several, those first whose whole interval lies under what is usual."""
    if len(found) < 2:
        return None
    sure = {name: each for name, each in found.items() if each.high < usual - 1e-9}
    among = sure or found
    name = min(among, key=lambda each: among[each].value)
    return Worst(name, among[name], person, bool(sure))


def _gold(columns: Mapping[str, np.ndarray], gold: Mapping[int, int], people: Sequence[Annotator]) -> Ground:
    of = f"answers on gold pairs; under {GOLD_FLOOR:.0%} is a warning"
    known = np.array([gold.get(int(i), -1) for i in columns["item"]], int)
    n = int((known >= 0).sum())
    if not n:
        why = "nobody has answered one yet" if gold else "there are no gold pairs"
        return Ground("gold", None, "open", of, why)
    figure = wilson(float((columns["said"] == known)[known >= 0].sum()), n)
    shares = {each.name: each.figures.gold for each in people if each.figures and each.figures.gold}
    worst = _lowest(
        {name: share for name, share in shares.items() if share.n >= FEWEST_GOLD}, GOLD_FLOOR, person=True
    )
    state = "look" if worst and worst.sure else "open" if n < FEWEST_GOLD else _against(figure, GOLD_FLOOR)
    return Ground("gold", figure, state, of, None, worst)


def _drift(columns: Mapping[str, np.ndarray], names: Mapping[int, str]) -> Ground:
    of = "answers others gave too: the last third against those before"
    majority = majority_of_others(columns["item"], columns["said"])
    agree = (columns["said"] == majority)[majority >= 0].astype(float)
    rater = columns["rater"][majority >= 0]
    figure = _change(agree)
    if figure is None:
        return Ground("drift", None, "open", of, f"it takes {3 * FEWEST // 2} answers that others gave too")
    theirs = {names[int(each)]: agree[rater == each] for each in np.unique(rater)}
    fell = {name: change for name, of in theirs.items() if has_fallen(of) and (change := _change(of))}
    name = min(fell, key=lambda each: fell[each].value, default=None)
    worst = None if name is None else Worst(name, fell[name], person=True, sure=True)
    return Ground("drift", figure, "look" if worst or figure.high < 0 else "good", of, None, worst)


def _change(agree: np.ndarray) -> Estimate | None:
    """The last third against what was before; None under some dozens of answers."""
    last = len(agree) // 3
    if last < FEWEST // 2:
        return None
    now, before = agree[-last:], agree[:-last]
    return difference(wilson(float(now.sum()), last), wilson(float(before.sum()), len(before)))


def _judges(same: Mapping[int, bool], facts: Mapping[int, PairFacts], people: Estimate | None) -> Ground:
    of = "pairs on which both take a side"
    if not same:
        return Ground("judges", None, "open", of, "no pair yet on which both take a side")
    figure = wilson(sum(same.values()), len(same))
    by_domain: dict[str, list[bool]] = {}
    for pair_id, alike in same.items():
        if domain := facts[pair_id].domain:
            by_domain.setdefault(domain, []).append(alike)
    found = {name: wilson(sum(of), len(of)) for name, of in by_domain.items() if len(of) >= FEWEST}
    worst = _lowest(found, figure.value)
    if len(same) < FEWEST:
        return Ground("judges", figure, "open", of)
    lower = people is not None and figure.high < people.low
    return Ground("judges", figure, "look" if lower or (worst and worst.sure) else "good", of, None, worst)
