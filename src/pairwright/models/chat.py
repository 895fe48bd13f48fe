"""One async client for every OpenAI-compatible chat endpoint.

Straight over aiohttp: at the rates judges run, a vendor's SDK costs more time
than the model. Retries, limits and time-outs live here; what a reply means,
what it costs and where it is recorded is the caller's.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import orjson
from aiolimiter import AsyncLimiter

from pairwright.errors import ConfigError, EndpointError, PairwrightError
from pairwright.literals import checked
from pairwright.models.refusals import Refusal, refusal, remedy
from pairwright.models.replies import (
    BrokeOff,
    ChatReply,
    ReplyContent,
    Usage,
    chat_reply,
    count,
    error_code,
    message_of,
    parse_json,
    retry_after,
    table,
)
from pairwright.models.settings import EndpointSettings

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 60.0
TRIES_TO_REACH = 3
LONGEST_QUOTE = 300  # characters of an endpoint's words that a message repeats
_RETRIED = frozenset({408, 409, 425, 429})
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

Kind = Literal["rejected", "rate_limited", "server", "timeout", "connection", "bad_reply"]


class CallFailed(PairwrightError):
    """One call did not come about, after all tries. To be recorded; other calls may fare better.

    `billed` has the usage of each try that may have been charged for. `refusal` is what
    a refusal is about, as far as its words tell.
    """

    @checked
    def __init__(
        self,
        kind: Kind,
        message: str,
        *,
        status: int | None = None,
        tries: int = 1,
        billed: tuple[Usage, ...] = (),
        refusal: Refusal | None = None,
    ) -> None:
        super().__init__(message)
        self.kind: Kind = kind
        self.status = status
        self.tries = tries
        self.billed = billed
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why one try failed; `wait_s` is what the endpoint asked us to wait.

    `billed` is set where the model may have run, and been charged for, all the same.
    """

    kind: Kind
    message: str
    status: int | None = None
    wait_s: float | None = None
    billed: Usage | None = None
    refusal: Refusal | None = None


