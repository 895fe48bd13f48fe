"""Which pairs a person is given: by the skills they have, and by those that are reserved for others."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from pairwright.stages.project.project import Project
from pairwright.store.people import accounts as sql
from pairwright.store.people.accounts import Account
from pairwright.store.people.tasks import Takes


def takes_of(project: Project, connection: Connection, rater_id: int) -> Takes:
    """What this person is given. Somebody without an account has no skills and reserves nothing."""
    required = project.settings.annotate.skills_required
    return takes_among(sql.who_may_take(connection, rater_id), rater_id, required=required)


def takes_among(everybody: Sequence[Account], rater_id: int, *, required: bool = False) -> Takes:
    """The same, where all accounts are at hand. A reservation lapses while its person may not work.

    `required`: who has no skill gets no pair that takes one, instead of all.
    """
    mine = next((each for each in everybody if each.rater_id == rater_id), None)
    others = {
        skill
        for each in everybody
        if each.state == "active" and each.rater_id != rater_id
        for skill in each.reserved
    }
    own = set(mine.reserved) if mine else set()
    tags = mine.tags if mine else ()
    only = tuple(sorted({*tags, *own})) if tags or required else None
    return Takes(only, tuple(sorted(others - own)))
