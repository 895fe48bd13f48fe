"""One person closely, for a lead: their answers to open, by domain, over time, and beside the others'."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from sqlalchemy import Connection

from pairwright.literals import checked
from pairwright.stages.people.annotators import Annotator, read_votes
from pairwright.stages.project.project import Project
from pairwright.stats.annotators import over_time
from pairwright.stats.beside import Beside, beside_others
from pairwright.stats.intervals import wilson
from pairwright.stats.raters import VoteTable, majority_of_others, said_by_others
from pairwright.store.people import annotators, leases
from pairwright.store.people.answered import Answer, answers_on
from pairwright.types import Estimate

PAGE = 15

# gold: a known answer missed; alone: all others, two or more, said one other thing; fast: not read.
Kind = Literal["all", "gold", "alone", "fast"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class OfDomain:
    """One person's answers in one domain: agreement with most others, and accuracy on gold pairs."""

    domain: str
    answers: int
    agreement: Estimate | None
    gold: Estimate | None


@dataclass(frozen=True, slots=True)
class Closely:
    """`found` counts their answers of each kind; `answers` are a page of those asked for, the worst first."""

    found: dict[Kind, int]
    answers: list[Answer]
    domains: list[OfDomain]
    course: list[Estimate]
    beside: list[Beside]
    held: int


@checked
def closely(
    project: Project, person: Annotator, kind: Kind = "all", page: int = 0, votes: VoteTable | None = None
) -> Closely:
    """Counted now, or of these votes where they were read already."""
    with project.store.read() as connection:
        votes = votes or read_votes(connection)
        mine = np.flatnonzero(votes.rater == person.rater_id)
        near = np.flatnonzero(np.isin(votes.item, votes.item[mine]))  # all that was said of the same pairs
        kinds = _kinds(votes, mine, near, project.settings.annotate.too_fast_seconds)
        wanted = mine if kind == "all" else mine[kinds[kind][mine]]
        shown = _worst_first(votes, wanted, kinds)[page * PAGE : (page + 1) * PAGE]
        majority = np.full(len(votes.item), -1)
        majority[near] = majority_of_others(votes.item[near], votes.said[near])
        shared = mine[majority[mine] >= 0]
        return Closely(
            {each: len(mine) if each == "all" else int(kinds[each][mine].sum()) for each in KINDS},
            answers_on(connection, person.rater_id, votes.item[shown].tolist()),
            _domains(connection, votes, mine, majority),
            over_time((votes.said == majority)[shared].astype(float)),
            beside_others(votes, person.rater_id),
            leases.count_held(connection, person.rater_id),
        )


def _kinds(votes: VoteTable, mine: np.ndarray, near: np.ndarray, too_fast: float) -> dict[str, np.ndarray]:
    """By kind, whether each of all answers is of it; only those of this person are looked at."""
    others = said_by_others(votes.item[near], votes.said[near])
    agreed = (others.sum(1) >= 2) & (others.max(1, initial=0) == others.sum(1))
    alone = np.zeros(len(votes.item), bool)
    alone[near] = agreed & (others.argmax(1) != votes.said[near])
    missed = (votes.gold >= 0) & (votes.gold != votes.said)
    return {"gold": missed, "alone": alone, "fast": np.nan_to_num(votes.seconds, nan=np.inf) < too_fast}


def _worst_first(votes: VoteTable, at: np.ndarray, kinds: dict[str, np.ndarray]) -> np.ndarray:
    """Gold pairs missed, then those on which all others agree otherwise, then the rest; newest first."""
    rank = np.where(kinds["gold"][at], 0, np.where(kinds["alone"][at], 1, 2))
    return at[np.lexsort((-at, rank))]


def _domains(
    connection: Connection, votes: VoteTable, mine: np.ndarray, majority: np.ndarray
) -> list[OfDomain]:
    domains = annotators.domains_of(connection, votes.item[mine].tolist())
    domain = np.array([domains[int(i)] or "" for i in votes.item[mine]], object)
    found = []
    for name in sorted(set(domain.tolist()) - {""}):
        at = mine[domain == name]
        shared, known = at[majority[at] >= 0], at[votes.gold[at] >= 0]
        found.append(
            OfDomain(
                name,
                len(at),
                _share(votes.said[shared] == majority[shared]),
                _share(votes.said[known] == votes.gold[known]),
            )
        )
    return sorted(found, key=lambda each: (each.agreement.value if each.agreement else 2.0, each.domain))


def _share(right: np.ndarray) -> Estimate | None:
    return wilson(float(right.sum()), len(right)) if len(right) else None
