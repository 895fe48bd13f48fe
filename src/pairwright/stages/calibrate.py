"""What the judges are worth here: pairs drawn by chance for people, a fit, and a threshold that holds.

The newcomer's path: nothing is accepted before people have answered a draw of
pairs; when they have, the judges are weighed once, a threshold is certified, and
both are kept as they are. Every further look at the labels (after more were
drawn, or after judges changed) spends three quarters of the delta that was left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from pairwright.keys import seeded_fraction
from pairwright.routing import believe
from pairwright.routing.decide import Standing
from pairwright.routing.guarantee import Certificate, certify, first_labels
from pairwright.routing.sequential import Alarm
from pairwright.routing.worth import judges_worth
from pairwright.stages.judge import orders_asked, refused_of
from pairwright.stages.project import Project
from pairwright.stats.anchored import combine
from pairwright.store.ballots import Said, read_said, unheard
from pairwright.store.calibrations import (
    Recorded,
    add_calibration,
    add_draws,
    count,
    draws,
    newest_calibration,
)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Where calibration stands, in figures. `certificate` is None before the first look.

    `drawn` pairs are for people to answer, `answered` of them are (skipped ones
    count as settled). `judges` is what each is worth. `alarm` says that an audit
    found what was accepted worse than promised.
    """

    target: float
    delta: float
    drawn: int
    answered: int
    settled: int
    looks: int
    certificate: dict[str, Any] | None = None
    judges: list[dict[str, Any]] = field(default_factory=list)
    audited: int = 0
    audit_errors: int = 0
    alarm: str | None = None

    @property
    def waits(self) -> str | None:
        """Why nothing can be accepted yet, None when that has been decided."""
        if self.alarm:
            return None
        if not self.drawn:
            return "waits for the judges: pairs to calibrate on are drawn when all have been judged"
        if self.certificate is None:
            return (
                f"waits for calibration: people have answered {self.settled:,} of {self.drawn:,} drawn pairs"
            )
        return None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Standings:
    """Where every pair stands under the rule with a guarantee."""

    def __init__(self, said: Said, calibration: Calibration, forecasts: np.ndarray | None) -> None:
        self.calibration = calibration
        self.reliability: Mapping[str, float] = {}
        self.threshold: float | None = None
        self.drawn: dict[int, Any] = {}
        self.distrusted: dict[str, str] = {}
        self._place = {int(pair_id): i for i, pair_id in enumerate(said.pair_ids)}
        self._forecasts = forecasts
        self._confidence = None if forecasts is None else believe.best_label(forecasts)[1]

    def of(self, pair_id: int) -> Standing:
        place = self._place.get(pair_id)
        forecast = confidence = None
        if self._forecasts is not None and self._confidence is not None and place is not None:
            a, b, tie = (round(float(p), 4) for p in self._forecasts[place])
            forecast, confidence = (a, b, tie), float(self._confidence[place])
        return Standing(
            forecast,
            confidence,
            self.threshold,
            self.drawn.get(pair_id),
            self.calibration.waits,
            self.reliability,
        )


def standings(project: Project, *, more: int = 0) -> Standings:
    """Draw, fit and certify as far as that can be done now; `more` pairs are drawn on top."""
    route = project.settings.route
    with project.store.read() as connection:
        asked = orders_asked(connection, project)
        said = read_said(connection, list(project.settings.judges))
        looks = count(connection)
        newest = newest_calibration(connection)
        there = [each.pair_id for each in draws(connection, "calibration")]
        waiting = unheard(connection, dict(asked))
    there += _draw(project, said, waiting, there, looks, more)
    places = np.searchsorted(said.pair_ids, there)
    drawn = np.zeros(len(said.pair_ids), bool)
    drawn[places] = True
    answered = drawn & (said.labels.sum(1) > 0)
    settled = answered | (drawn & said.skipped)
    raters = [int(i) for i in said.raters]
    usable = newest is not None and _fits(newest, raters, route.target, route.delta)
    looked_at = newest.result["drawn"] if newest is not None and usable else 0
    if drawn.sum() == settled.sum() != looked_at:
        newest = _look(project, said, answered, int(drawn.sum()), looks, raters)
        usable, looks = True, looks + 1
    figures = Calibration(
        route.target, route.delta, int(drawn.sum()), int(answered.sum()), int(settled.sum()), looks
    )
    if not usable or newest is None:
        found = Standings(said, figures, None)
    else:
        found = _apply(project, said, figures, newest)
    if found.calibration.judges:
        found.distrusted = refused_of(found.calibration.judges, project)
    found.drawn |= {int(said.pair_ids[i]): "calibration" for i in np.flatnonzero(drawn & ~settled)}
    return found


