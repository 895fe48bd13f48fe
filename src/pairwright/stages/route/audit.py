"""What people find among the accepted: audits for ever, an alarm that stays, and how later pairs differ.

A share of what is accepted on a certificate still goes to people, in the order
drawn. An alarm that rang stays until a person settles it: `recalibrate` retires
the frame, so that its pairs are drawn from anew; `restore` accepts on the old
certificate again, with a reason, and the alarm starts afresh.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from pairwright.errors import InputError
from pairwright.routing.agreement import agrees
from pairwright.routing.guarantee import Fewest
from pairwright.routing.sequential import Alarm
from pairwright.routing.shift import Side, shift, signals_of
from pairwright.routing.weigh import Applied
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result
from pairwright.stages.route.frames import State, View, fractions, read_state
from pairwright.stats import audit
from pairwright.store.route import frames as store
from pairwright.store.route.calibrations import Recorded


@dataclass(frozen=True, slots=True)
class Checked:
    """The audit of one frame since its last look, or since its last alarm was settled.

    `drawn` accepted pairs were drawn to be checked, people answered `checked` of
    them, of which `wrong` were wrong, and skipped `skipped`. `alarm` is its text
    where it stands, `withdrawn` the pairs it took back. `open` are places still to
    be answered, in the order drawn.
    """

    drawn: int
    checked: int
    wrong: int
    skipped: int
    accuracy: dict[str, Any] | None
    alarm: str | None
    withdrawn: list[int]
    open: list[int]

    def as_dict(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name not in ("open", "withdrawn")}


def run(project: Project, state: State, view: View, newest: Recorded, applied: Applied) -> Checked:
    """Draw what is to be checked of the newly accepted, hear what was, and ring where it has to."""
    said = state.said
    audits = np.isin(said.pair_ids, [each.pair_id for each in view.audits])
    free = (said.counts.sum(1) == 0) & (said.decisions < 0)
    sure = applied.confidence > applied.threshold
    if chosen := _to_check(project, state, view, sure & (free | audits)):
        with project.store.write() as connection:
            store.add_draws(connection, view.id, list(chosen), "audit", list(chosen.values()))
            mine = tuple(each for each in store.draws(connection, "audit") if each.frame_id == view.id)
        view = replace(view, audits=mine)
    found = heard(project, state, view, newest, applied)
    alarm = _alarm(state, view, newest, applied)
    if not alarm.rings:
        return found
    withdrawn = said.pair_ids[sure & free & ~audits].tolist()
    detail = {"calibration": newest.id, "seen": alarm.seen, "errors": alarm.errors, "withdrawn": withdrawn}
    with project.store.write() as connection:
        store.add_event(connection, view.id, "rung", detail)
    return replace(found, alarm=_text(view.id, newest.result["target"], detail), withdrawn=withdrawn)


def _to_check(project: Project, state: State, view: View, accepted: np.ndarray) -> dict[int, float]:
    """Pairs to be checked that were not drawn for it yet, in a random order, each with its chance.

    Every pair's turn is fixed, and so is the number that its chance is held
    against: asking again draws nothing new. Pairs that joined are a count of
    their own, so that more of them are checked at first.
    """
    base = project.settings.route.audit
    shifted = _shifted(view)
    known = {each.pair_id for each in view.audits}
    found: dict[int, float] = {}
    if not base:
        return found
    for mask in (view.members & accepted, view.joined & accepted):
        ids, texts = state.said.pair_ids[mask], state.said.texts[mask]
        turn = np.argsort(fractions(view.frame.seed + 1, texts), kind="stable")
        lot, drawn = fractions(view.frame.seed + 2, texts), 0
        for i in turn:
            chance = audit.audit_share(drawn, base, shifted)
            if lot[i] < chance:
                drawn += 1
                if int(ids[i]) not in known:
                    found[int(ids[i])] = chance
    return found


def fewest_left(project: Project, view: View) -> Fewest:
    """How many of a frame's accepted pairs audits leave to judges: what people check is theirs afterwards."""
    base, shifted = project.settings.route.audit, _shifted(view)
    return lambda accepted: accepted - audit.most_audited(accepted, base, shifted)


def _shifted(view: View) -> bool:
    return bool((view.frame.about.get("shift") or {}).get("shifted"))


def heard(project: Project, state: State, view: View, newest: Recorded, applied: Applied) -> Checked:
    """What people found so far; nothing is drawn or changed."""
    said, since = state.said, _since(view, newest)
    places = _places(state, view, since)
    label = said.label[places]
    seen = label >= 0
    right = agrees(label, applied.probs[places].argmax(1))
    skipped = ~seen & (said.skipped | state.out)[places]
    rung = view.rung
    return Checked(
        len(places),
        int(seen.sum()),
        int((seen & ~right).sum()),
        int(skipped.sum()),
        _accuracy(state, view, applied, places),
        None if rung is None else _text(view.id, newest.result["target"], rung.detail),
        [] if rung is None else rung.detail["withdrawn"],
        [int(i) for i in places[~seen & ~skipped]],
    )


