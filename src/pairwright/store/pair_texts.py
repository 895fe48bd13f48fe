"""SQL for pairs as people read them: the conversation, both responses, and what is believed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, select

from pairwright.keys import public_id
from pairwright.store.schema import belief, pair, prompt, response
from pairwright.store.votes import newest_beliefs

CHUNK = 500


@dataclass(frozen=True, slots=True)
class PairText:
    """One pair in full; belief columns are None where nothing was decided."""

    pair_id: int
    id: str
    external_id: str | None
    messages: list[dict[str, Any]]
    a: str
    b: str
    a_model: str | None
    b_model: str | None
    decision: str | None
    verdict: str | None
    source: str | None
    reason: str | None
    prob_a: float | None


def texts_of(connection: Connection, pair_ids: Iterable[int]) -> dict[int, PairText]:
    """These pairs, by number."""
    ids, found = sorted(set(pair_ids)), {}
    a, b = response.alias("a"), response.alias("b")
    for at in range(0, len(ids), CHUNK):
        rows = connection.execute(
            select(
                pair.c.id,
                pair.c.key,
                pair.c.external_id,
                prompt.c.messages,
                a.c.text.label("a"),
                b.c.text.label("b"),
                a.c.model.label("a_model"),
                b.c.model.label("b_model"),
                *(belief.c[name] for name in ("decision", "verdict", "source", "reason", "prob_a")),
            )
            .join(prompt, prompt.c.id == pair.c.prompt_id)
            .join(a, a.c.id == pair.c.a_id)
            .join(b, b.c.id == pair.c.b_id)
            .outerjoin(belief, and_(belief.c.pair_id == pair.c.id, newest_beliefs()))
            .where(pair.c.id.in_(ids[at : at + CHUNK]))
        )
        for row in rows:
            found[row.id] = PairText(row.id, public_id("pair", row.key), *tuple(row)[2:])
    return found
