"""How long an answer can have taken by the server's own clock, whatever the browser says it took."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

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
    """The active time of an answer this person gives now. What was never offered took no time here."""
    offered = leases.offered(connection, rater_id, pair_id)
    if offered is None:
        return ActiveTime(0.0, claimed, None)
    others = timed.answers_since(connection, rater_id, offered.at)
    # Held until now, or until the time ran out; a changed answer took as long as the one it replaces could.
    until = offered.until or max((each.at for each in others if each.pair_id == pair_id), default=offered.at)
    others = [each for each in others if each.pair_id != pair_id]
    return ActiveTime(
        bounded(claimed, offered.at, min(until, time.time()), others), round(claimed, 3), offered.at
    )
