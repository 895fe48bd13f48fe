"""SQL for softened labels: how surely a label is right after a lead weighed a reward model's doubt into it.

The word is about one label as it stood. It no longer counts once the label is another, or a person has
answered since: a probability kept beside the opposite label would turn that one round.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, and_, func, select

from pairwright.store.check.findings import last_actions
from pairwright.store.schema import belief, finding, rater, settlement, vote
from pairwright.store.votes import is_current, newest_beliefs
from pairwright.types import Verdict


@dataclass(frozen=True, slots=True)
class Softened:
    """A softened label: P(its verdict is right) and P(neither is better). The rest is the other side's."""

    verdict: Verdict
    probability: float
    tie: float

    def as_detail(self, newest_answer: int) -> dict[str, Any]:
        """As it is kept; `newest_answer` is the number of the last person's vote it knew of, 0 for none."""
        kept = {"verdict": self.verdict, "probability": self.probability, "tie": self.tie}
        return {**kept, "newest_answer": newest_answer}


def softened(
    connection: Connection, between: tuple[int, int] | None = None, *, asked: bool = False
) -> dict[int, Softened]:
    """pair -> its label as somebody softened it, where it still is that label; of all, or first to last.

    `asked`: also where people are asked about it anew and nobody has answered yet.
    """
    last = last_actions()
    newest_answer = (
        select(func.max(vote.c.id))
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(vote.c.pair_id == finding.c.pair_id, rater.c.kind == "person", is_current())
        .scalar_subquery()
    )
    query = (
        select(finding.c.pair_id, last.c.detail, belief.c.verdict, newest_answer)
        .join(last, last.c.finding_id == finding.c.id)
        .join(belief, and_(belief.c.pair_id == finding.c.pair_id, newest_beliefs()))
        .where(
            last.c.action == "softened", belief.c.decision.in_(("accept", "ask") if asked else ("accept",))
        )
        .order_by(last.c.id)
    )
    if between is not None:
        query = query.where(finding.c.pair_id.between(*between))
    found = {}
    for pair_id, detail, verdict, answer in connection.execute(query):
        label = detail.get("verdict")
        if label and verdict in (label, None) and (answer or 0) <= detail["newest_answer"]:
            found[pair_id] = Softened(label, float(detail["probability"]), float(detail["tie"]))
    return found


def softened_any(connection: Connection) -> bool:
    """Whether a label was ever softened."""
    query = select(settlement.c.id).where(settlement.c.action == "softened").limit(1)
    return connection.execute(query).first() is not None


def softened_mark(connection: Connection) -> dict[str, Any]:
    """What tells two moments apart: how many labels are softened, and a digest of which to what."""
    known = softened(connection, asked=True)
    told = blake2b(digest_size=8)
    for pair_id, each in sorted(known.items()):
        told.update(f"{pair_id} {each.verdict} {each.probability!r} {each.tie!r}\n".encode())
    return {"labels": len(known), "digest": told.hexdigest()}
