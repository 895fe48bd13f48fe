"""votes -> beliefs: what each pair's votes add up to, and who is asked next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pairwright.errors import InputError
from pairwright.routing import wording
from pairwright.routing.decide import Combination, Standing, decide
from pairwright.stages.panel.asked import orders_asked
from pairwright.stages.panel.beliefs import renewed
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result, facts_of
from pairwright.stages.route.label import renew_combination
from pairwright.store.check.findings import NO_REPAIR, Repair, repairs_of
from pairwright.store.insert import lock_pairs
from pairwright.store.people import tasks
from pairwright.store.votes import add_beliefs, evidence_on, pair_pages
from pairwright.types import Belief

if TYPE_CHECKING:
    from pairwright.stages.route.calibrate import Standings


@dataclass(frozen=True, slots=True, repr=False)
class RouteResult(Result):
    """Where every pair stands after routing. `changed` counts beliefs that are new or different.

    `for_people` are pairs that wait for people, `stuck` those that were skipped or
    are disputed and need somebody else; `open` tells them apart. `for_judges` wait
    for a later judge of a cascade, `waiting` are pairs that nobody is asked about
    before judges are calibrated. `calibration` is where that stands, None
    under the rules that need none; `distrusted` are judges people found no better
    than chance.
    """

    accepted_from_judges: int
    accepted_from_people: int
    accepted_from_unknown: int
    for_people: int
    stuck: int
    waiting: int
    dropped: int
    not_judged: int
    changed: int
    open: tasks.Open
    for_judges: int
    calibration: dict[str, Any] | None = None
    distrusted: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def facts(self) -> list[tuple[str, str]]:
        return facts_of(self.as_dict(), "open", "calibration", "distrusted")

    def sentences(self) -> list[str]:
        told = wording.lines(self.calibration) if self.calibration else []
        return told + [
            f"{judge} is {standing} against people: not counted and not asked again."
            for judge, standing in self.distrusted.items()
        ]


def run_route(
    project: Project, *, more: int = 0, recalibrate: bool = False, restore: str | None = None
) -> RouteResult:
    """Decide every pair from its current votes. Free, and the same however often it runs.

    `more` draws that many further pairs for people to calibrate judges on. An
    alarm that stands is settled by `recalibrate` (its pairs are drawn from anew)
    or `restore` (accept them again, with the reason). Raises InputError where none stands.
    """
    from pairwright.stages.route import audit
    from pairwright.stages.route.calibrate import distrusted_judges, standings

    if recalibrate and restore is not None:
        raise InputError("--recalibrate and --restore settle an alarm in two ways: choose one")
    route = project.settings.route
    counts: Counter[str] = Counter()
    with project.store.exclusively("route"):
        if recalibrate:
            audit.recalibrate(project)
        if restore is not None:
            audit.restore(project, restore)
        guarantee = standings(project, more=more) if route.accept == "guarantee" else None
        distrusted = {} if guarantee else distrusted_judges(project)
        combination = renew_combination(
            project, (lambda pair_id: guarantee.of(pair_id).forecast) if guarantee else None
        )
        with project.store.read() as connection:
            repairs = repairs_of(connection)
            orders = orders_asked(connection, project)
            pages = list(pair_pages(connection))
        overlap = project.settings.annotate.overlaps
        for page in pages:
            # Seen and saved in one transaction: an answer given meanwhile is not overwritten.
            with project.store.write() as connection:
                lock_pairs(connection, page)
                changed: list[Belief] = []
                for seen in evidence_on(connection, page):
                    belief = decide(
                        seen.pair_id,
                        seen.votes,
                        seen.failures,
                        orders,
                        accept=route.accept,
                        standing=_standing(seen.pair_id, guarantee, combination, repairs),
                        distrusted=distrusted,
                        overlap=overlap,
                    )
                    counts[_where(belief)] += 1
                    changed += renewed(seen, belief)
                add_beliefs(connection, changed)
            counts["changed"] += len(changed)
        with project.store.read() as connection:
            wanted, asked = tasks.open_pairs(connection), tasks.asked(connection)
    return RouteResult(
        counts["judge"],
        counts["people"],
        counts["unknown"],
        wanted.waiting,
        wanted.stuck,
        counts["calibration"],
        counts["drop"],
        counts["unheard"],
        counts["changed"],
        wanted,
        tasks.for_judges(asked),
        guarantee.calibration.as_dict() if guarantee and project.settings.judges else None,
        guarantee.distrusted if guarantee else distrusted,
    )


_UNKNOWN = Standing()


def _standing(
    pair_id: int,
    guarantee: Standings | None,
    combination: Combination | None,
    repairs: Mapping[int, Repair],
) -> Standing:
    repair = repairs.get(pair_id, NO_REPAIR)
    known = guarantee.of(pair_id) if guarantee else _UNKNOWN
    if combination is None and repair is NO_REPAIR:
        return known
    return replace(known, combination=combination, again=repair.again, dropped=repair.dropped)


def _where(belief: Belief | None) -> str:
    if belief is None:
        return "unheard"
    if belief.decision == "accept":
        return belief.source
    return "calibration" if belief.asks == "calibration" else belief.decision