def distrusted_judges(project: Project) -> dict[str, str]:
    """Judges that people's labels so far show to be no better than chance, and how so."""
    with project.store.read() as connection:
        said = read_said(connection, list(project.settings.judges))
    return refused_of([worth.as_dict() for worth in judges_worth(said.ballots, said.labels)], project)


def _fits(newest: Recorded, raters: Sequence[int], target: float, delta: float) -> bool:
    result = newest.result
    return (result["raters"], result["target"], result["delta"]) == (list(raters), target, delta)


def _draw(
    project: Project, said: Said, waiting: np.ndarray, there: list[int], looks: int, more: int
) -> list[int]:
    """Draw pairs for people by chance, if there are none yet or more are wanted."""
    route, seed = project.settings.route, project.settings.project.seed
    if len(waiting) and not there:
        # The draw has to be from all pairs: with some not judged yet, it would favour those that are.
        return []
    out = {*there, *waiting.tolist()}
    candidates = [int(i) for i in said.pair_ids if int(i) not in out]
    wanted = more
    if not there:
        needed = first_labels(route.target, _spend(route.delta, looks), len(candidates))
        wanted = more or route.calibration_pairs or needed
    if not wanted:
        return []
    candidates.sort(key=lambda pair_id: seeded_fraction("calibration", seed, looks, pair_id))
    chosen = candidates[:wanted]
    with project.store.write() as connection:
        add_draws(connection, chosen, "calibration", len(chosen) / max(1, len(candidates)))
    return chosen


def _spend(delta: float, looks: int) -> float:
    """What the next look may spend: three quarters of what is left, so that all looks together keep delta."""
    return delta * 0.75 * 0.25**looks


def _look(
    project: Project,
    said: Said,
    answered: np.ndarray,
    drawn: int,
    looks: int,
    raters: list[int],
) -> Recorded:
    """Fit on all labels, certify on those drawn by chance, and keep both."""
    route, seed = project.settings.route, project.settings.project.seed
    labels = said.labels
    known = int((labels.sum(1) > 0).sum())
    spend = _spend(route.delta, looks)
    worth = [each.as_dict() for each in judges_worth(said.ballots, labels * answered[:, None])]
    refused = refused_of(worth, project)
    ballots = said.ballots.of_judges([name for name in said.ballots.judges if name not in refused])
    result: dict[str, Any] = {
        "raters": raters,
        "target": route.target,
        "delta": route.delta,
        "drawn": drawn,
        "judges": worth,
    }
    if known >= 2 * believe.FEWEST and len(ballots.row):
        crossed = believe.cross_fit(ballots, labels, said.groups, seed=seed)
        probs, confidence = crossed.probs, crossed.confidence
        label = probs.argmax(1)
        wrong = 1 - labels[np.arange(len(label)), label]
        certificate = certify(confidence[answered], wrong[answered], route.target, spend)
        people = combine(probs, said.person_row, said.person, said.said, len(said.people))
        result |= {
            "forecaster": crossed.forecaster.as_dict(),
            "own": {
                str(said.pair_ids[i]): [round(float(p), 4) for p in probs[i]]
                for i in np.flatnonzero(labels.sum(1) > 0)
            },
            "reliability": dict(zip(said.people, people.reliability.tolist(), strict=True)),
        }
    else:
        fewest = 2 * believe.FEWEST if len(ballots.row) else None  # no label helps where no judge is left
        certificate = Certificate(
            route.target, spend, None, known, 0, 0.0, f"not tested: {known} labels", fewest
        )
    result["certificate"] = certificate.as_dict()
    if certificate.threshold is not None and np.isinf(certificate.threshold):
        result["certificate"]["threshold"] = "all"
    with project.store.write() as connection:
        add_calibration(connection, result)
        newest = newest_calibration(connection)
    assert newest is not None  # just added
    return newest


