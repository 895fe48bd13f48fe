"""What the judges are worth here: pairs drawn by chance for people, a fit, and a threshold that holds.

The newcomer's path: nothing is accepted before people have answered a draw of
pairs; when they have, the judges are weighed once, a threshold is certified, and
both are kept as they are. Every further look at the labels (after more were
drawn, or after judges changed) spends three quarters of the delta that was left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from pairwright.routing import believe
from pairwright.routing.decide import Standing
from pairwright.routing.guarantee import Certificate
from pairwright.routing.sequential import Alarm
from pairwright.routing.weigh import Applied, Step, apply, weigh
from pairwright.routing.worth import judges_worth
from pairwright.stages import betting
from pairwright.stages import draws as draws_
from pairwright.stages.panel import orders_asked, refused_of
from pairwright.stages.project import Project
from pairwright.stats import audit
from pairwright.stats.calibration import expected_calibration_error
from pairwright.store import totals
from pairwright.store.ballots import Said, read_said, unheard
from pairwright.store.calibrations import (
    Draw,
    Recorded,
    add_calibration,
    count,
    draws,
    newest_calibration,
)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Where calibration stands, in figures. `certificate` is None before the first look.

    `drawn` pairs are for people to answer, `answered` of them are (skipped ones
    count as settled). `judges` is what each is worth. `accuracy` estimates how
    many of those accepted agree with people, from the audit; `calibration_error`
    is how far beliefs are from how often they are right. `alarm` says that an audit
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
    accuracy: dict[str, Any] | None = None
    calibration_error: float | None = None
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

    def __init__(self, said: Said, calibration: Calibration) -> None:
        self.calibration = calibration
        self.drawn: dict[int, Any] = {}
        self.turn: dict[int, float] = {}
        self.distrusted: dict[str, str] = {}
        self.applied: Applied | None = None
        self.next_judge: tuple[str | None, ...] = (None,)  # by the step a pair has reached
        self.hear: tuple[str, ...] | None = None  # judges to be heard before anything is decided; None: all
        self._place = {int(pair_id): i for i, pair_id in enumerate(said.pair_ids)}

    def of(self, pair_id: int) -> Standing:
        place = self._place.get(pair_id)
        standing = Standing(
            drawn=self.drawn.get(pair_id),
            teaches=self.turn.get(pair_id),
            waits=self.calibration.waits,
            hear=self.hear,
        )
        if self.applied is None or place is None:
            return standing
        a, b, tie = (round(float(p), 4) for p in self.applied.probs[place])
        threshold = float(self.applied.threshold[place])
        return replace(
            standing,
            forecast=(a, b, tie),
            confidence=float(self.applied.confidence[place]),
            threshold=None if np.isnan(threshold) or self.calibration.alarm else threshold,
            next_judge=self.next_judge[int(self.applied.step[place])],
        )


def standings(project: Project, *, more: int = 0) -> Standings:
    """Draw, fit and certify as far as that can be done now; `more` pairs are drawn on top."""
    route = project.settings.route
    with project.store.read() as connection:
        asked = orders_asked(connection, project)
        steps = steps_of(project, list(asked))
        said = read_said(connection, list(project.settings.judges))
        looks = count(connection)
        newest = newest_calibration(connection)
        there = draws(connection, "calibration")
        unheard_at = [unheard(connection, {name: asked[name] for name in step}) for step in steps]
    nobody = np.array([], int)
    there = draws_.draw(project, said, unheard_at[0] if steps else nobody, there, looks, more)
    drawn, answered, settled = draws_.drawn(said, there, project.settings.annotate.overlap)
    raters = [int(i) for i in said.raters]
    usable = newest is not None and _fits(newest, raters, project)
    looked_at = newest.result["drawn"] if newest is not None and usable else 0
    judged = not steps or not np.isin([each.pair_id for each in there], unheard_at[-1]).any()
    first = betting.first_settled(said, there, settled)
    due = drawn.sum() == settled.sum() != looked_at if route.test == "exact" else not usable and first.any()
    if due and judged:
        _look(
            project,
            said,
            there,
            answered if route.test == "exact" else answered & first,
            looks,
            raters,
            steps,
        )
        return standings(project)  # judges may have been refused: who is heard is read anew
    figures = Calibration(
        route.target, route.delta, int(drawn.sum()), int(answered.sum()), int(settled.sum()), looks
    )
    if not usable or newest is None:
        found = Standings(said, figures)
    else:
        found = _apply(project, said, figures, newest, unheard_at, there, settled)
    found.hear = steps[0] if len(steps) > 1 else None
    if found.calibration.judges:
        found.distrusted = refused_of(found.calibration.judges, project)
    found.drawn |= {int(said.pair_ids[i]): "calibration" for i in np.flatnonzero(drawn & ~settled)}
    if route.test == "betting":  # labels are heard in the order drawn, so that is the order to ask in
        found.turn = {each.pair_id: 1 - i / len(there) for i, each in enumerate(there)}
    return found


def steps_of(project: Project, judges: Sequence[str]) -> list[tuple[str, ...]]:
    """The judges heard by the end of each step; those outside the cascade are heard in the first."""
    cascade = [name for name in project.settings.route.cascade if name in judges]
    if not cascade:
        return [tuple(judges)] if judges else []
    always = [name for name in judges if name not in cascade]
    return [(*always, *cascade[: i + 1]) for i in range(len(cascade))]


def distrusted_judges(project: Project) -> dict[str, str]:
    """Judges that people's labels so far show to be no better than chance, and how so."""
    with project.store.read() as connection:
        said = read_said(connection, list(project.settings.judges))
    return refused_of([worth.as_dict() for worth in judges_worth(said.ballots, said.labels)], project)


