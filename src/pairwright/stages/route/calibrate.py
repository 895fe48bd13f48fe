"""What the judges are worth here: pairs drawn by chance for people, a fit, and a threshold that holds.

The newcomer's path: nothing is accepted before people have answered a sample of
a frame's pairs (stages/route/frames); when they have, the judges are weighed once, a
threshold is certified for that frame, and both are kept as they are. Every
further look at a frame's labels (after more were drawn, after judges changed, or
after labels changed for the better) spends most of the delta that is left to
that frame. Labels that change for the worse count at once, and for free.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from pairwright.amounts import counted
from pairwright.routing.decide import Standing
from pairwright.routing.judge_accuracy import judges_worth
from pairwright.routing.shift import says_little_of_others
from pairwright.routing.weigh import Applied, Step
from pairwright.stages.panel.asked import refused_of
from pairwright.stages.project.project import Project
from pairwright.stages.route import audit, frames
from pairwright.stages.route.frames import FrameView, State, read_state, usable
from pairwright.stages.route.look import certificate_now, forecast, look, look_due, settled, spend
from pairwright.store.people.annotators import anybody_answered
from pairwright.store.route import frames as store
from pairwright.store.route.ballots import AllVotes, read_said
from pairwright.store.route.calibrations import RecordedLook


@dataclass(frozen=True, slots=True)
class FrameFigures:
    """One frame, in figures.

    `pairs` it covers, and `joined` that came later and are taken to be alike.
    `drawn` are for people to answer, `answered` of them are, `settled` counts
    those that were skipped too: they are errors in the test until somebody
    answers. `disputed` ones wait for a lead. `ties` of those tested were called a
    tie by people. `shift` is what the judges' votes say of how its pairs differ
    from those before, in words.
    """

    frame: int
    pairs: int
    joined: int
    about: dict[str, Any]
    drawn: int
    answered: int
    settled: int
    disputed: int
    looks: int
    certificate: dict[str, Any] | None = None
    ties: int = 0
    unobserved: int = 0
    audit: dict[str, Any] | None = None
    alarm: str | None = None
    withdrawn: int = 0
    waits: str | None = None
    shift: str | None = None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Where calibration stands, in figures; those of all frames together, then each frame's.

    `certificate` is that of the newest frame that was tested, None before.
    `judges` is what each is worth. `audited` accepted pairs were checked by
    people and `audit_errors` of them wrong; `accuracy` estimates how many of the
    accepted agree with people. `alarm` says that an audit found what was accepted
    worse than guaranteed. `outside` counts pairs no frame covers, by reason.
    """

    target: float
    delta: float
    drawn: int = 0
    answered: int = 0
    settled: int = 0
    looks: int = 0
    certificate: dict[str, Any] | None = None
    judges: list[dict[str, Any]] = field(default_factory=list)
    audited: int = 0
    audit_errors: int = 0
    accuracy: dict[str, Any] | None = None
    calibration_error: float | None = None
    alarm: str | None = None
    outside: dict[str, int] = field(default_factory=dict)
    frames: list[dict[str, Any]] = field(default_factory=list)

    @property
    def audit(self) -> dict[str, Any] | None:
        """What people found among the accepted, all frames together; None before anything was certified."""
        audits = [each["audit"] for each in self.frames if each["audit"]]
        if not audits:
            return None
        return {
            "drawn": sum(each["drawn"] for each in audits),
            "checked": self.audited,
            "wrong": self.audit_errors,
            "accuracy": self.accuracy,
            "alarm": self.alarm,
        }

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Standings:
    """Where every pair stands under the rule with a guarantee."""

    def __init__(self, said: AllVotes, calibration: Calibration) -> None:
        n = len(said.pair_ids)
        self.calibration = calibration
        self.drawn: dict[int, Any] = {}
        self.turn: dict[int, float] = {}
        self.distrusted: dict[str, str] = {}
        self.probs, self.confidence = np.full((n, 3), np.nan), np.full(n, np.nan)
        self.threshold = np.full(n, np.nan)  # nan: nothing may be accepted
        self.waits: list[str | None] = [None] * n
        self.outside: list[str | None] = [None] * n
        self.next_judge: list[str | None] = [None] * n
        self.hear: tuple[str, ...] | None = None  # judges to be heard before anything is decided; None: all
        self._place = {int(pair_id): i for i, pair_id in enumerate(said.pair_ids)}

    def of(self, pair_id: int) -> Standing:
        i = self._place.get(pair_id)
        if i is None:  # came while routing: nothing is known of it yet
            return Standing(waits="waits for the next `pairwright route`", hear=self.hear)
        known, threshold = not np.isnan(self.confidence[i]), float(self.threshold[i])
        a, b, tie = (round(each, 4) for each in self.probs[i].tolist())
        return Standing(
            (a, b, tie) if known else None,
            float(self.confidence[i]) if known else None,
            None if np.isnan(threshold) or not known else threshold,
            self.drawn.get(pair_id),
            self.waits[i],
            hear=self.hear,
            next_judge=self.next_judge[i],
            teaches=self.turn.get(pair_id),
            outside=self.outside[i],
        )

    def put(self, where: np.ndarray, applied: Applied) -> None:
        """What is believed of these pairs, and above which confidence each may be accepted."""
        self.probs[where], self.confidence[where] = applied.probs[where], applied.confidence[where]
        self.threshold[where] = applied.threshold[where]

    def say(self, what: list[str | None], where: np.ndarray, reason: str | None) -> None:
        for i in np.flatnonzero(where):
            what[i] = reason


