"""One async client for every OpenAI-compatible chat endpoint.

Retries live here, and which server of an endpoint a call is sent to. What is paid for is told to a ledger,
try by try; where a reply is recorded is the caller's.
"""

from __future__ import annotations

import asyncio
import random
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping, Set
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any, Self

import orjson

from pairwright.amounts import hours
from pairwright.errors import EndpointError, PairwrightError
from pairwright.literals import checked
from pairwright.models.ledger import Ledger, NoLedger, Tried
from pairwright.models.meanings import tried_of
from pairwright.models.refusals import Refusal
from pairwright.models.replies import ChatReply, ReplyContent, chat_reply
from pairwright.models.server import Server, ServerUse
from pairwright.models.settings import EndpointSettings
from pairwright.models.transport import HttpAnswer, Kind, Trouble

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 60.0
LONGEST_PAUSE_S = 600.0  # that an endpoint may ask for; whoever wants more is asked again another day
TRIES_TO_REACH = 3


class CallFailed(PairwrightError):
    """One call did not come about, after all tries. To be recorded; other calls may fare better.

    `refusal` is what a refusal is about, as far as its words tell.
    """

    @checked
    def __init__(
        self,
        kind: Kind,
        message: str,
        *,
        status: int | None = None,
        tries: int = 1,
        refusal: Refusal | None = None,
    ) -> None:
        super().__init__(message)
        self.kind: Kind = kind
        self.status = status
        self.tries = tries
        self.refusal = refusal


class Client(ABC):
    """Whoever makes calls to an endpoint: at once, or in a batch."""

    async def chat(
        self, body: Mapping[str, Any], *, expected_tokens: int = 0, ledger: Ledger | None = None
    ) -> ChatReply:
        """Make one chat request; `expected_tokens` (prompt and answer) counts against tokens/min.

        Raises CallFailed when this call cannot be had, EndpointError when no
        call can: wrong key, unknown model, empty account, nobody there. And what
        the ledger raises, which is asked before every try.
        """
        return await self.post(
            "/chat/completions", body, chat_reply, expected_tokens=expected_tokens, ledger=ledger
        )

    @abstractmethod
    async def post(
        self,
        path: str,
        body: Mapping[str, Any],
        read: Callable[[Any], ReplyContent],
        *,
        expected_tokens: int = 0,
        ledger: Ledger | None = None,
    ) -> ChatReply:
        """Like `chat`, to any path under the endpoint's URL.

        `read` takes the answer's JSON and raises ValueError saying what it lacks
        where that is no answer: it counts as a bad reply.
        """


