"""Which pairs a person is offered next: what they hold, then the first of the queue, gold mixed in unseen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from pairwright.keys import seeded_fraction
from pairwright.stages.project.project import Project
from pairwright.store.people import leases, tasks
from pairwright.store.people.accounts import Account
from pairwright.store.people.tasks import Task

Kind = Literal["work", "gold", "qualify"]  # qualify: stages/people/qualify


@dataclass(frozen=True, slots=True)
class Offer:
    """A task for one person. To them, gold looks like any other work."""

    task: Task
    kind: Kind


@dataclass(frozen=True, slots=True)
class Offers:
    """What a person is offered, and which of those they held are no longer to be done."""

    new: list[Offer]
    gone: list[int]


def offer(project: Project, account: Account, n: int, have: Sequence[int] = ()) -> Offers:
    """Up to `n` pairs for this person, each kept for them for a while; `have` are those they hold already.

    What they hold but no longer have (the page was loaded anew) comes first.
    No pair is offered to more people than are still wanted for it.
    """
    seconds = project.settings.annotate.lease_minutes * 60
    me = account.rater_id
    with project.store.write() as connection:
        leases.one_at_a_time(connection)
        holds = dict(leases.held(connection, me))
        there = _still_open(connection, me, list(holds), holds)
        there |= set(leases.free_for(connection, me, len(have), account.tags, among=list(set(have) - there)))
        for pair_id in set(have) & there:
            leases.take(connection, me, [pair_id], holds.get(pair_id, "work"), seconds)
        chosen = [(pair_id, kind) for pair_id, kind in holds.items() if pair_id in there - set(have)][:n]
        fresh = leases.free_for(connection, me, n - len(chosen), account.tags)
        fresh_kinds = _mix_gold(connection, project, account, fresh, set(holds) | set(have))
        chosen += fresh_kinds
        for pair_id, kind in chosen:
            leases.take(connection, me, [pair_id], kind, seconds)
        found = {task.pair_id: task for task in tasks.tasks_on(connection, [p for p, _ in chosen])}
    new = [Offer(found[pair_id], "gold" if kind == "gold" else "work") for pair_id, kind in chosen]
    return Offers(new, [pair_id for pair_id in have if pair_id not in there])


def _still_open(connection: Connection, me: int, pair_ids: list[int], kinds: dict[int, str]) -> set[int]:
    """Those of the pairs held that are still to be done; the others are let go.

    A pair may have been flagged meanwhile, or decided by a lead.
    """
    work = [pair_id for pair_id in pair_ids if kinds[pair_id] == "work"]
    there = set(tasks.open_among(connection, me, work))
    gone = [pair_id for pair_id in work if pair_id not in there]
    if gone:
        leases.release(connection, me, gone)
    return there | {pair_id for pair_id in pair_ids if kinds[pair_id] == "gold"}


def _mix_gold(
    connection: Connection, project: Project, account: Account, fresh: list[int], known: set[int]
) -> list[tuple[int, Kind]]:
    """Put gold pairs in the place of fresh ones at the rate asked for, by seeded chance."""
    rate, seed = project.settings.annotate.gold_rate, project.settings.project.seed
    mixed: list[tuple[int, Kind]] = [(pair_id, "work") for pair_id in fresh]
    if not rate or account.role == "lead":
        return mixed
    before = leases.count(connection, account.rater_id)
    at = [i for i in range(len(fresh)) if seeded_fraction("gold", seed, account.name, before + i) < rate]
    if at:
        left = [p for p in leases.hidden_gold_for(connection, account.rater_id) if p not in known]
        left.sort(key=lambda pair_id: seeded_fraction("which gold", seed, account.name, pair_id))
        for i, pair_id in zip(at, left, strict=False):
            mixed[i] = (pair_id, "gold")
    return mixed


def give_back(project: Project, account: Account, pair_ids: Sequence[int] | None = None) -> int:
    """Return what a person holds, so that others can have it at once; gives how many."""
    with project.store.write() as connection:
        return leases.release(connection, account.rater_id, pair_ids)
