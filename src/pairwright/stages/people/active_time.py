"""How long an answer can have taken by the server's own clock, whatever the browser says it took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pairwright.store import clock
from pairwright.store.people import leases, timed
from pairwright.store.people.timed import Timed


@dataclass(frozen=True, slots=True)
class ActiveTime:
    """What a browser claimed, and what of it is possible."""

    seconds: float
    claimed: float
    offered_at: float | None


def bounded(claimed: float, offered_at: float, until: float, others: Sequence[Timed]) -> float:
    """The most of `claimed` seconds that fits between the two moments beside the person's other answers.

    Nobody reads two pairs at once: from any moment on, the answers to what was offered since take no
    longer together than the time that has passed. An honest claim always fits.
    """
    begun = sorted({each.offered_at for each in others if each.offered_at < offered_at} | {offered_at})
    room = min(
        until - since - sum(each.seconds for each in others if each.offered_at >= since) for since in begun
    )
    return round(max(0.0, min(claimed, room)), 3)


def active_time(connection: Connection, rater_id: int, pair_id: int, claimed: float) -> ActiveTime:
    """The active time of an answer this person gives now. What was never offered took no time here.

    A changed answer took what the one it replaces took, and what has been claimed and was possible since.
    """
    offered = leases.offered(connection, rater_id, pair_id)
    if offered is None:
        return ActiveTime(0.0, claimed, None)
    others = timed.answers_since(connection, rater_id, offered.at)
    before = next((each for each in others if each.pair_id == pair_id), None)
    now = clock.now()
    if before is not None:
        more = bounded(claimed, before.at, now, others)
        took, told = round(before.seconds + more, 3), round(before.seconds + claimed, 3)
        return ActiveTime(took, told, before.offered_at)
    # Held until now, or until the time ran out.
    took = bounded(claimed, offered.at, min(offered.until or offered.at, now), others)
    return ActiveTime(took, round(claimed, 3), offered.at)
