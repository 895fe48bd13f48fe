"""SQL for where every pair stands: a label, or whom and what it waits for. Each pair is counted once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from pairwright.store.figures.totals import decisions
from pairwright.store.meta import DOMAIN, of_meta
from pairwright.store.people import tasks
from pairwright.store.schema import belief, pair, prompt
from pairwright.store.votes import newest_beliefs
from pairwright.types import SETTLED_BY

PAGE = 5000


@dataclass(frozen=True, slots=True)
class Stands:
    """How many pairs stand where.

    `labels` by whom they were settled. `open` are with people, `for_judges` with a later judge of a
    cascade, `uncalibrated` wait until judges are calibrated; routing has not been told of those `undecided`.
    """

    pairs: int
    labels: dict[str, int]
    ties: int
    open: tasks.Open
    for_judges: int
    uncalibrated: int
    undecided: int
    dropped: int

    @property
    def done(self) -> int:
        """Pairs of which no more is to come."""
        return sum(self.labels.values()) + self.dropped


def stands_of(connection: Connection) -> Stands:
    """Counted now."""
    decided, asks = decisions(connection), tasks.asked(connection)
    pairs = int(connection.execute(select(func.count()).select_from(pair)).scalar_one())
    accepted = {of: n for of, n in decided.items() if of[0] == "accept"}
    return Stands(
        pairs,
        labels={by: sum(n for (_, of, _), n in accepted.items() if of == by) for by in SETTLED_BY},
        ties=sum(n for (_, _, verdict), n in accepted.items() if verdict == "TIE"),
        open=tasks.open_pairs(connection),
        for_judges=tasks.for_judges(asks),
        uncalibrated=asks.get("calibration", 0),
        undecided=pairs - sum(decided.values()),
        dropped=sum(n for (decision, _, _), n in decided.items() if decision == "drop"),
    )


@dataclass(slots=True)
class OfDomain:
    """The pairs of one domain: `done` as in Stands, with people (wanting so many `answers`), and the rest."""

    pairs: int = 0
    done: int = 0
    with_people: int = 0
    answers: int = 0
    waiting: int = 0


def stands_by_domain(connection: Connection) -> dict[str | None, OfDomain]:
    """By domain; None: its row names none."""
    open_now = tasks.open_one_by_one(connection)
    query = (
        select(
            pair.c.id,
            pair.c.meta.label("pair_meta"),
            prompt.c.meta,
            belief.c.decision,
            belief.c.asks,
        )
        .join(prompt, prompt.c.id == pair.c.prompt_id)
        .outerjoin(belief, (belief.c.pair_id == pair.c.id) & newest_beliefs())
    )
    found: dict[str | None, OfDomain] = defaultdict(OfDomain)
    for row in connection.execution_options(yield_per=PAGE).execute(query):
        of = found[of_meta(row, DOMAIN)]
        of.pairs += 1
        if row.decision in ("accept", "drop"):
            of.done += 1
        elif row.id in open_now or row.asks == "lead":
            of.with_people += 1
            of.answers += open_now.get(row.id, ("", 0))[1]
        else:
            of.waiting += 1
    return dict(found)
