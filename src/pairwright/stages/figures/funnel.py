"""From prompts to exported rows: how many came so far, and where the others went."""

from __future__ import annotations

from typing import Any

from pairwright.stages.export.exported import exports_of, told
from pairwright.stages.export.stale import stale
from pairwright.stages.figures.status import Status
from pairwright.stages.project.project import Project
from pairwright.store.export.labelled_pairs import census

LOST = {
    "tie": "no better side: a tie",
    "flagged": "an open error keeps them out",
    "dropped": "dropped",
    "not_judged": "not decided yet",
    "waiting_for_people": "waiting for people",
    "no_verdict": "without a verdict",
}


def funnel_of(project: Project, status: Status) -> dict[str, Any]:
    """`steps` from prompts to rows, each with its parts and what was lost there; `exports` as they lie there.

    `rows` could be exported now, and `stale` says what has changed since the newest export of pairs.
    """
    with project.store.read() as connection:
        standing = census(connection)
    exports = exports_of(project)
    paired = next((each for each in reversed(exports) if each.of_pairs), None)
    ready = standing.standing.get("label", 0)
    unknown = status.accepted_from_unknown
    asked = status.accepted_from_people + status.for_people + status.stuck + status.open.flagged
    undecided = status.undecided + status.uncalibrated + status.for_judges + status.dropped
    labels = status.accepted_from_judges + status.accepted_from_people + unknown
    left_out = _after_label(standing.drops("label"), labels - ready)
    steps = [
        _step("prompts", status.prompts),
        _step(
            "responses",
            status.responses,
            lost={"could not be drawn": status.responses_failed, "still to draw": status.responses_pending},
        ),
        _step("pairs", status.pairs),
        _step("judged", status.judged, lost={"without a judge's verdict": status.pairs - status.judged}),
        _step(
            "decided",
            status.pairs - undecided,
            {
                "accepted from judges": status.accepted_from_judges,
                "for people": asked,
                "came from unknown raters": unknown,
            },
            {
                "dropped": status.dropped,
                "not routed": status.undecided,
                "waiting for calibration": status.uncalibrated,
                "waiting for the next judge": status.for_judges,
            },
        ),
        _step(
            "labels",
            labels,
            {
                "from judges": status.accepted_from_judges,
                "from people": status.accepted_from_people,
                "from unknown raters": unknown,
            },
            {
                "waiting for people": status.open.fresh + status.open.sent_back,
                "half answered": status.open.half_answered,
                "skipped": status.open.skipped,
                "disputed": status.open.disputed + status.open.for_lead,
                "flagged, so nobody is asked": status.open.flagged,
            },
        ),
        _step("rows ready", ready, lost={_told(name): n for name, n in left_out.items()}),
    ]
    if paired is not None:
        steps.append(_step("rows exported", paired.rows))
    return {
        "steps": steps,
        "rows": ready,
        "exports": [told(project, each) for each in exports],
        "stale": stale(project, paired) if paired is not None else None,
    }


def _step(
    name: str, n: int, parts: dict[str, int] | None = None, lost: dict[str, int] | None = None
) -> dict[str, Any]:
    """A step; parts and losses of none are left out."""
    return {
        "name": name,
        "n": n,
        "parts": {each: count for each, count in (parts or {}).items() if count > 0},
        "lost": {each: count for each, count in (lost or {}).items() if count > 0},
    }


def _after_label(drops: dict[str, int], labels: int) -> dict[str, int]:
    """What keeps labels from being rows: the rest was lost at an earlier step.

    A flagged pair counts here only where it has a label: the others wait above.
    """
    lost = {name: drops.get(name, 0) for name in ("tie", "no_verdict")}
    return lost | {"flagged": labels - sum(lost.values())}


def _told(name: str) -> str:
    return LOST.get(name, name.replace("_", " "))
