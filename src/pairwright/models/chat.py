"""One async client for every OpenAI-compatible chat endpoint.

Retries and limits live here, and what an answer means for the next try. What is paid for is told
to a ledger, try by try; where a reply is recorded is the caller's.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Self

import orjson
from aiolimiter import AsyncLimiter

from pairwright.amounts import hours
from pairwright.errors import EndpointError, PairwrightError
from pairwright.literals import checked
from pairwright.models.ledger import Ledger, NoLedger, Tried
from pairwright.models.refusals import Refusal, refusal, remedy
from pairwright.models.replies import (
    BrokeOff,
    ChatReply,
    ReplyContent,
    Usage,
    cached_of,
    chat_reply,
    error_code,
    message_of,
    name_in,
    parse_json,
    retry_after,
    usage_of,
)
from pairwright.models.secrets import key_of
from pairwright.models.settings import EndpointSettings
from pairwright.models.transport import HttpAnswer, Kind, Transport, Trouble

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 60.0
LONGEST_PAUSE_S = 600.0  # that an endpoint may ask for; whoever wants more is asked again another day
TRIES_TO_REACH = 3
LONGEST_QUOTE = 300  # characters of an endpoint's words that a message repeats
_RETRIED = frozenset({408, 409, 425, 429})
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


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

    `name` stands in error messages. The key is read from the environment on
    entering and is in no message, log or repr. `first_wait_s` is the first
    back-off; it doubles with every try up to a minute, with jitter, and comes
    on top of what the endpoint asks for.
    """

    def __init__(self, name: str, settings: EndpointSettings, *, first_wait_s: float | None = None) -> None:
        self.name, self.settings = name, settings
        self._base = settings.url.rstrip("/")
        self._first_wait_s = FIRST_WAIT_S if first_wait_s is None else first_wait_s
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._limits = _limiters(settings)
        self._turn = asyncio.Lock()
        self._resume_at = 0.0  # the endpoint asked for a pause until then (event loop's clock)
        self._answered: set[object] = set()  # models that have answered
        self._key = ""
        self._transport = Transport(name, settings, self._clean)

    async def __aenter__(self) -> Self:
        self._key = key_of(self.name, self.settings.api_key_env)
        await self._transport.open(self._key)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._transport.close()

    async def post(
        self,
        path: str,
        body: Mapping[str, Any],
        read: Callable[[Any], ReplyContent],
        *,
        expected_tokens: int = 0,
        ledger: Ledger | None = None,
    ) -> ChatReply:
        data, url = orjson.dumps(body), self._base + path
        ledger = ledger or NoLedger()
        tries, waited_s = 0, 0.0
        async with self._slots:
            while True:
                tries += 1
                if self._limited:
                    await ledger.wait(self._wait_for_turn(expected_tokens))
                outcome = await self._try(url, data, tries, read, body, ledger)
                if isinstance(outcome, ChatReply):
                    self.has_answered(body)
                    return outcome
                if outcome.ours and waited_s < self.settings.total_timeout_s:
                    tries, waited_s = tries - 1, waited_s + self._first_wait_s
                    await ledger.wait(asyncio.sleep(self._first_wait_s))
                    continue
                if self._nobody_there(outcome, tries):
                    raise EndpointError(f"{outcome.message}. Is the server running, and its URL right?")
                if (asked := outcome.wait_s or 0.0) > LONGEST_PAUSE_S:
                    raise EndpointError(
                        f"{outcome.message}. It asks to wait {hours(asked / 3600)}, until {_at(asked)}, so "
                        "nothing more is sent. Run the same command then"
                    )
                if (failed := self.given_up(outcome, tries)) is not None:
                    raise failed
                await self._back_off(outcome, tries, ledger)

    def has_answered(self, body: Mapping[str, Any]) -> None:
        """A request to this model was answered: what is refused from now on is refused for itself."""
        self._answered.add(body.get("model"))

    def given_up(self, trouble: Trouble, tries: int) -> CallFailed | None:
        """The end of a call that came to this in its last try, None where it is sent again."""
        if trouble.kind != "rejected" and tries < self.settings.max_tries:
            return None
        message = trouble.message + (f" ({tries} tries)" if tries > 1 else "")
        return CallFailed(trouble.kind, message, status=trouble.status, tries=tries, refusal=trouble.refusal)

    def _nobody_there(self, outcome: Trouble, tries: int) -> bool:
        """A server that has never answered is not waited for as long as one that may come back."""
        enough = min(TRIES_TO_REACH, self.settings.max_tries)
        return outcome.kind == "connection" and not self._transport.ever_answered and tries >= enough

    @property
    def _limited(self) -> bool:
        return any(self._limits) or self._resume_at > asyncio.get_running_loop().time()

    async def _wait_for_turn(self, expected_tokens: int) -> None:
        """Return when the limits and the endpoint let one more request go.

        One call at a time, first come first served: small calls don't starve a large
        one, and after a pause no crowd rushes off with turns that it saved up.
        """
        requests, tokens = self._limits
        loop = asyncio.get_running_loop()
        async with self._turn:
            if requests is not None:
                await requests.acquire()
            if tokens is not None:
                left = max(1.0, expected_tokens)
                while left > 0:  # a call larger than the bucket takes several
                    await tokens.acquire(min(left, tokens.max_rate))
                    left -= tokens.max_rate
            while (pause := self._resume_at - loop.time()) > 0:  # noqa: ASYNC110  (it may be put off again)
                await asyncio.sleep(pause)

    async def _back_off(self, trouble: Trouble, tries: int, ledger: Ledger) -> None:
        """Wait before the next try."""
        # Asked to wait: everybody does. The own back-off on top spreads those that come back, also
        # where the endpoint says 0 or too little.
        asked = trouble.wait_s or 0.0
        self._resume_at = max(self._resume_at, asyncio.get_running_loop().time() + asked)
        ceiling = min(LONGEST_WAIT_S, self._first_wait_s * 2 ** (tries - 1))
        await ledger.wait(asyncio.sleep(asked + random.uniform(ceiling / 4, ceiling)))  # noqa: S311

    async def _try(
        self,
        url: str,
        data: bytes,
        tries: int,
        read: Callable[[Any], ReplyContent],
        body: Mapping[str, Any],
        ledger: Ledger,
    ) -> ChatReply | Trouble:
        """Send once, between the ledger's `before` and `after`."""
        await ledger.before()
        tried = Tried((None, None), failed=True)  # as long as nothing is known of it
        try:
            answer = await self._transport.send(url, data)
            outcome = answer if isinstance(answer, Trouble) else self.meaning(url, answer, tries, read, body)
            tried = tried_of(outcome)
            return outcome
        except EndpointError:
            tried = Tried(None, failed=True)
            raise
        finally:
            ledger.after(tried)

    def meaning(
        self,
        url: str,
        answer: HttpAnswer,
        tries: int,
        read: Callable[[Any], ReplyContent],
        body: Mapping[str, Any],
    ) -> ChatReply | Trouble:
        """What an answer to this request means, however it came. Raises EndpointError."""
        if not 200 <= answer.status < 300:
            return self._refused(url, answer.status, answer, body)
        if code := error_code(answer.raw):  # the error of a host behind this one, handed on with status 200
            return self._refused(url, code, answer, body)
        return self._read(url, answer, tries, read)

    def _refused(self, url: str, status: int, answer: HttpAnswer, body: Mapping[str, Any]) -> Trouble:
        """Which kind of refusal this is. Raises EndpointError for those that concern every call."""
        said = self._clean(message_of(answer.raw))
        what = f"{self.name} ({url}) answered {status}: {said}"
        if 300 <= status < 400:
            to = self._clean(answer.headers.get("Location", "another address"))
            raise EndpointError(
                f"{self.name} ({url}) answered {status}: it sends calls on to {to}. Nothing was sent there: "
                "set the endpoint's url to it, if you trust it with the key and the texts"
            )
        if status == 403 and self._answered:
            # Some hosts refuse a single moderated prompt this way.
            return Trouble("rejected", what, status, refusal=Refusal("text"))
        if status in (401, 403):
            raise EndpointError(f"{what}. {self._key_remedy()}")
        if status == 404 and re.search(r"support|response_format|parameter", said, re.IGNORECASE):
            # A router that has the model, but nobody who takes what was asked of it.
            return Trouble("rejected", what, status, refusal=refusal(status, said, body))
        if status == 404:
            raise EndpointError(f"{what}. Check the endpoint's url (it ends in /v1) and the model's name.")
        if status == 402 or (status == 429 and b"insufficient_quota" in answer.raw):
            raise EndpointError(f"{what}. The account has no credit left.")
        if status == 429:
            return Trouble("rate_limited", what, status, retry_after(answer.headers))
        if status >= 500 or status in _RETRIED:
            return Trouble("server", what, status, retry_after(answer.headers), _charged(answer.raw))
        found = refusal(status, self._clean(message_of(answer.raw), 2000), body)
        if found.about == "key":
            raise EndpointError(f"{what}. {self._key_remedy()}")
        if found.about == "account":
            raise EndpointError(f"{what}. The account has no credit left.")
        if body.get("model") not in self._answered:  # what was asked of it so far has been refused
            if found.about == "model":
                raise EndpointError(f"{what}. Check the model's name.")
            if found.about == "every":
                raise EndpointError(f"{what}. No request to this model can fare better.")
            if found.about == "parameter" and found.field is not None:
                raise EndpointError(f"{what}. {remedy(found.field, said)}")
        return Trouble("rejected", what, status, billed=_charged(answer.raw), refusal=found)

    def _key_remedy(self) -> str:
        env = self.settings.api_key_env
        return f"Check the key in {env}." if env else "It wants a key: set api_key_env for this endpoint."

    def _read(
        self, url: str, answer: HttpAnswer, tries: int, read: Callable[[Any], ReplyContent]
    ) -> ChatReply | Trouble:
        what, raw = f"{self.name} ({url}) answered {answer.status}, but", answer.raw

        def bad(message: str, kind: Kind = "bad_reply") -> Trouble:
            return Trouble(kind, message, answer.status, billed=usage, seconds=answer.seconds)

        usage: Usage = None, None
        try:
            reply = parse_json(raw)
        except (ValueError, RecursionError):
            return bad(f"{what} not in JSON: {self._clean(message_of(raw))}")
        usage = usage_of(reply)
        if isinstance(reply, dict) and reply.get("error"):
            return bad(f"{what} with an error: {self._clean(message_of(raw))}")
        try:
            said = read(reply)
        except BrokeOff as error:
            # Half an answer is none; a part of it may be charged for.
            return bad(self._clean(f"{self.name} ({url}) {error}"), "server")
        except ValueError as error:
            return bad(f"{what} {error}: {self._clean(message_of(raw))}")
        return ChatReply(
            text=_storable(said.text),
            finish_reason=said.finish_reason,
            refused=said.refused,
            prompt_tokens=usage[0],
            completion_tokens=usage[1],
            logprobs=said.logprobs,
            seconds=answer.seconds,
            tries=tries,
            reasoning=_storable(said.reasoning) if said.reasoning else None,
            calls=tuple(
                replace(call, name=_storable(call.name), arguments=_storable(call.arguments))
                for call in said.calls
            ),
            cached_tokens=cached_of(reply),
            served=self._name_in(reply, "model"),
            fingerprint=self._name_in(reply, "system_fingerprint"),
        )

    def _name_in(self, reply: Any, field: str) -> str | None:
        name = name_in(reply, field)
        return self._clean(name) if name else None

    def _clean(self, said: object, most: int = LONGEST_QUOTE) -> str:
        """The beginning of what was said, storable, and without the key if the endpoint echoed that."""
        text = _storable(str(said))
        for spelling in _spellings(self._key):
            text = text.replace(spelling, "[key]")  # before cutting, which might leave half a key
        return text[:most]


