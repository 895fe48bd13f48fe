"""Invitations for many people at once: one link each, noted under the name or address it is for."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pairwright.errors import InputError
from pairwright.stages.people.accounts import INVITATION_DAYS, hash_of, new_token
from pairwright.stages.project.project import Project
from pairwright.store import clock
from pairwright.store.people import accounts as sql
from pairwright.store.people.accounts import Account
from pairwright.store.people.names import looks

MOST = 500  # in one go
LONGEST = 200  # characters of a name or an address
HEADINGS = {"name", "names", "email", "e-mail", "mail", "address", "annotator"}


@dataclass(slots=True)
class Invited:
    """`links` are (name or address, token), shown once. `left_out` says who got none, and why."""

    links: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)


def whom(text: str) -> list[str]:
    """Names or addresses, one a line; of a table with headings the column that holds them.

    Raises InputError for none, too many, or one that is too long.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = _column(lines) if lines else []
    if not found:
        raise InputError("nobody is named: write names or addresses, one a line")
    if len(found) > MOST:
        raise InputError(f"{len(found):,} are named; at most {MOST} can be invited in one go")
    for place, name in enumerate(found, 1):
        if len(name) > LONGEST:
            told = f"name {place} has {len(name):,} characters, at most {LONGEST} are kept"
            raise InputError(f"{told}: {name[:40]!r}")
    return found


def _column(lines: list[str]) -> list[str]:
    for separator in ",;\t":
        headings = [each.strip().casefold() for each in next(csv.reader([lines[0]], delimiter=separator))]
        at = next((place for place, each in enumerate(headings) if each in HEADINGS), None)
        if at is not None:
            rows = csv.reader(lines[1:], delimiter=separator)
            return [row[at].strip() for row in rows if len(row) > at and row[at].strip()]
    return lines


def invite_many(
    project: Project,
    names: Sequence[str],
    *,
    by: Account,
    tags: Sequence[str] = (),
    days: float = INVITATION_DAYS,
) -> Invited:
    """One link for each, which works once. Nobody gets two, nor somebody who is here under that name."""
    if not 0 < days <= 365:
        raise InputError(f"an invitation lasts up to 365 days; got {days:g}")
    found = Invited()
    with project.store.write() as connection:
        here = {looks(each.name) for each in sql.accounts(connection)}
        invited = {looks(each.note) for each in sql.invitations(connection) if each.note}
        for name in names:
            alike = looks(name)
            if alike in here:
                found.left_out.append((name, "is here already: make a sign-in link on their page"))
            elif alike in invited:
                found.left_out.append((name, "has a link that still works"))
            else:
                token = new_token()
                until = clock.now() + days * 86400
                kept: dict[str, Any] = {"tags": tags, "note": name, "expires": until, "made_by": by.id}
                sql.add_invitation(connection, hash_of(token), "annotator", **kept)
                found.links.append((name, token))
                invited.add(alike)
        detail = {"role": "annotator", "people": len(found.links), "tags": list(tags)}
        sql.add_action(connection, by.id, "invited", detail)
    return found
