"""SQL for votes on single responses (good or bad, or a rating) and votes on pairs that follow from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from pairwright.amounts import counted
from pairwright.literals import checked
from pairwright.store import clock
from pairwright.store.chain import append
from pairwright.store.rows import turns_of
from pairwright.store.schema import pair, rater, response, response_vote, vote, withdrawal
from pairwright.store.votes import is_current
from pairwright.types import Message, RatedBy, ResponseVote

PAGE = 500
WHAT = "response_vote"  # as withdrawals name them


@cache
def still_counts() -> Any:
    """The condition that a vote on a response was not taken back."""
    return ~exists().where(withdrawal.c.what == WHAT, withdrawal.c.row_id == response_vote.c.id)


@checked
def by_kind(kind: RatedBy) -> ColumnElement[bool]:
    """The condition that a rater of this kind said so; joins the rater by itself. None are of `annotate`."""
    kinds, who = {"people": ["person"], "unknown": ["unknown"], "annotate": []}, rater.alias("who")

    def by(*names: str) -> ColumnElement[bool]:
        return exists().where(who.c.id == response_vote.c.rater_id, who.c.kind.in_(names))

    return ~by("person", "unknown") if kind == "judges" else by(*kinds[kind])


def add_response_votes(connection: Connection, votes: Sequence[ResponseVote]) -> list[int]:
    """Add votes and give their row numbers."""
    now = clock.now()
    return append(connection, response_vote, [{**asdict(each), "at": now} for each in votes])


def response_votes_by(
    connection: Connection, response_ids: Sequence[int], rater_ids: Sequence[int]
) -> dict[tuple[int, int], tuple[int, ResponseVote]]:
    """Votes that count, of these raters on these responses: (response, rater) -> its number and the vote."""
    found = {}
    for at in range(0, len(response_ids), PAGE):
        query = select(response_vote).where(
            response_vote.c.response_id.in_(response_ids[at : at + PAGE]),
            response_vote.c.rater_id.in_(rater_ids),
            still_counts(),
        )
        for row in connection.execute(query):
            found[row.response_id, row.rater_id] = (row.id, _vote(row))
    return found


def params_of(connection: Connection, response_ids: Sequence[int]) -> dict[int, Mapping[str, Any] | None]:
    """What is kept with these responses beside what they say, by their numbers."""
    found: dict[int, Mapping[str, Any] | None] = {}
    for at in range(0, len(response_ids), PAGE):
        page = response_ids[at : at + PAGE]
        query = select(response.c.id, response.c.params).where(response.c.id.in_(page))
        found |= {row.id: row.params for row in connection.execute(query)}
    return found


def _vote(row: Any) -> ResponseVote:
    return ResponseVote(row.response_id, row.rater_id, row.good, row.rating, row.reason, row.source)


# --- what follows for pairs -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SaidAlone:
    """A response of a prompt, and what one rater said of it by itself."""

    number: int
    vote: ResponseVote
    text: str
    turns: tuple[Message, ...]


def said_on_prompts(
    connection: Connection, prompt_ids: Sequence[int], rater_ids: Sequence[int]
) -> Iterator[tuple[int, int, list[SaidAlone]]]:
    """All that each of these raters said of responses to each of these prompts: (prompt, rater, votes)."""
    found: dict[tuple[int, int], list[SaidAlone]] = {}
    query = (
        select(response_vote, response.c.prompt_id, response.c.text, response.c.turns)
        .join(response, response.c.id == response_vote.c.response_id)
        .where(response.c.prompt_id.in_(prompt_ids), response_vote.c.rater_id.in_(rater_ids), still_counts())
        .order_by(response_vote.c.response_id)
    )
    for row in connection.execute(query):
        said = SaidAlone(row.id, _vote(row), row.text, turns_of(row.turns))
        found.setdefault((row.prompt_id, row.rater_id), []).append(said)
    for (prompt_id, rater_id), votes in found.items():
        yield prompt_id, rater_id, votes


def outlived(connection: Connection, prompt_ids: Sequence[int]) -> list[tuple[int, int]]:
    """Votes that followed from votes taken back since, on pairs of these prompts: (vote, pair)."""
    gone = select(withdrawal.c.row_id).where(withdrawal.c.what == WHAT)
    query = (
        select(vote.c.id, vote.c.pair_id)
        .join(pair, pair.c.id == vote.c.pair_id)
        .where(
            pair.c.prompt_id.in_(prompt_ids),
            or_(vote.c.better_id.in_(gone), vote.c.worse_id.in_(gone)),
            is_current(),
        )
        .order_by(vote.c.id)
    )
    return [(row.id, row.pair_id) for row in connection.execute(query)]


# --- counts ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ResponseLabels:
    """Votes on single responses that count, and votes on pairs that follow from them.

    `rated` have a rating and neither good nor bad. `by` counts all by the kind of rater.
    """

    good: int = 0
    bad: int = 0
    rated: int = 0
    by: dict[str, int] | None = None
    followed: int = 0

    @property
    def all(self) -> int:
        return self.good + self.bad + self.rated

    @property
    def told(self) -> str:
        """In words: how many of which."""
        kinds = ((self.good, "good"), (self.bad, "bad"), (self.rated, "rated"))
        said = [f"{n:,} {what}" for n, what in kinds if n]
        if self.followed:
            said.append(f"{counted(self.followed, 'vote')} on pairs follow from them")
        return ", ".join(said)


def response_labels(connection: Connection) -> ResponseLabels:
    """How many of what, over the whole store."""
    said, kinds = {True: 0, False: 0, None: 0}, dict[str, int]()
    query = (
        select(response_vote.c.good, rater.c.kind, func.count())
        .join(rater, rater.c.id == response_vote.c.rater_id)
        .where(still_counts())
        .group_by(response_vote.c.good, rater.c.kind)
        .order_by(rater.c.kind)
    )
    for good, kind, n in connection.execute(query):
        said[good] += n
        kinds[kind] = kinds.get(kind, 0) + n
    follow = select(func.count()).select_from(vote).where(and_(vote.c.better_id.is_not(None), is_current()))
    followed = int(connection.execute(follow).scalar_one())
    return ResponseLabels(said[True], said[False], said[None], kinds, followed)


def response_votes_mark(connection: Connection) -> dict[str, int]:
    """What tells two moments apart: how many votes count, and the sum of their numbers."""
    row = connection.execute(
        select(func.count(), func.coalesce(func.sum(response_vote.c.id), 0)).where(still_counts())
    ).one()
    return {"votes": int(row[0]), "sum": int(row[1])}