def _apply(project: Project, said: Said, figures: Calibration, newest: Recorded) -> Standings:
    """Forecast every pair with what was fitted, draw the audit, and see what it found."""
    result = newest.result
    forecasts = None
    if "forecaster" in result:
        forecasts = believe.Forecaster.from_dict(result["forecaster"]).predict(said.ballots)
        for i, pair_id in enumerate(said.pair_ids.tolist()):
            if own := result["own"].get(str(pair_id)):
                forecasts[i] = own  # made without this pair's own label
    certificate = result["certificate"]
    threshold = -np.inf if certificate["threshold"] == "all" else certificate["threshold"]
    found = Standings(said, figures, forecasts)
    if forecasts is not None and threshold is not None:
        audited = _audit(project, said, forecasts, threshold, newest)
        alarm = _hear(said, forecasts, audited, result["target"], found)
    else:
        alarm = None
    found.threshold = None if alarm is not None and alarm.rings else threshold
    found.reliability = result.get("reliability", {})
    found.calibration = Calibration(
        **{
            **asdict(figures),
            "certificate": certificate,
            "judges": result["judges"],
            "audited": alarm.seen if alarm else 0,
            "audit_errors": alarm.errors if alarm else 0,
            "alarm": _alarm_text(alarm) if alarm and alarm.rings else None,
        }
    )
    return found


def _audit(
    project: Project,
    said: Said,
    forecasts: np.ndarray,
    threshold: float,
    newest: Recorded,
) -> list[int]:
    """Draw a share of what is accepted for people to check, for ever; places of all since the last look."""
    share, seed = project.settings.route.audit, project.settings.project.seed
    with project.store.read() as connection:
        there = {each.pair_id for each in draws(connection, "audit")}
    accepted = (believe.best_label(forecasts)[1] > threshold) & (said.labels.sum(1) == 0)
    chosen = [
        int(i)
        for i in said.pair_ids[accepted]
        if int(i) not in there and seeded_fraction("audit", seed, newest.id, int(i)) < share
    ]
    with project.store.write() as connection:
        add_draws(connection, chosen, "audit", share)
        since = [each.pair_id for each in draws(connection, "audit") if each.at >= newest.at]
    return [int(i) for i in np.searchsorted(said.pair_ids, since)]


def _hear(said: Said, forecasts: np.ndarray, audited: list[int], target: float, found: Standings) -> Alarm:
    """Let the alarm see every audited pair people answered; those they did not wait for them."""
    alarm, labels = Alarm(target), said.labels
    for i in audited:
        if labels[i].sum() > 0:
            alarm.see(bool(labels[i, forecasts[i].argmax()] < 0.5))
        elif not said.skipped[i]:
            found.drawn[int(said.pair_ids[i])] = "audit"
    return alarm


def _alarm_text(alarm: Alarm) -> str:
    return (
        f"of {alarm.seen:,} accepted pairs that people checked, {alarm.errors:,} were wrong: more than the "
        f"{1 - alarm.target:.0%} promised. Nothing more is accepted until judges are calibrated anew: "
        "draw pairs for it with `pairwright route --more 200`."
    )
