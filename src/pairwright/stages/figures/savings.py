"""What this project's labels cost in money and hours, beside people labelling all the same pairs."""

from __future__ import annotations

from typing import Any

from pairwright.stages.figures.dashboard import Dashboard
from pairwright.stages.figures.plan import VOTES, of_everybody, pace
from pairwright.stages.figures.status import Status
from pairwright.stages.project.project import Project
from pairwright.store.figures.totals import seconds_of_people, timed_answers


def savings_of(project: Project, status: Status, dashboard: Dashboard) -> dict[str, Any] | None:
    """USD and hours: `full` for people on every pair, `here` so far, `left` for those still asked.

    People answer each pair as often as `[annotate] overlap` says. `times_cheaper` and `times_faster` compare
    with what is spent and still to be spent; None where that is nothing. Of `undecided` pairs nobody
    knows yet whether people will be asked about them: they cost nothing here.
    """
    if not status.pairs:
        return None
    settings = project.settings.annotate
    each = pace(project)
    with project.store.read() as connection:
        timed, seconds = seconds_of_people(connection)
        answers = timed_answers(connection)
    if timed < VOTES:  # too few to tell the pace: the same is assumed of what was done and of what was saved
        timed, seconds, answers = 0, 0.0, 0
    untimed = dashboard.answers - answers
    usd, hours = of_everybody(project, status.pairs)
    full = {"usd": usd, "hours": hours}
    here = {
        "calls_usd": status.spent_usd,
        "people_usd": dashboard.usd,
        "hours": (seconds + untimed * each) / 3600,
    }
    left = {"people_usd": dashboard.usd_left, "hours": dashboard.answers_wanted * each / 3600}
    usd = here["calls_usd"] + here["people_usd"] + left["people_usd"]
    hours = here["hours"] + left["hours"]
    return {
        "pairs": status.pairs,
        "people_per_pair": settings.overlap,
        "usd_per_answer": settings.usd_per_pair,
        "seconds_per_answer": each,
        "seconds_measured": timed,
        "full": full,
        "here": here,
        "left": left,
        "undecided": status.undecided + status.uncalibrated + status.for_judges,
        "times_cheaper": full["usd"] / usd if usd else None,
        "times_faster": full["hours"] / hours if hours else None,
    }
