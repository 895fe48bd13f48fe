"""Who makes the calls of one run: this process, a provider's batch, or the user's own machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from pairwright.amounts import counted
from pairwright.errors import BudgetReached
from pairwright.models.batch.catalog import batch_api
from pairwright.models.server import ServerUse
from pairwright.stages.pay import batches
from pairwright.stages.project.project import Project
from pairwright.store import clock
from pairwright.store.pay import planned
from pairwright.store.schema import planned_call

Via = Literal["live", "batch", "files"]


@dataclass
class Dispatch:
    """The calls of one run of one stage to these models. `begin` comes before its work is looked for, `end`
    after its last call.
    """

    project: Project
    stage: str
    models: Sequence[str]
    via: Via = "live"
    began: float = field(default_factory=clock.now)
    notes: list[str] = field(default_factory=list)
    servers: dict[str, list[ServerUse]] = field(default_factory=dict)  # by endpoint, once calls have ended

    def begin(self) -> None:
        """Fetch the replies of batches that ended. Raises ConfigError, EndpointError.

        Where a model's endpoint has no batch API that is known, before anything is planned.
        """
        if self.via == "batch":
            settings = self.project.settings
            for endpoint in sorted({settings.models[name].endpoint for name in self.models}):
                batch_api(endpoint, settings.endpoints[endpoint])
            self.notes += batches.fetch(self.project).notes

    def used(self, endpoint: str, servers: list[ServerUse]) -> None:
        """Keep, and say, what was found out about the servers of an endpoint."""
        self.servers[endpoint] = servers
        told = [said for each in servers if (said := _in_words(each, len(servers) > 1))]
        if told:
            self.notes.append(f"{endpoint}: {'; '.join(told)}")

    def end(self, stop: BaseException | None = None) -> None:
        """Send what was planned, and forget what has been read. Raises ConfigError, EndpointError.

        Only a budget that is reached lets a run that was stopped send what it planned. Plans that a whole run
        did not come to belong to work that is not wanted any more, or not so.
        """
        with self.project.store.read() as connection:
            if not planned.any_planned(connection):
                return
        with self.project.store.write() as connection:
            planned.forget_read(connection)
            if self.via == "batch" and stop is None:
                planned.forget_unsent(
                    connection,
                    planned_call.c.stage == self.stage,
                    planned_call.c.model.in_(self.models),
                    planned_call.c.at < self.began,
                )
        if self.via == "batch" and (stop is None or isinstance(stop, BudgetReached)):
            batches.send(self.project, self.stage, self.models, self.began)


_WHY_NOT_MORE = {
    "bound": "as many as concurrency allows",
    "refused": "it refuses more",
    "no_faster": "with more in flight no more were answered a second",
    "open": "as far as there were enough calls to tell",
}


def _in_words(use: ServerUse, one_of_several: bool) -> str:
    """What a run found out about a server; nothing where there is nothing to say."""
    if use.out is not None:
        return f"{use.server} was left out: {use.out.rstrip('.')}"
    if one_of_several and not use.answered:
        return f"{use.server} answered no call" + (f": {use.last_trouble}" if use.last_trouble else "")
    if use.found == "open" and not one_of_several:
        return ""
    said = f"{counted(use.at_once, 'call')} in flight, {_WHY_NOT_MORE[use.found]}"
    if not one_of_several:
        return said
    return f"{use.server} answered {counted(use.answered, 'call')}, {said}"
