"""What of the store can leave it: labelled pairs, labelled responses, and a census of the rest.

Everything streams in pages, so that a million pairs need no more memory than
a thousand. Begin with `snapshot`: all that is read on one connection then
describes the same moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Index,
    Integer,
    MetaData,
    Select,
    Table,
    and_,
    case,
    distinct,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)

from pairwright.keys import seeded_fraction
from pairwright.store.schema import RowId, belief, flag, pair, prompt, response
from pairwright.store.votes import newest_beliefs
from pairwright.types import Message, Verdict

PAGE = 500

Source = Literal["judge", "people"]


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


@dataclass(frozen=True, slots=True)
class PairRow:
    """A pair whose label stands, with what the label rests on."""

    pair_key: bytes
    pair_external_id: str | None
    prompt_id: int
    prompt_key: bytes
    prompt_external_id: str | None
    prompt: tuple[Message, ...]
    chosen: str
    chosen_key: bytes
    chosen_model: str | None
    rejected: str
    rejected_key: bytes
    rejected_model: str | None
    belief_id: int
    verdict: Verdict
    source: Source
    reason: str
    prob_a: float | None

    @property
    def prob_chosen(self) -> float | None:
        """The calibrated probability that the chosen one is better."""
        if self.prob_a is None:
            return None
        return self.prob_a if self.verdict == "A" else 1 - self.prob_a


@dataclass(frozen=True, slots=True)
class Side:
    """What one accepted pair says about a response."""

    pair_key: bytes
    pair_external_id: str | None
    belief_id: int
    good: bool
    source: Source


@dataclass(frozen=True, slots=True)
class ResponseRow:
    """A response that is good or bad by the majority of its pairs."""

    response_key: bytes
    model: str | None
    prompt_id: int
    prompt_key: bytes
    prompt_external_id: str | None
    prompt: tuple[Message, ...]
    text: str
    good: bool
    sides: tuple[Side, ...]

    @property
    def source(self) -> Source:
        """people, if a person settled any of the pairs that speak for this label."""
        return "people" if any(s.source == "people" for s in self.sides if s.good == self.good) else "judge"


@dataclass(frozen=True, slots=True)
class Tally:
    """How the responses of accepted pairs divide. A response is a text: twins of one prompt count once."""

    good: int
    bad: int
    conflicting: int  # good in as many pairs as bad
    duplicate: int  # twins that were counted with the first of their text

    @property
    def labelled(self) -> int:
        return self.good + self.bad

    @property
    def responses(self) -> int:
        return self.good + self.bad + self.conflicting + self.duplicate


def snapshot(connection: Connection) -> None:
    """Make all reads on this (so far unused) connection describe the same moment.

    SQLite does so by itself; PostgreSQL must be told before the first read.
    """
    if connection.dialect.name == "postgresql":
        connection.execution_options(isolation_level="REPEATABLE READ")


def _standings(*, include_flagged: bool) -> Select[Any]:
    """Every pair with its current belief and its standing."""
    flagged = select(flag.c.id).where(flag.c.pair_id == pair.c.id, flag.c.severity == "error").exists()
    standing = case(
        (belief.c.id.is_(None), literal("not_judged")),
        (belief.c.decision == "ask", literal("waiting_for_people")),
        (belief.c.decision == "drop", literal("dropped")),
        *([] if include_flagged else [(flagged, literal("flagged"))]),
        (belief.c.verdict.in_(["A", "B"]), literal("label")),
        (and_(belief.c.verdict == "TIE", belief.c.both == "good"), literal("tie_both_good")),
        (and_(belief.c.verdict == "TIE", belief.c.both == "bad"), literal("tie_both_bad")),
        (belief.c.verdict == "TIE", literal("tie")),
        else_=literal("no_verdict"),
    ).label("standing")
    return select(
        pair.c.id.label("pair_id"),
        pair.c.prompt_id,
        pair.c.a_id,
        pair.c.b_id,
        belief.c.id.label("belief_id"),
        belief.c.verdict,
        belief.c.source,
        belief.c.reason,
        belief.c.prob_a,
        standing,
    ).select_from(pair.outerjoin(belief, and_(belief.c.pair_id == pair.c.id, newest_beliefs())))


def census(connection: Connection, *, include_flagged: bool = False) -> Census:
    """Count all pairs by where they stand."""
    stand = _standings(include_flagged=include_flagged).subquery()
    counts = connection.execute(select(stand.c.standing, func.count()).group_by(stand.c.standing)).all()
    standing = {str(name): int(count) for name, count in sorted(counts)}
    return Census(sum(standing.values()), standing)


def labelled_pairs(
    connection: Connection, *, include_flagged: bool = False, page: int = PAGE
) -> Iterator[PairRow]:
    """Every pair with a label, in the order the pairs were made."""
    last = 0
    while True:
        # The page is cut before the texts are joined to it, so that the
        # database never sorts or carries texts it will not hand out.
        stand = _standings(include_flagged=include_flagged).where(pair.c.id > last).subquery()
        cut = select(stand).where(stand.c.standing == "label").order_by(stand.c.pair_id).limit(page)
        rows = connection.execute(_with_texts(cut.subquery("cut"))).all()
        for row in rows:
            yield _pair_row(row)
        if len(rows) < page:
            return
        last = rows[-1].pair_id


def _with_texts(cut: FromClause) -> Select[Any]:
    a, b = response.alias("a"), response.alias("b")
    return (
        select(
            cut,
            pair.c.key,
            pair.c.external_id,
            prompt.c.key.label("prompt_key"),
            prompt.c.external_id.label("prompt_external_id"),
            prompt.c.messages,
            *(
                c.label(f"{side}_{c.name}")
                for side, t in (("a", a), ("b", b))
                for c in (t.c.key, t.c.text, t.c.model)
            ),
        )
        .join(pair, pair.c.id == cut.c.pair_id)
        .join(prompt, prompt.c.id == cut.c.prompt_id)
        .join(a, a.c.id == cut.c.a_id)
        .join(b, b.c.id == cut.c.b_id)
        .order_by(cut.c.pair_id)
    )


def _pair_row(row: Any) -> PairRow:
    a = (row.a_text, row.a_key, row.a_model)
    b = (row.b_text, row.b_key, row.b_model)
    chosen, rejected = (a, b) if row.verdict == "A" else (b, a)
    return PairRow(
        row.key,
        row.external_id,
        row.prompt_id,
        row.prompt_key,
        row.prompt_external_id,
        _messages(row.messages),
        *chosen,
        *rejected,
        row.belief_id,
        row.verdict,
        row.source,
        row.reason,
        row.prob_a,
    )


def _messages(stored: list[dict[str, Any]]) -> tuple[Message, ...]:
    return tuple(Message(message["role"], message["content"]) for message in stored)


# Which response is good or bad takes counting over pairs, and a random order
# takes sorting: both are done by the database, in tables that live on its disk
# for the length of the connection's transaction.
_scratch = MetaData()

_side = Table(
    "export_side",
    _scratch,
    Column("response_id", RowId, nullable=False),  # the first response with this text
    Column("own_id", RowId, nullable=False),  # the response that stood in the pair
    Column("pair_id", RowId, nullable=False),
    Column("belief_id", RowId, nullable=False),
    Column("good", Integer, nullable=False),
    Index("export_side_by_response", "response_id"),
    prefixes=["TEMPORARY"],
)

_tally = Table(
    "export_tally",
    _scratch,
    Column("response_id", RowId, nullable=False),
    Column("good", Integer, nullable=False),
    Column("bad", Integer, nullable=False),
    Column("place", RowId, nullable=False),
    Index("export_tally_by_place", "place", "response_id"),
    prefixes=["TEMPORARY"],
)


def count_responses(connection: Connection, seed: int, *, include_flagged: bool = False) -> Tally:
    """Count for and against every response and give each a random place, for `labelled_responses`.

    The winner of a pair is good there and the loser bad; ties say something
    only where both were called good or both bad. The majority decides.
    """
    _scratch.drop_all(connection)
    _scratch.create_all(connection)
    connection.execute(insert(_side).from_select(list(_side.c), _sides(include_flagged=include_flagged)))
    good = func.sum(_side.c.good)
    counted = select(
        _side.c.response_id, good, func.count() - good, _place(_side.c.response_id, seed)
    ).group_by(_side.c.response_id)
    connection.execute(insert(_tally).from_select(list(_tally.c), counted))

    def where(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count(case((condition, 1)))

    t = _tally.c
    row = connection.execute(
        select(where(t.good > t.bad), where(t.good < t.bad), where(t.good == t.bad))
    ).one()
    own = connection.execute(select(func.count(distinct(_side.c.own_id)))).scalar_one()
    return Tally(good=row[0], bad=row[1], conflicting=row[2], duplicate=own - sum(row))


def _sides(*, include_flagged: bool) -> Select[Any]:
    stand = _standings(include_flagged=include_flagged).subquery()
    told = stand.c.standing.in_(["label", "tie_both_good", "tie_both_bad"])

    def side(own: ColumnElement[int], wins: Verdict) -> Select[Any]:
        good = or_(stand.c.verdict == wins, stand.c.standing == "tie_both_good")
        return select(
            own.label("own_id"), stand.c.pair_id, stand.c.belief_id, case((good, 1), else_=0).label("good")
        ).where(told)

    both = union_all(side(stand.c.a_id, "A"), side(stand.c.b_id, "B")).subquery()
    own, twin = response.alias("own"), response.alias("twin")
    first = (
        select(func.min(twin.c.id))
        .where(twin.c.prompt_id == own.c.prompt_id, twin.c.text == own.c.text)
        .correlate(own)
        .scalar_subquery()
    )
    return select(first, both.c.own_id, both.c.pair_id, both.c.belief_id, both.c.good).join_from(
        both, own, own.c.id == both.c.own_id
    )


PRIME = 2**31 - 1


def _place(number: ColumnElement[int], seed: int) -> ColumnElement[int]:
    """A pseudo-random place for a row number, from integer arithmetic alone: the same on every database.

    (number * a + c)^5 modulo a prime: a and c come from the seed, and the fifth
    power (one to one here, as 5 does not divide the prime - 1) breaks the even
    spacing that a * number + c by itself would give to the responses of a prompt.
    Nothing leaves 64 bits.
    """
    a = 1 + int(seeded_fraction("export order a", seed) * (PRIME - 1))
    c = int(seeded_fraction("export order c", seed) * PRIME)
    x = (number % PRIME * a + c) % PRIME
    square = x * x % PRIME
    return square * square % PRIME * x % PRIME


def labelled_responses(connection: Connection, *, page: int = PAGE) -> Iterator[ResponseRow]:
    """The responses `count_responses` (on this connection) found good or bad, in their random order."""
    t = _tally.c
    place = tuple_(t.place, t.response_id)
    after = (-1, 0)
    while True:
        cut = (
            select(t.place, t.response_id, t.good, t.bad)
            .where(t.good != t.bad, place > after)
            .order_by(t.place, t.response_id)
            .limit(page)
            .subquery("cut")
        )
        rows = connection.execute(
            select(
                cut,
                response.c.key,
                response.c.text,
                response.c.model,
                prompt.c.id.label("prompt_id"),
                prompt.c.key.label("prompt_key"),
                prompt.c.external_id,
                prompt.c.messages,
            )
            .join(response, response.c.id == cut.c.response_id)
            .join(prompt, prompt.c.id == response.c.prompt_id)
            .order_by(cut.c.place, cut.c.response_id)
        ).all()
        sides = _sides_of(connection, [row.response_id for row in rows])
        for row in rows:
            yield ResponseRow(
                row.key,
                row.model,
                row.prompt_id,
                row.prompt_key,
                row.external_id,
                _messages(row.messages),
                row.text,
                row.good > row.bad,
                tuple(sides[row.response_id]),
            )
        if len(rows) < page:
            return
        after = (rows[-1].place, rows[-1].response_id)


def _sides_of(connection: Connection, response_ids: Sequence[int]) -> dict[int, list[Side]]:
    found: dict[int, list[Side]] = {number: [] for number in response_ids}
    rows = connection.execute(
        select(
            _side.c.response_id, pair.c.key, pair.c.external_id, belief.c.id, _side.c.good, belief.c.source
        )
        .join(pair, pair.c.id == _side.c.pair_id)
        .join(belief, belief.c.id == _side.c.belief_id)
        .where(_side.c.response_id.in_(response_ids))
        .order_by(_side.c.response_id, _side.c.pair_id, _side.c.good)
    )
    for number, key, external_id, belief_id, good, source in rows:
        found[number].append(Side(key, external_id, belief_id, bool(good), source))
    return found
