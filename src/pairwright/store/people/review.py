"""SQL for what annotators leave to a lead (flags, skips, notes, conflicts), and for what the lead said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import (
    Connection,
    Select,
    and_,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    union_all,
    update,
)

from pairwright.keys import public_id
from pairwright.literals import checked
from pairwright.routing.decide import SENT_BACK
from pairwright.store import clock
from pairwright.store.prepared import prepared
from pairwright.store.rows import last_asked
from pairwright.store.schema import account, belief, failure, flag, pair, prompt, rater, review, vote
from pairwright.store.votes import flag_stands, is_current, newest_beliefs, skip_stands

What = Literal["flag", "skip", "note", "pair"]
Kind = Literal["flag", "conflict", "sent_back", "skip", "note"]
KINDS: dict[Kind, str] = {
    "flag": "flagged",
    "conflict": "conflicts",
    "sent_back": "sent back by a check",
    "skip": "skipped",
    "note": "notes",
}


@dataclass(frozen=True, slots=True)
class Item:
    """Something for the lead to look at. `text` is the reason or note, `rater_id` who left it."""

    kind: Kind
    what: What
    row_id: int
    pair_id: int
    rater_id: int | None
    name: str | None
    text: str
    at: float


@dataclass(frozen=True, slots=True)
class Comment:
    """What a lead wrote to an annotator about a pair."""

    lead: str
    pair: str
    prompt: str
    comment: str
    at: float
    new: bool


def _open(what: What, row_id: Any) -> Any:
    """The condition that no lead has had the last word on this row."""
    newer = review.alias("newer")
    newest = ~exists().where(
        newer.c.what == what, newer.c.row_id == review.c.row_id, newer.c.id > review.c.id
    )
    settled = exists().where(
        review.c.what == what, review.c.row_id == row_id, review.c.action != "reopened", newest
    )
    return ~settled


def _items(kind: Kind) -> Select[Any]:
    """The open items of one kind: kind, what, row, pair, rater, text, at."""

    def of(table: Any, what: What, text: Any) -> Select[Any]:
        own = literal(kind), literal(what), table.c.id.label("row_id"), table.c.pair_id, table.c.rater_id
        return select(*own, text.label("text"), table.c.at).where(_open(what, table.c.id))

    if kind == "flag":
        return of(flag, "flag", flag.c.reason).where(flag.c.rater_id.is_not(None), flag_stands())
    if kind == "note":
        persons = select(rater.c.id).where(rater.c.kind == "person")
        query = of(vote, "note", vote.c.reason).where(vote.c.reason.is_not(None), vote.c.purpose.is_(None))
        return query.where(is_current(), vote.c.rater_id.in_(persons), vote.c.guideline_id.is_not(None))
    if kind == "skip":
        labelled = exists().where(
            belief.c.pair_id == failure.c.pair_id, belief.c.decision == "accept", newest_beliefs()
        )
        return of(failure, "skip", failure.c.message).where(skip_stands(), ~labelled)
    which = belief.c.asks == "lead" if kind == "conflict" else belief.c.reason.startswith(SENT_BACK)
    columns = literal(kind), literal("pair"), belief.c.pair_id.label("row_id"), belief.c.pair_id
    query = select(*columns, null().label("rater_id"), belief.c.reason.label("text"), belief.c.at)
    return query.where(belief.c.decision == "ask", which, newest_beliefs(), _open("pair", belief.c.pair_id))


def counts(connection: Connection) -> dict[Kind, int]:
    """How many open items there are of each kind."""
    return {
        kind: int(connection.execute(select(func.count()).select_from(_items(kind).subquery())).scalar_one())
        for kind in KINDS
    }


def skip_reasons(connection: Connection, limit: int = 8) -> list[tuple[str, int]]:
    """Why pairs that are still open were skipped, the most frequent first."""
    each = _items("skip").subquery()
    query = select(each.c.text, func.count()).group_by(each.c.text).order_by(func.count().desc(), each.c.text)
    return [(row[0], int(row[1])) for row in connection.execute(query.limit(limit))]


@checked
def next_pair(connection: Connection, kind: Kind | None, skip: Sequence[int] = ()) -> int | None:
    """The pair to look at next: of this kind, or of the first kind there is one of; not one of `skip`."""
    for each in [kind] if kind else KINDS:
        of = _items(each).subquery()
        query = select(of.c.pair_id).where(of.c.pair_id.not_in(skip)).order_by(of.c.at, of.c.row_id).limit(1)
        found = connection.execute(query).scalar()
        if found is not None:
            return int(found)
    return None


def items_on(connection: Connection, pair_id: int) -> list[Item]:
    """What is open on one pair, oldest first."""
    each = union_all(*(_items(kind).where(_pair_of(kind) == pair_id) for kind in KINDS)).subquery()
    rows = connection.execute(
        select(each, rater.c.name).outerjoin(rater, rater.c.id == each.c.rater_id).order_by(each.c.at)
    )
    return [Item(row[0], row[1], row[2], row[3], row[4], row[7], row[5] or "", row[6]) for row in rows]


def _pair_of(kind: Kind) -> Any:
    tables = {"flag": flag, "skip": failure, "note": vote}
    return tables.get(kind, belief).c.pair_id


def settle(
    connection: Connection, items: Sequence[Item], action: str, account_id: int, comment: str | None
) -> None:
    """Record a lead's word on these items; the comment goes once to everybody who left one of them."""
    told: set[int] = set()
    for each in items:
        new = comment is not None and each.rater_id is not None and each.rater_id not in told
        told |= {each.rater_id} if new and each.rater_id is not None else set()
        to = {"comment": comment, "rater_id": each.rater_id} if new else {"comment": None, "rater_id": None}
        record(connection, each.pair_id, each.what, each.row_id, action, account_id, **to)


