"""Working alone: at the end the page says what comes next, and does it, at a price that was agreed to."""

from __future__ import annotations

from typing import Any

from starlette.routing import Route

from pairwright.amounts import hours, usd
from pairwright.annotate.site import NotAllowed, Visit, call
from pairwright.annotate.work import is_alone
from pairwright.errors import InputError
from pairwright.stages.next_step import next_step


def _must_be_alone(visit: Visit) -> None:
    if not is_alone(visit):
        raise NotAllowed("Forbidden", "Only a lead who works alone and started the server may do this.")


def what_next(visit: Visit, _query: dict[str, Any]) -> dict[str, Any]:
    """What runs or ran, and what comes next, with what it would cost."""
    _must_be_alone(visit)
    running = visit.site.runner.running
    state = running.state() if running else None
    if state and state["running"]:
        return {"run": state, "next": None}
    step = next_step(visit.project)
    told = {"usd": usd(step.usd), "most": usd(step.most_usd), "hours": hours(step.hours)}
    return {"run": state, "next": {**step.as_dict(), "told": told}}


def run_next(visit: Visit, body: dict[str, Any]) -> dict[str, Any]:
    """Run the step that was shown, for no more than the estimate that was agreed to."""
    _must_be_alone(visit)
    step = next_step(visit.project)
    if step.kind == "command" or body.get("kind") != step.kind:
        raise InputError(f"the next step is another one now: {step.command}. Look at it again")
    agreed = body.get("usd")
    if step.usd and not (isinstance(agreed, int | float) and step.usd <= agreed + 1e-9):
        raise InputError(
            f"the estimate is {usd(step.usd)} now, which you have not agreed to: look at it again"
        )
    visit.site.runner.start(step)
    return {"started": step.kind}


routes = [
    Route("/api/next", call(what_next, "lead")),
    Route("/api/next", call(run_next, "lead"), methods=["POST"]),
]
