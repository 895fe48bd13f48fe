"""Which pairs a certificate is about: frames, their calibration samples, and pairs that come later.

A frame is the pairs that had no person's label when it was made and whose judges
had all been heard. Each frame has one random order of its pairs, and what is
drawn from it, now or later, is always the first of that order: every pair of a
frame has the same chance, however often more are drawn. Pairs that come later
are a frame of their own, or join an older one by `[route] new_pairs`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection

from pairwright.keys import content_key
from pairwright.routing.guarantee import first_labels
from pairwright.stages.panel.asked import orders_asked
from pairwright.stages.project.project import Project
from pairwright.stats.intervals import labels_to_certify
from pairwright.store.check.findings import dropped_pairs
from pairwright.store.route import frames as store
from pairwright.store.route.ballots import AllVotes, heard_by, read_said
from pairwright.store.route.calibrations import RecordedLook, calibrations
from pairwright.store.route.frames import Draw, Event, Frame

NAMED = 8  # sources and domains a frame names, the largest


def fractions(seed: int, texts: np.ndarray) -> np.ndarray:
    """(n,) numbers in [0, 1), one for each pair, that depend on seed and its texts alone (splitmix64).

    Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
    """
    with np.errstate(over="ignore"):
        x = np.asarray(texts).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray((x ^ (x >> np.uint64(31))) >> np.uint64(11), float) / 2.0**53


def seed_of(project: Project, number: int) -> int:
    """The seed of a project's frame of that number."""
    return int.from_bytes(content_key("frame", project.settings.project.seed, number)[:4]) >> 1


@dataclass(frozen=True, slots=True)
class FrameView:
    """One frame over all pairs. Masks are (n_pairs,), places index the pairs.

    `members` could be drawn, `joined` came later and are taken to be alike.
    `order` (n_drawn,) are the places drawn to calibrate, in the order drawn,
    `audits` the pairs drawn to be checked. `rung` is the alarm that stands.
    """

    frame: Frame
    members: np.ndarray
    joined: np.ndarray
    order: np.ndarray
    audits: tuple[Draw, ...]
    looks: tuple[RecordedLook, ...]
    events: tuple[Event, ...]

    @property
    def id(self) -> int:
        return self.frame.id

    @property
    def drawn(self) -> np.ndarray:
        """(n_pairs,) bool."""
        mask = np.zeros(len(self.members), bool)
        mask[self.order] = True
        return mask

    @property
    def retired(self) -> bool:
        return any(each.what == "retired" for each in self.events)

    @property
    def rung(self) -> Event | None:
        settling = [each for each in self.events if each.what in ("rung", "restored", "retired")]
        return settling[-1] if settling and settling[-1].what == "rung" else None


@dataclass(frozen=True, slots=True)
class State:
    """All that was said, and where it leaves every pair. Masks are (n_pairs,), those in lists one a step.

    `unheard`: some judge of the step has still to be asked; `failed`: all were,
    and some failed. `out`: dropped or flagged, so in no dataset.
    """

    said: AllVotes
    steps: tuple[tuple[str, ...], ...]
    unheard: tuple[np.ndarray, ...]
    failed: tuple[np.ndarray, ...]
    out: np.ndarray
    views: tuple[FrameView, ...]
    raters: tuple[int, ...]

    @property
    def complete(self) -> np.ndarray:
        """(n_pairs,) bool: the judges of the first step have all answered; nowhere if there is no judge."""
        if not self.steps:
            return np.zeros(len(self.out), bool)
        return np.asarray(~(self.unheard[0] | self.failed[0]))


def views(connection: Connection, said: AllVotes) -> list[FrameView]:
    """The frames that are not retired, oldest first."""
    rows, looks, events = store.members(connection), calibrations(connection), store.events(connection)
    drawn, audits = store.draws(connection, "calibration"), store.draws(connection, "audit")
    found = []
    for frame in store.frames(connection):
        mine = rows[rows[:, 0] == frame.id]
        members, joined = np.zeros(len(said.pair_ids), bool), np.zeros(len(said.pair_ids), bool)
        place = np.searchsorted(said.pair_ids, mine[:, 1])
        members[place[mine[:, 2] == 0]] = True
        joined[place[mine[:, 2] == 1]] = True
        order = [each.pair_id for each in drawn if each.frame_id == frame.id]
        found.append(
            FrameView(
                frame,
                members,
                joined,
                np.searchsorted(said.pair_ids, order),
                tuple(each for each in audits if each.frame_id == frame.id),
                tuple(each for each in looks if each.result["frame"] == frame.id),
                tuple(each for each in events if each.frame_id == frame.id),
            )
        )
    return [view for view in found if not view.retired]


