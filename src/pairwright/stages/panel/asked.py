"""Which judges are heard, in which orders, on which pairs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from pairwright.errors import InputError
from pairwright.routing.decide import REFUSED
from pairwright.stages.project.project import Project
from pairwright.stages.project.settings import JudgeSettings, nearest
from pairwright.store.figures.totals import judge_failed
from pairwright.store.route.calibrations import newest_calibration
from pairwright.store.votes import last_spec
from pairwright.types import ORDERS, Order


def orders_asked(
    connection: Connection, project: Project, *, refused_too: bool = False
) -> dict[str, tuple[Order, ...]]:
    """In which orders each judge of the project is heard: as it was last asked, else as its settings say.

    Judges that were refused are not heard, and left out unless `refused_too`.
    """
    asked = {}
    refused = {} if refused_too else refused_judges(connection, project)
    for name, settings in project.settings.judges.items():
        if name in refused:
            continue
        single = last_spec(connection, name).get("single_order", settings.single_order)
        asked[name] = orders_of(single or settings.single_order)
    return asked


def comes_later(connection: Connection, project: Project, judge: str) -> bool:
    """Whether this judge is asked only what earlier ones in the cascade leave open."""
    route = project.settings.route
    refused = refused_judges(connection, project)
    cascade = [name for name in route.cascade if name not in refused]
    return route.accept == "guarantee" and judge in cascade[1:]


def failed_answers(connection: Connection, project: Project, judge: str) -> int:
    """Answers of this judge that failed and have not been got since."""
    orders = orders_asked(connection, project, refused_too=True)[judge]
    return judge_failed(connection, judge, orders, left=comes_later(connection, project, judge))


def refused_judges(connection: Connection, project: Project) -> dict[str, str]:
    """Judges the last calibration found no better than chance, and that are not trusted by name."""
    newest = newest_calibration(connection)
    if newest is None or project.settings.route.accept != "guarantee":
        return {}
    return refused_of(newest.result["judges"], project)


def refused_of(worth: Iterable[Mapping[str, Any]], project: Project) -> dict[str, str]:
    """name -> standing, of the judges these findings refuse."""
    trusted = project.settings.route.trust
    return {
        each["judge"]: each["standing"]
        for each in worth
        if each["standing"] in REFUSED and each["judge"] not in trusted
    }


def orders_of(single_order: bool) -> tuple[Order, ...]:
    return ("AB",) if single_order else ORDERS


def judge_settings(project: Project, name: str) -> JudgeSettings:
    judges = project.settings.judges
    if name not in judges:
        raise InputError(f'no judge "{name}" in the project file{nearest(name, list(judges))}')
    return judges[name]
