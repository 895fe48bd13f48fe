"""The qualification: a few gold pairs with feedback before real work. Practice, so no votes come of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from pairwright.errors import InputError
from pairwright.keys import seeded_fraction
from pairwright.literals import checked
from pairwright.stages.people.active_time import active_time
from pairwright.stages.people.queue import Offer
from pairwright.stages.project.project import Project
from pairwright.store import clock
from pairwright.store.people import annotators, leases, qualify, tasks
from pairwright.store.people.accounts import Account, change_account
from pairwright.types import Order, Verdict, as_original, swap

FEWEST = 3  # pairs in a round, under which a share of them tells nothing: then practice keeps nobody out


@dataclass(frozen=True, slots=True)
class Qualification:
    """Where a person stands: in a round of `needed` pairs, `done` of them answered, `right` of those right.

    `open` goes on, `failed` needs a lead (no pairs are left to try again on),
    `passed` may work.
    """

    state: Literal["open", "failed", "passed"]
    needed: int
    done: int
    right: int


def standing_of(project: Project, account: Account) -> Qualification:
    """Leads need none, nor does who has worked already, nor anybody where there is no gold."""
    wanted = project.settings.annotate.qualify_pairs
    if account.role == "lead" or account.qualified_at is not None or not wanted:
        return Qualification("passed", 0, 0, 0)
    with project.store.read() as connection:
        standing = _standing(connection, account, wanted)
        again = account.practise_from is not None
        worked = not again and standing.done == 0 and annotators.has_voted(connection, account.rater_id)
    return Qualification("passed", 0, 0, 0) if worked else standing


def _standing(connection: Connection, account: Account, wanted: int) -> Qualification:
    available = qualify.count_gold(connection)
    needed = min(wanted, available)
    if not needed:
        return Qualification("passed", 0, 0, 0)
    answers = qualify.answers(connection, account.id, since := account.practise_from or 0.0)
    this_round = answers[len(answers) - len(answers) % needed :]
    failed = not this_round and answers and len(qualify.unseen(connection, account.id, since)) < needed
    if failed:
        this_round = answers[-needed:]
    return Qualification("failed" if failed else "open", needed, len(this_round), sum(this_round))


def offer(project: Project, account: Account, n: int, have: Sequence[int] = ()) -> list[Offer]:
    """Gold pairs to practise on that this person has not answered, in an order of their own.

    No more than are left of this round, whatever they say they have. Who practises again begins with
    those they got wrong at work.
    """
    standing = standing_of(project, account)
    settings = project.settings
    with project.store.write() as connection:
        left = qualify.unseen(connection, account.id, account.practise_from or 0.0)
        wrong = qualify.missed(connection, account.rater_id)
        left.sort(
            key=lambda pair_id: (
                pair_id not in wrong,
                seeded_fraction("qualify", settings.project.seed, account.name, pair_id),
            )
        )
        left = left[: max(0, standing.needed - standing.done)]
        new = [pair_id for pair_id in left if pair_id not in have][:n]
        held = settings.annotate.lease_minutes * 60
        leases.take(connection, account.rater_id, new, "qualify", held)
        return [Offer(task, "qualify") for task in tasks.tasks_on(connection, new)]


def at_work(project: Project, account: Account) -> None:
    """Remember that this person works, so that it need not be looked up at every answer of theirs."""
    with project.store.write() as connection:
        change_account(connection, account.id, qualified_at=clock.now())


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a person is told after a practice answer; `verdict` is about what they were shown."""

    right: bool
    verdict: Verdict
    explanation: str | None
    standing: Qualification


@checked
def answer(
    project: Project,
    account: Account,
    pair_id: int,
    verdict_shown: Verdict,
    order: Order,
    seconds: float,
    key: bytes,
) -> Feedback:
    """Record the first answer to a practice pair, and say whether it was right: a second one adds nothing.

    Enough right ones in a round let the person work. Raises InputError where
    the pair is no gold pair to practise on, or practice is over.
    """
    settings = project.settings.annotate
    with project.store.write() as connection:
        gold = qualify.gold_on(connection, pair_id)
        if gold is None:
            raise InputError("this pair is no longer part of the qualification: load the page again")
        verdict = as_original(verdict_shown, order)
        right = verdict == gold.verdict
        since = account.practise_from or 0.0
        first = qualify.answered(connection, key, account.id, gold.id, since)
        if first is None:
            if standing_of(project, account).state != "open":
                raise InputError("your practice is over: load the page again")
            took = active_time(connection, account.rater_id, pair_id, seconds).seconds
            qualify.add_answer(connection, key, account.id, gold.id, verdict, right, took)
            leases.answered(connection, account.rater_id, pair_id)
        else:
            right = first
        standing = _standing(connection, account, settings.qualify_pairs)
        answers = qualify.answers(connection, account.id, since)
        if standing.needed and len(answers) % standing.needed == 0:
            this_round = answers[-standing.needed :]
            enough = settings.qualify_right * standing.needed
            passed = standing.needed < FEWEST or sum(this_round) >= enough
            state: Literal["open", "failed", "passed"] = "passed" if passed else standing.state
            standing = Qualification(state, standing.needed, standing.needed, sum(this_round))
            if passed:
                now = clock.now()
                change_account(connection, account.id, qualified_at=now, practise_from=None, checked_from=now)
    shown = gold.verdict if order == "AB" else swap(gold.verdict)
    return Feedback(right, shown, gold.explanation, standing)
