"""HTTP for batches: few requests and large bodies, where a chat call is many and small."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from io import BytesIO
from typing import Any, Self

import aiohttp
import orjson

from pairwright.errors import EndpointError
from pairwright.models.replies import message_of
from pairwright.models.secrets import key_of, without_key
from pairwright.models.settings import EndpointSettings
from pairwright.models.transport import proxy_of

TRIES = 6
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
UPLOAD_S = 1800.0  # 512 MB over a slow line
_PASSES = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})


class Away(EndpointError):
    """The provider could not be asked, several times in a row: it may be back later."""


class NotThere(EndpointError):
    """The provider knows nothing of what it was asked about."""


Headers = Callable[[str], dict[str, str]]  # of a key, which may be empty


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


class BatchHttp:
    """Requests to one provider. Use as an async context manager.

    What only reads is tried again; what creates is sent once, for nobody knows what became of it where no
    answer came. `headers_of` makes the headers that carry the key.
    """

    def __init__(self, name: str, settings: EndpointSettings, headers_of: Headers) -> None:
        self.name, self.settings = name, settings
        self.base = settings.url.rstrip("/")
        self._headers_of = headers_of
        self._key = ""

    async def __aenter__(self) -> Self:
        settings = self.settings
        self._key = key_of(self.name, settings.api_key_env)
        self._session = aiohttp.ClientSession(
            headers={**settings.headers, **self._headers_of(self._key)},
            timeout=aiohttp.ClientTimeout(
                total=UPLOAD_S, sock_connect=settings.connect_timeout_s, sock_read=settings.read_timeout_s
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            proxy=proxy_of(settings.url),
        )
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._session.close()

    async def get(self, url: str, **params: str) -> Any:
        """JSON from there, tried again where that may help. Raises EndpointError."""
        async with await self._answer("GET", url, params=params) as response:
            return await self._json(url, response)

    async def post(self, url: str, body: Any, *, again: bool = False) -> Any:
        """Send JSON; gives JSON. `again`: sent twice it does no more than once. Raises EndpointError."""
        data, headers = orjson.dumps(body), {"Content-Type": "application/json"}
        async with await self._answer("POST", url, again=again, data=data, headers=headers) as response:
            return await self._json(url, response)

    async def upload(self, url: str, name: str, lines: bytes, fields: Mapping[str, str]) -> Any:
        """Send a file as a form; gives JSON. Raises EndpointError."""
        form = aiohttp.FormData(dict(fields))
        # A stream: large bytes would hold up the event loop, as aiohttp warns.
        form.add_field("file", BytesIO(lines), filename=name, content_type="application/jsonl")
        async with await self._answer("POST", url, again=False, data=form) as response:
            return await self._json(url, response)

    async def post_bytes(self, url: str, data: bytes, headers: Mapping[str, str]) -> tuple[Any, Any]:
        """Send bytes as they are; gives JSON (None for no body) and the headers. Raises EndpointError."""
        sent = {"data": BytesIO(data), "headers": {**headers, "Content-Length": str(len(data))}}
        async with await self._answer("POST", url, again=False, **sent) as response:
            raw = await response.read()
            return (orjson.loads(raw) if raw.strip() else None), response.headers

    async def lines(self, url: str, **params: str) -> AsyncIterator[bytes]:
        """The lines of a file, as they come: it may be larger than memory. Raises EndpointError."""
        async with await self._answer("GET", url, params=params) as response:
            left = b""
            try:
                async for part in response.content.iter_any():
                    *whole, left = (left + part).split(b"\n")
                    for line in whole:
                        if line.strip():
                            yield without_key(line, self._key)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                raise EndpointError(
                    f"{self.name} ({url}) broke off while it sent results: {error or type(error).__name__}. "
                    "Nothing is lost: run again to fetch them"
                ) from None
            if left.strip():
                yield without_key(left, self._key)

    async def _answer(
        self, method: str, url: str, *, again: bool = True, **arguments: Any
    ) -> aiohttp.ClientResponse:
        for tries in range(1, TRIES + 1):
            last = not again or tries == TRIES
            try:
                response = await self._session.request(method, url, allow_redirects=False, **arguments)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                if last:
                    what = self.clean(error) or type(error).__name__
                    raise Away(f"{self.name} ({url}) cannot be asked: {what}") from None
            else:
                if 200 <= response.status < 300:
                    return response
                raw = await response.read()
                if last or response.status not in _PASSES:
                    said = self.clean(message_of(raw))
                    passes = Away if response.status in _PASSES else EndpointError
                    kind = NotThere if response.status == 404 else passes
                    raise kind(f"{self.name} ({url}) answered {response.status}: {said}")
            ceiling = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (tries - 1))
            await asyncio.sleep(random.uniform(ceiling / 4, ceiling))  # noqa: S311
        raise AssertionError

    async def _json(self, url: str, response: aiohttp.ClientResponse) -> Any:
        raw = await response.read()
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError:
            said = self.clean(message_of(raw))
            raise EndpointError(f"{self.name} ({url}) answered, but not in JSON: {said}") from None

    def clean(self, said: object) -> str:
        """The beginning of what was said, without the key if the provider echoed that."""
        text = str(said)
        return (text.replace(self._key, "[key]") if self._key else text)[:300]
