"""Planned calls handed to providers' batch APIs, and their replies fetched.

That a batch is about to be sent is written down before anything is uploaded. Where a crash leaves it open
whether it was sent, the provider's list is searched for it before anything is sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from secrets import token_hex

import orjson

from pairwright.amounts import counted
from pairwright.errors import EndpointError
from pairwright.models.batch.catalog import APIS, batch_api, batch_http
from pairwright.models.batch.http import Away, BatchHttp, NotThere
from pairwright.models.batch.provider import BatchProvider, BatchReply, BatchRequest, RemoteBatch
from pairwright.stages.project.project import Project
from pairwright.store import clock
from pairwright.store.pay import batches, planned
from pairwright.store.pay.batches import Batch
from pairwright.store.pay.planned import call_key

PAGE = 500  # replies in one transaction


@dataclass
class FetchedReplies:
    """What a look at open batches came to: replies, calls that were not made and go again, batches open."""

    replies: int = 0
    again: int = 0
    open: int = 0
    notes: list[str] = field(default_factory=list)


def fetch(project: Project) -> FetchedReplies:
    """Look at every open batch and keep the replies of those that ended. Repeating it adds nothing.

    Raises EndpointError where a provider refused a batch as a whole (its calls are planned again), and
    ConfigError for a missing key.
    """
    with project.store.read() as connection:
        waiting = [each for each in batches.open_batches(connection) if each.via == "batch"]
    return asyncio.run(_fetch(project, waiting)) if waiting else FetchedReplies()


def send(project: Project, stage: str, models: Sequence[str], since: float) -> int:
    """Send a stage's planned calls to these models that a run since then came to; gives how many were sent.

    In batches within their provider's limits. Raises EndpointError; what was sent before is on record, and
    nothing is sent twice.
    """
    with project.store.read() as connection:
        targets = [
            (each.endpoint, each.model)
            for each in planned.waiting(connection)
            if each.unsent and each.stage == stage and each.model in models
        ]
    return asyncio.run(_send(project, stage, since, targets)) if targets else 0


async def _fetch(project: Project, waiting: list[Batch]) -> FetchedReplies:
    """Look at each; one that makes trouble leaves the others alone."""
    found = FetchedReplies()
    troubles: list[EndpointError] = []
    for each in waiting:
        provider, http = provider_of(project, each.endpoint)
        try:
            async with http:
                await _fetch_one(project, provider, http, each, found)
        except NotThere as error:
            told = (
                f"{error}. Is the key another account's? If the batch is gone, `pairwright calls cancel` "
                f"gives it up, and its {counted(each.calls, 'call')} can be made anew"
            )
            troubles.append(EndpointError(told))
        except EndpointError as error:
            troubles.append(error)
    if troubles:
        kind = Away if all(isinstance(each, Away) for each in troubles) else EndpointError
        raise kind("; ".join(map(str, troubles)))
    return found


async def _fetch_one(
    project: Project, provider: BatchProvider, http: BatchHttp, each: Batch, found: FetchedReplies
) -> None:
    remote = await _where_it_is(project, provider, http, each, found)
    # Ended and counted, but its results are not named yet: they are paid for.
    early = remote is not None and remote.state == "ended" and remote.done and not remote.results
    if remote is None or remote.state == "running" or early:
        found.open += remote is not None
        return
    if remote.state == "ended":
        found.replies += await _keep(project, provider, http, each, remote, found)
    with project.store.write() as connection:
        again = batches.end(connection, each.id, remote.problem or None)
    found.again += again
    if remote.state == "failed":
        raise EndpointError(
            f"{each.endpoint} refused batch {remote.id}: {remote.problem or 'no reason'}. No call of it was "
            "made, and all are planned again"
        )
    if again:
        found.notes.append(
            f"{counted(again, 'call')} of batch {remote.id} got no reply before it ended, and go again"
        )


async def _where_it_is(
    project: Project, provider: BatchProvider, http: BatchHttp, each: Batch, found: FetchedReplies
) -> RemoteBatch | None:
    """The batch as its provider has it. None where it turned out never to have been sent."""
    if each.remote_id is not None:
        return await provider.state(http, each.remote_id)
    with project.store.read() as connection:
        others = batches.known_remotely(connection, each.endpoint)
    remote = await provider.find(http, each.mark, since=each.at, calls=each.calls, others=others)
    listed_s = project.settings.endpoints[each.endpoint].batch_listed_s
    if remote is None and clock.now() < each.at + listed_s:  # it may not be in the list yet
        found.open += 1
        found.notes.append(
            f"whether {each.endpoint} has {counted(each.calls, 'call')} that were being sent when a run "
            f"broke off is not known yet: ask again in {listed_s:.0f} s"
        )
        return None
    with project.store.write() as connection:
        if remote is None:
            batches.never_sent(connection, each.id)
        else:
            batches.note(connection, each.id, remote_id=remote.id, expires_at=remote.expires_at)
    return remote


async def _keep(
    project: Project,
    provider: BatchProvider,
    http: BatchHttp,
    each: Batch,
    remote: RemoteBatch,
    found: FetchedReplies,
) -> int:
    """Keep all replies of a batch; gives how many were new. Replies to calls that are not ours are left."""
    new, unnamed = 0, list[str]()
    page: list[BatchReply] = []

    def write() -> int:
        rows = [
            (key, reply.status, reply.body)
            for reply in page
            if reply.status is not None and (key := call_key(reply.id)) is not None
        ]
        with project.store.write() as connection:
            kept = planned.answer(connection, rows, each.id)
        page.clear()
        return kept

    async for reply in provider.replies(http, remote):
        if not reply.id:
            unnamed.append(reply.body)
            continue
        page.append(reply)
        if len(page) >= PAGE:
            new += write()
    if unnamed:
        found.notes.append(f"{counted(len(unnamed), 'line')} of batch {remote.id} left out: {unnamed[0]}")
    return new + write()


async def _send(project: Project, stage: str, since: float, targets: list[tuple[str, str]]) -> int:
    sent = 0
    for endpoint, name in targets:
        provider, http = provider_of(project, endpoint)
        async with http:
            while True:
                with project.store.read() as connection:
                    waiting = planned.unsent(connection, endpoint, name, since=since, stage=stage)
                    lines, keys = _as_many(provider, waiting)
                if not keys:
                    break
                await _send_one(project, provider, http, endpoint, name, lines, keys)
                sent += len(keys)
    return sent


async def _send_one(
    project: Project,
    provider: BatchProvider,
    http: BatchHttp,
    endpoint: str,
    name: str,
    lines: bytes,
    keys: list[bytes],
) -> None:
    mark = f"pairwright-{token_hex(12)}"
    settings = project.settings
    digest = blake2b(lines, digest_size=16).digest()
    with project.store.write() as connection:
        number = batches.intend(connection, mark, endpoint, name, digest, keys)
        planned.reprice(connection, number, settings.endpoints[endpoint].batch_price)
    remote = await provider.submit(http, lines, mark, settings.models[name].model)
    with project.store.write() as connection:
        batches.note(connection, number, remote_id=remote.id, expires_at=remote.expires_at)


def _as_many(provider: BatchProvider, requests: Iterable[planned.Request]) -> tuple[bytes, list[bytes]]:
    """As many of the calls as one batch may hold, as lines, and their keys."""
    lines: list[bytes] = []
    keys: list[bytes] = []
    size, limits = 0, provider.limits
    for request in requests:
        line = provider.line(BatchRequest(request.key.hex(), orjson.loads(request.body))) + b"\n"
        if keys and (len(keys) >= limits.requests or size + len(line) > limits.bytes):
            break
        lines.append(line)
        keys.append(request.key)
        size += len(line)
    return b"".join(lines), keys


def provider_of(project: Project, endpoint: str) -> tuple[BatchProvider, BatchHttp]:
    settings = project.settings.endpoints[endpoint]
    return APIS[batch_api(endpoint, settings)].provider, batch_http(endpoint, settings)
