"""SQL for erasing a person: name, sign-in, notes and comments go, and votes stay under a pseudonym.

The chain stays whole: each sealed row that is changed gets a tombstone in the same transaction
(store/chain.bury), and so does the person's own row, which is the record of the erasure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, delete, func, or_, select, update

from pairwright.store import clock
from pairwright.store.chain import bury
from pairwright.store.people.accounts import Account
from pairwright.store.people.mentions import Buried, as_word, rename
from pairwright.store.people.names import looks
from pairwright.store.response_votes import WHAT, still_counts
from pairwright.store.schema import (
    account,
    failure,
    flag,
    invitation,
    lease,
    metadata,
    qualification,
    rater,
    response_vote,
    review,
    session,
    vote,
)
from pairwright.store.votes import flag_stands, is_current, skip_stands, withdraw
from pairwright.types import Rater

PSEUDONYM = "erased-"


@dataclass(slots=True)
class Cleared:
    """How many of each were cleared; `mentions` are other rows that named them."""

    pseudonym: str
    votes: int = 0
    notes: int = 0
    comments: int = 0
    sign_ins: int = 0
    invitations: int = 0
    offers: int = 0
    mentions: int = 0


def votes_of(connection: Connection, rater_id: int) -> list[tuple[int, int]]:
    """(vote, pair) of all this person's votes that count, decisions and those of a dataset too."""
    mine = vote.c.rater_id == rater_id, is_current()
    rows = connection.execute(select(vote.c.id, vote.c.pair_id).where(*mine).order_by(vote.c.id))
    return [(row.id, row.pair_id) for row in rows]


def withdraw_rest(connection: Connection, rater_id: int, account_id: int | None) -> int:
    """Take back this person's flags, skips and votes on responses; practice answers go. Gives how many."""
    n = 0
    for what, table, stands in (
        ("flag", flag, flag_stands()),
        ("skip", failure, skip_stands()),
        (WHAT, response_vote, still_counts()),
    ):
        for number in connection.scalars(
            select(table.c.id).where(table.c.rater_id == rater_id, stands)
        ).all():
            withdraw(connection, what, number)
            n += 1
    practice = delete(qualification).where(qualification.c.account_id == account_id)
    return n + int(connection.execute(practice).rowcount)


def clear(
    connection: Connection, rater_id: int, of: Account | None, name: str, *, because: str, by: str | None
) -> Cleared:
    """Erase this person within this transaction."""
    done = Cleared(_pseudonym(connection))
    done.votes = _count(connection, select(vote.c.id).where(vote.c.rater_id == rater_id))
    buried = _notes(connection, rater_id, done)
    done.comments = _changed(
        connection,
        update(review).where(review.c.rater_id == rater_id, review.c.comment.is_not(None)),
        comment=None,
    )
    done.offers = int(connection.execute(delete(lease).where(lease.c.rater_id == rater_id)).rowcount)
    if of is not None:
        _account(connection, of, done)
    done.invitations += _invitations(connection, name)
    done.mentions, mentioned = rename(connection, name, done.pseudonym)
    key = Rater("person", done.pseudonym).key
    values: dict[str, Any] = {"name": done.pseudonym, "key": key, "looks": looks(done.pseudonym)}
    connection.execute(update(rater).where(rater.c.id == rater_id).values(**values))
    for found in (buried, mentioned, {"rater": [rater_id]}):
        for table, numbers in found.items():
            bury(connection, metadata.tables[table], numbers, because=because, by=by)
    return done


def _pseudonym(connection: Connection) -> str:
    """The first that nobody has: erased-1, erased-2, ..."""
    taken = set(connection.scalars(select(rater.c.name).where(rater.c.name.startswith(PSEUDONYM))))
    return next(name for n in range(1, len(taken) + 2) if (name := f"{PSEUDONYM}{n}") not in taken)


def _notes(connection: Connection, rater_id: int, done: Cleared) -> Buried:
    """What they wrote beside votes, flags and skips. What a flag says of the pair stays."""
    buried: Buried = {}
    for table in (vote, response_vote):
        told = [column for column in (table.c.get("reason"), table.c.get("raw")) if column is not None]
        rows = select(table.c.id).where(
            table.c.rater_id == rater_id, or_(*(each.is_not(None) for each in told))
        )
        numbers = list(connection.scalars(rows))
        nothing = {each.name: None for each in told}
        buried[str(table.name)] = numbers
        done.notes += _changed(connection, update(table).where(table.c.id.in_(rows)), **nothing)
    buried["flag"] = []
    for row in connection.execute(select(flag.c.id, flag.c.reason).where(flag.c.rater_id == rater_id)).all():
        what = row.reason.partition(" (said ")[0]
        new = f"{what} (said {done.pseudonym})"
        _changed(connection, update(flag).where(flag.c.id == row.id), reason=new)
        buried["flag"].append(row.id)
    skips = update(failure).where(failure.c.rater_id == rater_id, failure.c.message != "skipped")
    done.notes += len(buried["flag"]) + _changed(connection, skips, message="skipped")
    return buried


def _account(connection: Connection, of: Account, done: Cleared) -> None:
    done.sign_ins = int(connection.execute(delete(session).where(session.c.account_id == of.id)).rowcount)
    theirs = delete(invitation).where(invitation.c.account_id == of.id)
    done.invitations = int(connection.execute(theirs).rowcount)
    nothing = ("password", "seen_guideline_id", "daily_limit", "reserved", "pause_reason", "practise_from")
    values: dict[str, Any] = {"name": done.pseudonym, "state": "removed", "role": "annotator", "tags": []}
    values |= dict.fromkeys(nothing)
    connection.execute(update(account).where(account.c.id == of.id).values(**values))


def _invitations(connection: Connection, name: str) -> int:
    """Whom invitations were for: those to this name, and those that are over, which may hold an address."""
    over = or_(invitation.c.uses_left < 1, invitation.c.expires < clock.now())
    noted = select(invitation.c.id, invitation.c.note, over).where(invitation.c.note.is_not(None))
    named, wanted = as_word(name), looks(name)
    numbers = [
        number
        for number, note, gone in connection.execute(noted)
        if gone or looks(note) == wanted or named.search(note)
    ]
    return _changed(connection, update(invitation).where(invitation.c.id.in_(numbers)), note=None)


def _count(connection: Connection, rows: Select[Any]) -> int:
    return int(connection.execute(select(func.count()).select_from(rows.subquery())).scalar_one())


def _changed(connection: Connection, query: Any, **values: Any) -> int:
    return int(connection.execute(query.values(**values)).rowcount)
