"""Which pairs people answer so that judges can be trusted: drawn by chance, and why each was drawn.

The first draw is from all pairs. Later ones are from those within reach of the
promise, as the last calibration sees them: labels of pairs that could never be
accepted test nothing. Each pair within reach then had the same chance, so that
what is tested on them needs no weights.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pairwright.keys import seeded_fraction
from pairwright.routing.guarantee import first_labels, within_reach
from pairwright.routing.weigh import Applied, Step, apply
from pairwright.stages.project import Project
from pairwright.store.ballots import Said
from pairwright.store.calibrations import (
    Draw,
    Recorded,
    add_draws,
    calibration_numbered,
    draws,
    newest_calibration,
)


def spend(delta: float, looks: int) -> float:
    """What the next look may spend: three quarters of what is left, so that all looks together keep delta."""
    return delta * 0.75 * 0.25**looks


def drawn(said: Said, there: Sequence[Draw], overlap: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(n_pairs,) each: drawn for calibration; of these, answered by people; or skipped, so settled too.

    A pair counts as answered when as many people answered as are asked of every pair.
    """
    mine = np.zeros(len(said.pair_ids), bool)
    mine[np.searchsorted(said.pair_ids, [each.pair_id for each in there])] = True
    answered = mine & (said.people_heard >= overlap)
    return mine, answered, answered | (mine & said.skipped)


def draw(
    project: Project, said: Said, waiting: np.ndarray, there: list[Draw], looks: int, more: int
) -> list[Draw]:
    """All drawn, with those drawn now: the first, or `more` of them."""
    route, seed = project.settings.route, project.settings.project.seed
    if len(waiting) and not there:
        # The draw has to be from all pairs: with some not judged yet, it would favour those that are.
        return there
    out = {*(each.pair_id for each in there), *waiting.tolist()}
    place, at_least, calibration = np.ones(len(said.pair_ids), bool), None, None
    with project.store.read() as connection:
        newest = newest_calibration(connection)
    fits = newest is not None and newest.result["raters"] == [int(i) for i in said.raters]
    if more and newest is not None and fits and len(newest.result["steps"]) == 1:
        confidence = _confidence(newest, said)
        calibration, at_least = newest.id, within_reach(confidence, route.target)
        place = confidence >= at_least
    candidates = [int(i) for i in said.pair_ids[place] if int(i) not in out]
    wanted = more
    if not there:
        needed = first_labels(route.target, spend(route.delta, looks), len(candidates))
        wanted = more or route.calibration_pairs or needed
    if not wanted:
        return there
    candidates.sort(key=lambda pair_id: seeded_fraction("calibration", seed, looks, pair_id))
    chosen = candidates[:wanted]
    with project.store.write() as connection:
        chance = len(chosen) / max(1, len(candidates))
        add_draws(connection, chosen, "calibration", chance, calibration, at_least)
        return draws(connection, "calibration")


def tested(project: Project, said: Said, there: Sequence[Draw]) -> tuple[np.ndarray, np.ndarray]:
    """(n_pairs,) each: drawn so that judges may be tested on it; within reach of every such draw.

    Only pairs within reach can be accepted, for of the others fewer were drawn.
    Draws within reach of judges that are not asked any more only teach.
    """
    raters = [int(i) for i in said.raters]
    inside, counts = (
        np.ones(len(said.pair_ids), bool),
        [each for each in there if each.calibration_id is None],
    )
    later = {each.calibration_id: each.at_least for each in there if each.calibration_id is not None}
    with project.store.read() as connection:
        for number, at_least in later.items():
            recorded = calibration_numbered(connection, number)
            if recorded.result["raters"] == raters:
                inside &= _confidence(recorded, said) >= at_least
                counts += [each for each in there if each.calibration_id == number]
    mine = np.zeros(len(said.pair_ids), bool)
    mine[np.searchsorted(said.pair_ids, [each.pair_id for each in counts])] = True
    return mine & inside, inside


def _confidence(recorded: Recorded, said: Said) -> np.ndarray:
    """What a calibration with one step believed of every pair."""
    steps = [Step.from_dict(step) for step in recorded.result["steps"]]
    return apply(steps, said.ballots, said.groups, np.zeros(len(said.pair_ids), int)).confidence


def audit(project: Project, said: Said, applied: Applied, newest: Recorded) -> list[int]:
    """Draw a share of what is accepted for people to check, for ever; places of all since the last look."""
    share, seed = project.settings.route.audit, project.settings.project.seed
    with project.store.read() as connection:
        there = {each.pair_id for each in draws(connection, "audit")}
    accepted = (applied.confidence > applied.threshold) & (said.labels.sum(1) == 0)
    chosen = [
        int(i)
        for i in said.pair_ids[accepted]
        if int(i) not in there and seeded_fraction("audit", seed, newest.id, int(i)) < share
    ]
    with project.store.write() as connection:
        add_draws(connection, chosen, "audit", share)
    return audited(project, said, newest)


def audited(project: Project, said: Said, newest: Recorded) -> list[int]:
    """Places of all pairs drawn for the audit since this calibration."""
    with project.store.read() as connection:
        since = [each.pair_id for each in draws(connection, "audit") if each.at >= newest.at]
    return [int(i) for i in np.searchsorted(said.pair_ids, since)]
