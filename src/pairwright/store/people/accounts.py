"""SQL for the people who sign in: accounts, invitations, sessions, and what leads did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Select, Text, cast, delete, insert, or_, select, update

from pairwright.literals import checked
from pairwright.store import clock
from pairwright.store.prepared import prepared
from pairwright.store.schema import account, invitation, lead_action, session

Role = Literal["lead", "annotator"]
State = Literal["active", "paused", "removed"]


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in. `rater_id` is who their votes are by."""

    id: int
    name: str
    rater_id: int
    role: Role
    state: State
    tags: tuple[str, ...]
    seen_guideline_id: int | None
    qualified_at: float | None
    at: float
    has_password: bool
    daily_limit: int | None = None
    reserved: tuple[str, ...] = ()
    pause_reason: str | None = None
    practise_from: float | None = None
    checked_from: float | None = None


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that lets people in: as somebody new, or as the account it was made for."""

    id: int
    role: Role
    tags: tuple[str, ...]
    note: str | None
    uses_left: int
    expires: float
    made_by: int | None
    account_id: int | None
    at: float


def _account(row: Any) -> Account:
    return Account(
        row.id,
        row.name,
        row.rater_id,
        row.role,
        row.state,
        tuple(row.tags),
        row.seen_guideline_id,
        row.qualified_at,
        row.at,
        row.password is not None,
        row.daily_limit,
        tuple(row.reserved or ()),
        row.pause_reason,
        row.practise_from,
        row.checked_from,
    )


def accounts(connection: Connection) -> list[Account]:
    """Everybody, oldest first."""
    return [_account(row) for row in connection.execute(select(account).order_by(account.c.id))]


def who_may_take(connection: Connection, rater_id: int) -> list[Account]:
    """The account of this person, and those that have reserved anything."""
    return [_account(row) for row in _reserving(connection, rater_id)]


@prepared
def _reserving(rater_id: Any) -> Select[Any]:
    mine, any_skill = account.c.rater_id == rater_id, cast(account.c.reserved, Text) != "[]"
    return select(account).where(or_(mine, any_skill)).order_by(account.c.id)


def account_named(connection: Connection, name: str) -> Account | None:
    row = connection.execute(select(account).where(account.c.name == name)).first()
    return None if row is None else _account(row)


def account_on(connection: Connection, account_id: int) -> Account | None:
    row = connection.execute(select(account).where(account.c.id == account_id)).first()
    return None if row is None else _account(row)


def password_of(connection: Connection, name: str) -> str | None:
    """The argon2id hash of a password; None if there is no such account, or it has none."""
    return connection.execute(select(account.c.password).where(account.c.name == name)).scalar()


@checked
def add_account(
    connection: Connection,
    name: str,
    rater_id: int,
    role: Role,
    *,
    password: str | None = None,
    tags: Sequence[str] = (),
) -> Account:
    """A new account; `password` is its hash."""
    row = {
        "name": name,
        "rater_id": rater_id,
        "role": role,
        "state": "active",
        "password": password,
        "tags": list(tags),
        "at": clock.now(),
    }
    connection.execute(insert(account), [row])
    found = account_named(connection, name)
    assert found is not None
    return found


def change_account(connection: Connection, account_id: int, **values: Any) -> None:
    """Set columns of an account, such as its role, state, tags or password."""
    connection.execute(update(account).where(account.c.id == account_id).values(**values))


@checked
def add_invitation(
    connection: Connection,
    token_hash: bytes,
    role: Role,
    *,
    tags: Sequence[str] = (),
    note: str | None = None,
    uses: int = 1,
    expires: float,
    made_by: int | None = None,
    account_id: int | None = None,
) -> None:
    row = {
        "token_hash": token_hash,
        "role": role,
        "tags": list(tags),
        "note": note,
        "uses_left": uses,
        "expires": expires,
        "made_by": made_by,
        "account_id": account_id,
        "at": clock.now(),
    }
    connection.execute(insert(invitation), [row])


def invitation_of(connection: Connection, token_hash: bytes) -> Invitation | None:
    """The invitation of a link, also when it is used up or too old."""
    row = connection.execute(select(invitation).where(invitation.c.token_hash == token_hash)).first()
    return None if row is None else _invitation(row)


def invitations(connection: Connection) -> list[Invitation]:
    """All that can still be used, newest first."""
    rows = connection.execute(
        select(invitation)
        .where(invitation.c.uses_left > 0, invitation.c.expires > clock.now())
        .order_by(invitation.c.id.desc())
    )
    return [_invitation(row) for row in rows]


def _invitation(row: Any) -> Invitation:
    return Invitation(
        row.id,
        row.role,
        tuple(row.tags),
        row.note,
        row.uses_left,
        row.expires,
        row.made_by,
        row.account_id,
        row.at,
    )


def use_invitation(connection: Connection, invitation_id: int) -> bool:
    """Take one use of it; False if none was left."""
    done = connection.execute(
        update(invitation)
        .where(
            invitation.c.id == invitation_id, invitation.c.uses_left > 0, invitation.c.expires > clock.now()
        )
        .values(uses_left=invitation.c.uses_left - 1)
    )
    return done.rowcount == 1


def revoke_invitation(connection: Connection, invitation_id: int) -> None:
    connection.execute(update(invitation).where(invitation.c.id == invitation_id).values(uses_left=0))


def add_session(connection: Connection, token_hash: bytes, account_id: int, expires: float) -> None:
    row = {"token_hash": token_hash, "account_id": account_id, "expires": expires, "at": clock.now()}
    connection.execute(insert(session), [row])
    connection.execute(delete(session).where(session.c.expires < clock.now()))


def account_of_session(connection: Connection, token_hash: bytes) -> Account | None:
    """Who is signed in by this token; None if it is unknown or has expired."""
    row = _of_session(connection, token_hash, clock.now()).first()
    return None if row is None else _account(row)


@prepared
def _of_session(token_hash: Any, now: Any) -> Select[Any]:
    signed_in = session.c.token_hash == token_hash, session.c.expires > now
    return select(account).join(session, session.c.account_id == account.c.id).where(*signed_in)


def end_session(connection: Connection, token_hash: bytes) -> None:
    connection.execute(delete(session).where(session.c.token_hash == token_hash))


def end_sessions_of(connection: Connection, account_id: int) -> None:
    """Sign somebody out everywhere."""
    connection.execute(delete(session).where(session.c.account_id == account_id))


@dataclass(frozen=True, slots=True)
class LeadAction:
    """Something a lead did to accounts, votes or guidelines."""

    id: int
    lead: str
    what: str
    detail: Mapping[str, Any]
    at: float


def add_action(connection: Connection, account_id: int, what: str, detail: Mapping[str, Any]) -> int:
    """Record what a lead did; gives the number of it."""
    row = {"account_id": account_id, "what": what, "detail": dict(detail), "at": clock.now()}
    done = connection.execute(insert(lead_action), row)
    assert done.inserted_primary_key is not None
    return int(done.inserted_primary_key[0])


def actions(connection: Connection, limit: int = 100) -> list[LeadAction]:
    """What leads did, newest first."""
    rows = connection.execute(_actions().order_by(lead_action.c.id.desc()).limit(limit))
    return [LeadAction(*row) for row in rows]


def actions_of(connection: Connection, what: Sequence[str]) -> list[LeadAction]:
    """All they did of these kinds, newest first."""
    rows = connection.execute(
        _actions().where(lead_action.c.what.in_(what)).order_by(lead_action.c.id.desc())
    )
    return [LeadAction(*row) for row in rows]


def action_on(connection: Connection, number: int) -> LeadAction | None:
    row = connection.execute(_actions().where(lead_action.c.id == number)).first()
    return None if row is None else LeadAction(*row)


def _actions() -> Select[Any]:
    columns = (lead_action.c.id, account.c.name, lead_action.c.what, lead_action.c.detail, lead_action.c.at)
    return select(*columns).join(account, account.c.id == lead_action.c.account_id)
