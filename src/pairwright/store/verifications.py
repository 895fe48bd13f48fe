"""SQL for what a reward model said of the labels: every run of it, the newest of which is shown."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, insert, select

from pairwright.store.findings import last_actions
from pairwright.store.schema import belief, finding, rater, verification, vote
from pairwright.store.votes import is_current, newest_beliefs


def add_verification(connection: Connection, result: Mapping[str, Any]) -> None:
    connection.execute(insert(verification).values(result=dict(result), at=time.time()))


def newest_verification(connection: Connection) -> dict[str, Any] | None:
    return connection.execute(
        select(verification.c.result).order_by(verification.c.id.desc()).limit(1)
    ).scalar()


def answered_since(connection: Connection, check: str) -> list[tuple[str, bool]]:
    """(part, whether the label came out otherwise) of findings that were sent and that people answered."""
    last = last_actions()
    rows = connection.execute(
        select(finding.c.part, belief.c.verdict, last.c.detail)
        .join(last, last.c.finding_id == finding.c.id)
        .join(belief, belief.c.pair_id == finding.c.pair_id)
        .where(
            finding.c.check == check,
            last.c.action == "sent",
            newest_beliefs(),
            belief.c.decision == "accept",
            belief.c.source == "people",
        )
    )
    return [
        (str(part), verdict != detail["was"])
        for part, verdict, detail in rows
        if detail and detail.get("was")
    ]


def margins_of(connection: Connection, judge: str) -> dict[int, float]:
    """pair -> score of a minus that of b by the judge of that name, the mean over votes that count."""
    rows = connection.execute(
        select(vote.c.pair_id, func.avg(vote.c.margin))
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(rater.c.kind == "judge", rater.c.name == judge, vote.c.margin.is_not(None), is_current())
        .group_by(vote.c.pair_id)
    )
    return {pair_id: float(margin) for pair_id, margin in rows}
