"""Exported calls made against any endpoint: by a job of a cluster, beside the server it started.

Needs no project and no store: lines in, lines out. What is in the output already is not asked again, so a job
that was killed is started with the same command.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from pairwright.errors import InputError
from pairwright.models.chat import CallFailed, ChatClient
from pairwright.models.replies import ReplyContent, chat_reply
from pairwright.models.settings import EndpointSettings


@dataclass(frozen=True, slots=True)
class MadeCall:
    """A call and what came of it. `status` None: no reply, for this time; importing leaves it open."""

    id: str
    status: int | None
    body: Any

    def as_line(self) -> bytes:
        """As a line of a batch's results."""
        response = None if self.status is None else {"status_code": self.status, "body": self.body}
        error = {"code": "no_reply", "message": str(self.body)} if self.status is None else None
        return orjson.dumps({"custom_id": self.id, "response": response, "error": error}) + b"\n"


@dataclass(slots=True)
class MadeCalls:
    """Of so many `lines`: calls `made` now, `known` before, and those that got `no_reply`."""

    lines: int = 0
    known: int = 0
    made: int = 0
    no_reply: int = 0


def make_calls(
    source: Path,
    out: Path,
    endpoint: EndpointSettings,
    *,
    progress: Callable[[int], None] = lambda _done: None,
) -> MadeCalls:
    """Make the calls of one file and write each reply as it comes.

    Raises InputError for a line that is no call, EndpointError where no call can be had, ConfigError.
    """
    requests = list(read_calls(source))
    known = _known(out)
    todo = [each for each in requests if each["custom_id"] not in known]
    done = MadeCalls(lines=len(requests), known=len(requests) - len(todo))
    asyncio.run(_make(todo, out, endpoint, done, progress))
    return done


async def _make(
    todo: Sequence[Mapping[str, Any]],
    out: Path,
    endpoint: EndpointSettings,
    done: MadeCalls,
    progress: Callable[[int], None],
) -> None:
    with out.open("ab") as file:
        async for each in replies_to(todo, endpoint):
            file.write(each.as_line())
            file.flush()
            done.made += each.status is not None
            done.no_reply += each.status is None
            progress(done.made + done.no_reply)


async def replies_to(
    calls: Sequence[Mapping[str, Any]], endpoint: EndpointSettings
) -> AsyncIterator[MadeCall]:
    """The calls and their replies, in the order they come."""
    async with ChatClient("endpoint", endpoint) as client:
        limit = asyncio.Semaphore(endpoint.concurrency)

        async def one(call: Mapping[str, Any]) -> MadeCall:
            async with limit:
                return await _reply(client, call)

        tasks = [asyncio.create_task(one(call)) for call in calls]
        try:
            for each in asyncio.as_completed(tasks):
                yield await each
        finally:
            for task in tasks:
                task.cancel()


async def _reply(client: ChatClient, call: Mapping[str, Any]) -> MadeCall:
    whole: dict[str, Any] = {}

    def read(reply: Any) -> ReplyContent:
        said = chat_reply(reply)  # raises where it is no answer: it is asked for again
        whole.update(reply)
        return said

    try:
        await client.post(str(call["url"]).removeprefix("/v1"), call["body"], read)
    except CallFailed as failed:
        if failed.kind == "rejected" and failed.status is not None:
            return MadeCall(call["custom_id"], failed.status, {"error": {"message": str(failed)}})
        return MadeCall(call["custom_id"], None, str(failed))
    return MadeCall(call["custom_id"], 200, whole)


def read_calls(path: Path) -> Iterable[dict[str, Any]]:
    """The calls of an exported file. Raises InputError with file and line."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    for number, line in enumerate(lines, 1):
        try:
            call = orjson.loads(line)
            if not {"custom_id", "url", "body"} <= set(call):
                raise ValueError("it needs custom_id, url and body")
        except (ValueError, TypeError) as error:
            raise InputError(
                f"{path}:{number}: is no call as `pairwright calls export` writes it: {error}"
            ) from None
        yield call


def _known(out: Path) -> set[str]:
    """The calls that have a reply in this file; a line that a kill left half is cut off."""
    if not out.exists():
        return set()
    raw = out.read_bytes()
    whole = raw[: raw.rfind(b"\n") + 1]
    if whole != raw:
        out.write_bytes(whole)
    replies = map(orjson.loads, whole.splitlines())
    return {each["custom_id"] for each in replies if each["response"] is not None}
