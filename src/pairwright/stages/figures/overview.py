"""The lead's first page: how far are we, can I trust it, what do I do now."""

from __future__ import annotations

from dataclasses import dataclass

from pairwright.stages.figures.dashboard import Dashboard, dashboard_of
from pairwright.stages.figures.forecast import HowFar, how_far
from pairwright.stages.figures.to_do import Step, to_do
from pairwright.stages.figures.trust import Ground, trust_of
from pairwright.stages.people.annotators import Counted, people_of
from pairwright.stages.project.project import Project


@dataclass(frozen=True, slots=True)
class Overview:
    """The three answers, and all other figures of the dashboard."""

    far: HowFar
    trust: list[Ground]
    steps: list[Step]
    figures: Dashboard


def overview_of(project: Project, known: Counted | None = None) -> Overview:
    """Counted now, but for what is known of people's votes already."""
    figures, people = dashboard_of(project), people_of(project, known)
    with project.store.read() as connection:
        far = how_far(project, connection)
        grounds = trust_of(project, connection, people)
        return Overview(far, grounds, to_do(project, connection, far, people), figures)
