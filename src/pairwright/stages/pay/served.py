"""Whether servers answered as the model that was asked for: what replies say of themselves.

A router that falls back to another model, a server started with the wrong one, and a model that was
replaced behind its name make votes of one judge those of several, and a price that of another.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from pairwright.amounts import counted
from pairwright.models.prices import names_of
from pairwright.stages.project.project import Project
from pairwright.store.schema import call

REMEDY = (
    "see what the endpoint serves under this name, and whether the price is that model's; if the name only "
    "stands for it (a deployment, an alias), dismiss this"
)


@dataclass(frozen=True, slots=True)
class AnsweredAs:
    """Calls of one stage to `model` that another answered, by what replies of a `server` say, of several."""

    stage: str
    model: str
    asked: str
    served: str
    calls: int
    server: str | None = None

    def __str__(self) -> str:
        calls = counted(self.calls, "reply says", "replies say")
        where = f", at {self.server}" if self.server else ""
        return f'{calls} "{self.served}" where {self.model} asks for "{self.asked}" ({self.stage}{where})'


def answered_as(connection: Connection, project: Project) -> list[AnsweredAs]:
    """By stage and model, where a reply names another model than the settings do.

    `gpt-4o-2024-08-06` is `gpt-4o`, and a provider's prefix says nothing either.
    """
    which = call.c.stage, call.c.model, call.c.served, call.c.server
    rows = connection.execute(
        select(*which, func.count()).where(call.c.served.is_not(None)).group_by(*which).order_by(*which)
    )
    asked = {name: model.model for name, model in project.settings.models.items()}
    return [
        AnsweredAs(stage, model, asked[model], served, calls, server)
        for stage, model, served, server, calls in rows
        if model in asked and not same_model(asked[model], served)
    ]


def same_model(one: str, other: str) -> bool:
    return not set(names_of(one.lower())).isdisjoint(names_of(other.lower()))


def fingerprints(connection: Connection) -> list[tuple[str, int]]:
    """(model, set-ups) of judges that answered from several, as their `system_fingerprint` tells."""
    setups = func.count(func.distinct(call.c.fingerprint))
    rows = connection.execute(
        select(call.c.model, setups)
        .where(call.c.fingerprint.is_not(None), call.c.stage == "judge")
        .group_by(call.c.model)
        .having(setups > 1)
        .order_by(call.c.model)
    )
    return [(model, n) for model, n in rows]
