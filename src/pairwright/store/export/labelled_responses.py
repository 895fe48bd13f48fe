"""Labelled responses on their way out, for KTO: which are good or bad, in a random order.

Which response is good or bad takes counting over pairs, and a random order
takes sorting: both are done by the database, in tables that live on its disk
for the length of the connection's transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Float,
    FromClause,
    Index,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    case,
    cast,
    distinct,
    exists,
    func,
    insert,
    null,
    or_,
    select,
    text,
    true,
    tuple_,
    union_all,
)

from pairwright.keys import seeded_fraction
from pairwright.store.check.softening import softened
from pairwright.store.export.labelled_pairs import PAGE, WEIGHT, amount_in, standings
from pairwright.store.export.ratings import has_ratings, rated_pairs
from pairwright.store.export.votes_on_responses import SOURCE_OF, VotesWanted, silent, spoken
from pairwright.store.probability import prob_of_verdict
from pairwright.store.rows import ASKED, prompt_of, turns_of
from pairwright.store.schema import RowId, belief, pair, prompt, rater, response, response_vote, vote
from pairwright.types import Message, Prompt, RatedBy, Source, Verdict


class ResponseSide(NamedTuple):
    """What one accepted pair, or one rater's vote on the response itself, says about a response."""

    good: bool
    source: Source
    pair_key: bytes | None = None
    pair_external_id: str | None = None
    belief_id: int | None = None
    rater: str | None = None


class ResponseRow(NamedTuple):
    """A response that is good or bad by the majority of its pairs."""

    response_key: bytes
    model: str | None
    prompt_id: int
    prompt_key: bytes
    prompt_external_id: str | None
    prompt: Prompt
    text: str
    turns: tuple[Message, ...]
    good: bool
    sides: tuple[ResponseSide, ...]
    params: Mapping[str, Any] | None = None

    @property
    def weight(self) -> float | None:
        """How much its dataset says the row of this one response counts."""
        return amount_in(self.params, WEIGHT)

    @property
    def source(self) -> Source:
        """people, if a person settled any pair, or voted on it, that speaks so; judge, if judges did all."""
        by = {side.source for side in self.sides if side.good == self.good}
        return "people" if "people" in by else "judge" if by <= {"judge"} else "unknown"


@dataclass(frozen=True, slots=True)
class ResponseTally:
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


_scratch = MetaData()

_side = Table(
    "export_side",
    _scratch,
    Column("response_id", RowId, nullable=False),  # the first response with this text
    Column("own_id", RowId, nullable=False),  # the response that stood in the pair
    Column("pair_id", RowId),
    Column("belief_id", RowId),
    Column("response_vote_id", RowId),  # where no pair speaks, but a vote on the response itself
    Column("good", Integer, nullable=False),
    Index("export_side_by_response", "response_id"),
    prefixes=["TEMPORARY"],
)

_rated = Table(
    "export_rated",
    _scratch,
    Column("own_id", RowId, nullable=False),
    Column("pair_id", RowId, nullable=False),
    Column("belief_id", RowId, nullable=False),
    Column("good", Integer, nullable=False),
    prefixes=["TEMPORARY"],
)

_spoken = Table(
    "export_spoken",
    _scratch,
    Column("own_id", RowId, nullable=False),
    Column("response_vote_id", RowId, nullable=False),
    Column("good", Integer, nullable=False),
    prefixes=["TEMPORARY"],
)