def standings(project: Project, *, more: int = 0, said: AllVotes | None = None) -> Standings:
    """Make frames, draw, fit and certify as far as that can be done now; `more` pairs are drawn on top.

    All of it goes by what was said when it began (`said`, where that was read already).
    """
    state = read_state(project, said)
    if renew(project, state, more):
        state = read_state(project, state.said)
    for view in state.views:
        if look_due(project, state, view):
            look(project, state, view)
            # Judges may have been refused: who is heard is read anew.
            return standings(project, said=state.said)
    return _standings(project, state, drawing=True)


def distrusted_judges(project: Project) -> dict[str, str]:
    """Judges that people's labels so far show to be no better than chance, and how so."""
    with project.store.read() as connection:
        if not anybody_answered(connection):
            return {}
        said = read_said(connection, list(project.settings.judges))
    return refused_of([worth.as_dict() for worth in judges_worth(said.ballots, said.labels)], project)


def renew(project: Project, state: State, more: int) -> bool:
    """Cover pairs that no frame covers, and draw; whether anything changed."""
    if not state.steps:
        return False
    route, said, there = project.settings.route, state.said, state.views
    free = frames.uncovered(said, there, state.out | ~state.complete)
    changed = False
    # A frame is made when all is judged: while judges are at work its pairs would be those judged first.
    if free.any() and not state.unheard[0].any():
        changed = _cover(project, state, free)
    if changed:
        state = read_state(project, said)
    with project.store.write() as connection:
        for view in reversed(state.views):  # the newest frame first
            if not len(view.order):
                certified = _newest_fit(project, state)
                sure = None if certified is None else certified.confidence[view.members]
                wanted = more or frames.first_draw(
                    project, spend(route.delta, 0), int(view.members.sum()), sure
                )
            else:
                wanted = more
            if wanted:
                drawn = frames.draw_more(connection, said, view, wanted)
                more, changed = max(0, more - drawn), changed or drawn > 0
    return changed


def _cover(project: Project, state: State, free: np.ndarray) -> bool:
    """Make a frame of these pairs, or let them join the newest; False where they are too few for either."""
    route, said, there = project.settings.route, state.said, state.views
    base = next((view for view in reversed(there) if view.looks), None)
    shift = None if base is None else audit.shift_between(project, state, base, free)
    joins = (
        route.new_pairs == "same-stream"
        and base is not None
        and certifies(project, state, base)
        and shift is not None
        and not shift["shifted"]
    )
    if joins and base is not None and shift is not None:
        shift["not_joined"] = says_little_of_others(said.groups[base.order], said.groups[free])
        joins = shift["not_joined"] is None
    few = bool(there) and free.sum() < frames.smallest_batch(route.target, spend(route.delta, 0))
    if few and not joins:
        return False
    with project.store.write() as connection:
        if joins and base is not None:
            store.add_members(connection, base.id, said.pair_ids[free], joined=True)
            store.add_event(connection, base.id, "joined", {"pairs": int(free.sum()), "shift": shift})
        else:
            number = len(store.frames(connection)) + 1
            frames.make_frame(connection, said, free, frames.seed_of(project, number), shift)
    return True


