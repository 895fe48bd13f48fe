"""What of the store can leave it: labelled pairs, and a census of the rest.

Everything streams in pages, so that a million pairs need no more memory than
a thousand. Begin with `snapshot`: all that is read on one connection then
describes the same moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    true,
)

from pairwright.store.check.findings import is_flagged
from pairwright.store.check.softening import Softened, softened, softened_any
from pairwright.store.probability import prob_of
from pairwright.store.rows import ASKED, prompt_of, turns_of
from pairwright.store.schema import belief, flag, pair, prompt, response
from pairwright.store.votes import flag_stands, newest_beliefs
from pairwright.types import Message, Prompt, Source, Verdict

PAGE = 500
# As a dataset says: by how much a is better, in a pair's meta; how much a row counts, in the meta of its pair
# or the params of its only response.
MARGIN, WEIGHT = "margin_a", "weight"


def amount_in(kept: Mapping[str, Any] | None, name: str) -> float | None:
    """A number of what is kept with a pair or a response; None where there is none."""
    value = (kept or {}).get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


@dataclass(frozen=True, slots=True)
class Census:
    """How many pairs stand where.

    `standing` counts every pair once: label, tie, tie_both_good, tie_both_bad,
    not_judged, waiting_for_people, dropped, flagged, no_verdict.
    """

    pairs: int
    standing: dict[str, int]

    def drops(self, *wanted: str) -> dict[str, int]:
        """The pairs of every other standing; ties that are not wanted are one reason, whatever their kind."""
        left: Counter[str] = Counter()
        for name, count in self.standing.items():
            if name not in wanted:
                left["tie" if name.startswith("tie") else name] += count
        return dict(left)


class PairRow(NamedTuple):
    """A pair whose label stands, with what the label rests on."""

    pair_key: bytes
    pair_external_id: str | None
    prompt_id: int
    prompt_key: bytes
    prompt_external_id: str | None
    prompt: Prompt
    chosen: str
    chosen_key: bytes
    chosen_model: str | None
    chosen_turns: tuple[Message, ...]
    rejected: str
    rejected_key: bytes
    rejected_model: str | None
    rejected_turns: tuple[Message, ...]
    belief_id: int
    verdict: Verdict
    source: Source
    reason: str
    prob_a: float | None
    prob_tie: float | None
    softened: Softened | None = None
    meta: Mapping[str, Any] | None = None

    @property
    def margin(self) -> float | None:
        """How much better the dataset says the chosen one is; None where it says the other one is."""
        margin = amount_in(self.meta, MARGIN)
        own = margin if self.verdict == "A" or margin is None else -margin
        return own if own is not None and own >= 0 else None

    @property
    def weight(self) -> float | None:
        """How much the dataset says the row counts."""
        return amount_in(self.meta, WEIGHT)

    @property
    def prob_chosen(self) -> float | None:
        """P(the chosen one is better), calibrated or softened; None where nothing was calibrated.

        That neither is better has its own share, which is no part of it.
        """
        if self.softened is not None:
            return self.softened.probability
        return prob_of(self.verdict, self.prob_a, self.prob_tie)

    @property
    def prob_tied(self) -> float | None:
        """P(neither is better), which softening leaves as it was."""
        return self.softened.tie if self.softened is not None else self.prob_tie


def snapshot(connection: Connection) -> None:
    """Make all reads on this (so far unused) connection describe the same moment.

    SQLite does so by itself; PostgreSQL must be told before the first read.
    """
    if connection.dialect.name == "postgresql":
        connection.execution_options(isolation_level="REPEATABLE READ")


def standings(*, include_flagged: bool, between: tuple[Any, Any] | None = None) -> Select[Any]:
    """Every pair (or those with ids from first to last) with its current belief and its standing."""
    here: ColumnElement[bool] = true()
    its_belief = and_(belief.c.pair_id == pair.c.id, newest_beliefs())
    if between is not None:
        # Said of both tables: a planner that has to infer one range from the
        # other may read the whole table for every page.
        its_belief = and_(its_belief, belief.c.pair_id.between(*between))
        here = pair.c.id.between(*between)
    error = and_(flag.c.pair_id == pair.c.id, flag.c.severity == "error", flag_stands())
    flagged = select(flag.c.id).where(error).exists()
    standing = case(
        (or_(belief.c.id.is_(None), belief.c.decision == "wait"), literal("not_judged")),
        *([] if include_flagged else [(or_(flagged, is_flagged()), literal("flagged"))]),
        (belief.c.decision == "ask", literal("waiting_for_people")),
        (belief.c.decision == "drop", literal("dropped")),
        (belief.c.verdict.in_(["A", "B"]), literal("label")),
        (and_(belief.c.verdict == "TIE", belief.c.both == "good"), literal("tie_both_good")),
        (and_(belief.c.verdict == "TIE", belief.c.both == "bad"), literal("tie_both_bad")),
        (belief.c.verdict == "TIE", literal("tie")),
        else_=literal("no_verdict"),
    ).label("standing")
    return (
        select(
            pair.c.id.label("pair_id"),
            pair.c.prompt_id,
            pair.c.a_id,
            pair.c.b_id,
            belief.c.id.label("belief_id"),
            belief.c.verdict,
            belief.c.source,
            belief.c.reason,
            belief.c.prob_a,
            belief.c.prob_tie,
            standing,
        )
        .select_from(pair.outerjoin(belief, its_belief))
        .where(here)
    )


def census(connection: Connection, *, include_flagged: bool = False) -> Census:
    """Count all pairs by where they stand."""
    stand = standings(include_flagged=include_flagged).subquery()
    counts = connection.execute(select(stand.c.standing, func.count()).group_by(stand.c.standing)).all()
    standing = {str(name): int(count) for name, count in sorted(counts)}
    return Census(sum(standing.values()), standing)


def labelled_pairs(
    connection: Connection, *, include_flagged: bool = False, page: int = PAGE
) -> Iterator[PairRow]:
    """Every pair with a label, in the order the pairs were made."""
    ids = select(pair.c.id).where(pair.c.id > bindparam("last")).order_by(pair.c.id).limit(page).subquery()
    ends = select(func.min(ids.c.id), func.max(ids.c.id))  # queries are built once: it takes its time
    between: Any = (bindparam("first"), bindparam("last"))
    stand = standings(include_flagged=include_flagged, between=between).subquery()
    labels = _with_texts(select(stand).where(stand.c.standing == "label").subquery("cut"))
    any_softened = softened_any(connection)
    last = 0
    while True:
        first, last = connection.execute(ends, {"last": last}).one()
        if last is None:
            return
        soft = softened(connection, (first, last)) if any_softened else {}
        for row in connection.execute(labels, {"first": first, "last": last}).all():
            yield _pair_row(row, soft.get(row.pair_id))


def _with_texts(cut: FromClause) -> Select[Any]:
    a, b = response.alias("a"), response.alias("b")
    return (
        select(
            cut,
            pair.c.key,
            pair.c.external_id,
            pair.c.meta,
            prompt.c.key.label("prompt_key"),
            prompt.c.external_id.label("prompt_external_id"),
            *ASKED,
            *(
                c.label(f"{side}_{c.name}")
                for side, t in (("a", a), ("b", b))
                for c in (t.c.key, t.c.text, t.c.model, t.c.turns)
            ),
        )
        .join(pair, pair.c.id == cut.c.pair_id)
        .join(prompt, prompt.c.id == cut.c.prompt_id)
        .join(a, a.c.id == cut.c.a_id)
        .join(b, b.c.id == cut.c.b_id)
        .order_by(cut.c.pair_id)
    )


def _pair_row(row: Any, soft: Softened | None) -> PairRow:
    a = (row.a_text, row.a_key, row.a_model, turns_of(row.a_turns))
    b = (row.b_text, row.b_key, row.b_model, turns_of(row.b_turns))
    chosen, rejected = (a, b) if row.verdict == "A" else (b, a)
    return PairRow(
        row.key,
        row.external_id,
        row.prompt_id,
        row.prompt_key,
        row.prompt_external_id,
        prompt_of(row),
        *chosen,
        *rejected,
        row.belief_id,
        row.verdict,
        row.source,
        row.reason,
        row.prob_a,
        row.prob_tie,
        soft,
        row.meta,
    )
