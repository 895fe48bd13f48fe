"""One look at people's labels of a frame: weigh the judges, certify a threshold, forecast every pair.

What was learned is kept as it was. Labels that change afterwards are heard at
once where they make the certificate stricter: the same test at the same level,
on the labels as they are now. So is a first label of a pair that was unobserved:
it counted as an error, and the test with it in place would have passed nothing
that breaks the guarantee more often. Labels that changed from wrong to right take a
new look, which spends some of the frame's delta.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pairwright.routing.agreement import TIE, UNKNOWN, agrees
from pairwright.routing.forecast import FEWEST
from pairwright.routing.guarantee import Certificate
from pairwright.routing.judge_accuracy import judges_worth
from pairwright.routing.sequential import share_of
from pairwright.routing.weigh import Applied, Retested, Sample, Step, apply, retest, weigh
from pairwright.stages.project.project import Project
from pairwright.stages.route import audit, betting
from pairwright.stages.route.frames import FrameView, State, fits, usable
from pairwright.stats.calibration import expected_calibration_error
from pairwright.store.figures import totals
from pairwright.store.route.ballots import AllVotes
from pairwright.store.route.calibrations import RecordedLook, add_calibration

FIRST_LOOK = 0.85
WORTH_A_LOOK = 0.05  # of the tested labels changed for the better: then testing again is worth its price


def spend(delta: float, looks: int) -> float:
    """What a frame's next look may spend: 85 % of what is left, so that all looks together keep delta.

    The first look is the one that most projects need, so it gets most.
    """
    return delta * FIRST_LOOK * (1 - FIRST_LOOK) ** looks


def settled(project: Project, state: State, view: FrameView) -> tuple[np.ndarray, np.ndarray]:
    """(n_drawn,) each, in the order drawn: answered by people; that, or left open by them for good.

    A pair is answered when as many people answered as are asked of every pair and
    they come to one label. One that was skipped, flagged or dropped is unobserved.
    """
    said, order = state.said, view.order
    answered = (said.people_heard[order] >= project.settings.annotate.overlap) & (said.label[order] >= 0)
    return answered, answered | said.skipped[order] | state.out[order]


def look_due(project: Project, state: State, view: FrameView) -> bool:
    """Whether people's labels of this frame are to be looked at, which spends some of its delta."""
    answered, done = settled(project, state, view)
    if not len(view.order) or not state.steps or state.unheard[-1][view.order].any():
        return False
    newest = usable(project, state, view)
    if project.settings.route.test == "betting":
        return betting.generation_due(view, answered, _generation(newest))
    if not done.all():
        return False
    if newest is None or newest.result["drawn"] != len(view.order):
        return True
    if not newest.result["steps"]:  # there were too few labels to weigh judges
        return bool(newest.result["certificate"]["labels"] < 2 * FEWEST <= _known(state.said))
    if newest.result["certificate"]["threshold"] == "every":
        return False
    then, now = _outcomes(state.said, newest)
    better = int((now & ~then & (np.array(newest.result["label"]) != UNKNOWN)).sum())
    unobserved = (state.said.label[view.order] == UNKNOWN).sum()
    return better > 0 and (better >= WORTH_A_LOOK * len(then) or not unobserved)


def _known(said: AllVotes) -> int:
    """How many pairs people labelled."""
    return int((said.labels.sum(1) > 0).sum())


def _generation(newest: RecordedLook | None) -> int:
    """The number of the next generation of wagers (stages/route/betting)."""
    return 0 if newest is None else int(newest.result["generation"]) + 1


def _outcomes(said: AllVotes, newest: RecordedLook) -> tuple[np.ndarray, np.ndarray]:
    """(n_tested,) whether the judges agreed with people's label, as it was then and as it is now."""
    result = newest.result
    verdict = np.array(result["tested_verdict"], int).reshape(len(result["steps"]), -1)[-1]
    now = said.label[np.searchsorted(said.pair_ids, result["tested_pairs"])]
    return agrees(np.array(result["label"], int), verdict), agrees(now, verdict)


