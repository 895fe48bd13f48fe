"""How the work goes, for a lead: done, left, pace, cost, agreement, and where people and judges part."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pairwright.routing.plan import USUAL
from pairwright.stages.figures.plan import pace
from pairwright.stages.project.project import Project
from pairwright.stages.route.at_chance import unbelieved_judges
from pairwright.stats.agreement import SIDES, answer_counts, krippendorff_alpha, pairwise_agreement
from pairwright.stats.intervals import wilson
from pairwright.store import clock
from pairwright.store.people import annotators, person_judge_disagreement, tasks
from pairwright.types import Estimate

RECENT = 3600.0  # seconds the pace is taken from
PARTINGS = 8  # pairs shown on which people and judges part


@dataclass(frozen=True, slots=True)
class Dashboard:
    """`answers_wanted` on the `open_pairs`, of which some are `half_answered`, `skipped` or `disputed`.
    Where people rank, these are given by `rankings_wanted`, each of which is one answer that is paid.

    `conflicts` are for a lead to decide. `per_hour` is the pace of the last hour.

    `hours_left` of people's active time. `usd` is what people's answers cost at `[annotate] usd_per_pair`,
    `usd_usual` at the usual rates of crowd and experts.
    `alpha_unknown` is among raters that came with data and may be people or not.
    """

    answers: int
    answered_pairs: int
    open_pairs: int
    half_answered: int
    skipped: int
    disputed: int
    answers_wanted: int
    rankings_wanted: int | None
    conflicts: int
    waiting_for_calibration: int
    per_hour: float
    active_people: int
    hours_left: float | None
    usd: float
    usd_left: float
    usd_usual: dict[str, tuple[float, float]]
    alpha: Estimate | None
    alpha_missing: str | None
    alpha_unknown: Estimate | None
    agreement: Estimate | None
    with_judge: Estimate | None
    assist: list[dict[str, Any]]
    partings: list[dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def dashboard_of(project: Project) -> Dashboard:
    """All figures, counted now."""
    now = clock.now()
    rate = project.settings.annotate.usd_per_pair
    unbelieved = unbelieved_judges(project)
    with project.store.read() as connection:
        columns = annotators.votes_as_columns(connection, lengths=False)
        nobodys = annotators.votes_as_columns(connection, lengths=False, kind="unknown")
        answered = annotators.pairs_answered(connection)
        open_pairs, uncalibrated = tasks.open_pairs(connection), tasks.uncalibrated(connection)
        ranks = project.settings.annotate.form == "rank"
        rankings = tasks.open_rankings(connection) if ranks else None
        parted, compared, same = person_judge_disagreement.partings(connection, PARTINGS, unbelieved)
        assist = person_judge_disagreement.by_assist(connection)
    n = len(columns["at"])
    here = columns["order"] != 0  # labels from a file came all at once: no pace
    at = columns["at"][here]
    per_hour, active = _pace(at, columns["rater"][here], now)
    each = pace(project)
    wanted = open_pairs.answers
    counts = answer_counts(columns["item"], columns["said"], 3)
    alpha, missing = _alpha(counts)
    agree, shared = pairwise_agreement(counts)
    return Dashboard(
        answers=n,
        answered_pairs=len(answered),
        open_pairs=open_pairs.waiting + open_pairs.skipped + open_pairs.disputed,
        half_answered=open_pairs.half_answered,
        skipped=open_pairs.skipped,
        disputed=open_pairs.disputed,
        answers_wanted=wanted,
        rankings_wanted=rankings,
        conflicts=open_pairs.for_lead,
        waiting_for_calibration=uncalibrated,
        per_hour=per_hour,
        active_people=active,
        hours_left=wanted * each / 3600 if wanted else None,
        usd=n * rate,
        usd_left=(wanted if rankings is None else rankings) * rate,
        usd_usual={name: (n * USUAL[name].usd[0], n * USUAL[name].usd[1]) for name in ("crowd", "experts")},
        alpha=alpha,
        alpha_missing=missing,
        alpha_unknown=_alpha(answer_counts(nobodys["item"], nobodys["said"], 3))[0],
        agreement=wilson(agree, shared) if shared else None,
        with_judge=wilson(same, compared) if compared else None,
        assist=[_assist(*row) for row in assist],
        partings=parted,
    )


def _pace(at: np.ndarray, rater: np.ndarray, now: float) -> tuple[float, int]:
    """(answers an hour over the last hour, or since its first answer; people at it)."""
    recent = at > now - RECENT
    if not recent.any():
        return 0.0, 0
    since = max(now - float(at[recent].min()), 60.0)
    return float(recent.sum() / since * 3600), len(np.unique(rater[recent]))


def _alpha(counts: np.ndarray) -> tuple[Estimate | None, str | None]:
    try:
        return krippendorff_alpha(counts, mirror=SIDES), None
    except ValueError as problem:
        return None, str(problem)


def _assist(shown: str, n: int, same: int) -> dict[str, Any]:
    """Agreement with the judge of votes that were given before seeing it, after, or changed by it."""
    return {"shown": shown, "n": n, "agreement": asdict(wilson(same, n)) if n else None}
