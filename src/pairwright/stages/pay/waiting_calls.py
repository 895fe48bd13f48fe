"""Calls that wait: what is planned, in a batch or in files, and taking it back."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import Any

from pairwright.amounts import usd
from pairwright.models.batch.http import NotThere
from pairwright.stages.pay.batches import provider_of
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result
from pairwright.store.pay import batches, planned
from pairwright.store.pay.batches import Batch
from pairwright.store.pay.planned import Waiting


@dataclass(frozen=True, slots=True, repr=False)
class CallsResult(Result):
    """Calls by stage and model that were not read yet, and the batches and files that have them.

    `held_usd` is what they may cost at worst: budgets hold it back.
    """

    waiting: tuple[Waiting, ...]
    batches: tuple[Batch, ...]
    held_usd: float

    def as_dict(self) -> dict[str, Any]:
        told = asdict(self)
        for each in told["batches"]:
            each["digest"] = each["digest"].hex()
        return told

    def facts(self) -> list[tuple[str, str]]:
        told = [(f"{each.stage} {each.model}", each.in_words) for each in self.waiting]
        if self.held_usd:
            told.append(("held back from budgets", usd(self.held_usd)))
        return told


@dataclass(frozen=True, slots=True, repr=False)
class CancelResult(Result):
    """What was taken back.

    Of batches `cancelled` at providers, calls made before are charged for, and read by the next run.
    `released` calls were in files, or planned and not sent: they are planned anew when they are wanted.
    """

    cancelled: int
    released: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def calls_of(project: Project) -> CallsResult:
    with project.store.read() as connection:
        return CallsResult(
            tuple(planned.waiting(connection)),
            tuple(batches.open_batches(connection)),
            planned.held_usd(connection),
        )


def cancel_calls(project: Project) -> CancelResult:
    """Have providers make no more calls, and take back what is in files or was not sent.

    Repeating it does no harm. Raises EndpointError, ConfigError.
    """
    with project.store.exclusively("spending"):
        with project.store.read() as connection:
            waiting = batches.open_batches(connection)
        there = [each for each in waiting if each.via == "batch" and each.remote_id is not None]
        asyncio.run(_cancel(project, there))
        with project.store.write() as connection:
            for each in waiting:
                if each.via == "files":
                    batches.end(connection, each.id, "cancelled")
            released = planned.forget_unsent(connection)
    return CancelResult(len(there), released)


async def _cancel(project: Project, there: list[Batch]) -> None:
    for each in there:
        assert each.remote_id is not None
        provider, http = provider_of(project, each.endpoint)
        async with http:
            try:
                await provider.cancel(http, each.remote_id)
            except NotThere:  # nothing will ever come of it
                with project.store.write() as connection:
                    batches.end(connection, each.id, "its provider does not know it any more")
