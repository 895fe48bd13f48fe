"""One server of an endpoint: its connections and limits, how much it is sent, and when it rests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Self

from aiolimiter import AsyncLimiter

from pairwright.errors import EndpointError
from pairwright.models.concurrency import Concurrency, Found
from pairwright.models.meanings import Meanings
from pairwright.models.secrets import key_of
from pairwright.models.settings import EndpointSettings, ServerSettings
from pairwright.models.transport import HttpAnswer, Transport, Trouble

FIRST_REST_S = 1.0
LONGEST_REST_S = 120.0
ENOUGH = 3  # troubles one after the other that may be their calls' own fault
_TOO_MUCH = frozenset({429, 503, 529})


@dataclass(frozen=True, slots=True)
class ServerUse:
    """What a run found out about a `server` (its address): `at_once` calls in flight are best, why not more.

    `found` is "bound" for the endpoint's `concurrency`, "refused" and "no_faster" for what more came to, and
    "open" where there were too few calls to tell. `too_much` calls were refused for that, `out` says why
    nothing is sent to it any more, `last_trouble` what the last of its `troubles` was.
    """

    server: str
    at_once: int
    found: Found
    answered: int
    too_much: int
    troubles: int
    last_trouble: str | None = None
    out: str | None = None


class Server:
    """Use as an async context manager: it reads its key then. Raises ConfigError where that is not set."""

    def __init__(self, name: str, at: ServerSettings, settings: EndpointSettings) -> None:
        self.base, self._name, self._key_env = at.url.rstrip("/"), name, at.api_key_env
        self._several = len(settings.servers) > 1
        same = sum(each.url.rstrip("/") == self.base for each in settings.servers)
        self.label = self.base if same == 1 else f"{self.base} with {at.api_key_env or 'no key'}"
        self.booked_as = self.label if self._several else None
        self.meanings = Meanings(name, at.api_key_env)
        self.concurrency = Concurrency(settings.concurrency)
        self.taken = 0  # places of calls, on their way or about to be
        self.pause_until = self.rest_until = 0.0  # by the event loop's clock; it asked for a pause, or failed
        self.out: EndpointError | None = None
        self._transport = Transport(name, at, settings, self.meanings.clean)
        self._limits = _limiters(settings)
        self._turn = asyncio.Lock()
        self._on_the_way = self._in_a_row = 0
        self._answered = self._too_much = self._troubles = 0
        self._last_trouble: str | None = None

    async def __aenter__(self) -> Self:
        key = key_of(self._name, self._key_env)
        self.meanings.hide(key)
        await self._transport.open(key)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._transport.close()

    @property
    def ever_answered(self) -> bool:
        return self._transport.ever_answered

    @property
    def limited(self) -> bool:
        """Whether there are limits on requests or tokens a minute."""
        return any(self._limits)

    @property
    def has_room(self) -> bool:
        """Whether one more call may be sent; a server of several that failed is tried by one call first."""
        return self.taken < (1 if self._several and self._in_a_row >= ENOUGH else self.concurrency.limit)

    @property
    def share_taken(self) -> float:
        return self.taken / self.concurrency.limit

    def use(self) -> ServerUse:
        at_once, found = self.concurrency.found
        out = str(self.out) if self.out is not None else None
        counts = self._answered, self._too_much, self._troubles
        return ServerUse(self.label.partition("://")[2], at_once, found, *counts, self._last_trouble, out)

    async def turn(self, expected_tokens: int) -> None:
        """Return when the limits a minute let one more request go.

        One call at a time, first come first served: small calls don't starve a large one.
        """
        requests, tokens = self._limits
        async with self._turn:
            if requests is not None:
                await requests.acquire()
            if tokens is not None:
                left = max(1.0, expected_tokens)
                while left > 0:  # a call larger than the bucket takes several
                    await tokens.acquire(min(left, tokens.max_rate))
                    left -= tokens.max_rate

    async def send(self, url: str, data: bytes) -> HttpAnswer | Trouble:
        """Send once, and learn how much this server takes. Raises EndpointError for a URL that is none."""
        self._on_the_way += 1
        sent = self.concurrency.sent(self._on_the_way)
        try:
            answer = await self._transport.send(url, data)
        finally:
            self._on_the_way -= 1
        if isinstance(answer, HttpAnswer) and 200 <= answer.status < 300:
            self.concurrency.answered(sent, answer.seconds)
        elif answer.status in _TOO_MUCH or (isinstance(answer, Trouble) and answer.kind == "timeout"):
            self._too_much += 1
            self.concurrency.refused(sent)
        return answer

    def worked(self) -> None:
        self._answered += 1
        self._in_a_row, self.rest_until = 0, 0.0

    def failed(self, trouble: Trouble, now: float) -> None:
        """Keep the pause it asked for, and rest after trouble of its own: longer each time, until it answers.

        Where it refuses what is too much, less is sent; it rests where one call at once is too much.
        """
        self.pause_until = max(self.pause_until, now + (trouble.wait_s or 0.0))
        there = trouble.kind in ("rejected", "bad_reply")
        if there or trouble.ours or (trouble.kind == "rate_limited" and self.concurrency.limit > 1):
            return
        self._troubles += 1
        self._last_trouble = trouble.message
        if now < self.rest_until:
            return  # it was under way when the rest began, and says nothing new
        self._in_a_row += 1
        if trouble.kind == "connection":
            self._in_a_row = max(self._in_a_row, ENOUGH)
        if (times := self._in_a_row - ENOUGH) >= 0:
            self.rest_until = now + min(LONGEST_REST_S, FIRST_REST_S * 2.0 ** min(times, 20))


def _limiters(settings: EndpointSettings) -> tuple[AsyncLimiter | None, AsyncLimiter | None]:
    """Requests and tokens a minute, let through evenly: a bucket holds some seconds' worth at most."""
    requests = tokens = None
    if settings.requests_per_minute:
        burst = max(1.0, settings.requests_per_minute / 60)
        requests = AsyncLimiter(burst, 60 * burst / settings.requests_per_minute)
    if settings.tokens_per_minute:
        burst = max(1.0, settings.tokens_per_minute / 10)
        tokens = AsyncLimiter(burst, 60 * burst / settings.tokens_per_minute)
    return requests, tokens