def _fits(newest: Recorded, raters: Sequence[int], project: Project) -> bool:
    """Whether what was learned then may be applied to what is asked now."""
    route, then = project.settings.route, newest.result
    return [then["raters"], *(then[name] for name in ("target", "delta", "cascade", "trust", "test"))] == [
        list(raters),
        *(route.target, route.delta, route.cascade, route.trust, route.test),
    ]


def first_spend(delta: float) -> float:
    """What the first look at labels may spend of delta."""
    return draws_.spend(delta, 0)


def _look(
    project: Project,
    said: Said,
    there: Sequence[Draw],
    answered: np.ndarray,
    looks: int,
    raters: list[int],
    steps: Sequence[tuple[str, ...]],
) -> None:
    """Fit on all labels, certify on those drawn by chance, and keep both.

    Where the promise is tested by wagers, `answered` are only those to weigh
    judges on: labels of other drawn pairs are wagers still to come.
    """
    route, labels = project.settings.route, said.labels
    if route.test == "betting":
        to_come = np.searchsorted(said.pair_ids, [each.pair_id for each in there])
        labels = labels * np.where(np.isin(np.arange(len(labels)), to_come), answered, True)[:, None]
    known = int((labels.sum(1) > 0).sum())
    spend = draws_.spend(route.delta, looks)
    tested, _ = draws_.tested(project, said, there)
    worth = [each.as_dict() for each in judges_worth(said.ballots, labels * answered[:, None])]
    refused = refused_of(worth, project)
    kept = [tuple(name for name in step if name not in refused) for step in steps]
    kept = [step for i, step in enumerate(kept) if step and step not in kept[:i]]
    result: dict[str, Any] = {
        "raters": raters,
        "target": route.target,
        "delta": route.delta,
        "cascade": route.cascade,
        "trust": route.trust,
        "test": route.test,
        "drawn": len(there),
        "judges": worth,
        "steps": [],
    }
    if known >= 2 * believe.FEWEST and kept and len(said.ballots.row):
        weighed = weigh(
            said.ballots,
            labels,
            said.groups,
            answered & tested,
            kept,
            _costs(project, kept),
            project.settings.annotate.usd_per_pair,
            target=route.target,
            delta=spend,
            seed=project.settings.project.seed,
        )
        certificate = weighed.certificate
        result |= {
            "steps": [step.as_dict() for step in weighed.steps],
            "own": {
                str(said.pair_ids[i]): [round(float(p), 4) for p in probs]
                for i, probs in zip(weighed.rows, weighed.own, strict=True)
            },
            "shares": list(weighed.shares),
            "calibration_error": expected_calibration_error(*weighed.tested.T),
            "tested": [[float(sure), float(right)] for sure, right in weighed.tested],
            "tested_pairs": said.pair_ids[answered & tested].tolist(),
            "wagers": betting.thresholds_of(weighed.confidence) if route.test == "betting" else None,
        }
    else:
        fewest = 2 * believe.FEWEST if kept else None  # no label helps where no judge is left
        certificate = Certificate(
            route.target, spend, None, known, 0, 0.0, f"not tested: {known} labels", fewest
        )
    result["certificate"] = betting.as_recorded(certificate)
    with project.store.write() as connection:
        add_calibration(connection, result)


def _costs(project: Project, steps: Sequence[Sequence[str]]) -> list[float]:
    """What each step adds to the cost of a pair, in USD, as measured so far.

    Who puts a judge later means to ask it less: it counts as a hundredth of a
    person's answer at least, though it may be free.
    """
    least = project.settings.annotate.usd_per_pair / 100
    with project.store.read() as connection:
        cost = {name: totals.judge_cost(connection, name) for name in steps[-1]}
    before = [(), *steps[:-1]]
    added = [
        sum(cost[name] for name in step if name not in earlier)
        for step, earlier in zip(steps, before, strict=True)
    ]
    return [added[0], *(max(each, least) for each in added[1:])]


