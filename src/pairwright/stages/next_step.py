"""What comes once people have answered all they are asked, where one person does everything themselves."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pairwright.stages.figures.estimate import estimate
from pairwright.stages.figures.status import status_of
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result

MARGIN = 1.5  # of the estimate, at which a run that was agreed to stops
_COMMAND = re.compile(r"(?P<command>pairwright (?P<verb>\w+)[^(]*?)\s*(?:\((?P<why>.*)\))?")


@dataclass(frozen=True, slots=True, repr=False)
class NextStep(Result):
    """The next step as `status` names it: a `command` and why.

    `kind` says what can be done without typing it: "route" and "judge"; "command" can't be. For judges:
    `answers` they have to give, `usd` that is about and `most_usd` where it stops.
    """

    kind: Literal["route", "judge", "command"]
    command: str
    why: str
    answers: int = 0
    calls: int = 0
    usd: float | None = None
    most_usd: float | None = None
    hours: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def next_step(project: Project) -> NextStep:
    """The next step, counted now; what it would cost, where it costs anything. Nothing is sent."""
    state = status_of(project)
    found = _COMMAND.fullmatch(state.next)
    if found is None:
        return NextStep("command", state.next, "")
    command, why = found["command"].strip(), found["why"] or ""
    if command == "pairwright route":
        return NextStep("route", command, why)
    if command != "pairwright judge":
        return NextStep("command", command, why)
    cost = estimate(project, stages=("judge",))
    answers = sum(each.pending for each in state.judges if not each.refused)
    if cost.usd is None:
        why = f"{why}; no price is known for {', '.join(cost.unpriced)}"
        return NextStep("command", command, why, answers)
    limit = project.settings.project.budget_usd
    most = state.spent_usd + cost.usd * MARGIN
    if limit is not None:
        most = min(most, limit)
    calls = sum(each.calls for each in cost.stages)
    return NextStep("judge", command, why, answers, calls, cost.usd, most, cost.hours)