def tried_of(outcome: ChatReply | Trouble) -> Tried:
    """What a try came to, for the books."""
    if isinstance(outcome, Trouble):
        return Tried(outcome.billed, failed=True, seconds=outcome.seconds)
    return Tried(
        (outcome.prompt_tokens, outcome.completion_tokens),
        failed=False,
        seconds=outcome.seconds,
        tries=outcome.tries,
        answer_bytes=sum(
            len(said.encode())
            for said in (outcome.text, outcome.reasoning or "", *(call.arguments for call in outcome.calls))
        ),
        served=outcome.served,
        fingerprint=outcome.fingerprint,
        cached_tokens=outcome.cached_tokens,
    )


def _charged(raw: bytes) -> Usage | None:
    """The usage in an error's body: who counts tokens there charges for them. None where there is none."""
    try:
        usage = usage_of(parse_json(raw))
    except (ValueError, RecursionError):
        return None
    return usage if any(usage) else None


def _at(seconds_from_now: float) -> str:
    when = datetime.now().astimezone() + timedelta(seconds=min(seconds_from_now, 10**9))
    return when.strftime("%Y-%m-%d %H:%M")


def _storable(text: str) -> str:
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _spellings(key: str) -> list[str]:
    """The ways a body may repeat a key: as it is, and as JSON or Python write it inside quotes."""
    if not key:
        return []
    escaped = json.dumps(key)[1:-1]
    return sorted({key, escaped, escaped.replace("/", "\\/"), repr(key)[1:-1]}, key=len, reverse=True)


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