def _forecast(
    project: Project,
    said: Said,
    newest: Recorded,
    unheard_at: list[np.ndarray],
    there: Sequence[Draw],
    settled: np.ndarray,
) -> tuple[Applied, dict[str, Any]]:
    """What was fitted then says of every pair now, and what may be accepted by it."""
    result, certificate = newest.result, newest.result["certificate"]
    steps = [Step.from_dict(step) for step in result["steps"]]
    reached = np.zeros(len(said.pair_ids), int)
    for i in range(1, len(steps)):
        heard = ~np.isin(said.pair_ids, unheard_at[min(i, len(unheard_at) - 1)])
        reached[heard & (reached == i - 1)] = i
    applied = apply(steps, said.ballots, reached)
    if result["test"] == "betting":
        wagered = betting.certificate_now(said, there, settled, newest, applied)
        certificate = betting.as_recorded(wagered)
        applied.threshold[:] = np.nan if wagered.threshold is None else wagered.threshold
    applied.threshold[~draws_.tested(project, said, there)[1]] = np.nan
    for i, pair_id in enumerate(said.pair_ids.tolist()):
        if own := result["own"].get(str(pair_id)):
            applied.probs[i] = own  # made without this pair's own label
    return applied, certificate


def _apply(
    project: Project,
    said: Said,
    figures: Calibration,
    newest: Recorded,
    unheard_at: list[np.ndarray],
    there: Sequence[Draw],
    settled: np.ndarray,
) -> Standings:
    """Forecast every pair with what was fitted, draw the audit, and see what it found."""
    result = newest.result
    found = Standings(said, figures)
    alarm = accuracy = None
    certificate = result["certificate"]
    if result["steps"]:
        applied, certificate = _forecast(project, said, newest, unheard_at, there, settled)
        found.applied = applied
        steps = [Step.from_dict(step) for step in result["steps"]]
        found.next_judge = (*(_added(steps, i) for i in range(1, len(steps))), None)
        audited = draws_.audit(project, said, applied, newest)
        alarm = _hear(said, applied.probs, audited, result["target"])
        for i in audited:
            if said.labels[i].sum() == 0 and not said.skipped[i]:
                found.drawn[int(said.pair_ids[i])] = "audit"
        accuracy = _accuracy(said, applied, audited)
    found.calibration = Calibration(
        **{
            **asdict(figures),
            "certificate": certificate,
            "judges": result["judges"],
            "audited": alarm.seen if alarm else 0,
            "audit_errors": alarm.errors if alarm else 0,
            "accuracy": accuracy,
            "calibration_error": result.get("calibration_error"),
            "alarm": _alarm_text(alarm) if alarm and alarm.rings else None,
        }
    )
    return found


def audit_so_far(project: Project, said: Said | None = None) -> dict[str, Any] | None:
    """What people found among the accepted since the last look; None before anything is certified.

    `checked` and `wrong` count pairs, `accuracy` estimates all that is accepted,
    `alarm` is set where it is worse than promised. Nothing is drawn or changed. `said` is all that was
    said, where it was read already.
    """
    with project.store.read() as connection:
        newest = newest_calibration(connection)
        if newest is None or not newest.result["steps"]:
            return None
        asked = orders_asked(connection, project)
        said = said or read_said(connection, list(project.settings.judges))
        if not _fits(newest, [int(i) for i in said.raters], project):
            return None
        steps = steps_of(project, list(asked))
        unheard_at = [unheard(connection, {name: asked[name] for name in step}) for step in steps]
        there = draws(connection, "calibration")
    _, _, settled = draws_.drawn(said, there, project.settings.annotate.overlap)
    applied, certificate = _forecast(project, said, newest, unheard_at, there, settled)
    if certificate["threshold"] is None:
        return None
    audited = draws_.audited(project, said, newest)
    alarm = _hear(said, applied.probs, audited, newest.result["target"])
    return {
        "drawn": len(audited),
        "checked": alarm.seen,
        "wrong": alarm.errors,
        "accuracy": _accuracy(said, applied, audited),
        "alarm": _alarm_text(alarm) if alarm.rings else None,
    }


def _added(steps: Sequence[Step], i: int) -> str:
    """The judge that step i hears beyond the one before."""
    return next(name for name in steps[i].judges if name not in steps[i - 1].judges)


def _hear(said: Said, forecasts: np.ndarray, audited: list[int], target: float) -> Alarm:
    """Let the alarm see every audited pair that people answered."""
    alarm, labels = Alarm(target), said.labels
    for i in audited:
        if labels[i].sum() > 0:
            alarm.see(bool(labels[i, forecasts[i].argmax()] < 0.5))
    return alarm


def _accuracy(said: Said, applied: Applied, audited: list[int]) -> dict[str, Any] | None:
    """How many of the accepted agree with people, by the audit and all beliefs; None while it is small."""
    labels = said.labels
    seen = [i for i in audited if labels[i].sum() > 0]
    if len(seen) < audit.FEWEST:
        return None
    right = labels[seen, applied.probs[seen].argmax(1)] > 0.5
    unlabelled = labels.sum(1) == 0
    unlabelled[audited] = True
    accepted = (applied.confidence > applied.threshold) & unlabelled
    found = audit.audited_accuracy(right, applied.confidence[seen], applied.confidence[accepted])
    return asdict(found)


def _alarm_text(alarm: Alarm) -> str:
    return (
        f"of {alarm.seen:,} accepted pairs that people checked, {alarm.errors:,} were wrong: more than the "
        f"{1 - alarm.target:.0%} promised. Nothing more is accepted until judges are calibrated anew: "
        "draw pairs for it with `pairwright route --more 200`."
    )
