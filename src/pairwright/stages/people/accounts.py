"""Who may sign in, and how: invitation links, passwords, a proxy's word, a local key.

Tokens are 32 random bytes; the store holds only their SHA-256, so that whoever
reads it can't sign in. Passwords are argon2id hashes (RFC 9106).
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection

from pairwright.errors import InputError
from pairwright.literals import checked
from pairwright.stages.project.project import Project
from pairwright.store import clock
from pairwright.store.people import accounts as sql
from pairwright.store.people import leases
from pairwright.store.people.accounts import Account, Invitation, Role
from pairwright.store.people.names import KNOWN_ANSWERS, looks, person_id, spelled

SESSION_DAYS = 30
INVITATION_DAYS = 14
LONGEST_NAME = 60
SHORTEST_PASSWORD = 10

_hasher = PasswordHasher()
# Checked where nobody has the name, so that an unknown name takes as long as a wrong password.
_NOBODY = _hasher.hash(secrets.token_hex(16))


def new_token() -> str:
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def checked_name(name: str) -> str:
    """The name as it is kept. Raises InputError for one that is empty, long, or could pass for another."""
    name = spelled(name)
    if not name:
        raise InputError("a name is needed: it stands beside your answers")
    if len(name) > LONGEST_NAME:
        raise InputError(f"a name has at most {LONGEST_NAME} characters; this one has {len(name)}")
    if not name.strip("."):
        raise InputError("a name needs more than dots")
    if looks(name) == looks(KNOWN_ANSWERS):
        raise InputError(f'the name "{name}" is kept for answers that are known: choose another')
    hidden = [char for char in name if unicodedata.category(char)[0] == "C" or char in "/\\"]
    if hidden:
        raise InputError("a name can't hold slashes or characters that don't show")
    return name


def checked_password(password: str) -> str:
    """Its hash. Raises InputError for one that is too short."""
    if len(password) < SHORTEST_PASSWORD:
        raise InputError(f"a password has at least {SHORTEST_PASSWORD} characters; a short sentence does")
    if len(password) > 1000:
        raise InputError("a password has at most 1,000 characters")
    return _hasher.hash(password)


@checked
def known_or_new(project: Project, name: str, role: Role) -> Account:
    """The account of that name, made if there is none. A known one keeps its role unless `role` is more."""
    name = checked_name(name)
    with project.store.write() as connection:
        found = sql.account_named(connection, name)
        if found is None:
            rater = person_id(connection, name)
            return sql.add_account(connection, name, rater, role)
        if role == "lead" and found.role != "lead":
            sql.change_account(connection, found.id, role="lead")
            return known(sql.account_on(connection, found.id))
    return found


def owner(project: Project, name: str) -> Account:
    """The account of whoever runs this on their own project: a lead, whatever others made of it."""
    account = known_or_new(project, name, "lead")
    if account.state != "active":
        with project.store.write() as connection:
            sql.change_account(connection, account.id, state="active")
    return replace(account, state="active")


@checked
def by_header(project: Project, name: str, *, lead: bool) -> Account:
    """The account of somebody a trusted proxy vouches for, made if there is none; a lead while `lead`."""
    role: Role = "lead" if lead else "annotator"
    with project.store.read() as connection:
        found = sql.account_named(connection, name)
    if found is None:
        return known_or_new(project, name, role)
    if found.role != role:
        with project.store.write() as connection:
            sql.change_account(connection, found.id, role=role)
            sql.add_action(connection, found.id, "came by the proxy", {"account": name, "role": role})
        return replace(found, role=role)
    return found


def known(account: Account | None) -> Account:
    if account is None:
        raise InputError("there is no such account any more")
    return account


@checked
def invite(
    project: Project,
    role: Role,
    *,
    by: Account | None = None,
    tags: Sequence[str] = (),
    note: str | None = None,
    uses: int = 1,
    days: float = INVITATION_DAYS,
    account: Account | None = None,
) -> str:
    """Make an invitation and give its token. With `account` it lets that person in again."""
    if not 1 <= uses <= 1000:
        raise InputError(f"an invitation can be used 1 to 1,000 times; got {uses}")
    if not 0 < days <= 365:
        raise InputError(f"an invitation lasts up to 365 days; got {days:g}")
    if role == "lead" and account is None:
        leads_are_named(project)
    token = new_token()
    with project.store.write() as connection:
        sql.add_invitation(
            connection,
            hash_of(token),
            role,
            tags=tags,
            note=note,
            uses=uses,
            expires=clock.now() + days * 86400,
            made_by=by.id if by else None,
            account_id=account.id if account else None,
        )
        if by is not None:
            sql.add_action(connection, by.id, "invited", {"role": role, "tags": list(tags), "uses": uses})
    return token


def invitation_for(project: Project, token: str) -> Invitation:
    """The invitation of a link. Raises InputError if it can't be used."""
    with project.store.read() as connection:
        found = sql.invitation_of(connection, hash_of(token))
    if found is None:
        raise InputError("this invitation is not known here: ask for a new link")
    if found.expires < clock.now():
        raise InputError("this invitation has expired: ask for a new link")
    if found.uses_left < 1:
        raise InputError("this invitation has been used: ask for a new link, or sign in")
    return found


