"""The guarantee tested by wagers: labels are heard one by one, and every `route` may look.

Judges are weighed on the first drawn labels of a frame, and again when there are
twice as many, and so on: each of these generations wagers on later labels only,
with its own share of delta. The newest that certifies anything decides. The price
is that fewer pairs are accepted by the same labels (measured in docs/routing.md).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pairwright.routing.agreement import TIE, UNKNOWN, agrees
from pairwright.routing.guarantee import Certificate, hardest
from pairwright.routing.sequential import Wagers, due, newest_certificate, start_of
from pairwright.routing.weigh import Step, apply
from pairwright.stages.project.project import Project
from pairwright.stages.route.audit import fewest_left
from pairwright.stages.route.frames import FrameView, State
from pairwright.store.route.calibrations import RecordedLook


def generation_due(view: FrameView, answered: np.ndarray, generation: int) -> bool:
    """Whether judges can be weighed for this generation. answered (n_drawn,): in the order drawn."""
    return due(answered, generation) and len(view.order) > 0


def to_come(view: FrameView, generation: int) -> np.ndarray:
    """(n_pairs,) bool: drawn pairs whose labels this generation wagers on, so must not be weighed with."""
    mask = np.zeros(len(view.members), bool)
    mask[view.order[start_of(generation) :]] = True
    return mask


def thresholds_of(confidence: np.ndarray) -> list[list[float]]:
    """What is wagered on, fixed when judges are weighed: up to 20 thresholds, and what part each accepts.

    confidence (n,): of the frame's pairs. Each accepts more than the one before;
    the last, at no confidence, accepts every pair.
    """
    found: list[list[float]] = []
    for threshold in np.maximum(Wagers.on(confidence).thresholds, 0.0):
        share = float((confidence > threshold).mean())
        if share > (found[-1][1] if found else 0.0):
            found.append([float(threshold), share])
    return found


def certificate_now(
    project: Project, state: State, view: FrameView, generations: Sequence[RecordedLook]
) -> tuple[RecordedLook, Certificate]:
    """(the look that decides, what may be accepted by all labels heard so far)."""
    wagers = [_wagers(project, state, view, each) for each in generations]
    number, certificate = newest_certificate(wagers)
    threshold = certificate.threshold
    if threshold is not None and wagers[number].alarm(threshold).rings:
        tested = f"{certificate.tested}; withdrawn, for later labels speak against it"
        certificate = Certificate(
            certificate.target, certificate.delta, None, certificate.labels, 0, 0.0, tested
        )
    return generations[number], certificate


def _wagers(project: Project, state: State, view: FrameView, look: RecordedLook) -> Wagers:
    """One generation's wagers, after the labels of the pairs drawn since it was weighed."""
    result, said = look.result, state.said
    step = Step.from_dict(result["steps"][-1])
    applied = apply([step], said.ballots, said.groups, np.zeros(len(said.pair_ids), int))
    pool = view.members & state.complete & ~np.isin(said.pair_ids, result["left_out"])
    thresholds, coverages = np.array(result["wagers"]).T
    undrawn = applied.confidence[pool & ~view.drawn]
    wagers = Wagers(
        result["target"],
        result["certificate"]["delta"],
        thresholds,
        coverages,
        hardest(
            (undrawn[None, :] > thresholds[:, None]).sum(1), fewest_left(project, view), result["target"]
        ),
    )
    order = view.order[start_of(result["generation"]) :]
    order = order[pool[order]]
    label, verdict = said.label[order], applied.probs[order].argmax(1)
    wrong = ~agrees(label, verdict)
    for i, place in enumerate(order):
        seen = label[i] != UNKNOWN
        apart = result["ties"] == "apart" and label[i] == TIE
        wagers.see(float(applied.confidence[place]), bool(wrong[i]) if seen else None, apart=bool(apart))
    return wagers