def certifies(project: Project, state: State, view: FrameView) -> bool:
    """Whether this frame's pairs may be accepted now."""
    newest = usable(project, state, view)
    if newest is None or view.rung is not None:
        return False
    return certificate_now(project, state, view, newest)[1]["threshold"] is not None


def _newest_fit(project: Project, state: State) -> Applied | None:
    """What the newest usable fit of any frame says of every pair, to plan by."""
    fits = [each for view in state.views if (each := usable(project, state, view)) and each.result["steps"]]
    return None if not fits else forecast(state, max(fits, key=lambda each: each.id))


def _standings(project: Project, state: State, *, drawing: bool) -> Standings:
    """Where every pair stands by what is on record; where `drawing`, audits are drawn and may ring."""
    route, said = project.settings.route, state.said
    found = Standings(said, Calibration(route.target, route.delta))
    found.hear = state.steps[0] if len(state.steps) > 1 else None
    if (planned := _newest_fit(project, state)) is not None:
        planned.threshold[:] = (
            np.nan
        )  # a forecast for pairs whose frame was not tested yet: nothing rests on it
        found.put(np.ones(len(said.pair_ids), bool), planned)
    figures = [_frame(project, state, view, found, drawing=drawing) for view in state.views]
    outside = _outside(project, state, found)
    newest = max(
        (each for view in state.views if (each := usable(project, state, view))), key=_number, default=None
    )
    found.calibration = _calibration(project, state, figures, newest, outside)
    if newest is not None:
        found.distrusted = refused_of(newest.result["judges"], project)
    return found


def _number(recorded: RecordedLook) -> int:
    return recorded.id


def _frame(
    project: Project, state: State, view: FrameView, found: Standings, *, drawing: bool
) -> FrameFigures:
    """Put what one frame's certificate says into `found`; its figures."""
    said, newest = state.said, usable(project, state, view)
    answered, done = settled(project, state, view)
    covered = (view.members & ~view.drawn) | view.joined
    for turn, place in enumerate(view.order):
        if not done[turn]:
            found.drawn[int(said.pair_ids[place])] = "calibration"
            found.turn[int(said.pair_ids[place])] = 1 - turn / len(view.order)
    shift = view.frame.about.get("shift")
    figures: dict[str, Any] = {
        "frame": view.id,
        "pairs": int(view.members.sum()),
        "joined": int(view.joined.sum()),
        "about": {name: view.frame.about[name] for name in ("sources", "domains")},
        "drawn": len(view.order),
        "answered": int(answered.sum()),
        "settled": int(done.sum()),
        "disputed": int((said.people_heard[view.order] >= project.settings.annotate.overlap)[~done].sum()),
        "looks": len(view.looks),
        "shift": (shift["in_words"] if shift["shifted"] else shift.get("not_joined")) if shift else None,
    }
    if newest is None:
        people = f"people have answered {int(done.sum()):,} of {counted(len(view.order), 'drawn pair')}"
        why = f"waits for calibration: {people}"
        found.say(found.waits, covered, why)
        return FrameFigures(**figures, waits=why)
    newest, certificate, thresholds = certificate_now(project, state, view, newest)
    figures |= {
        "certificate": certificate,
        "ties": newest.result.get("ties_told", 0),
        "unobserved": int((said.label[view.order] < 0).sum()),
    }
    if not newest.result["steps"]:
        return FrameFigures(**figures)
    applied = _acceptable(state, newest, thresholds, covered)
    found.put(view.members | view.joined, applied)
    held = _ask_next(state, newest, applied, covered, found)
    figures["waits"] = held
    if drawing and view.rung is None and held is None:
        checked = audit.run(project, state, view, newest, applied)
    else:
        checked = audit.heard(project, state, view, newest, applied)
    for turn, place in enumerate(checked.open):
        found.drawn[int(said.pair_ids[place])] = "audit"
        found.turn[int(said.pair_ids[place])] = 1 - turn / len(checked.open)
    if checked.alarm is not None:
        found.say(found.outside, covered, "an alarm stands: `pairwright route --recalibrate`, or `--restore`")
    return FrameFigures(
        **figures, audit=checked.as_dict(), alarm=checked.alarm, withdrawn=len(checked.withdrawn)
    )


