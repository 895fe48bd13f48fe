"""Everything measured on a project, as numbers and as one page."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import numpy as np

from pairwright.report.page import render
from pairwright.report.sections import BINS, sections_of
from pairwright.routing.fewer import fewer_judges
from pairwright.routing.plan import plan_in_words
from pairwright.stages.agreement import agreement_of
from pairwright.stages.calibrate import audit_so_far
from pairwright.stages.check import summary
from pairwright.stages.dashboard import dashboard_of
from pairwright.stages.kappas import kappas_of
from pairwright.stages.people import people_of
from pairwright.stages.plan import plans_of
from pairwright.stages.project import Project
from pairwright.stages.sizing import in_words
from pairwright.stages.status import status_of
from pairwright.stages.verify import flag_precision
from pairwright.stages.wins import wins_of
from pairwright.stats.calibration import expected_calibration_error, reliability
from pairwright.store.ballots import read_said
from pairwright.store.calibrations import newest_calibration
from pairwright.store.verifications import newest_verification


def numbers_of(project: Project) -> dict[str, Any]:
    """All figures of the report, as JSON can hold them."""
    status = status_of(project)
    with project.store.read() as connection:
        newest = newest_calibration(connection)
        said = read_said(connection, list(project.settings.judges))
    result: dict[str, Any] = dict(newest.result) if newest else {}
    heard = result["steps"][-1]["judges"] if result.get("steps") else []
    tested = np.array(result.get("tested") or [], float).reshape(-1, 2)
    raw = _raw(said.ballots, said.labels) if len(said.ballots.row) else np.zeros((0, 2))
    plans = plans_of(project, status.pairs)
    found = {
        "project": project.root.resolve().name,
        "made": time.strftime("%d %B %Y, %H:%M"),
        "status": status.as_dict(),
        "certificate": result.get("certificate"),
        "target": result.get("target"),
        "test": result.get("test"),
        "audit": audit_so_far(project),
        "judges": result.get("judges", []),
        "fewer": [
            each.as_dict() for each in fewer_judges(said.ballots.of_judges(heard), said.labels, said.groups)
        ],
        "confidence": {"calibrated": _confidence(tested), "share_of_votes": _confidence(raw)},
        "plans": [plan.as_dict() for plan in plans],
        "plan_in_words": plan_in_words(plans),
        "checks": summary(project),
        "reward": _reward(project),
        "wins": wins_of(project),
        "kappa": kappas_of(project),
        "closely": agreement_of(project),
        "people": [person.as_dict() for person in people_of(project)],
        "agreement": {
            name: value
            for name, value in dashboard_of(project).as_dict().items()
            if name in ("alpha", "alpha_missing", "agreement", "with_judge", "conflicts", "answers")
        },
    }
    return {**found, "todo": _todo(found)}


def _reward(project: Project) -> dict[str, Any] | None:
    with project.store.read() as connection:
        newest = newest_verification(connection)
    if newest is None:
        return None
    told = in_words(newest["curve"], newest["pairs"])
    return {**newest, "precision": flag_precision(project), "in_words": told}


def _raw(ballots: Any, labels: np.ndarray) -> np.ndarray:
    """(m, 2): what the share of judges' votes says of each labelled pair, and whether people agree.

    The confidence before any calibration: all votes count the same.
    """
    total = np.zeros(len(labels))
    count = np.zeros(len(labels))
    np.add.at(total, ballots.row, ballots.verdict)
    np.add.at(count, ballots.row, 1.0)
    truth = np.sign(labels[:, 0] - labels[:, 1])
    known = (count > 0) & (truth != 0) & (total != 0)
    mean = total[known] / count[known]
    return np.column_stack([(1 + np.abs(mean)) / 2, np.sign(mean) == truth[known]]).astype(float)


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


def _todo(of: dict[str, Any]) -> list[str]:
    """What needs somebody now, worst first."""
    found = []
    if of["audit"] and of["audit"]["alarm"]:
        found.append(of["audit"]["alarm"])
    for person in of["people"]:
        for worry in person.get("worries", ()):
            found.append(f"{person['name']}: {worry}")
    for name, closely in of["closely"]["people"].items():
        for each in closely["models"]:
            more = "more" if each["chosen"]["value"] > each["others"] else "less"
            found.append(
                f"{name} chooses {each['model']} {more} often than others on the same pairs "
                f"({each['chosen']['value']:.0%}, others {each['others']:.0%})"
            )
    for judge in of["judges"]:
        if judge["standing"] in ("no better than chance", "worse than chance"):
            found.append(f"judge {judge['judge']} is {judge['standing']} against people")
    for each in (of["checks"] or {"open": ()})["open"]:
        if each["severity"] == "error":
            name = each["check"] + (f".{each['part']}" if each["part"] else "")
            found.append(f"{each['n']:,} errors of {name}, such as: {each['examples'][0]['reason']}")
    alpha = of["agreement"]["alpha"]
    if alpha and alpha["high"] < 0.67:
        found.append(f"people agree little (alpha {alpha['value']:.2f}): make the guidelines clearer")
    if circles := of["wins"]["n_cycles"]:
        found.append(f"{circles:,} sets of labels go round in a circle (a over b over c over a)")
    if of["agreement"]["conflicts"]:
        found.append(f"{of['agreement']['conflicts']:,} conflicts wait for a lead's decision")
    return found


def page_of(numbers: dict[str, Any]) -> str:
    """The numbers as one self-contained HTML page."""
    return render(numbers, sections_of(numbers))
