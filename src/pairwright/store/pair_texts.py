"""SQL for pairs as people read them: the conversation, both responses, and what is believed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, select

from pairwright.keys import public_id
from pairwright.store.rows import ASKED, done, prompt_of, shown
from pairwright.store.schema import belief, pair, prompt, response
from pairwright.store.votes import newest_beliefs
from pairwright.types import Message, Prompt

CHUNK = 500


@dataclass(frozen=True, slots=True)
class PairText:
    """One pair in full; belief columns are None where nothing was decided."""

    pair_id: int
    id: str
    external_id: str | None
    prompt: Prompt
    a: str
    b: str
    a_model: str | None
    b_model: str | None
    decision: str | None
    verdict: str | None
    source: str | None
    reason: str | None
    prob_a: float | None
    a_turns: tuple[Message, ...]
    b_turns: tuple[Message, ...]


_A, _B = response.alias("a"), response.alias("b")


def with_texts(*more: ColumnElement[Any]) -> Select[Any]:
    """Pairs with what was asked and said: id, key, external_id, `ASKED`, a, b, their turns, then `more`."""
    said = (
        _A.c.text.label("a"),
        _B.c.text.label("b"),
        _A.c.turns.label("a_turns"),
        _B.c.turns.label("b_turns"),
    )
    texts = (*ASKED, *said)
    joined = (
        pair.join(prompt, prompt.c.id == pair.c.prompt_id)
        .join(_A, _A.c.id == pair.c.a_id)
        .join(_B, _B.c.id == pair.c.b_id)
    )
    return select(pair.c.id, pair.c.key, pair.c.external_id, *texts, *more).select_from(joined)


def texts_of(connection: Connection, pair_ids: Iterable[int]) -> dict[int, PairText]:
    """These pairs, by number."""
    ids, found = sorted(set(pair_ids)), {}
    models = (_A.c.model.label("a_model"), _B.c.model.label("b_model"))
    believed = (belief.c[name] for name in ("decision", "verdict", "source", "reason", "prob_a"))
    query = with_texts(*models, *believed).outerjoin(
        belief, and_(belief.c.pair_id == pair.c.id, newest_beliefs())
    )
    for at in range(0, len(ids), CHUNK):
        for row in connection.execute(query.where(pair.c.id.in_(ids[at : at + CHUNK]))):
            a, b = shown(row.a, row.a_turns), shown(row.b, row.b_turns)
            about = (row.external_id, prompt_of(row), a, b, row.a_model, row.b_model)
            decided = (row.decision, row.verdict, row.source, row.reason, row.prob_a)
            turns = (done(row.a, row.a_turns), done(row.b, row.b_turns))
            found[row.id] = PairText(row.id, public_id("pair", row.key), *about, *decided, *turns)
    return found