@checked
def record(
    connection: Connection,
    pair_id: int,
    what: What,
    row_id: int,
    action: str,
    account_id: int,
    *,
    comment: Any = None,
    rater_id: Any = None,
) -> None:
    """Record a lead's word on one thing."""
    row = {"pair_id": pair_id, "what": what, "row_id": row_id, "action": action, "account_id": account_id}
    connection.execute(insert(review), [{**row, "comment": comment, "rater_id": rater_id, "at": clock.now()}])


def last_on(connection: Connection, pair_id: int) -> list[tuple[What, int, str]]:
    """The last word on everything of a pair that was settled: (what, row, action)."""
    newer = review.alias("newer")
    newest = ~exists().where(
        newer.c.what == review.c.what, newer.c.row_id == review.c.row_id, newer.c.id > review.c.id
    )
    query = select(review.c.what, review.c.row_id, review.c.action).where(
        review.c.pair_id == pair_id, review.c.action != "reopened", newest
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def flags_as_rows(connection: Connection, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """These flags, as rows that can be added again."""
    rows = connection.execute(select(flag).where(flag.c.id.in_(numbers)).order_by(flag.c.id))
    return [{name: value for name, value in row._mapping.items() if name != "id"} for row in rows]


def comments_for(connection: Connection, rater_id: int, limit: int = 50) -> list[Comment]:
    """What leads wrote to this person, newest first."""
    rows = connection.execute(
        select(account.c.name, pair.c.key, prompt.c.messages, review.c.comment, review.c.at, review.c.seen_at)
        .join(account, account.c.id == review.c.account_id)
        .join(pair, pair.c.id == review.c.pair_id)
        .join(prompt, prompt.c.id == pair.c.prompt_id)
        .where(review.c.rater_id == rater_id, review.c.comment.is_not(None))
        .order_by(review.c.id.desc())
        .limit(limit)
    )
    return [
        Comment(
            row[0],
            public_id("pair", row[1]),
            last_asked(row[2], 200),
            row[3],
            row[4],
            row[5] is None,
        )
        for row in rows
    ]


def count_new(connection: Connection, rater_id: int) -> int:
    """How many comments this person has not seen."""
    return int(_count_new(connection, rater_id).scalar_one())


@prepared
def _count_new(rater_id: Any) -> Select[Any]:
    return select(func.count()).where(review.c.rater_id == rater_id, _unseen())


def seen(connection: Connection, rater_id: int) -> None:
    """This person has seen all that was written to them."""
    mine = review.c.rater_id == rater_id, _unseen()
    connection.execute(update(review).where(*mine).values(seen_at=clock.now()))


def _unseen() -> Any:
    return and_(review.c.comment.is_not(None), review.c.seen_at.is_(None))
