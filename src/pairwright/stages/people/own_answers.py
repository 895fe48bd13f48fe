"""A person's own latest answers, and which of them they may still change.

Nothing here may depend on whether a pair is gold: what is closed is closed by its age, by the moment of a
look at all answers, or by a lead who decided a pair that is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from pairwright.errors import InputError
from pairwright.stages.project.project import Project
from pairwright.store import clock
from pairwright.store.people import own_answers as sql
from pairwright.store.people import tasks
from pairwright.store.people.own_answers import Own

MOST_SHOWN = 50
Closed = Literal["old", "used", "decided"]
WHY: dict[Closed, str] = {
    "old": "it was given too long ago",
    "used": "the accuracy of the judges has been measured with it",
    "decided": "your lead has decided this pair",
}


@dataclass(frozen=True, slots=True)
class PastAnswer:
    """Something a person did; `closed` says why it can no longer be changed, None if it can."""

    own: Own
    closed: Closed | None


def past_answers(project: Project, rater_id: int) -> list[PastAnswer]:
    """The latest things this person did, newest first."""
    with project.store.read() as connection:
        found = sql.latest(connection, rater_id, MOST_SHOWN)
        closed = _closed(connection, project, [(each.pair_id, each.at) for each in found])
    return [PastAnswer(own, why) for own, why in zip(found, closed, strict=True)]


def must_be_open(connection: Connection, project: Project, rater_id: int, pair_id: int | None = None) -> None:
    """Raises InputError where the last thing this person did (on that pair) can no longer be changed."""
    last = tasks.last_action(connection, rater_id, pair_id)
    if last is None:
        return
    (why,) = _closed(connection, project, [(last.pair_id, last.at)])
    if why is not None:
        raise InputError(f"this answer can't be changed any more: {WHY[why]}")


def _closed(
    connection: Connection, project: Project, done: Sequence[tuple[int, float]]
) -> list[Closed | None]:
    """For each (pair, time of the answer) why it can no longer be changed.

    A look closes all that was answered before it: if it closed only the pairs it was made on, the gold
    pairs among them would be those that stay open.
    """
    oldest = clock.now() - project.settings.annotate.reopen_minutes * 60
    look = sql.last_look(connection)
    decided = sql.decided(connection, [pair_id for pair_id, _ in done])
    return [
        "decided" if pair_id in decided else "used" if at <= look else "old" if at < oldest else None
        for pair_id, at in done
    ]
