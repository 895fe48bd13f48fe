"""Where people agree: by domain, over time, on how much better, with each judge; and each person closely."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from typing import Any

import numpy as np

from pairwright.stages.project.project import Project
from pairwright.stats import annotators
from pairwright.stats.agreement import SIDES, answer_counts, krippendorff_alpha, pairwise_agreement
from pairwright.stats.annotators import PERIODS
from pairwright.stats.intervals import wilson
from pairwright.stats.raters import FEWEST
from pairwright.store.people import annotators as people
from pairwright.store.route.ballots import AllVotes, read_said
from pairwright.store.route.combinations import newest_combination

MOST_DOMAINS = 30


def agreement_of(project: Project, said: AllVotes | None = None) -> dict[str, Any]:
    """`domains`, `periods`, `strength` (ordinal alpha), `judges` (person by judge) and `people`, closely.

    `said` is all that was said, where it was read already.
    """
    with project.store.read() as connection:
        columns = people.votes_as_columns(connection, lengths=False)
        names = people.person_names(connection)
        pair_ids = np.unique(columns["item"])
        facts = people.facts_of(connection, pair_ids.tolist())
        gold = people.gold_verdicts(connection)
        strength = people.strengths(connection)
        combination = newest_combination(connection)
        said = said or read_said(connection, list(project.settings.judges))
    reliable = {} if combination is None else _reliability(combination.people)
    return {
        "domains": _domains(columns, facts),
        "periods": _periods(columns),
        "strength": _strength(*strength),
        "judges": _with_judges(said),
        "people": _closely(columns, names, facts, gold, reliable),
    }


def _agreement(item: np.ndarray, said: np.ndarray) -> dict[str, Any] | None:
    """Agreement of any two, and alpha where it is defined; None on too few pairs with two answers."""
    counts = answer_counts(item, said, 3)
    same, shared = pairwise_agreement(counts)
    if shared < FEWEST:
        return None
    try:
        alpha = asdict(krippendorff_alpha(counts, mirror=SIDES))
    except ValueError:
        alpha = None
    return {"agreement": asdict(wilson(same, shared)), "alpha": alpha}


def _domains(columns: dict[str, np.ndarray], facts: dict[int, people.PairFacts]) -> list[dict[str, Any]]:
    domain = np.array([facts[int(i)].domain or "" for i in columns["item"]], object)
    found = []
    for name in sorted(set(domain.tolist()) - {""}):
        at = domain == name
        figures = _agreement(columns["item"][at], columns["said"][at])
        if figures is not None:
            found.append({"domain": name, "answers": int(at.sum()), **figures})
    return sorted(found, key=lambda each: float(each["agreement"]["value"]))[:MOST_DOMAINS]


def _periods(columns: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """Pairs in the order of their last answer, in equal parts."""
    pair_ids, place = np.unique(columns["item"], return_inverse=True)
    last = np.zeros(len(pair_ids))
    np.maximum.at(last, place, columns["at"])
    twice = np.bincount(place, minlength=len(pair_ids)) >= 2
    order = np.argsort(last, kind="stable")
    order = order[twice[order]]
    parts = min(PERIODS, len(order) // FEWEST)
    if parts < 2:
        return []
    found = []
    for part in np.array_split(order, parts):
        at = np.isin(place, part)
        figures = _agreement(columns["item"][at], columns["said"][at])
        if figures is not None:
            found.append({"from": float(last[part].min()), "to": float(last[part].max()), **figures})
    return found


def _strength(item: np.ndarray, value: np.ndarray) -> dict[str, Any] | None:
    """Krippendorff's alpha, ordinal, of how much better: -3 to 3; None where it is not defined."""
    if not (value != 0).any():
        return None
    try:
        return asdict(
            krippendorff_alpha(answer_counts(item, value + 3, 7), "ordinal", mirror=range(6, -1, -1))
        )
    except ValueError:
        return None


def _with_judges(said: AllVotes) -> list[dict[str, Any]]:
    """Each person with each judge: how often they say the same; a judge of two minds calls a tie."""
    ballots = said.ballots
    decided: dict[tuple[int, int], list[float]] = defaultdict(list)
    votes = zip(ballots.row.tolist(), ballots.judge.tolist(), ballots.verdict.tolist(), strict=True)
    for row, judge, verdict in votes:
        decided[row, judge].append(verdict)
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    by_row: dict[int, list[tuple[str, int]]] = defaultdict(list)
    answers = ~said.decided  # a decision is nobody's answer
    for row, person, verdict in zip(
        said.person_row[answers].tolist(),
        said.person[answers].tolist(),
        said.said[answers].tolist(),
        strict=True,
    ):
        by_row[row].append((said.people[person], verdict))
    for (row, judge), verdicts in decided.items():
        mean = sum(verdicts)  # of both orders: a contradiction is no side
        its = 0 if mean > 0 else 1 if mean < 0 else 2
        for person, verdict in by_row.get(row, ()):
            both = counts[person, ballots.judges[judge]]
            both[0] += verdict == its
            both[1] += 1
    return [
        {"person": person, "judge": judge, "agreement": asdict(wilson(same, n))}
        for (person, judge), (same, n) in sorted(counts.items())
        if n >= FEWEST
    ]


def _reliability(matrices: Any) -> dict[str, float]:
    """How often each person is right by the newest combination, A, B and TIE weighing the same."""
    return {name: float(np.trace(np.asarray(matrix, float)) / 3) for name, matrix in matrices.items()}


def _closely(
    columns: dict[str, np.ndarray],
    names: dict[int, str],
    facts: dict[int, people.PairFacts],
    gold: dict[int, int],
    reliable: dict[str, float],
) -> dict[str, dict[str, Any]]:
    item, said = columns["item"], columns["said"]
    known = np.array([gold.get(int(i), -1) for i in item], int)
    reference = annotators.references(item, said, known)
    models = [(facts[int(i)].model_a, facts[int(i)].model_b) for i in item]
    found = {}
    for rater in np.unique(columns["rater"]).tolist():
        mine = columns["rater"] == rater
        right = (said == reference)[mine & (reference >= 0)].astype(float)
        shared = np.isin(item, item[mine])
        found[names[rater]] = {
            "confusion": annotators.confusion(reference[mine], said[mine]).tolist(),
            "reliability": reliable.get(names[rater]),
            "over_time": [asdict(each) for each in annotators.over_time(right)],
            "models": [
                {"model": model, "chosen": asdict(share), "others": usual}
                for model, share, usual in annotators.model_bias(
                    _answers(models, said, mine), _answers(models, said, shared & ~mine)
                )
            ],
        }
    return found


def _answers(
    models: list[tuple[str | None, str | None]], said: np.ndarray, at: np.ndarray
) -> list[tuple[str, str, int]]:
    return [
        (models[i][0] or "", models[i][1] or "", int(said[i]))
        for i in np.flatnonzero(at).tolist()
        if models[i][0] and models[i][1]
    ]
