"""Everything measured on a project, as numbers and as one page."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection

from pairwright.report.page import render
from pairwright.report.sections import BINS, sections_of
from pairwright.report.summary import summary_of, todo_of
from pairwright.routing.agreement import agrees
from pairwright.routing.judge_accuracy import judges_worth
from pairwright.routing.judge_subset import fewer_judges
from pairwright.routing.plan import plan_in_words
from pairwright.stages.check.check import summary
from pairwright.stages.figures.agreement import agreement_of
from pairwright.stages.figures.dashboard import dashboard_of
from pairwright.stages.figures.funnel import funnel_of
from pairwright.stages.figures.judges import judges_closely
from pairwright.stages.figures.kappas import kappas_of
from pairwright.stages.figures.plan import plans_of
from pairwright.stages.figures.savings import savings_of
from pairwright.stages.figures.shown_pairs import doubted, opened
from pairwright.stages.figures.status import Status, status_of
from pairwright.stages.figures.wins import wins_of
from pairwright.stages.people.annotators import people_of
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result
from pairwright.stages.route.calibrate import Calibration, calibration_of
from pairwright.stages.verify.verified import verified
from pairwright.stats.calibration import expected_calibration_error, reliability
from pairwright.store.figures import origins, totals
from pairwright.store.people import annotators
from pairwright.store.route.ballots import AllVotes, read_said
from pairwright.store.route.calibrations import newest_calibration


def numbers_of(project: Project) -> dict[str, Any]:
    """All figures of the report, as JSON can hold them."""
    with project.store.read() as connection:
        said = read_said(connection, list(project.settings.judges))
        accepted = origins.accepted(connection)
    stands = calibration_of(project, said)
    status, dashboard = status_of(project, stands), dashboard_of(project)
    with project.store.read() as connection:
        closely = _closely(connection, said, status)
    plans, checks, doubts = plans_of(project, status.pairs, said), summary(project), doubted(project)
    told = dashboard.as_dict()
    found = {
        "project": project.root.resolve().name,
        "made": time.strftime("%d %B %Y, %H:%M"),
        "status": status.as_dict(),
        "accepted": accepted,
        "funnel": funnel_of(project, status),
        "savings": savings_of(project, status, dashboard),
        **_promised(project, said, stands),
        "judges_closely": closely,
        "plans": [plan.as_dict() for plan in plans],
        "plan_in_words": plan_in_words(plans),
        "checks": checks,
        "reward": verified(project),
        "doubted": doubts,
        "pairs": opened(project, checks, doubts),
        "wins": wins_of(project),
        "kappa": kappas_of(project),
        "closely": agreement_of(project, said),
        "people": [person.as_dict() for person in people_of(project)],
        "agreement": {
            name: told[name]
            for name in (
                *("alpha", "alpha_missing", "alpha_unknown"),
                *("agreement", "with_judge", "conflicts", "answers"),
            )
        },
    }
    found["todo"] = todo_of(found)
    return {**found, "summary": summary_of(found)}


def _closely(connection: Connection, said: AllVotes, status: Status) -> dict[str, dict[str, Any]]:
    """Each judge closely, its taste in models held against people on the pairs they answered."""
    answered = said.pair_ids[said.labels.sum(1) > 0]
    facts = annotators.facts_of(connection, answered.tolist())
    return judges_closely(said, status.judges, totals.judge_calls(connection), facts)


def _promised(project: Project, said: AllVotes, stands: Calibration) -> dict[str, Any]:
    """What calibration found and guarantees: of all frames, and what the newest look at labels measured."""
    with project.store.read() as connection:
        newest = newest_calibration(connection)
    result: dict[str, Any] = dict(newest.result) if newest else {}
    then = result["steps"][-1]["judges"] if result.get("steps") else []
    heard = [name for name in then if name in said.ballots.judges]  # one may be out of the project file since
    tested = newest.tested if newest else np.empty((0, 2))
    fewer = fewer_judges(said.ballots.of_judges(heard), said.labels, said.groups)
    return {
        "certificate": stands.certificate,
        "frames": stands.frames,
        "outside": stands.outside,
        "alarm": stands.alarm,
        "audit": stands.audit,
        "target": stands.target,
        "delta": stands.delta,
        "test": result.get("test"),
        "judges": result.get("judges")
        or [each.as_dict() for each in judges_worth(said.ballots, said.labels)],
        "fewer": [each.as_dict() for each in fewer],
        "confidence": {"calibrated": _confidence(tested)} | _before_and_after(said, result, tested),
    }


def _before_and_after(said: AllVotes, result: dict[str, Any], tested: np.ndarray) -> dict[str, Any]:
    """`before` and `after` calibration, on the same pairs: those tested on which judges' votes take a side.

    Before, all votes count the same: the confidence is the share of them.
    """
    label = np.array(result.get("label") or [], int)
    place = np.searchsorted(said.pair_ids, np.array(result.get("tested_pairs") or [], np.int64)[label >= 0])
    n, ballots = len(said.pair_ids), said.ballots
    if len(place) != len(tested):  # recorded before it was kept which pairs were tested
        return {"before": None, "after": None}
    mean = np.bincount(ballots.row, ballots.verdict, n) / np.maximum(np.bincount(ballots.row, minlength=n), 1)
    mean, label = mean[place], label[label >= 0]
    sided = mean != 0
    raw = np.column_stack([(1 + np.abs(mean)) / 2, agrees(label, np.where(mean > 0, 0, 1))]).astype(float)
    return {"before": _confidence(raw[sided]), "after": _confidence(tested[sided])}


def _confidence(tested: np.ndarray) -> dict[str, Any] | None:
    """Calibration of (confidence, right) rows: error, Brier score of being right, and the diagram's bins."""
    if len(tested) < BINS:
        return None
    sure, right = tested.T
    return {
        "n": len(tested),
        "expected_calibration_error": expected_calibration_error(sure, right, BINS),
        "brier": float(((sure - right) ** 2).mean()),
        "bins": [asdict(each) for each in reliability(sure, right, BINS)],
        "rows": [[float(a), float(b)] for a, b in tested],
    }


def page_of(numbers: dict[str, Any]) -> str:
    """The numbers as one self-contained HTML page."""
    return render(numbers, sections_of(numbers))


@dataclass(frozen=True, repr=False)
class ReportResult(Result):
    """All figures, and the page they were written to. It prints what is to be done, and where the page is."""

    numbers: dict[str, Any]
    path: Path

    def as_dict(self) -> dict[str, Any]:
        return self.numbers

    def facts(self) -> list[tuple[str, str]]:
        return [("page", str(self.path))]

    def sentences(self) -> list[str]:
        return [f"! {each['text']}" for each in self.numbers["todo"]]


def write_report(project: Project, output: Path | None = None) -> ReportResult:
    """Write the page, to report.html in the project unless told otherwise."""
    result = ReportResult(numbers_of(project), output or project.root / "report.html")
    result.path.write_text(page_of(result.numbers), encoding="utf-8")
    return result