def _since(view: View, newest: Recorded) -> float:
    """When this audit began: at the frame's last look, or when an alarm was last answered by `restore`."""
    restored = [each.at for each in view.events if each.what == "restored"]
    return max([newest.at, *restored])


def _places(state: State, view: View, since: float) -> np.ndarray:
    ids = [each.pair_id for each in view.audits if each.at >= since]
    return np.searchsorted(state.said.pair_ids, np.array(ids, np.int64))


def _alarm(state: State, view: View, newest: Recorded, applied: Applied) -> Alarm:
    """The alarm after all that people answered, in the order drawn."""
    places = _places(state, view, _since(view, newest))
    label = state.said.label[places]
    alarm = Alarm(newest.result["target"])
    wrong = ~agrees(label, applied.probs[places].argmax(1))
    return alarm.hear(bool(each) if seen else None for each, seen in zip(wrong, label >= 0, strict=True))


def _accuracy(state: State, view: View, applied: Applied, places: np.ndarray) -> dict[str, Any] | None:
    """How many of the accepted agree with people, by the audit and all beliefs; None while it is small."""
    said = state.said
    chance = {each.pair_id: each.chance for each in view.audits}
    mine = np.zeros(len(said.pair_ids), bool)
    mine[places] = True
    accepted = (applied.confidence > applied.threshold) & ((said.counts.sum(1) == 0) | mine)
    label = said.label[places]
    outcome = np.where(label >= 0, agrees(label, applied.probs[places].argmax(1)), np.nan)
    try:
        found = audit.audited_accuracy(
            outcome,
            applied.confidence[places],
            applied.confidence[accepted],
            skipped=(said.skipped | state.out)[places],
            chance=np.array([chance[int(i)] for i in said.pair_ids[places]]),
        )
    except ValueError:  # too few to tell
        return None
    return asdict(found)


def _text(frame: int, target: float, detail: dict[str, Any]) -> str:
    return (
        f"of {detail['seen']:,} accepted pairs of frame {frame} that people checked, {detail['errors']:,} "
        f"were wrong: more than the {1 - target:.0%} allowed. {len(detail['withdrawn']):,} labels of judges "
        "were withdrawn (`pairwright route --withdrawn` lists them), and nothing of this frame is accepted "
        "until you decide: `pairwright route --recalibrate` draws a new calibration sample from its pairs, "
        '`pairwright route --restore "WHY"` accepts them on the old certificate again.'
    )


def recalibrate(project: Project) -> list[int]:
    """Retire every frame whose alarm stands: its pairs are drawn from anew. InputError where none does."""
    return _settle(project, "retired", {})


def restore(project: Project, because: str) -> list[int]:
    """Accept on the old certificate again although an alarm rang. Raises InputError where none did."""
    if not because.strip():
        raise InputError("--restore takes the reason why the alarm is not believed")
    return _settle(project, "restored", {"because": because.strip()})


def _settle(project: Project, what: store.What, detail: dict[str, Any]) -> list[int]:
    rung = [view.id for view in read_state(project).views if view.rung is not None]
    if not rung:
        raise InputError("no alarm stands: there is nothing to settle")
    with project.store.write() as connection:
        for frame_id in rung:
            store.add_event(connection, frame_id, what, detail)
    return rung


@dataclass(frozen=True, repr=False)
class WithdrawnResult(Result):
    """The pairs whose label an alarm that stands has withdrawn, as `pairwright show` takes them."""

    withdrawn: list[str]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def withdrawn(project: Project) -> WithdrawnResult:
    """What `route` took back when the judges had an alarm that is not settled yet."""
    alarms = [view.rung for view in read_state(project).views]
    numbers = sorted({int(i) for each in alarms if each is not None for i in each.detail["withdrawn"]})
    with project.store.read() as connection:
        return WithdrawnResult(store.public_ids(connection, numbers))


def shift_between(project: Project, state: State, base: View, free: np.ndarray) -> dict[str, Any]:
    """Whether judges say other things of these pairs (n_pairs,) than of a frame's, by no label."""
    said = state.said
    signals, names = signals_of(said.ballots)
    with project.store.read() as connection:
        then, now = (
            Side(signals[mask], said.groups[mask], store.kinds(connection, said.pair_ids[mask])["domains"])
            for mask in (base.members, free)
        )
    return shift(then, now, names, seed=base.frame.seed).as_dict()
