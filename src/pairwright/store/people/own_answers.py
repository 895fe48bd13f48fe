"""SQL for what a person did of late: answers, skips and flags, as they themselves may see them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, exists, func, select

from pairwright.store.people.tasks import What
from pairwright.store.rows import last_asked
from pairwright.store.schema import calibration, failure, flag, gold, pair, prompt, vote
from pairwright.store.votes import flag_stands, is_current, skip_stands
from pairwright.types import Order, Verdict

EXCERPT = 160  # characters of a prompt to know it by


@dataclass(frozen=True, slots=True)
class Own:
    """One thing a person did on a pair and that stands.

    `order` and `verdict` are of an answer. `text` is its note, why the pair was skipped, or which flag it is.
    """

    what: What
    pair_id: int
    pair_key: bytes
    prompt: str
    text: str | None
    order: Order | None
    verdict: Verdict | None
    both: str | None
    strength: int | None
    at: float


def latest(connection: Connection, rater_id: int, limit: int) -> list[Own]:
    """The last things this person did here and that stand, newest first; gold pairs as any others."""
    found: list[Own] = []
    for what, table, text, stands in _TABLES:
        query = (
            select(table, text.label("said"), pair.c.key.label("pair_key"), prompt.c.messages)
            .join(pair, pair.c.id == table.c.pair_id)
            .join(prompt, prompt.c.id == pair.c.prompt_id)
            .where(table.c.rater_id == rater_id, stands())
            .order_by(table.c.id.desc())
            .limit(limit)
        )
        found += [_own(what, row) for row in connection.execute(query)]
    return sorted(found, key=lambda each: each.at, reverse=True)[:limit]


def _own(what: What, row: Any) -> Own:
    asked = last_asked(row.messages, EXCERPT)
    if what != "vote":
        return Own(what, row.pair_id, row.pair_key, asked, row.said, None, None, None, None, row.at)
    given = row.order, row.verdict, row.both, row.strength
    return Own(what, row.pair_id, row.pair_key, asked, row.said, *given, row.at)


def _votes_given_here() -> Any:
    return and_(vote.c.purpose.is_(None), vote.c.guideline_id.is_not(None), is_current())


_TABLES: tuple[tuple[What, Any, Any, Any], ...] = (
    ("vote", vote, vote.c.reason, _votes_given_here),
    ("skip", failure, failure.c.message, skip_stands),
    ("flag", flag, flag.c.check, flag_stands),
)


def decided(connection: Connection, pair_ids: Sequence[int]) -> set[int]:
    """Those of these pairs that a lead decided. Gold pairs are none: nobody is told of them."""
    known = exists().where(gold.c.pair_id == vote.c.pair_id, gold.c.withdrawn_at.is_(None))
    query = select(vote.c.pair_id).where(
        vote.c.pair_id.in_(pair_ids), vote.c.purpose == "decision", is_current(), ~known
    )
    return set(connection.scalars(query))


def last_look(connection: Connection) -> float:
    """When people's answers were last looked at to test the guarantee; 0 if they never were."""
    return float(connection.execute(select(func.max(calibration.c.at))).scalar() or 0.0)
