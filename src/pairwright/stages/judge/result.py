"""What one run of one judge came to."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from pairwright.models.server import ServerUse
from pairwright.stages.panel.asked import failed_answers
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result


@dataclass(frozen=True, slots=True, repr=False)
class JudgeResult(Result):
    """What one run of one judge did. `spent_usd` is this run's; None where no price is known.

    `uncounted_usd` of it is booked at the worst case, for the endpoint counted no tokens.
    `failed_before` answers failed in earlier runs and were not asked for again. `waiting` ones wait for calls
    that are planned, or in a batch: run again to go on. `servers`, by endpoint: what was found out of each.
    """

    judge: str
    pending: int
    votes: int
    failures: int
    calls: int
    spent_usd: float | None
    stopped: str | None
    notes: tuple[str, ...] = ()
    failed_before: int = 0
    uncounted_usd: float = 0.0
    waiting: int = 0
    servers: dict[str, list[ServerUse]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def failed_before(project: Project, name: str, failures: int) -> int:
    """Answers of a judge that failed before a run in which so many failed."""
    with project.store.read() as connection:
        return max(0, failed_answers(connection, project, name) - failures)
