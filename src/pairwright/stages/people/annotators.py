"""How each person's votes look, for a lead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sqlalchemy import Connection

from pairwright.errors import InputError
from pairwright.quality.people_alike import in_words
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result
from pairwright.stats.copying import Alike, too_alike
from pairwright.stats.raters import RaterFigures, VoteTable, rater_figures
from pairwright.store.people import accounts as sql
from pairwright.store.people import annotators
from pairwright.store.people.accounts import Account


@dataclass(frozen=True, slots=True)
class Annotator:
    """Somebody who votes. `account` is None for those who only ever came by an import."""

    name: str
    rater_id: int
    account: Account | None
    figures: RaterFigures | None

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "role": self.account.role if self.account else None,
            "state": self.account.state if self.account else None,
            "tags": list(self.account.tags) if self.account else [],
            **(self.figures.as_dict() if self.figures else {"votes": 0}),
        }


@dataclass(frozen=True, repr=False)
class PeopleResult(Result):
    """Everybody who votes, those to worry about first."""

    people: list[Annotator]

    def as_dict(self) -> dict[str, Any]:
        return {"people": [each.as_dict() for each in self.people]}

    def facts(self) -> list[tuple[str, str]]:
        return [(each.name, _in_short(each.figures)) for each in self.people]

    def sentences(self) -> list[str]:
        return [
            f"Look at {each.name}: {'; '.join(each.figures.worries)}"
            for each in self.people
            if each.figures and each.figures.worries
        ]


def _in_short(of: RaterFigures | None) -> str:
    if of is None:
        return "no votes"
    shares = ((of.gold, "right on gold pairs"), (of.agreement, "as others say"))
    told = [f"{share.value:.0%} {words}" for share, words in shares if share is not None]
    return ", ".join([f"{of.votes:,} votes", *told])


@dataclass(frozen=True, slots=True)
class Counted:
    """All votes of people, and what they say of those who gave them. Names are not part of it."""

    votes: VoteTable
    figures: Mapping[int, RaterFigures]
    alike: list[Alike]


def counted(project: Project) -> Counted:
    with project.store.read() as connection:
        votes = read_votes(connection)
    figures = rater_figures(votes, project.settings.annotate.too_fast_seconds)
    return Counted(votes, figures, too_alike(votes.item, votes.rater, votes.said, votes.gold))


def state_of(project: Project, connection: Connection) -> tuple[Any, ...]:
    """What all this is counted of: as long as it is the same, so is what is counted."""
    return project.settings.annotate.too_fast_seconds, *annotators.newest(connection)


def people_of(project: Project, known: Counted | None = None) -> list[Annotator]:
    """Everybody, with figures, those to worry about first. `known`: where that was counted already."""
    known = known or counted(project)
    with project.store.read() as connection:
        names = annotators.person_names(connection)
        by_rater = {each.rater_id: each for each in sql.accounts(connection)}
    figures = dict(known.figures)
    for one, other, worry in _alike(known, names):
        for rater in (one, other):
            figures[rater] = replace(figures[rater], worries=(*figures[rater].worries, worry))
    found = [
        Annotator(name, rater, by_rater.get(rater), figures.get(rater))
        for rater, name in names.items()
        if rater in figures or rater in by_rater
    ]
    return sorted(found, key=lambda each: (-len(each.figures.worries) if each.figures else 0, each.name))


def _alike(known: Counted, names: dict[int, str]) -> Iterator[tuple[int, int, str]]:
    """Every two people who agree far more with each other than with all others, and how to say it."""
    for each in known.alike:
        yield each.one, each.other, in_words(each, names[each.one], names[each.other])[0]


def read_votes(connection: Any) -> VoteTable:
    """All votes of people as columns, with the known answers beside them."""
    columns = annotators.votes_as_columns(connection)
    known = annotators.gold_verdicts(connection)
    gold = np.array([known.get(int(each), -1) for each in columns["item"]], int)
    columns.pop("at")
    return VoteTable(**columns, gold=gold)


def person_named(project: Project, name: str, known: Counted | None = None) -> Annotator:
    """Raises InputError if nobody has that name."""
    found = next((each for each in people_of(project, known) if each.name == name), None)
    if found is None:
        raise InputError(f'nobody here is called "{name}"')
    return found
