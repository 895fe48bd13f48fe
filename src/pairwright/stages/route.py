"""votes -> beliefs: what each pair's votes add up to, and who is asked next."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from pairwright.routing.decide import decide
from pairwright.stages.judge import orders_asked
from pairwright.stages.project import Project
from pairwright.store.votes import add_beliefs, evidence
from pairwright.types import Belief

PAGE = 2000


@dataclass(frozen=True, slots=True)
class RouteResult:
    """Where every pair stands after routing. `changed` counts beliefs that are new or different."""

    accepted_from_judges: int
    accepted_from_people: int
    for_people: int
    dropped: int
    not_judged: int
    changed: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def run_route(project: Project) -> RouteResult:
    """Decide every pair from its current votes. Free, and the same however often it runs."""
    counts: Counter[str] = Counter()
    with project.store.exclusively("route"):
        changed: list[Belief] = []
        with project.store.read() as connection:
            orders = orders_asked(connection, project)
            for seen in evidence(connection):
                belief = decide(
                    seen.pair_id, seen.votes, seen.failures, orders, accept=project.settings.route.accept
                )
                counts[_where(belief)] += 1
                if belief is not None and belief != seen.current:
                    changed.append(belief)
                    counts["changed"] += 1
                if len(changed) >= PAGE:
                    _save(project, changed)
        _save(project, changed)
    return RouteResult(
        counts["judge"], counts["people"], counts["ask"], counts["drop"], counts["waiting"], counts["changed"]
    )


def _where(belief: Belief | None) -> str:
    if belief is None:
        return "waiting"
    return belief.source if belief.decision == "accept" else belief.decision


def _save(project: Project, changed: list[Belief]) -> None:
    with project.store.write() as connection:
        add_beliefs(connection, changed)
    changed.clear()
