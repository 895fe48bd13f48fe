"""SQL for who won: every label as one response against another, and the models behind them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from pairwright.store.schema import belief, pair, response
from pairwright.store.votes import newest_beliefs
from pairwright.types import Verdict


@dataclass(frozen=True, slots=True)
class Bout:
    """A labelled pair: its two responses, and their models where they are known."""

    pair_id: int
    prompt_id: int
    a_id: int
    b_id: int
    a_model: str | None
    b_model: str | None
    verdict: Verdict


def bouts(connection: Connection) -> list[Bout]:
    """All labels as they stand, in pair order."""
    a, b = response.alias("a"), response.alias("b")
    rows = connection.execute(
        select(
            pair.c.id,
            pair.c.prompt_id,
            pair.c.a_id,
            pair.c.b_id,
            a.c.model,
            b.c.model.label("b_model"),
            belief.c.verdict,
        )
        .join(pair, pair.c.id == belief.c.pair_id)
        .join(a, a.c.id == pair.c.a_id)
        .join(b, b.c.id == pair.c.b_id)
        .where(belief.c.decision == "accept", newest_beliefs())
        .order_by(pair.c.id)
    )
    return [Bout(*row) for row in rows]
