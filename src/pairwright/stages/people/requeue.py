"""A lead lets a person's answers count no longer, so that others are asked; and takes that back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pairwright.errors import InputError
from pairwright.stages.panel.beliefs import renew_beliefs
from pairwright.stages.people.annotators import Annotator
from pairwright.stages.project.project import Project
from pairwright.store.people import accounts as sql
from pairwright.store.people import annotators, leases
from pairwright.store.people import requeue as rows
from pairwright.store.people.accounts import Account
from pairwright.store.votes import retract

CHUNK = 500
WHAT = "re-queued votes"


@dataclass(frozen=True, slots=True)
class Consequences:
    """What re-queueing would do: answers that count no longer, and labels that rest on them."""

    votes: int
    labels: int


def consequences(project: Project, person: Annotator, *, only_too_fast: bool = False) -> Consequences:
    """What would come of it now."""
    with project.store.read() as connection:
        votes = annotators.current_votes_of(connection, person.rater_id, _limit(project, only_too_fast))
        labels = rows.labelled_by_people(connection, [pair_id for _, pair_id in votes])
    return Consequences(len(votes), labels)


def requeue(
    project: Project, person: Annotator, by: Account, *, only_too_fast: bool = False
) -> tuple[int, int]:
    """Let a person's votes count no longer; gives how many, and the number by which to take that back.

    The votes stay on record, with who did this. `only_too_fast` takes those
    answered in less than `[annotate] too_fast_seconds`.
    """
    with project.store.write() as connection:
        votes = annotators.current_votes_of(connection, person.rater_id, _limit(project, only_too_fast))
        detail = {"of": person.name, "votes": len(votes)}
        action = sql.add_action(connection, by.id, WHAT, detail)
        leases.give_back(connection, person.rater_id)
    reason = _reason(by.name, action)
    for chunk in _chunks(votes):
        with project.store.write() as connection:
            for vote_id, _ in chunk:
                retract(connection, vote_id, reason)
            renew_beliefs(connection, project, sorted({pair_id for _, pair_id in chunk}))
    return len(votes), action


def take_back(project: Project, action: int, by: Account) -> tuple[int, int]:
    """Let the votes that were re-queued count again; gives how many do, and how many do not.

    A vote is never edited: each comes back as a copy of itself. One does not where its person
    has answered the pair anew meanwhile.
    """
    with project.store.read() as connection:
        done = sql.action_on(connection, action)
        if done is None or done.what != WHAT:
            raise InputError(f"there is no re-queueing number {action} to take back")
        votes = rows.retracted_for(connection, _reason(done.lead, action))
    back = 0
    for chunk in _chunks(votes):
        with project.store.write() as connection:
            restored = rows.restore(connection, [vote_id for vote_id, _ in chunk])
            renew_beliefs(connection, project, sorted(restored))
            back += len(restored)
    with project.store.write() as connection:
        detail = {"of": done.detail.get("of"), "votes": back, "action": action}
        sql.add_action(connection, by.id, "took a re-queueing back", detail)
    return back, len(votes) - back


def _limit(project: Project, only_too_fast: bool) -> float | None:
    return project.settings.annotate.too_fast_seconds if only_too_fast else None


def _reason(lead: str, action: int) -> str:
    return f"re-queued by {lead} (no. {action})"


def _chunks(votes: list[tuple[int, int]]) -> Iterator[Iterable[tuple[int, int]]]:
    for at in range(0, len(votes), CHUNK):
        yield votes[at : at + CHUNK]
