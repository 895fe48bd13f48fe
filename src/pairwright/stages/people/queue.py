"""Which pairs a person is offered next: what they hold, then the first of the queue, gold mixed in unseen."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from sqlalchemy import Connection

from pairwright.keys import seeded_fraction
from pairwright.stages.people.skills import takes_of
from pairwright.stages.project.project import Project
from pairwright.store.people import annotators, leases, tasks
from pairwright.store.people.accounts import Account
from pairwright.store.people.leases import Lease
from pairwright.store.people.tasks import Takes, Task

Kind = Literal["work", "gold", "qualify"]  # qualify: stages/people/qualify
MOST_HELD = 5  # pairs a person is offered ahead: the one on screen, and those loaded for after it
PLACES = 1000  # of a person's queue, drawn together


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
    """Up to `n` pairs for this person, each kept for them for a while; `have` are those they say they hold.

    What they were offered and have not answered comes first (the page was loaded anew); what they name
    and were never offered is none of theirs. Nobody holds more than `MOST_HELD`, and no pair is offered
    to more people than are still wanted for it.
    """
    seconds = project.settings.annotate.lease_minutes * 60
    me = account.rater_id
    with project.store.write() as connection:
        leases.one_at_a_time(connection)
        takes = takes_of(project, connection, me)
        theirs = still_open(connection, account, takes)
        kept = [each for each in theirs if each.pair_id in have]
        back = [each for each in theirs if each.pair_id not in have][:n]
        room = min(MOST_HELD, left_today(connection, account)) - sum(each.held for each in theirs)
        chosen: list[tuple[int, Kind]] = []
        taken: list[tuple[int, str]] = []
        for each in (*kept, *back):
            if not each.held:
                if room < 1:
                    continue
                room -= 1
            taken.append((each.pair_id, each.kind))
            if each in back:
                chosen.append((each.pair_id, "gold" if each.kind == "gold" else "work"))
        leases.take_each(connection, me, taken, seconds)
        fresh = leases.free_for(connection, me, min(n - len(chosen), room), takes)
        known = {each.pair_id for each in theirs}
        unknown = [each for each in fresh if each not in known]
        fresh_kinds = mix_gold(connection, project, account, unknown, takes)
        leases.take_each(connection, me, fresh_kinds, seconds)
        chosen += fresh_kinds
        found = {task.pair_id: task for task in tasks.tasks_on(connection, [p for p, _ in chosen])}
    there = {each.pair_id for each in kept}
    new = [Offer(found[pair_id], kind) for pair_id, kind in chosen]
    return Offers(new, [pair_id for pair_id in have if pair_id not in there])


def left_today(connection: Connection, account: Account) -> int:
    """How many answers this person may still give today, by this machine's clock."""
    if account.daily_limit is None:
        return MOST_HELD
    _, today = annotators.counts(connection, account.rater_id, midnight())
    return max(0, account.daily_limit - today)


def midnight() -> float:
    """When today began."""
    return time.mktime((*time.localtime()[:3], 0, 0, 0, 0, 0, -1))


def still_open(connection: Connection, account: Account, takes: Takes) -> list[Lease]:
    """What this person was offered, has not answered, and may still answer, oldest first.

    A pair may have been flagged meanwhile, or decided by a lead: then it is let go. One that they let
    go themselves is theirs again while its place is free.
    """
    me, theirs = account.rater_id, leases.unanswered(connection, account.rater_id)
    work = [each for each in theirs if each.kind == "work"]
    there = set(
        leases.gold_still_open(connection, me, [each.pair_id for each in theirs if each.kind == "gold"])
    )
    there |= set(tasks.open_among(connection, me, [each.pair_id for each in work if each.held]))
    let_go = [each.pair_id for each in work if not each.held]
    there |= set(leases.free_for(connection, me, len(let_go), takes, among=let_go))
    gone = [each.pair_id for each in theirs if each.held and each.pair_id not in there]
    if gone:
        leases.give_back(connection, me, gone)
    return [each for each in theirs if each.pair_id in there]


def mix_gold(
    connection: Connection, project: Project, account: Account, fresh: list[int], takes: Takes
) -> list[tuple[int, Kind]]:
    """Put gold pairs in the place of fresh ones at the rate asked for, by seeded chance."""
    mixed: list[tuple[int, Kind]] = [(pair_id, "work") for pair_id in fresh]
    if not _gets_gold(project, account):
        return mixed
    before = leases.count(connection, account.rater_id)
    at = [i for i in range(len(fresh)) if is_gold_place(project, account, before + i)]
    if at:
        seed = project.settings.project.seed
        left = leases.hidden_gold_for(connection, account.rater_id, takes)
        left.sort(key=lambda pair_id: seeded_fraction("which gold", seed, account.name, pair_id))
        for i, pair_id in zip(at, left, strict=False):
            mixed[i] = (pair_id, "gold")
    return mixed


def _gets_gold(project: Project, account: Account) -> bool:
    return bool(project.settings.annotate.gold_rate) and account.role != "lead"


def is_gold_place(project: Project, account: Account, place: int) -> bool:
    """Whether the pair this person is offered in that place, the first being 0, is to be a gold one."""
    return place % PLACES in _gold_places(project, account, place)


def _gold_places(project: Project, account: Account, place: int) -> tuple[int, ...]:
    """The gold places of the thousand that this place is in, counted from its first."""
    settings = project.settings
    return _drawn(settings.project.seed, account.name, settings.annotate.gold_rate, place // PLACES)


@lru_cache(maxsize=10_000)
def _drawn(seed: int, name: str, rate: float, thousand: int) -> tuple[int, ...]:
    places = range(PLACES)
    return tuple(i for i in places if seeded_fraction("gold", seed, name, thousand * PLACES + i) < rate)


def waiting_about(connection: Connection, project: Project, account: Account) -> int:
    """About how many answers are still to come from this person, gold pairs among them.

    It falls by one with each, of whatever kind: what did not fall would tell which were gold.
    """
    me, takes = account.rater_id, takes_of(project, connection, account.rater_id)
    waiting = tasks.waiting_about(connection, me, takes)
    if not _gets_gold(project, account):
        return waiting
    theirs = leases.unanswered(connection, me)
    held = leases.gold_still_open(connection, me, [each.pair_id for each in theirs if each.kind == "gold"])
    plain = tasks.open_among(connection, me, [each.pair_id for each in theirs if each.kind == "work"])
    gold = len(leases.hidden_gold_for(connection, me, takes))
    to_come = _gold_to_come(project, account, leases.count(connection, me), waiting - len(plain), gold)
    return waiting + len(held) + to_come


def _gold_to_come(project: Project, account: Account, place: int, plain: int, gold: int) -> int:
    """How many of so many gold pairs this person meets before they have been offered so many others."""
    met = 0
    while plain > 0 and met < gold:
        first = place % PLACES
        for at in (*(each for each in _gold_places(project, account, place) if each >= first), PLACES):
            plain -= at - first
            if plain <= 0 or met == gold or at == PLACES:
                break
            met, first = met + 1, at + 1
        place += PLACES - place % PLACES
    return met


def give_back(project: Project, account: Account, pair_ids: Sequence[int] | None = None) -> int:
    """Return what a person holds, so that others can have it at once; gives how many."""
    with project.store.write() as connection:
        return leases.give_back(connection, account.rater_id, pair_ids)
