"""SQL for one person's answers, to be looked at one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from pairwright.keys import public_id
from pairwright.store.people.annotators import gold_verdicts
from pairwright.store.rows import last_asked
from pairwright.store.schema import pair, prompt, rater, vote
from pairwright.store.votes import is_current
from pairwright.types import VERDICTS, Verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said of a pair; `known` is the answer of a gold pair, `others` what others said there.

    `marked`: spans they marked.
    """

    pair_id: int
    public: str
    prompt: str
    verdict: Verdict
    known: Verdict | None
    others: Counter[str]
    seconds: float | None
    note: str | None
    at: float
    reasons: list[str]
    marked: int


def answers_on(connection: Connection, rater_id: int, pair_ids: Sequence[int]) -> list[Answer]:
    """This person's answers to these pairs, in this order."""
    given = func.coalesce(vote.c.purpose, "given") == "given"
    rows = connection.execute(
        select(
            vote.c.pair_id,
            vote.c.verdict,
            vote.c.seconds,
            vote.c.reason,
            vote.c.at,
            vote.c.reasons,
            vote.c.spans,
            pair.c.key,
            prompt.c.messages,
        )
        .join(pair, pair.c.id == vote.c.pair_id)
        .join(prompt, prompt.c.id == pair.c.prompt_id)
        .where(vote.c.rater_id == rater_id, vote.c.pair_id.in_(pair_ids), is_current(), given)
    )
    others: dict[int, Counter[str]] = {}
    for pair_id, verdict in connection.execute(
        select(vote.c.pair_id, vote.c.verdict)
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(vote.c.pair_id.in_(pair_ids), vote.c.rater_id != rater_id, rater.c.kind == "person")
        .where(is_current(), given)
    ):
        others.setdefault(pair_id, Counter())[verdict] += 1
    gold = gold_verdicts(connection)
    found = {
        row.pair_id: Answer(
            row.pair_id,
            public_id("pair", row.key),
            last_asked(row.messages, 200),
            row.verdict,
            VERDICTS[gold[row.pair_id]] if row.pair_id in gold else None,
            others.get(row.pair_id, Counter()),
            row.seconds,
            row.reason,
            row.at,
            row.reasons or [],
            len(row.spans or ()),
        )
        for row in rows
    }
    return [found[pair_id] for pair_id in pair_ids if pair_id in found]