class ChatClient:
    """Calls one endpoint within its limits. Use as an async context manager.

    `name` stands in error messages. The key is read from the environment on
    entering and is in no message, log or repr. `first_wait_s` is the first
    back-off; it doubles with every try up to a minute, with jitter, and comes
    on top of what the endpoint asks for.
    """

    def __init__(self, name: str, settings: EndpointSettings, *, first_wait_s: float = FIRST_WAIT_S) -> None:
        self.name, self.settings = name, settings
        self._base = settings.url.rstrip("/")
        self._first_wait_s = first_wait_s
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._limits = _limiters(settings)
        self._turn = asyncio.Lock()
        self._resume_at = 0.0  # the endpoint asked for a pause until then (event loop's clock)
        self._ever_answered = False
        self._answered: set[object] = set()  # models that have answered
        self._key = ""
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        settings = self.settings
        headers = {"Content-Type": "application/json", **settings.headers}
        if settings.api_key_env:
            self._key = os.environ.get(settings.api_key_env, "").strip()
            if not self._key:
                raise ConfigError(
                    f"endpoint {self.name} needs its key in the environment variable "
                    f"{settings.api_key_env}, which is not set: export {settings.api_key_env}=..."
                )
            if not self._key.isprintable():
                raise ConfigError(
                    f"the key of endpoint {self.name}, in {settings.api_key_env}, has a line break or a "
                    "control character in it. Set the variable to the key alone."
                )
            headers["Authorization"] = f"Bearer {self._key}"
        self._session = aiohttp.ClientSession(
            headers=headers,
            # llama.cpp closes an idle connection after 5 s: let go of it before, not while sending on it.
            connector=aiohttp.TCPConnector(limit=settings.concurrency, keepalive_timeout=4),
            timeout=aiohttp.ClientTimeout(
                total=settings.total_timeout_s,
                sock_connect=settings.connect_timeout_s,
                sock_read=settings.read_timeout_s,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            # Looked up once: aiohttp's own trust_env asks in a thread at every call.
            proxy=_proxy(settings.url),
        )
        return self

    async def __aexit__(self, *_exc: object) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def chat(
        self, body: Mapping[str, Any], *, expected_tokens: int = 0, repeat_billed: bool = True
    ) -> ChatReply:
        """Send one chat request; `expected_tokens` (prompt and answer) counts against tokens/min.

        Without `repeat_billed` a try that may have been charged for is not
        repeated: who counts money decides about the next.

        Raises CallFailed when this call cannot be had, EndpointError when no
        call can: wrong key, unknown model, empty account, nobody there.
        """
        return await self.post(
            "/chat/completions",
            body,
            chat_reply,
            expected_tokens=expected_tokens,
            repeat_billed=repeat_billed,
        )

    async def post(
        self,
        path: str,
        body: Mapping[str, Any],
        read: Callable[[Any], ReplyContent],
        *,
        expected_tokens: int = 0,
        repeat_billed: bool = True,
    ) -> ChatReply:
        """Like `chat`, to any path under the endpoint's URL.

        `read` takes the answer's JSON and raises ValueError saying what it lacks
        where that is no answer: it counts as a bad reply.
        """
        data, url = orjson.dumps(body), self._base + path
        tries, billed = 0, []
        async with self._slots:
            while True:
                tries += 1
                await self._wait_for_turn(expected_tokens)
                outcome = await self._try(url, data, tries, read, body)
                if isinstance(outcome, ChatReply):
                    self._answered.add(body.get("model"))
                    return outcome
                if self._nobody_there(outcome, tries):
                    raise EndpointError(f"{outcome.message}. Is the server running, and its URL right?")
                if outcome.billed is not None:
                    billed.append(outcome.billed)
                last = outcome.kind == "rejected" or tries >= self.settings.max_tries
                if last or (billed and not repeat_billed):
                    tried = f" ({tries} tries)" if tries > 1 else ""
                    message = outcome.message + tried
                    raise CallFailed(
                        outcome.kind,
                        message,
                        status=outcome.status,
                        tries=tries,
                        billed=tuple(billed),
                        refusal=outcome.refusal,
                    )
                await self._back_off(outcome, tries)

    def _nobody_there(self, outcome: _Trouble, tries: int) -> bool:
        """A server that has never answered is not waited for as long as one that may come back."""
        enough = min(TRIES_TO_REACH, self.settings.max_tries)
        return outcome.kind == "connection" and not self._ever_answered and tries >= enough

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

    async def _back_off(self, trouble: _Trouble, tries: int) -> None:
        # Asked to wait: everybody does. The own back-off on top spreads those that come back, also
        # where the endpoint says 0 or too little.
        asked = min(trouble.wait_s or 0.0, 10 * LONGEST_WAIT_S)
        self._resume_at = max(self._resume_at, asyncio.get_running_loop().time() + asked)
        ceiling = min(LONGEST_WAIT_S, self._first_wait_s * 2 ** (tries - 1))
        await asyncio.sleep(asked + random.uniform(ceiling / 4, ceiling))  # noqa: S311

    async def _try(
        self, url: str, data: bytes, tries: int, read: Callable[[Any], ReplyContent], body: Mapping[str, Any]
    ) -> ChatReply | _Trouble:
        assert self._session is not None, "use `async with ChatClient(...)`"
        began = time.monotonic()
        try:
            async with self._session.post(url, data=data) as response:
                self._ever_answered = True
                raw = await response.read()
                status, headers = response.status, response.headers
        except aiohttp.InvalidURL:
            raise EndpointError(f'endpoint {self.name}: "{self.settings.url}" is not a URL') from None
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return _Trouble("connection", f"{self.name} ({url}) cannot be reached: {self._clean(error)}")
        except TimeoutError:
            waited = time.monotonic() - began
            what = f"{self.name} ({url}) gave no answer within {waited:.1f} s"
            return _Trouble("timeout", what, billed=(None, None))
        except (aiohttp.ClientError, OSError) as error:
            what = f"{self.name} ({url}) broke off: {self._clean(error)}"
            return _Trouble("server", what, billed=(None, None))
        if status != 200:
            return self._refused(url, status, headers, raw, body)
        if code := error_code(raw):  # the error of a host behind this one, handed on with status 200
            return self._refused(url, code, headers, raw, body)
        return self._read(url, raw, time.monotonic() - began, tries, read)

    def _refused(
        self, url: str, status: int, headers: Mapping[str, str], raw: bytes, body: Mapping[str, Any]
    ) -> _Trouble:
        """Which kind of refusal this is. Raises EndpointError for those that concern every call."""
        said = self._clean(message_of(raw))
        what = f"{self.name} ({url}) answered {status}: {said}"
        if status == 403 and self._answered:
            # Some hosts refuse a single moderated prompt this way.
            return _Trouble("rejected", what, status, refusal=Refusal("text"))
        if status in (401, 403):
            raise EndpointError(f"{what}. {self._key_remedy()}")
        if status == 404 and re.search(r"support|response_format|parameter", said, re.IGNORECASE):
            # A router that has the model, but nobody who takes what was asked of it.
            return _Trouble("rejected", what, status, refusal=refusal(status, said, body))
        if status == 404:
            raise EndpointError(f"{what}. Check the endpoint's url (it ends in /v1) and the model's name.")
        if status == 402 or (status == 429 and b"insufficient_quota" in raw):
            raise EndpointError(f"{what}. The account has no credit left.")
        if status == 429:
            return _Trouble("rate_limited", what, status, retry_after(headers))
        if status >= 500 or status in _RETRIED:
            return _Trouble("server", what, status, retry_after(headers))
        found = refusal(status, self._clean(message_of(raw), 2000), body)
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
        return _Trouble("rejected", what, status, refusal=found)

    def _key_remedy(self) -> str:
        env = self.settings.api_key_env
        return f"Check the key in {env}." if env else "It wants a key: set api_key_env for this endpoint."

    def _read(
        self, url: str, raw: bytes, seconds: float, tries: int, read: Callable[[Any], ReplyContent]
    ) -> ChatReply | _Trouble:
        what = f"{self.name} ({url}) answered 200, but"
        try:
            reply = parse_json(raw)
        except (ValueError, RecursionError):
            shown = self._clean(message_of(raw))
            return _Trouble("bad_reply", f"{what} not in JSON: {shown}", 200, billed=(None, None))
        usage = table(reply, "usage") if isinstance(reply, dict) else {}
        tokens = count(usage.get("prompt_tokens")), count(usage.get("completion_tokens"))
        if isinstance(reply, dict) and reply.get("error"):
            shown = self._clean(message_of(raw))
            return _Trouble("bad_reply", f"{what} with an error: {shown}", 200, billed=tokens)
        try:
            said = read(reply)
        except BrokeOff as error:
            # Half an answer is none; a part of it may be charged for.
            message = self._clean(f"{self.name} ({url}) {error}")
            return _Trouble("server", message, 200, billed=tokens)
        except ValueError as error:
            message = f"{what} {error}: {self._clean(message_of(raw))}"
            return _Trouble("bad_reply", message, 200, billed=tokens)
        return ChatReply(
            text=_storable(said.text),
            finish_reason=said.finish_reason,
            refused=said.refused,
            prompt_tokens=tokens[0],
            completion_tokens=tokens[1],
            logprobs=said.logprobs,
            seconds=seconds,
            tries=tries,
            reasoning=_storable(said.reasoning) if said.reasoning else None,
            calls=tuple(
                replace(call, name=_storable(call.name), arguments=_storable(call.arguments))
                for call in said.calls
            ),
        )

    def _clean(self, said: object, most: int = LONGEST_QUOTE) -> str:
        """The beginning of what was said, storable, and without the key if the endpoint echoed that."""
        text = _storable(str(said))
        for spelling in _spellings(self._key):
            text = text.replace(spelling, "[key]")  # before cutting, which might leave half a key
        return text[:most]


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


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for this URL (HTTPS_PROXY, NO_PROXY, ...)."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    return getproxies().get(parts.scheme)
