"""Which votes on single responses say that one is good or bad in an export, and why the others don't."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    or_,
    select,
)

from pairwright.store.export.labelled_pairs import standings
from pairwright.store.response_votes import by_kind, still_counts
from pairwright.store.schema import rater, response, response_vote, withdrawal
from pairwright.types import RatedBy, Source

SOURCE_OF: dict[str, Source] = {"person": "people", "unknown": "unknown"}  # all others are judges


@dataclass(frozen=True, slots=True)
class VotesWanted:
    """Which votes speak: by whom, whether they may be `unsure` (they have no probability), and whose
    `ratings` count, from which `threshold` they are good."""

    include_flagged: bool
    source: Source | None
    unsure: bool
    ratings: RatedBy | None
    threshold: float


def spoken(wanted: VotesWanted) -> Select[Any]:
    """The response, the vote and whether it says good, for every vote that speaks."""
    stand = _votes(wanted).subquery()
    return select(stand.c.response_id, stand.c.id, stand.c.says).where(stand.c.why.is_(None))


def silent(connection: Connection, wanted: VotesWanted) -> dict[str, int]:
    """How many votes don't speak, by reason."""
    stand = _votes(wanted).subquery()
    query = select(stand.c.why, func.count()).where(stand.c.why.is_not(None)).group_by(stand.c.why)
    return {str(why): int(n) for why, n in connection.execute(query.order_by(stand.c.why))}


def _votes(wanted: VotesWanted) -> Select[Any]:
    """Every vote that was not taken back: what it says (1 good, 0 bad), and `why` that does not count."""
    own = response_vote.c
    rated = and_(own.rating.is_not(None), by_kind(wanted.ratings)) if wanted.ratings else false()
    says = case(
        (own.good.is_(True), 1),
        (own.good.is_(False), 0),
        (and_(rated, own.rating >= wanted.threshold), 1),
        (rated, 0),
    )
    source = case(*((rater.c.kind == kind, name) for kind, name in SOURCE_OF.items()), else_="judge")
    reasons: list[tuple[ColumnElement[bool], Any]] = [(says.is_(None), literal("rated_otherwise"))]
    if not wanted.include_flagged:
        reasons.append((_in_flagged_pair(), literal("flagged")))
    reasons.append((and_(rater.c.kind != "person", _people_spoke()), literal("people_said")))
    if wanted.source is not None:
        reasons.append((source != wanted.source, literal("settled_by_others")))
    if not wanted.unsure:
        reasons.append((own.id.is_not(None), literal("no_probability")))
    return (
        select(own.response_id, own.id, says.label("says"), case(*reasons).label("why"))
        .join(rater, rater.c.id == own.rater_id)
        .join(response, response.c.id == own.response_id)
        .where(still_counts())
    )


def _in_flagged_pair() -> ColumnElement[bool]:
    """What keeps a pair out of exports keeps its responses out."""
    stand = standings(include_flagged=False).subquery()
    return exists().where(
        stand.c.prompt_id == response.c.prompt_id,
        or_(stand.c.a_id == response.c.id, stand.c.b_id == response.c.id),
        stand.c.standing == "flagged",
    )


def _people_spoke() -> ColumnElement[bool]:
    """A person called the same response good or bad."""
    other, who = response_vote.alias("other"), rater.alias("who")
    gone = exists().where(withdrawal.c.what == "response_vote", withdrawal.c.row_id == other.c.id)
    query = (
        select(other.c.id)
        .join(who, who.c.id == other.c.rater_id)
        .where(other.c.response_id == response_vote.c.response_id, who.c.kind == "person")
        .where(other.c.good.is_not(None), ~gone)
    )
    return query.correlate(response_vote).exists()