_softened = Table(
    "export_softened",
    _scratch,
    Column("pair_id", RowId, primary_key=True),
    Column("probability", Float, nullable=False),
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


@dataclass(frozen=True, slots=True)
class WantedResponses:
    """Which accepted pairs speak, and what of them says that a response is good or bad.

    What is said of a response by itself always counts: votes on it, both good, both bad, and `ratings` of
    one kind, where a vote's rating, or the mean of a response's ratings in a pair, is held against
    `threshold`. Unless `by_itself` the winner of a pair is good there and the loser bad, where the
    response has no vote of its own. Of votes on one response people's count, where there are any.
    """

    include_flagged: bool = False
    source: Source | None = None
    min_probability: float | None = None
    by_itself: bool = False
    ratings: RatedBy | None = None
    threshold: float = 0.0


def count_responses(
    connection: Connection, seed: int, *, include_flagged: bool = False, wanted: WantedResponses | None = None
) -> ResponseTally:
    """Count for and against every response and give each a random place, for `labelled_responses`.

    What speaks for and against is told by `wanted`. The majority decides.
    """
    wanted = wanted or WantedResponses(include_flagged)
    _scratch.drop_all(connection)
    _scratch.create_all(connection)
    if wanted.min_probability is not None:
        soft = [{"pair_id": n, "probability": each.probability} for n, each in softened(connection).items()]
        if soft:
            connection.execute(insert(_softened), soft)
    if wanted.by_itself and wanted.ratings is not None:
        _rate(connection, wanted, wanted.ratings)
    connection.execute(insert(_spoken).from_select(list(_spoken.c), spoken(_votes_wanted(wanted))))
    connection.execute(insert(_side).from_select(list(_side.c), _sides(wanted)))
    good = func.sum(_side.c.good)
    counted = select(
        _side.c.response_id, good, func.count() - good, _place(_side.c.response_id, seed)
    ).group_by(_side.c.response_id)
    connection.execute(insert(_tally).from_select(list(_tally.c), counted))
    if connection.dialect.name == "postgresql":
        # Nobody else counts temporary tables, and uncounted ones are read whole for every page.
        for table in (_side, _tally):
            connection.execute(text(f"ANALYZE {table.name}"))

    def where(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count(case((condition, 1)))

    t = _tally.c
    row = connection.execute(
        select(where(t.good > t.bad), where(t.good < t.bad), where(t.good == t.bad))
    ).one()
    own = connection.execute(select(func.count(distinct(_side.c.own_id)))).scalar_one()
    return ResponseTally(good=row[0], bad=row[1], conflicting=row[2], duplicate=own - sum(row))


_SPACE = " \t\n\r\x0b\x0c"  # what is between texts that are the same to pairs (pairing.text_key)


TOLD = ("label", "tie_both_good", "tie_both_bad")


def told(stand: FromClause, wanted: WantedResponses, standing: Sequence[str]) -> ColumnElement[bool]:
    """The condition that a pair stands so, was settled by whom is wanted, and surely enough."""
    conditions: list[ColumnElement[bool]] = [stand.c.standing.in_(standing)]
    if wanted.source is not None:
        conditions.append(stand.c.source == wanted.source)
    if wanted.min_probability is not None:
        soft = select(_softened.c.probability).where(_softened.c.pair_id == stand.c.pair_id).scalar_subquery()
        # What is left for B comes from a subtraction of floats, which may end a hair under its four digits.
        conditions.append(func.coalesce(soft, prob_of_verdict(stand)) >= wanted.min_probability - 1e-9)
    return and_(*conditions)


def _rate(connection: Connection, wanted: WantedResponses, kind: RatedBy) -> None:
    """What ratings say of the responses of accepted pairs, ties of any kind among them."""
    stand = standings(include_flagged=wanted.include_flagged).subquery()
    accepted = told(stand, wanted, (*TOLD, "tie"))
    query = select(stand.c.pair_id, stand.c.a_id, stand.c.b_id, stand.c.belief_id).where(accepted)
    for page in rated_pairs(connection, kind):
        rows = []
        for found in connection.execute(query.where(stand.c.pair_id.in_(list(page)))):
            for own, rating in zip((found.a_id, found.b_id), page[found.pair_id], strict=True):
                if rating is not None:
                    good = int(rating >= wanted.threshold)
                    row = {"own_id": own, "pair_id": found.pair_id, "good": good}
                    rows.append({**row, "belief_id": found.belief_id})
        if rows:
            connection.execute(insert(_rated), rows)


def _sides(wanted: WantedResponses) -> Select[Any]:
    stand = standings(include_flagged=wanted.include_flagged).subquery()
    speak = told(stand, wanted, TOLD[1:] if wanted.by_itself else TOLD)

    nothing = cast(null(), RowId).label("response_vote_id")

    def side(own: ColumnElement[int], wins: Verdict) -> Select[Any]:
        good = or_(stand.c.verdict == wins, stand.c.standing == "tie_both_good")
        # Who won says less of a response than what was said of it by itself.
        settled = true() if wanted.by_itself else own.not_in(select(_spoken.c.own_id))
        return select(
            own.label("own_id"),
            stand.c.pair_id,
            stand.c.belief_id,
            nothing,
            case((good, 1), else_=0).label("good"),
        ).where(speak, or_(stand.c.standing != "label", settled))

    sides = [side(stand.c.a_id, "A"), side(stand.c.b_id, "B")]
    if wanted.by_itself:
        sides.append(select(_rated.c.own_id, _rated.c.pair_id, _rated.c.belief_id, nothing, _rated.c.good))
    no_pair = (cast(null(), RowId).label("pair_id"), cast(null(), RowId).label("belief_id"))
    sides.append(select(_spoken.c.own_id, *no_pair, _spoken.c.response_vote_id, _spoken.c.good))
    both = union_all(*sides).subquery()
    own, twin = response.alias("own"), response.alias("twin")
    first = (
        select(func.min(twin.c.id))
        .where(
            twin.c.prompt_id == own.c.prompt_id,
            func.trim(twin.c.text, _SPACE) == func.trim(own.c.text, _SPACE),
            func.coalesce(cast(twin.c.turns, Text), "") == func.coalesce(cast(own.c.turns, Text), ""),
        )
        .correlate(own)
        .scalar_subquery()
    )
    said = (both.c.own_id, both.c.pair_id, both.c.belief_id, both.c.response_vote_id, both.c.good)
    return select(first, *said).join_from(both, own, own.c.id == both.c.own_id)


def _votes_wanted(wanted: WantedResponses) -> VotesWanted:
    return VotesWanted(
        wanted.include_flagged,
        wanted.source,
        wanted.min_probability is None,
        wanted.ratings if wanted.by_itself else None,
        wanted.threshold,
    )


def silent_votes(connection: Connection, wanted: WantedResponses) -> dict[str, int]:
    """Votes on single responses that say nothing here, by reason."""
    return silent(connection, _votes_wanted(wanted))


def rated_otherwise(connection: Connection, wanted: WantedResponses) -> int:
    """After `count_responses`: accepted pairs that say nothing, and have ratings, but of another kind."""
    stand = standings(include_flagged=wanted.include_flagged).subquery()
    rated = exists().where(vote.c.pair_id == stand.c.pair_id, has_ratings())
    query = select(func.count()).where(told(stand, wanted, (*TOLD, "tie")), rated, ~_says_something(stand))
    return int(connection.execute(query).scalar_one())


def speaking(connection: Connection, wanted: WantedResponses) -> int:
    """After `count_responses`: how many accepted pairs say something of a response."""
    stand = standings(include_flagged=wanted.include_flagged).subquery()
    query = select(func.count()).where(stand.c.standing.in_((*TOLD, "tie")), _says_something(stand))
    return int(connection.execute(query).scalar_one())


def _says_something(stand: FromClause) -> ColumnElement[bool]:
    """A pair speaks, or both its responses were voted on by themselves."""
    alone = select(_spoken.c.own_id)
    speaks = stand.c.pair_id.in_(select(_side.c.pair_id).where(_side.c.pair_id.is_not(None)))
    return or_(speaks, and_(stand.c.a_id.in_(alone), stand.c.b_id.in_(alone)))


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
    after = tuple_(bindparam("place", type_=RowId), bindparam("number", type_=RowId))
    cut = (
        select(t.place, t.response_id, t.good, t.bad)
        .where(t.good != t.bad, tuple_(t.place, t.response_id) > after)
        .order_by(t.place, t.response_id)
        .limit(page)
        .subquery("cut")
    )
    labelled = (  # built once: building it takes longer than reading a page does
        select(
            cut,
            response.c.key,
            response.c.text,
            response.c.turns,
            response.c.model,
            response.c.params,
            prompt.c.id.label("prompt_id"),
            prompt.c.key.label("prompt_key"),
            prompt.c.external_id,
            *ASKED,
        )
        .join(response, response.c.id == cut.c.response_id)
        .join(prompt, prompt.c.id == response.c.prompt_id)
        .order_by(cut.c.place, cut.c.response_id)
    )
    last = (-1, 0)
    while True:
        rows = connection.execute(labelled, {"place": last[0], "number": last[1]}).all()
        sides = _sides_of(connection, [row.response_id for row in rows])
        for row in rows:
            yield ResponseRow(
                row.key,
                row.model,
                row.prompt_id,
                row.prompt_key,
                row.external_id,
                prompt_of(row),
                row.text,
                turns_of(row.turns),
                row.good > row.bad,
                tuple(sides[row.response_id]),
                row.params,
            )
        if len(rows) < page:
            return
        last = (rows[-1].place, rows[-1].response_id)


def _sides_of(connection: Connection, response_ids: Sequence[int]) -> dict[int, list[ResponseSide]]:
    found: dict[int, list[ResponseSide]] = {number: [] for number in response_ids}
    of_pairs = (
        select(
            _side.c.response_id, pair.c.key, pair.c.external_id, belief.c.id, _side.c.good, belief.c.source
        )
        .join(pair, pair.c.id == _side.c.pair_id)
        .join(belief, belief.c.id == _side.c.belief_id)
        .where(_side.c.response_id.in_(response_ids))
        .order_by(_side.c.response_id, _side.c.pair_id, _side.c.good)
    )
    for number, key, external_id, belief_id, good, source in connection.execute(of_pairs).all():
        found[number].append(ResponseSide(bool(good), source, key, external_id, belief_id))
    of_votes = (
        select(_side.c.response_id, _side.c.good, rater.c.kind, rater.c.name)
        .join(response_vote, response_vote.c.id == _side.c.response_vote_id)
        .join(rater, rater.c.id == response_vote.c.rater_id)
        .where(_side.c.response_id.in_(response_ids))
        .order_by(_side.c.response_id, response_vote.c.id)
    )
    for number, good, kind, name in connection.execute(of_votes):
        found[number].append(ResponseSide(bool(good), SOURCE_OF.get(kind, "judge"), rater=name))
    return found