class ChatClient(Client):
    """Calls one endpoint within its limits. Use as an async context manager.

    `name` stands in error messages. Keys are read from the environment on entering and are in no message, log
    or repr. `first_wait_s` is the first back-off; it doubles with every try up to a minute, with jitter, and
    comes on top of what the endpoint asks for. Of several servers a call goes to the least busy one that
    works, and after a try that failed to another.
    """

    def __init__(self, name: str, settings: EndpointSettings, *, first_wait_s: float | None = None) -> None:
        self.name, self.settings = name, settings
        self._servers = [Server(name, each, settings) for each in settings.servers]
        self._first_wait_s = FIRST_WAIT_S if first_wait_s is None else first_wait_s
        self._waiting: deque[asyncio.Future[Server]] = deque()  # calls, for room at a server
        self._alarm: asyncio.TimerHandle | None = None
        self._ended: EndpointError | None = None  # nothing more can be had in this run
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as opened:
            for each in self._servers:
                await opened.enter_async_context(each)
            self._stack = opened.pop_all()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        await self._stack.aclose()

    async def post(
        self,
        path: str,
        body: Mapping[str, Any],
        read: Callable[[Any], ReplyContent],
        *,
        expected_tokens: int = 0,
        ledger: Ledger | None = None,
    ) -> ChatReply:
        data, ledger = orjson.dumps(body), ledger or NoLedger()
        tries, waited_s = 0, 0.0
        avoided: set[Server] = set()  # where it failed since it last waited
        while True:
            server = await self._place(avoided, ledger)
            try:
                if server.limited:
                    await ledger.wait(server.turn(expected_tokens))
                outcome = await self._try(server, path, data, tries + 1, read, body, ledger)
            except EndpointError as error:
                self._take_out(server, error)
                continue
            finally:
                self._leave(server)
            if isinstance(outcome, ChatReply):
                return outcome
            if outcome.ours and waited_s < self.settings.total_timeout_s:
                waited_s += self._first_wait_s
                await ledger.wait(asyncio.sleep(self._first_wait_s))
                continue
            avoided.add(server)
            elsewhere = self._works_but(avoided)
            if not elsewhere or outcome.kind != "connection":  # else nobody was asked yet
                tries += 1
            if self._nobody_there(outcome, tries):
                raise EndpointError(f"{outcome.message}. Is the server running, and its URL right?")
            self._check_pause(outcome)
            if (failed := self.given_up(outcome, tries)) is not None:
                raise failed
            if not elsewhere:
                avoided.clear()
                await self._back_off(outcome, tries, ledger)

    def use(self) -> list[ServerUse]:
        """What was found out about each server."""
        return [each.use() for each in self._servers]

    def meaning(
        self,
        url: str,
        answer: HttpAnswer,
        tries: int,
        read: Callable[[Any], ReplyContent],
        body: Mapping[str, Any],
    ) -> ChatReply | Trouble:
        """What an answer means that came another way. Raises EndpointError."""
        return self._servers[0].meanings.of(url, answer, tries, read, body)

    def given_up(self, trouble: Trouble, tries: int) -> CallFailed | None:
        """The end of a call that came to this in its last try, None where it is sent again."""
        if trouble.kind != "rejected" and tries < self.settings.max_tries:
            return None
        message = trouble.message + (f" ({tries} tries)" if tries > 1 else "")
        return CallFailed(trouble.kind, message, status=trouble.status, tries=tries, refusal=trouble.refusal)

    async def _place(self, avoided: Set[Server], ledger: Ledger) -> Server:
        """A place at a server, first come first served. Raises EndpointError where no server is left."""
        if self._ended is not None:
            raise EndpointError(str(self._ended))
        loop = asyncio.get_running_loop()
        if not self._waiting and (server := self._free(loop.time(), avoided)) is not None:
            server.taken += 1
            return server
        place: asyncio.Future[Server] = loop.create_future()
        self._waiting.append(place)
        self._hand_out()
        try:
            await ledger.wait(place)
            return place.result()
        except BaseException:
            if place in self._waiting:
                self._waiting.remove(place)
            elif place.done() and not place.cancelled() and place.exception() is None:
                self._leave(place.result())
            raise

    def _leave(self, server: Server) -> None:
        server.taken -= 1
        if self._waiting:
            self._hand_out()

    def _hand_out(self) -> None:
        """Give places to those who wait, and look again when the next pause or rest is over.

        Both go by one reading of the clock: a pause that ended between two would be waited for for ever.
        """
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._waiting and (server := self._free(now)) is not None:
            place = self._waiting.popleft()
            if not place.done():
                server.taken += 1
                place.set_result(server)
        if self._alarm is not None:
            self._alarm.cancel()
        ends = [end for each in self._servers for end in (each.pause_until, each.rest_until) if end > now]
        self._alarm = loop.call_at(min(ends), self._hand_out) if ends and self._waiting else None

    def _free(self, now: float, avoided: Set[Server] = frozenset()) -> Server | None:
        """The least busy server with room for a call; one that rests only where none works."""
        if len(self._servers) == 1:  # as it mostly is, and this is asked for every call
            only = self._servers[0]
            return only if only.pause_until <= now and only.has_room else None
        there = [each for each in self._servers if each.out is None and each.pause_until <= now]
        working = [each for each in there if each.rest_until <= now]
        free = [each for each in working or there if each.has_room]
        return min(free, key=lambda each: (each in avoided, each.share_taken), default=None)

    def _works_but(self, avoided: Set[Server]) -> bool:
        """Whether another server is in use, neither paused nor resting."""
        now = asyncio.get_running_loop().time()
        return any(
            each not in avoided and each.out is None and max(each.pause_until, each.rest_until) <= now
            for each in self._servers
        )

    def _take_out(self, server: Server, error: EndpointError) -> None:
        """Send nothing more to a server that refuses every call. Raises where it is the last one."""
        if len(self._servers) == 1:
            raise error
        server.out = server.out or error
        if all(each.out is not None for each in self._servers):
            self._end(EndpointError("; ".join(dict.fromkeys(str(each.out) for each in self._servers))))

    def _check_pause(self, outcome: Trouble) -> None:
        """Raises EndpointError where every server asks for a pause too long to be waited for."""
        if (asked := outcome.wait_s or 0.0) <= LONGEST_PAUSE_S:
            return
        soon = asyncio.get_running_loop().time() + LONGEST_PAUSE_S
        if all(each.out is not None or each.pause_until > soon for each in self._servers):
            self._end(
                EndpointError(
                    f"{outcome.message}. It asks to wait {hours(asked / 3600)}, until {_at(asked)}, so "
                    "nothing more is sent. Run the same command then"
                )
            )

    def _end(self, error: EndpointError) -> None:
        """No call can be had any more, by whoever waits either. Raises the error."""
        self._ended = error
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_exception(EndpointError(str(error)))
        raise error

    def _nobody_there(self, outcome: Trouble, tries: int) -> bool:
        """A server that has never answered is not waited for as long as one that may come back."""
        enough = min(TRIES_TO_REACH, self.settings.max_tries)
        answered = any(each.ever_answered for each in self._servers)
        return outcome.kind == "connection" and not answered and tries >= enough

    async def _back_off(self, trouble: Trouble, tries: int, ledger: Ledger) -> None:
        """Wait before the next try."""
        # On top of what was asked for, also where that is 0 or too little: it spreads those that come back.
        ceiling = min(LONGEST_WAIT_S, self._first_wait_s * 2 ** (tries - 1))
        waits = (trouble.wait_s or 0.0) + random.uniform(ceiling / 4, ceiling)  # noqa: S311
        await ledger.wait(asyncio.sleep(waits))

    async def _try(
        self,
        server: Server,
        path: str,
        data: bytes,
        tries: int,
        read: Callable[[Any], ReplyContent],
        body: Mapping[str, Any],
        ledger: Ledger,
    ) -> ChatReply | Trouble:
        """Send once, between the ledger's `before` and `after`."""
        await ledger.before()
        url, meanings = server.base + path, server.meanings
        tried = Tried((None, None), failed=True, server=server.booked_as)  # as long as nothing is known of it
        try:
            answer = await server.send(url, data)
            outcome = answer if isinstance(answer, Trouble) else meanings.of(url, answer, tries, read, body)
            tried = tried_of(outcome, server.booked_as)
        except EndpointError:
            tried = Tried(None, failed=True)
            raise
        finally:
            ledger.after(tried)
        if isinstance(outcome, ChatReply):
            server.worked()
        else:
            server.failed(outcome, asyncio.get_running_loop().time())
        return outcome


def _at(seconds_from_now: float) -> str:
    when = datetime.now().astimezone() + timedelta(seconds=min(seconds_from_now, 10**9))
    return when.strftime("%Y-%m-%d %H:%M")