def join(project: Project, token: str, name: str = "", password: str = "") -> Account:
    """Become a member by an invitation; `name` and the optional `password` are the person's own choice.

    Raises InputError if the invitation can't be used or the name is taken.
    """
    invitation = invitation_for(project, token)
    with project.store.write() as connection:
        if invitation.account_id is not None:
            account = _let_in(known(sql.account_on(connection, invitation.account_id)))
        else:
            account = _new_member(connection, invitation, name, password)
        if not sql.use_invitation(connection, invitation.id):
            raise InputError("this invitation has just been used: ask for a new link, or sign in")
    return account


def _new_member(connection: Connection, invitation: Invitation, name: str, password: str) -> Account:
    name = checked_name(name)
    if sql.account_named(connection, name) is not None:
        raise InputError(f'"{name}" is taken here: choose another name, or sign in if it is yours')
    return sql.add_account(
        connection,
        name,
        person_id(connection, name),
        invitation.role,
        password=checked_password(password) if password else None,
        tags=invitation.tags,
    )


def by_password(project: Project, name: str, password: str) -> Account | None:
    """Whoever has this name and password; None, after as long, if nobody does."""
    name = spelled(name)
    with project.store.read() as connection:
        hashed = sql.password_of(connection, name)
    try:
        _hasher.verify(hashed or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return None
    if hashed is None:
        return None
    with project.store.read() as connection:
        return _let_in(known(sql.account_named(connection, name)))


def _let_in(account: Account) -> Account:
    """Raises InputError for somebody whose access was ended."""
    if account.state == "removed":
        raise InputError(f"a lead has ended the access of {account.name}: ask them for it")
    return account


def set_password(project: Project, account: Account, password: str) -> None:
    """Give an account a new password and sign it out everywhere else."""
    hashed = checked_password(password)
    with project.store.write() as connection:
        sql.change_account(connection, account.id, password=hashed)
        sql.end_sessions_of(connection, account.id)


def start_session(project: Project, account: Account) -> str:
    """Sign somebody in and give the token of it."""
    token = new_token()
    with project.store.write() as connection:
        sql.add_session(connection, hash_of(token), account.id, clock.now() + SESSION_DAYS * 86400)
    return token


def account_of(project: Project, token: str) -> Account | None:
    """Who is signed in by this token."""
    with project.store.read() as connection:
        return sql.account_of_session(connection, hash_of(token))


def sign_out(project: Project, token: str) -> None:
    with project.store.write() as connection:
        sql.end_session(connection, hash_of(token))


CHANGED = "changed"


def change(project: Project, account: Account, by: Account, **values: Any) -> int:
    """Change an account, and record who did it, what was before, and when; gives the number of that record.

    Whose access is ended is signed out everywhere; what they held is free for others.
    """
    taken = values.get("role") == "annotator" or values.get("state") in ("paused", "removed")
    if account.id == by.id and taken:
        raise InputError("you can't take your own rights away: another lead can")
    if "role" in values:
        leads_are_named(project)
    with project.store.write() as connection:
        now = asdict(known(sql.account_on(connection, account.id)))
        before = {name: now[name] for name in values}
        sql.change_account(connection, account.id, **values)
        if values.get("state") in ("paused", "removed") or values.get("practise_from"):
            leases.give_back(connection, account.rater_id)
        if values.get("state") == "removed":
            sql.end_sessions_of(connection, account.id)
        detail = {"account": account.name, **values, "before": before}
        return sql.add_action(connection, by.id, CHANGED, detail)


def take_back(project: Project, action: int, by: Account) -> Account:
    """Set what a change had set to what it was before, if nobody has changed it again since."""
    with project.store.read() as connection:
        done = sql.action_on(connection, action)
        if done is None or done.what != CHANGED or "before" not in done.detail:
            raise InputError(f"there is no change number {action} to take back")
        account = known(sql.account_named(connection, str(done.detail["account"])))
    before = done.detail["before"]
    now = {name: value for name, value in asdict(account).items() if name in before}
    was_set = {name: done.detail[name] for name in before}
    if {name: _plain(value) for name, value in now.items()} != {n: _plain(v) for n, v in was_set.items()}:
        raise InputError(f"{account.name} was changed again since: what stands now was left as it is")
    change(project, account, by, **before)
    return account


def _plain(value: Any) -> Any:
    return list(value or ()) if isinstance(value, list | tuple) or value is None else value


def is_named_lead(project: Project, name: str) -> bool:
    """Whether the project file names them among those whom a proxy's word makes leads."""
    return name in {spelled(each) for each in project.settings.annotate.sso_leads}


def leads_are_named(project: Project) -> None:
    """Raises InputError where the project file says who leads: a word of somebody else would not last."""
    if project.settings.annotate.sso_header:
        raise InputError("[annotate] sso_leads in pairwright.toml says who is a lead: change it there")
