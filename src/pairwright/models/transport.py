"""One request to an endpoint and what came of it, before anybody asks what it means.

Straight over aiohttp: at the rates judges run, a vendor's SDK costs more time than the model.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, Self
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from pairwright.errors import EndpointError
from pairwright.models.refusals import Refusal
from pairwright.models.replies import Usage
from pairwright.models.secrets import without_key
from pairwright.models.settings import EndpointSettings, ServerSettings

LARGEST_REPLY = 16 * 1024**2  # bytes; 4,000 tokens with ten alternatives each are 5 MB
SPARE_DESCRIPTORS = 256  # for the store, files and libraries

Kind = Literal["rejected", "rate_limited", "server", "timeout", "connection", "bad_reply"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why one try failed; `wait_s` is what the endpoint asked us to wait.

    `billed` is set where the model may have run, and been charged for, all the same: what was counted,
    as far as it is known. `ours`: this machine could not even ask, which is no fault of the endpoint's.
    """

    kind: Kind
    message: str
    status: int | None = None
    wait_s: float | None = None
    billed: Usage | None = None
    refusal: Refusal | None = None
    seconds: float = 0.0
    ours: bool = False


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    raw: bytes
    seconds: float


class Transport:
    """Connections to one server of an endpoint. `clean` makes what an error says fit to be shown."""

    def __init__(
        self, name: str, server: ServerSettings, settings: EndpointSettings, clean: Callable[[object], str]
    ) -> None:
        self._name, self._url, self._settings, self._clean = name, server.url, settings, clean
        self._session: aiohttp.ClientSession | None = None
        self._key = ""
        self.ever_answered = False

    async def open(self, key: str) -> Self:
        settings, self._key = self._settings, key
        headers = {"Content-Type": "application/json", **settings.headers}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        _allow_descriptors(settings.most_in_flight + SPARE_DESCRIPTORS)
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
            proxy=proxy_of(self._url),
        )
        return self

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(self, url: str, data: bytes) -> HttpAnswer | Trouble:
        """Send once. Raises EndpointError for a URL that is none.

        A redirect is an answer like others: followed, it would carry prompts, and perhaps the key, to a host
        nobody named.
        """
        assert self._session is not None, "use `async with ChatClient(...)`"
        began = time.monotonic()
        at = f"{self._name} ({url})"
        try:
            async with self._session.post(url, data=data, allow_redirects=False) as response:
                self.ever_answered = True
                raw = await _body(response)
                seconds = time.monotonic() - began
                if raw is None:
                    said = f"{at} answered over {LARGEST_REPLY // 1024**2} MB; the rest was not read"
                    return Trouble("bad_reply", said, response.status, billed=(None, None), seconds=seconds)
                return HttpAnswer(response.status, response.headers, without_key(raw, self._key), seconds)
        except aiohttp.InvalidURL:
            raise EndpointError(f'endpoint {self._name}: "{self._url}" is not a URL') from None
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            if ours := _out_of_descriptors():
                said = f"{at} cannot be asked: this process may open no more files (`ulimit -n`)"
            else:
                said = f"{at} cannot be reached: {self._clean(error)}"
            return Trouble("connection", said, ours=ours)
        except TimeoutError:
            seconds = time.monotonic() - began
            said = f"{at} gave no answer within {seconds:.1f} s"
            return Trouble("timeout", said, billed=(None, None), seconds=seconds)
        except (aiohttp.ClientError, OSError) as error:
            seconds = time.monotonic() - began
            said = f"{at} broke off: {self._clean(error) or type(error).__name__}"
            return Trouble("server", said, billed=(None, None), seconds=seconds)


async def _body(response: aiohttp.ClientResponse) -> bytes | None:
    """The body; None where it is larger than any answer: the rest is not read."""
    parts, size = [], 0
    async for part in response.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > LARGEST_REPLY:
            response.close()
            return None
    return b"".join(parts)


def _out_of_descriptors() -> bool:
    """Whether this process can open nothing more; looking up a name fails with other words then."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        return True
    return False


def _allow_descriptors(wanted: int) -> None:
    """Let this process open so many files and connections, as far as the system allows it."""
    with suppress(ImportError, OSError, ValueError):  # no such limits on Windows, or no right to raise them
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def proxy_of(url: str) -> str | None:
    """The proxy that the environment names for this URL (HTTPS_PROXY, NO_PROXY, ...)."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    return getproxies().get(parts.scheme)
