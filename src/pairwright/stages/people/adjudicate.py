"""A lead decides where people disagree: seeing what they said and why, and on record as the one who did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import uuid4

from sqlalchemy import Connection

from pairwright.errors import InputError
from pairwright.literals import checked
from pairwright.stages.panel.asked import refused_judges
from pairwright.stages.panel.beliefs import renew_beliefs
from pairwright.stages.project.project import Project
from pairwright.store.judge.judge_votes import JudgeVote, judges_said
from pairwright.store.people import disputes as sql
from pairwright.store.people import gold
from pairwright.store.people.accounts import Account, add_action
from pairwright.store.people.tasks import Task, task_on
from pairwright.store.votes import add_vote, guideline_id, retract
from pairwright.types import Verdict, Vote


@dataclass(frozen=True, slots=True)
class Case:
    """A pair with all that was said of it."""

    task: Task
    people: list[sql.SaidByPerson]
    judges: list[JudgeVote]


def case_of(project: Project, pair_id: int) -> Case:
    """Raises InputError if there is no such pair."""
    with project.store.read() as connection:
        task = task_on(connection, pair_id)
        if task is None:
            raise InputError(f"there is no pair {pair_id}")
        refused = refused_judges(connection, project)
        return Case(task, sql.said_by_people(connection, pair_id), judges_said(connection, pair_id, refused))


@checked
def decide(
    project: Project,
    pair_id: int,
    verdict: Verdict,
    by: Account,
    *,
    both: Literal["good", "bad"] | None = None,
    reason: str | None = None,
) -> None:
    """Make this the label, over everybody's votes, which stay. An earlier decision is replaced."""
    with project.store.write() as connection:
        version = guideline_id(connection, project.guidelines)
        vote = Vote(
            pair_id,
            by.rater_id,
            "AB",
            verdict,
            both=both if verdict == "TIE" else None,
            reason=reason,
            guideline_id=version,
            purpose="decision",
        )
        earlier = gold.decisions_on(connection, pair_id)
        number = add_vote(connection, vote, uuid4().bytes)
        for each in earlier:
            retract(connection, each, f"decided anew by {by.name}", number)
        renew_beliefs(connection, project, [pair_id])
        add_action(connection, by.id, "decided", {"pair": pair_id, "verdict": verdict})


def reopen(project: Project, pair_id: int, by: Account) -> None:
    """Take a decision back: people's votes count again."""
    with project.store.write() as connection:
        if not take_decision_back(connection, pair_id, by):
            raise InputError("no lead has decided this pair")
        renew_beliefs(connection, project, [pair_id])
        add_action(connection, by.id, "took a decision back", {"pair": pair_id})


def take_decision_back(connection: Connection, pair_id: int, by: Account) -> int:
    """Let no lead's decision on a pair count, before it is decided anew; gives how many did."""
    earlier = gold.decisions_on(connection, pair_id)
    for each in earlier:
        retract(connection, each, f"decision taken back by {by.name}")
    return len(earlier)