def look(project: Project, state: State, view: FrameView) -> None:
    """Fit on all labels, certify on those drawn from this frame, and keep both."""
    route, said = project.settings.route, state.said
    level = spend(route.delta, sum(bool(each.result["steps"]) for each in view.looks))
    pool = view.members & state.complete
    result: dict[str, Any] = {
        "frame": view.id,
        "raters": list(state.raters),
        **{name: getattr(route, name) for name in ("target", "delta", "cascade", "trust", "test", "ties")},
        "drawn": len(view.order),
        "left_out": said.pair_ids[view.members & ~pool].tolist(),
        "steps": [],
    }
    labels, drawn = said.labels, view.drawn & pool
    if route.test == "betting":
        generation = _generation(usable(project, state, view))
        level = route.delta * share_of(len(view.looks))
        later = betting.to_come(view, generation)
        labels, drawn = labels * ~later[:, None], drawn & ~later
        result["generation"] = generation
    result["judges"] = [each.as_dict() for each in judges_worth(said.ballots, labels)]
    known = int((labels.sum(1) > 0).sum())
    if known >= 2 * FEWEST and state.steps and len(said.ballots.row):
        certificate = _weigh(project, state, view, labels, drawn, level, result)
    else:
        fewest = 2 * FEWEST if state.steps else None  # no label helps where no judge is left
        certificate = Certificate(
            route.target, level, None, known, 0, 0.0, f"not tested: {known} labels", fewest
        )
    result["certificate"] = as_recorded(certificate)
    with project.store.write() as connection:
        add_calibration(connection, result)


def _weigh(
    project: Project,
    state: State,
    view: FrameView,
    labels: np.ndarray,
    drawn: np.ndarray,
    level: float,
    result: dict[str, Any],
) -> Certificate:
    """Weigh judges by `labels` (n_pairs, 3), test on `drawn` (n_pairs,), and put both into `result`."""
    route, said = project.settings.route, state.said
    pool = view.members & state.complete
    label = np.where(view.drawn & pool, said.label, UNKNOWN).astype(np.int8)
    weighed = weigh(
        said.ballots,
        labels,
        said.groups,
        Sample(pool, drawn, label, route.ties, audit.fewest_left(project, view)),
        state.steps,
        costs := _costs(project, state.steps),
        project.settings.annotate.usd_per_pair,
        target=route.target,
        delta=level,
        seed=project.settings.project.seed,
        trust=route.trust,
    )
    seen = label[drawn] >= 0
    sure, right = weighed.tested_confidence[-1], agrees(label[drawn], weighed.tested_verdict[-1])
    result |= {
        "steps": [step.as_dict() for step in weighed.steps],
        "shares": list(weighed.shares),
        "costs": costs,
        "calibration_error": expected_calibration_error(sure[seen], right[seen].astype(float)),
        "tested": [[float(a), float(b)] for a, b in zip(sure[seen], right[seen], strict=True)],
        "tested_pairs": said.pair_ids[drawn].tolist(),
        "tested_confidence": weighed.tested_confidence.tolist(),
        "tested_verdict": weighed.tested_verdict.tolist(),
        "label": label[drawn].tolist(),
        "ties_told": int((label[drawn] == TIE).sum()) if route.ties == "apart" else 0,
    }
    if route.test != "betting":
        return weighed.certificate
    result["wagers"] = betting.thresholds_of(weighed.confidence[pool])
    return Certificate(route.target, level, None, 0, 0, 0.0, "betting: no label since judges were weighed")


def as_recorded(certificate: Certificate) -> dict[str, Any]:
    """JSON has no infinity."""
    found = certificate.as_dict()
    if certificate.threshold is not None and np.isinf(certificate.threshold):
        found["threshold"] = "every"
    return found


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


