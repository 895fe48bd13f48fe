"""The qualification: a few gold pairs with feedback before real work. Practice, so no votes come of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from pairwright.errors import InputError
from pairwright.keys import seeded_fraction
from pairwright.literals import checked
from pairwright.stages.people.queue import Offer
from pairwright.stages.project.project import Project
from pairwright.store.people import annotators, qualify, tasks
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
        worked = standing.done == 0 and annotators.has_voted(connection, account.rater_id)
    return Qualification("passed", 0, 0, 0) if worked else standing


def _standing(connection: Connection, account: Account, wanted: int) -> Qualification:
    available = qualify.count_gold(connection)
    needed = min(wanted, available)
    if not needed:
        return Qualification("passed", 0, 0, 0)
    answers = qualify.answers(connection, account.id)
    this_round = answers[len(answers) - len(answers) % needed :]
    failed = not this_round and answers and len(qualify.unseen(connection, account.id)) < needed
    if failed:
        this_round = answers[-needed:]
    return Qualification("failed" if failed else "open", needed, len(this_round), sum(this_round))


def offer(project: Project, account: Account, n: int, have: Sequence[int] = ()) -> list[Offer]:
    """Gold pairs to practise on that this person has not answered, in an order of their own."""
    left_over = standing_of(project, account)
    seed, n = project.settings.project.seed, min(n, left_over.needed - left_over.done - len(have))
    with project.store.read() as connection:
        left = [pair_id for pair_id in qualify.unseen(connection, account.id) if pair_id not in have]
        left.sort(key=lambda pair_id: seeded_fraction("qualify", seed, account.name, pair_id))
        return [Offer(task, "qualify") for task in tasks.tasks_on(connection, left[: max(0, n)])]


def may_practise(project: Project, account: Account, pair_id: int) -> bool:
    """Whether this pair is one this person practises on, or has practised on."""
    if account.role == "lead" or not project.settings.annotate.qualify_pairs:
        return False
    with project.store.read() as connection:
        gold = qualify.gold_on(connection, pair_id)
    return gold is not None and gold.use in qualify.FOR_PRACTICE


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
    """Record a practice answer once (the same `key` again adds nothing), and say whether it was right.

    Enough right ones in a round let the person work. Raises InputError where
    the pair is no gold pair to practise on.
    """
    settings = project.settings.annotate
    with project.store.write() as connection:
        gold = qualify.gold_on(connection, pair_id)
        if gold is None:
            raise InputError("this pair is no longer part of the qualification: load the page again")
        verdict = as_original(verdict_shown, order)
        right = verdict == gold.verdict
        if qualify.answered(connection, key) is None:
            qualify.add_answer(connection, key, account.id, gold.id, verdict, right, seconds)
        standing = _standing(connection, account, settings.qualify_pairs)
        answers = qualify.answers(connection, account.id)
        if standing.needed and len(answers) % standing.needed == 0:
            this_round = answers[-standing.needed :]
            enough = settings.qualify_right * standing.needed
            passed = standing.needed < FEWEST or sum(this_round) >= enough
            state: Literal["open", "failed", "passed"] = "passed" if passed else standing.state
            standing = Qualification(state, standing.needed, standing.needed, sum(this_round))
            if passed:
                change_account(connection, account.id, qualified_at=time.time())
    shown = gold.verdict if order == "AB" else swap(gold.verdict)
    return Feedback(right, shown, gold.explanation, standing)
