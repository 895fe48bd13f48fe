"""SQL for why annotators chose what they chose: their reasons and the spans they marked, pair by pair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, or_, select

from pairwright.store.schema import pair, vote
from pairwright.store.votes import is_current


@dataclass(slots=True)
class Why:
    """What annotators gave as reasons on a pair, each with how many did, and the spans they marked."""

    reasons: Counter[str] = field(default_factory=Counter)
    spans: list[dict[str, Any]] = field(default_factory=list)


def _told() -> Any:
    return or_(vote.c.reasons.is_not(None), vote.c.spans.is_not(None))


def anything_told(connection: Connection) -> bool:
    """Whether any vote says why."""
    return connection.execute(select(vote.c.id).where(_told(), is_current()).limit(1)).first() is not None


def why_by_key(connection: Connection, keys: Sequence[bytes]) -> dict[bytes, Why]:
    """What is told by the votes that count, of the pairs with these keys."""
    query = (
        select(pair.c.key, vote.c.reasons, vote.c.spans)
        .join(pair, pair.c.id == vote.c.pair_id)
        .where(pair.c.key.in_(keys), _told(), is_current())
        .order_by(vote.c.id)
    )
    found: dict[bytes, Why] = {}
    for key, reasons, spans in connection.execute(query):
        why = found.setdefault(key, Why())
        why.reasons.update(reasons or ())
        why.spans += spans or ()
    return found
