"""How far the labelling is, by stage and by domain, and when it will be done."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from pairwright.stages.project.project import Project
from pairwright.stats.pace import days_until_done
from pairwright.store import clock
from pairwright.store.figures.stands import OfDomain, Stands, stands_by_domain, stands_of
from pairwright.store.people.annotators import given_here
from pairwright.types import Estimate

LAST_DAYS = 28  # before today, that a forecast is taken from
DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Day:
    """One day here: when it began (seconds since 1970), and the answers given on it."""

    at: float
    answers: int


@dataclass(frozen=True, slots=True)
class HowFar:
    """`stages` are all pairs, each once: (what, how many). `domains` those with most to do first.

    `days` are the last ones, today at the end. `finish` is in days from now, None where `unknown` says why.
    """

    stands: Stands
    stages: list[tuple[str, int]]
    domains: list[tuple[str | None, OfDomain]]
    days: list[Day]
    finish: Estimate | None
    unknown: str | None
    now: float

    def on(self, days: float) -> float:
        """When so many days from now are over, as seconds since 1970."""
        return self.now + days * DAY


def how_far(project: Project, connection: Connection) -> HowFar:
    """Counted now."""
    now = clock.now()
    stands = stands_of(connection)
    days = _days(given_here(connection), now)
    finish, unknown = _forecast(days, stands.open.answers, project.settings.project.seed)
    domains = sorted(stands_by_domain(connection).items(), key=lambda each: each[1].done - each[1].pairs)
    if [name for name, _ in domains] == [None]:
        domains = []
    return HowFar(
        stands,
        _stages(stands),
        domains,
        days,
        finish,
        unknown,
        now,
    )


def _stages(of: Stands) -> list[tuple[str, int]]:
    """All pairs, each once, in the order in which they come through."""
    found = [
        ("labelled by judges", of.labels["judge"]),
        ("labelled by people", of.labels["people"]),
        ("labelled by unknown raters", of.labels["unknown"]),
        ("wait for a first answer", of.open.fresh),
        ("half answered", of.open.half_answered),
        ("sent back by a check", of.open.sent_back),
        ("skipped, wait for somebody else", of.open.skipped),
        ("disputed, one more is asked", of.open.disputed),
        ("disputed, for a lead", of.open.for_lead),
        ("flagged", of.open.flagged),
        ("wait for the calibration sample", of.uncalibrated),
        ("wait for the next judge", of.for_judges),
        ("not routed yet", of.undecided),
        ("dropped", of.dropped),
    ]
    return [(what, n) for what, n in found if n]


def _days(at: np.ndarray, now: float) -> list[Day]:
    """The last days by this machine's clock, from that of the first answer on; today is the last."""
    today = time.localtime(now)[:3]
    begins = [_midnight(today, -back) for back in range(LAST_DAYS, -1, -1)]
    counts = np.histogram(at, [*begins, _midnight(today, 1)])[0].tolist()
    first = next((i for i, n in enumerate(counts) if n), LAST_DAYS)
    if len(at) and at.min() < begins[0]:
        first = 0
    return [Day(begin, n) for begin, n in list(zip(begins, counts, strict=True))[first:]]


def _midnight(day: tuple[int, ...], further: int) -> float:
    return time.mktime((day[0], day[1], day[2] + further, 0, 0, 0, 0, 0, -1))


def _forecast(days: list[Day], left: int, seed: int) -> tuple[Estimate | None, str | None]:
    """From whole days: today is not over yet."""
    if not left:
        return None, None
    try:
        return days_until_done(np.array([each.answers for each in days[:-1]]), left, seed=seed), None
    except ValueError as why:
        return None, str(why)
