"""What every provider's batch API comes down to: hand requests over, ask how far it is, fetch the replies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pairwright.errors import EndpointError
from pairwright.models.batch.http import BatchHttp
from pairwright.models.replies import parse_json

State = Literal["running", "ended", "failed"]


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """One call. `id` is 1 to 64 letters, digits, - and _; `body` is that of a chat request."""

    id: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BatchReply:
    """What became of one call, as a chat endpoint would have answered it.

    `status` None: it was not made at all (the batch expired or was cancelled before), and may be sent again.
    An empty `id` is a line that names no call; `body` says what is wrong with it.
    """

    id: str
    status: int | None
    body: str = ""


@dataclass(frozen=True, slots=True)
class RemoteBatch:
    """A batch as its provider tells of it. `results` is where replies are, in the provider's own words.

    "failed": it was refused as a whole, and no call was made. Times are seconds since 1970.
    """

    id: str
    state: State
    done: int = 0
    total: int | None = None
    expires_at: float | None = None
    results: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """The most one batch may hold, and for how long its replies can be fetched."""

    requests: int
    bytes: int
    keeps_hours: float


class BatchProvider(Protocol):
    """One provider's batch API. Errors are EndpointError, with what it said."""

    limits: BatchLimits

    def line(self, request: BatchRequest) -> bytes:
        """The request as this provider's batch takes it, in one line of JSON without its end."""
        ...

    async def submit(self, http: BatchHttp, lines: bytes, mark: str, model: str) -> RemoteBatch:
        """Hand a batch over. `mark` is what `find` finds it by."""
        ...

    async def find(
        self, http: BatchHttp, mark: str, *, since: float, calls: int, others: set[str]
    ) -> RemoteBatch | None:
        """The batch with this mark, None where the provider has none: it was never created.

        `since` is when it was about to be handed over, `others` are batches known to be others.
        """
        ...

    async def state(self, http: BatchHttp, id: str) -> RemoteBatch: ...

    def replies(self, http: BatchHttp, batch: RemoteBatch) -> AsyncIterator[BatchReply]:
        """The replies of a batch that ended, in any order. Calls that were not made may be missing."""
        ...

    async def cancel(self, http: BatchHttp, id: str) -> None:
        """Have no more calls made; those made are charged for, and their replies can be fetched."""
        ...


def reply_from(line: bytes, read: Callable[[Mapping[str, Any]], BatchReply], whose: str) -> BatchReply:
    """A line of results, read by its provider's `read`.

    One that says whose reply it is and can't be read otherwise is an answer of status 500: it may have been
    paid for. Raises EndpointError for any other.
    """
    said: Any = None
    try:
        said = parse_json(line)
        return read(said)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        told = said if isinstance(said, Mapping) else {}
        id = told.get("custom_id") or told.get("key")
        if isinstance(id, str):
            return BatchReply(id, 500, line.decode("utf-8", "replace"))
        raise EndpointError(f"{whose} is no reply of a batch ({error}): {line[:80]!r}") from None


async def replies_in(
    http: BatchHttp, urls: Sequence[str], read: Callable[[Mapping[str, Any]], BatchReply], **params: str
) -> AsyncIterator[BatchReply]:
    """The replies in files of results. A line that names no call is one without an id."""
    for url in urls:
        async for line in http.lines(url, **params):
            try:
                reply = reply_from(line, read, f"{http.name}: a line of results")
            except EndpointError as error:
                reply = BatchReply("", None, str(error))
            yield reply


def mark_of(batch: Mapping[str, Any]) -> str | None:
    """The mark in a batch's metadata."""
    metadata = batch.get("metadata")
    return metadata.get(MARK) if isinstance(metadata, Mapping) else None


MARK = "pairwright"


def state_of(status: object, *, ended: Sequence[str], failed: Sequence[str] = ()) -> State:
    """What a provider's word for a state means here; words nobody knows count as running."""
    word = str(status).upper()
    return "ended" if word in ended else "failed" if word in failed else "running"
