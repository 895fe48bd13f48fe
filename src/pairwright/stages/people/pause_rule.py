"""The rule that pauses whoever gets too many gold pairs wrong, and tells both them and the lead."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sqlalchemy import Connection

from pairwright.keys import seeded_fraction
from pairwright.stages.project.project import Project
from pairwright.store.people import accounts as sql
from pairwright.store.people import gold, leases
from pairwright.store.people.accounts import Account

WHAT = "paused by the rule on gold pairs"
MOST_AFTER = 5  # answers that may follow the one that decides


@dataclass(frozen=True, slots=True)
class Record:
    """The last answers to gold pairs the rule looks at: `right` of `of`, and the vote that was the last."""

    right: int
    of: int
    last_vote: int


def apply(project: Project, account: Account) -> Account:
    """Pause this person if the rule says so; gives the account as it is now.

    One to five answers late, by seeded chance: a pause at once would tell which pair was a gold pair.
    """
    settings = project.settings.annotate
    if not settings.pause_right or account.role == "lead" or account.state != "active":
        return account
    with project.store.read() as connection:
        if not _due(project, connection, account):
            return account
    with project.store.write() as connection:
        record = _due(project, connection, account)
        now = sql.account_on(connection, account.id)
        if record is None or now is None or now.state != "active":
            return now or account
        reason = (
            f"{record.right} of your last {record.of} answers that could be checked were right, and this "
            f"project asks for {_needed(settings.pause_right, record.of)}. Your work is paused, and your "
            "lead has been told. All you answered is kept."
        )
        sql.change_account(connection, account.id, state="paused", pause_reason=reason)
        leases.give_back(connection, account.rater_id)
        sql.add_action(
            connection, account.id, WHAT, {"account": account.name, "right": record.right, "of": record.of}
        )
        paused = sql.account_on(connection, account.id)
    assert paused is not None
    return paused


def _needed(share: float, of: int) -> int:
    return math.ceil(share * of - 1e-9)


def _due(project: Project, connection: Connection, account: Account) -> Record | None:
    """The record that pauses this person now."""
    settings = project.settings.annotate
    record = record_of(connection, account, settings.pause_gold)
    if record is None or record.right >= _needed(settings.pause_right, record.of):
        return None
    chance = seeded_fraction("pause", project.settings.project.seed, account.name, record.last_vote)
    after = gold.answers_after(connection, account.rater_id, record.last_vote)
    return record if after >= 1 + int(chance * MOST_AFTER) else None


def record_of(connection: Connection, account: Account, of: int) -> Record | None:
    """Their last `of` answers to gold pairs, from when they were last let work; None if there are fewer."""
    answers = gold.answers_of(connection, account.rater_id, account.checked_from or 0.0, of)
    if len(answers) < of:
        return None
    return Record(sum(right for _, right in answers), of, answers[0][0])
