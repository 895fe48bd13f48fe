"""What would come of a lead's change to one person, told before it is made."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from pairwright.amounts import counted
from pairwright.errors import InputError
from pairwright.stages.people import queue
from pairwright.stages.people.skills import takes_among
from pairwright.stages.project.project import Project
from pairwright.store.people import accounts as sql
from pairwright.store.people import annotators, leases, qualify, tasks
from pairwright.store.people.accounts import Account

HIGHEST_LIMIT = 10_000


def of_pause(connection: Connection, account: Account) -> list[str]:
    held = leases.count_held(connection, account.rater_id)
    told = [f"{counted(held, 'pair', 'pairs')} they hold can be offered to others at once."] if held else []
    return [*told, "What they answered stays and counts."]


def of_practice(project: Project, connection: Connection, account: Account) -> list[str]:
    """Raises InputError where there is nothing to practise on."""
    wanted = project.settings.annotate.qualify_pairs
    available = qualify.count_gold(connection)
    if not wanted or not available:
        why = "[annotate] qualify_pairs is 0" if not wanted else "no gold pair is used for practice"
        raise InputError(f"{account.name} has nothing to practise on: {why}.")
    wrong = len(qualify.missed(connection, account.rater_id))
    first = f", those of the {wrong} they got wrong first" if wrong else ""
    right = project.settings.annotate.qualify_right
    return [
        f"They are shown {counted(min(wanted, available), 'gold pair')} with feedback{first}.",
        f"With {right:.0%} right they work again; with fewer they get another round, or wait for you.",
        *of_pause(connection, account),
    ]


def of_limit(project: Project, connection: Connection, account: Account, limit: int | None) -> list[str]:
    """Raises InputError for a limit that is none."""
    if limit is None:
        return ["They may answer as many pairs a day as they like."]
    if not 1 <= limit <= HIGHEST_LIMIT:
        raise InputError(f"a limit is 1 to {HIGHEST_LIMIT:,} answers a day; got {limit}")
    _, today = annotators.counts(connection, account.rater_id, queue.midnight())
    left = max(0, limit - today)
    return [
        f"They get no more pairs once they have given {counted(limit, 'answer')} on a day, "
        "which begins at midnight by this server's clock.",
        f"Today they have given {today:,}: {f'{left:,} more' if left else 'they get no more'} today.",
    ]


def of_reserving(
    project: Project, connection: Connection, account: Account, skills: Sequence[str]
) -> list[str]:
    """Raises InputError for a skill that no pair here takes."""
    known = tasks.skills(connection)
    unknown = [each for each in skills if each not in known]
    if unknown:
        names = ", ".join(sorted(known)) or "none"
        raise InputError(f"no open pair takes the skill {', '.join(unknown)}; open pairs take: {names}")
    if not skills:
        return ["Their pairs are for everybody who takes them."]
    everybody, required = sql.accounts(connection), project.settings.annotate.skills_required
    others = [
        each
        for each in everybody
        if each.id != account.id
        and each.state == "active"
        and any(takes_among(everybody, each.rater_id, required=required).takes(skill) for skill in skills)
        and not set(skills) <= set(each.reserved)
    ]
    pairs = sum(known[each] for each in skills)
    return [
        f"{counted(pairs, 'open pair')} of {', '.join(skills)} would be for {account.name} alone, "
        "and for others for whom they are reserved too.",
        f"{counted(len(others), 'other person', 'other people')} would get no more of them; "
        "what they hold now they may finish.",
        f"It holds while {account.name} may work: not while they are paused.",
    ]