def read_state(project: Project, said: AllVotes | None = None) -> State:
    """Everything as it stands now; `said` is all that was said, where it was read already."""
    with project.store.read() as connection:
        asked = orders_asked(connection, project)
        steps = steps_of(project, list(asked))
        said = said or read_said(connection, list(project.settings.judges))
        heard = [heard_by(connection, {name: asked[name] for name in step}) for step in steps]
        out = np.isin(said.pair_ids, dropped_pairs(connection)) | said.flagged
        there = views(connection, said)
    return State(
        said,
        tuple(steps),
        tuple(np.isin(said.pair_ids, unheard) for unheard, _ in heard),
        tuple(np.isin(said.pair_ids, failed) for _, failed in heard),
        out,
        tuple(there),
        tuple(int(i) for i in said.raters),
    )


def steps_of(project: Project, judges: Sequence[str]) -> list[tuple[str, ...]]:
    """The judges heard by the end of each step; those outside the cascade are heard in the first."""
    cascade = [name for name in project.settings.route.cascade if name in judges]
    if not cascade:
        return [tuple(judges)] if judges else []
    always = [name for name in judges if name not in cascade]
    return [(*always, *cascade[: i + 1]) for i in range(len(cascade))]


def usable(project: Project, state: State, view: FrameView) -> RecordedLook | None:
    """The frame's newest look, where what was learned then may be applied to what is asked now."""
    newest = view.looks[-1] if view.looks else None
    return newest if newest is not None and fits(newest, state, project) else None


def fits(newest: RecordedLook, state: State, project: Project) -> bool:
    route, then = project.settings.route, newest.result
    names = ("target", "delta", "cascade", "trust", "test", "ties")
    return then["raters"] == list(state.raters) and all(then[each] == getattr(route, each) for each in names)


def smallest_batch(target: float, delta: float) -> int:
    """The fewest new pairs that get a sample of their own: half of them, if all are right, can certify."""
    fewest = labels_to_certify(target, delta, 0.0)
    assert fewest is not None  # no error is under what is allowed
    return 2 * fewest


def uncovered(said: AllVotes, there: Sequence[FrameView], out: np.ndarray) -> np.ndarray:
    """(n_pairs,) bool: no person has labelled it, no frame covers it, and it can be in one (not in `out`)."""
    found = (said.counts.sum(1) == 0) & (said.decisions < 0) & ~out
    for view in there:
        found &= ~(view.members | view.joined)
    return np.asarray(found)


def make_frame(
    connection: Connection, said: AllVotes, pairs: np.ndarray, seed: int, shift: Any = None
) -> None:
    """A new frame of these pairs (n_pairs,) bool."""
    ids = said.pair_ids[pairs]
    about = {"pairs": len(ids)} | {
        name: dict(Counter(values).most_common(NAMED))
        for name, values in store.kinds(connection, ids).items()
    }
    store.add_frame(connection, ids, seed, about | ({} if shift is None else {"shift": shift}))


def draw_more(connection: Connection, said: AllVotes, view: FrameView, more: int) -> int:
    """Draw the next `more` pairs of a frame's order; gives how many were left to draw."""
    places = np.flatnonzero(view.members)
    order = places[np.argsort(fractions(view.frame.seed, said.texts[places]), kind="stable")]
    chosen = order[len(view.order) : len(view.order) + more]
    chance = (len(view.order) + len(chosen)) / max(1, len(places))
    store.add_draws(
        connection, view.id, said.pair_ids[chosen].tolist(), "calibration", [chance] * len(chosen)
    )
    return len(chosen)


def first_draw(project: Project, delta: float, n_pairs: int, confidence: np.ndarray | None) -> int:
    """How many pairs of a new frame to draw.

    As the settings say; else as many as will do if its surer half is good. Where
    judges were calibrated before, `confidence` (n_pairs,) says how sure they are
    of these pairs, and fewer may do: that plans the sample and tests nothing.
    """
    route = project.settings.route
    usual = first_labels(route.target, delta, n_pairs)
    if route.calibration_pairs:
        return min(n_pairs, route.calibration_pairs)
    if n_pairs < smallest_batch(route.target, delta):
        return n_pairs  # no sample of so few can certify the rest: people answer all, in one go
    if confidence is None or not len(confidence):
        return usual
    sure = np.sort(confidence)[::-1]
    enough = []
    for share in (0.3, 0.5, 0.7, 0.9, 1.0):
        surest = sure[: max(1, int(share * len(sure)))]
        # Twice the errors that are expected: judges are seldom better on new pairs than they were.
        needed = labels_to_certify(route.target, delta, 2 * float(1 - surest.mean()))
        if needed is not None:
            enough.append(math.ceil(needed / share))
    return min([usual, *(max(each, smallest_batch(route.target, delta) // 2) for each in enough)])
