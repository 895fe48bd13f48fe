"""A lead works off what was left to them: flags, conflicts, skips, notes, and what a check sent back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import Connection

from pairwright.errors import InputError
from pairwright.literals import checked
from pairwright.stages.panel.beliefs import renew_beliefs
from pairwright.stages.people import adjudicate
from pairwright.stages.project.project import Project
from pairwright.store.chain import append
from pairwright.store.people import gold
from pairwright.store.people import review as sql
from pairwright.store.people.accounts import Account, add_action
from pairwright.store.schema import flag
from pairwright.store.votes import withdraw
from pairwright.types import Verdict

LONGEST_COMMENT = 2000
Action = Literal["kept out", "lifted", "seen"]


@checked
def decide(
    project: Project,
    pair_id: int,
    verdict: Verdict,
    by: Account,
    *,
    both: Literal["good", "bad"] | None = None,
    comment: str | None = None,
) -> None:
    """Make this the pair's label, and lift flags on it: what has a label belongs into the dataset."""
    with project.store.read() as connection:
        items = sql.items_on(connection, pair_id)
    adjudicate.decide(project, pair_id, verdict, by, both=both)
    _settle(project, pair_id, items, by, "decided", comment, lift=True)


@checked
def settle(
    project: Project, pair_id: int, action: Action, by: Account, *, comment: str | None = None
) -> None:
    """`kept out`: the flag is right. `lifted`: it is not, people are asked. `seen`: nothing needs doing."""
    with project.store.read() as connection:
        items = sql.items_on(connection, pair_id)
    _settle(project, pair_id, items, by, action, comment, lift=action == "lifted")


def _settle(
    project: Project,
    pair_id: int,
    items: Sequence[sql.Item],
    by: Account,
    action: str,
    comment: str | None,
    *,
    lift: bool,
) -> None:
    if comment and len(comment) > LONGEST_COMMENT:
        raise InputError(
            f"a comment has at most {LONGEST_COMMENT:,} characters; this one has {len(comment):,}"
        )
    with project.store.write() as connection:
        sql.settle(connection, items, action, by.id, comment or None)
        for each in items:
            if lift and each.what == "flag":
                withdraw(connection, "flag", each.row_id)
        add_action(connection, by.id, "reviewed", {"pair": pair_id, "action": action})


def take_back(project: Project, pair_id: int, by: Account) -> None:
    """Undo what a lead last said to a pair: it is open again, its flags stand, its label is people's."""
    with project.store.write() as connection:
        last = sql.last_on(connection, pair_id)
        if not last:
            raise InputError("no lead has reviewed this pair")
        _flags_again(
            connection, [row_id for what, row_id, action in last if what == "flag" and action != "kept out"]
        )
        for what, row_id, _ in last:
            sql.record(connection, pair_id, what, row_id, "reopened", by.id)
        decided = any(action == "decided" for _, _, action in last)
        if decided and gold.decisions_on(connection, pair_id):
            adjudicate.take_decision_back(connection, pair_id, by)
        renew_beliefs(connection, project, [pair_id])
        add_action(connection, by.id, "took a review back", {"pair": pair_id})


def _flags_again(connection: Connection, numbers: list[int]) -> None:
    """A flag that was lifted stands again as a copy of itself: nothing that was recorded is edited."""
    rows = sql.flags_as_rows(connection, numbers)
    append(connection, flag, rows)