def _acceptable(
    state: State, newest: RecordedLook, thresholds: Sequence[float | None], covered: np.ndarray
) -> Applied:
    """The frame's forecasts, with a threshold only where its certificate covers the pair."""
    applied = forecast(state, newest, thresholds)
    left_out = np.isin(state.said.pair_ids, newest.result["left_out"])
    applied.threshold[~(covered & state.complete & ~left_out)] = np.nan
    return applied


def _ask_next(
    state: State, newest: RecordedLook, applied: Applied, covered: np.ndarray, found: Standings
) -> str | None:
    """Which judge of a cascade is asked next; why the frame's labels wait, where one still owes answers.

    A cascade was certified as a whole: what its first steps accept alone was never tested.
    """
    steps = [Step.from_dict(step) for step in newest.result["steps"]]
    if len(steps) == 1:
        return None
    unlabelled = (state.said.label < 0) & (state.said.counts.sum(1) == 0)
    asking = covered & ~np.isnan(applied.threshold) & unlabelled & ~(applied.confidence > applied.threshold)
    owing: dict[str, int] = {}
    for i in range(1, len(steps)):
        judge = next(name for name in steps[i].judges if name not in steps[i - 1].judges)
        now = asking & (applied.step == i - 1) & ~state.failed[min(i, len(state.failed) - 1)]
        found.say(found.next_judge, now, judge)
        owing[judge] = int(now.sum())
    if not sum(owing.values()):
        return None
    told = ", ".join(f"{judge} on {counted(n, 'pair')}" for judge, n in owing.items() if n)
    why = f"waits for the cascade to be complete: {told} to be heard (`pairwright judge`)"
    found.say(found.waits, covered & (applied.confidence > applied.threshold), why)
    return why


def _outside(project: Project, state: State, found: Standings) -> dict[str, int]:
    """Pairs that no frame covers: why, and how many."""
    route = project.settings.route
    if not state.steps:
        return {}
    free = frames.uncovered(state.said, state.views, state.out | state.unheard[0])
    failed, counts = free & state.failed[0], {}
    rest = free & ~failed
    few = frames.smallest_batch(route.target, spend(route.delta, 0))
    reasons = [(failed, "a judge failed: `pairwright judge --retry-failed` asks it again, or people answer")]
    if state.unheard[0].any():
        blocked = "waits for the judges: pairs to calibrate on are drawn when all have been judged"
        found.say(found.waits, rest, blocked)
    elif not state.views or rest.sum() >= few:
        found.say(found.waits, rest, "waits for `pairwright route`, which draws a sample of new pairs")
    else:
        told = f"new pairs, fewer than the {few:,} that take a sample of their own: people answer them"
        reasons.append((rest, told))
    for where, reason in reasons:
        if where.any():
            found.say(found.outside, where, reason)
            counts[reason] = int(where.sum())
    return counts


def _calibration(
    project: Project,
    state: State,
    figures: Sequence[FrameFigures],
    newest: RecordedLook | None,
    outside: dict[str, int],
) -> Calibration:
    """All frames together."""
    route = project.settings.route
    of_newest = next((each for each in figures if newest and each.frame == newest.result["frame"]), None)
    audits = [each.audit for each in figures if each.audit]
    accuracy = [each["accuracy"] for each in audits if each["accuracy"]]
    alarms = [each.alarm for each in figures if each.alarm]
    return Calibration(
        route.target,
        route.delta,
        sum(each.drawn for each in figures),
        sum(each.answered for each in figures),
        sum(each.settled for each in figures),
        sum(each.looks for each in figures),
        of_newest.certificate if of_newest else None,
        newest.result["judges"] if newest else [],
        sum(each["checked"] for each in audits),
        sum(each["wrong"] for each in audits),
        accuracy[-1] if len(accuracy) == 1 else None,
        newest.result.get("calibration_error") if newest else None,
        " ".join(alarms) or None,
        outside,
        [asdict(each) for each in figures],
    )


def calibration_of(project: Project, said: AllVotes | None = None) -> Calibration:
    """Where calibration stands, for those who tell of it; nothing is drawn, tested or changed.

    `said` is all that was said, where it was read already.
    """
    return _standings(project, read_state(project, said), drawing=False).calibration