def forecast(state: State, newest: RecordedLook, thresholds: Sequence[float | None] | None = None) -> Applied:
    """What was fitted then says of every pair now, at the step of the cascade that it has reached.

    `thresholds` are those of its steps as they are now, if other than were recorded.
    """
    steps = [Step.from_dict(step) for step in newest.result["steps"]]
    if thresholds is not None:
        steps = [replace(step, threshold=now) for step, now in zip(steps, thresholds, strict=True)]
    return apply(steps, state.said.ballots, state.said.groups, reached(state, len(steps)))


def reached(state: State, n_steps: int) -> np.ndarray:
    """(n_pairs,) the furthest step of which all judges have answered."""
    found = np.zeros(len(state.said.pair_ids), int)
    for i in range(1, min(n_steps, len(state.steps))):
        found[~(state.unheard[i] | state.failed[i]) & (found == i - 1)] = i
    return found


def certificate_now(
    project: Project, state: State, view: FrameView, newest: RecordedLook
) -> tuple[RecordedLook, dict[str, Any], list[float | None]]:
    """(the look that decides, its certificate, thresholds of its steps) by labels as they are now.

    Every look spends its own part of delta, so the certificates of all of them hold
    together, and the one that accepts most decides: further labels don't cost what was
    certified before, unless they speak against it. None is looser than what was
    recorded: it is tested again, at the same level, by all labels that the newest look
    heard, as they are now. One that changed for the worse, or was taken back, counts.
    """
    if not newest.result["steps"]:
        return newest, newest.result["certificate"], []
    looks = [each for each in view.looks if each.result["steps"] and fits(each, state, project)]
    if newest.result["test"] == "betting":
        decides, wagered = betting.certificate_now(project, state, view, looks)
        return decides, as_recorded(wagered), [wagered.threshold]
    found = [(each, *_retested(project, state, view, each, newest)) for each in reversed(looks)]
    return max(found, key=lambda each: float(each[1]["coverage"]))  # of equals the newest


def _retested(
    project: Project, state: State, view: FrameView, each: RecordedLook, newest: RecordedLook
) -> tuple[dict[str, Any], list[float | None]]:
    result, said = each.result, state.said
    steps = [Step.from_dict(step) for step in result["steps"]]
    thresholds = [step.threshold for step in steps]
    place = np.searchsorted(said.pair_ids, result["tested_pairs"])
    later = np.setdiff1d(np.searchsorted(said.pair_ids, newest.result["tested_pairs"]), place)
    then, label = np.array(result["label"], int), said.label[place]
    if (label == then).all() and not len(later) and result["drawn"] == len(view.order):
        return result["certificate"], thresholds
    forecasts = [step.forecaster.predict(said.ballots, said.groups) for step in steps]
    sure, verdict = (
        np.stack([each[1] for each in forecasts]),
        np.array([each[0].argmax(1) for each in forecasts]),
    )
    tested_sure, tested_verdict = np.array(result["tested_confidence"]), np.array(result["tested_verdict"])

    def again(
        before: Sequence[float | None] | None, more: np.ndarray, label: np.ndarray, drawn: np.ndarray
    ) -> Retested:
        rest = view.members & state.complete & ~np.isin(said.pair_ids, result["left_out"])
        rest[drawn] = False
        return retest(
            before,
            np.hstack([tested_sure, sure[:, more]]),
            np.hstack([tested_verdict, verdict[:, more]]),
            label,
            sure[:, rest],
            result["costs"],
            project.settings.annotate.usd_per_pair,
            target=result["target"],
            delta=result["certificate"]["delta"],
            ties=result["ties"],
            fewest=audit.fewest_left(project, view),
        )

    if ((then == UNKNOWN) & (label != UNKNOWN)).any():
        # The test of that look, with the labels it lacked; one that was wrong then stays an error.
        first = np.where(then == UNKNOWN, label, then)
        thresholds = list(again(None, later[:0], first, view.order[: result["drawn"]]).thresholds)
    found = again(thresholds, later, said.label[np.append(place, later)], view.order)
    return as_recorded(found.certificate), list(found.thresholds)
