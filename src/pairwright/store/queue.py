"""SQL that keeps the queue of open pairs: an index of the newest beliefs, so that the next is found fast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Delete, Select, delete, insert, select

from pairwright.store.prepared import prepared
from pairwright.store.schema import pair, prompt, task
from pairwright.types import Belief

CHUNK = 500
TAGS = ("tag", "domain")  # keys of a row's own columns that name the skill it takes


def rank_of(belief: Belief) -> float:
    """Where a pair stands in the queue, smallest first.

    Calibration samples first and then audits, each in the order drawn (`teaches`
    in the basis, 1 for the first): what is answered so far is then a sample too.
    Then pairs that are begun, then the least certain: by the distance between
    what is believed of a and of b; unknown counts as even.
    """
    prob_a = 0.5 if belief.prob_a is None else belief.prob_a
    lead = abs(2 * prob_a + (belief.prob_tie or 0.0) - 1)
    lead = 1 - float(belief.basis.get("teaches", 1 - lead))
    drawn = belief.basis.get("drawn")
    if drawn is not None:
        return lead + (0 if drawn == "calibration" else 1)
    return lead + (2 if belief.source == "people" else 3)


def keep_queue(connection: Connection, beliefs: Sequence[Belief]) -> None:
    """Bring the queue in step with these new beliefs."""
    for at in range(0, len(beliefs), CHUNK):
        chunk = beliefs[at : at + CHUNK]
        _take_out(connection, [each.pair_id for each in chunk])
        if rows := queue_rows(connection, chunk):
            connection.execute(insert(task), rows)


@prepared
def _take_out(pair_ids: Any) -> Delete:
    return delete(task).where(task.c.pair_id.in_(pair_ids))


def queue_rows(connection: Connection, beliefs: Sequence[Belief]) -> list[dict[str, Any]]:
    """What stands in the queue for these beliefs: a row for each that people are asked about."""
    waiting = [each for each in beliefs if each.decision == "ask" and each.asks == "people"]
    tags = tags_of(connection, [each.pair_id for each in waiting])
    return [
        {
            "pair_id": each.pair_id,
            "rank": rank_of(each),
            "open": each.basis.get("open", 1),
            "tag": tags.get(each.pair_id),
        }
        for each in waiting
    ]


def tags_of(connection: Connection, pair_ids: Sequence[int]) -> dict[int, str]:
    """The skill that each of these pairs takes, where it takes one."""
    if not pair_ids:
        return {}
    found = {}
    for row in _own_columns(connection, pair_ids):
        for meta in (row.meta or {}, row.of_prompt or {}):
            tag = next((meta[name] for name in TAGS if meta.get(name)), None)
            if tag is not None:
                found[row.id] = str(tag)
                break
    return found


@prepared
def _own_columns(pair_ids: Any) -> Select[Any]:
    own = select(pair.c.id, pair.c.meta, prompt.c.meta.label("of_prompt"))
    return own.join(prompt, prompt.c.id == pair.c.prompt_id).where(pair.c.id.in_(pair_ids))
