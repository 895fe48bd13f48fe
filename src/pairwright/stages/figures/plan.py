"""Every way to label this project's pairs, side by side: what it costs and what it is worth."""

from __future__ import annotations

import numpy as np

from pairwright.routing.plan import FEWEST, USUAL, Method, Plan, measured_plans, usual_plans
from pairwright.stages.project.project import Project
from pairwright.stages.route.calibrate import Calibration, calibration_of
from pairwright.stats.intervals import wilson
from pairwright.store.figures import totals
from pairwright.store.route.ballots import AllVotes, read_said
from pairwright.store.route.calibrations import RecordedLook, newest_calibration
from pairwright.types import Estimate

OVERLAPS = 30  # pairs two people answered, under which their agreement is assumed
VOTES = 20  # timed votes, under which their pace is


def plans_of(project: Project, n_pairs: int, said: AllVotes | None = None) -> list[Plan]:
    """The usual ways first, then those measured here, once people have calibrated the judges.

    `said` is all that was said, where it was read already.
    """
    usual = usual_plans(n_pairs, _methods(project))
    if not n_pairs:
        return []
    with project.store.read() as connection:
        newest = newest_calibration(connection)
        if newest is None or len(newest.tested) < FEWEST:
            return usual
        said = said or read_said(connection, list(project.settings.judges))
        judge_usd = sum(totals.judge_cost(connection, name) for name in project.settings.judges)
    confidence, right = newest.tested.T
    labelled = int((said.counts.sum(1) > 0).sum())
    return [
        *usual,
        *measured_plans(
            n_pairs,
            confidence,
            right,
            labelled=labelled,
            certified=certified_share(calibration_of(project, said), n_pairs - labelled),
            judge_usd=judge_usd,
            person_usd=of_everybody(project, 1)[0],
            person_seconds=of_everybody(project, 1)[1] * 3600,
            people_agree=_people_agree(said.counts),
        ),
    ]


def certified_share(stands: Calibration, unlabelled: int) -> float:
    """The share of the pairs without a person's label that `route` accepts as frames stand now."""
    free = sum(
        (frame["pairs"] - frame["drawn"] + frame["joined"]) * frame["certificate"]["coverage"]
        for frame in stands.frames
        if frame["certificate"] and frame["certificate"]["threshold"] is not None and not frame["alarm"]
    )
    return min(1.0, free / unlabelled) if unlabelled > 0 else 0.0


def coverage_of(newest: RecordedLook) -> float:
    """The share of a frame's undrawn pairs that its last test let judges decide: to plan for like pairs."""
    certificate = newest.result["certificate"]
    return float(certificate["coverage"]) if certificate["threshold"] is not None else 0.0


def pace(project: Project) -> float:
    """Seconds a person takes an answer: measured once there are some votes, else as the settings say."""
    with project.store.read() as connection:
        timed, seconds = totals.seconds_of_people(connection)
    return seconds / timed if timed >= VOTES else project.settings.annotate.seconds_per_pair


def of_everybody(project: Project, n_pairs: int) -> tuple[float, float]:
    """(USD, hours) of people answering every one of so many pairs, as often as `[annotate] overlap` says."""
    settings = project.settings.annotate
    answers = n_pairs * settings.overlap
    return answers * settings.usd_per_pair, answers * pace(project) / 3600


def _people_agree(counts: np.ndarray) -> Estimate:
    """How often two people agree on a pair; the usual range of experts where too few pairs say."""
    votes = counts.sum(1)
    twice = votes >= 2
    if twice.sum() < OVERLAPS:
        low, high = USUAL["experts"].agreement
        return Estimate((low + high) / 2, low, high, 0, "assumed")
    counts, votes = counts[twice], votes[twice]
    same = (counts * (counts - 1)).sum(1) / (votes * (votes - 1))
    return wilson(float(same.sum()), int(twice.sum()))


def _methods(project: Project) -> dict[str, Method]:
    """The usual figures, with those of the project file in their place."""
    found = dict(USUAL)
    for name, given in project.settings.plan.items():
        found[name] = Method(given.usd, given.agreement, given.per_hour)
    return found
