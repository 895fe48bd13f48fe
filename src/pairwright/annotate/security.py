"""What keeps the page safe: content security policy, CSRF tokens, cookies, and a brake on sign-in.

The CSRF token is a hash of the session's token: no other site can know it, it
needs no storage, and a page outlives a restart of the server.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Collection

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "pairwright"
BIGGEST_BODY = 1_000_000  # bytes; the longest note a person writes is far below it

CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types pairwright",
    )
)

HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not "no-referrer": browsers then call a form's origin "null", and ours could not be told from others'.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class SafeHeaders:
    """Sets the headers above on every answer, and no-store on every page that is not a static file."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if not scope["path"].startswith("/static/"):
                    headers["cache-control"] = "no-store"
            await send(message)

        await self.app(scope, receive, safe)


class KnownHosts:
    """Answers only under the names it is served as, so that no other site can point its name here."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self.app, self.hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.hosts:
            host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
            name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
            if name.lower() not in self.hosts:
                text = f"this server answers as {', '.join(sorted(self.hosts))}; see --host-name\n"
                await Response(text, 421, media_type="text/plain")(scope, receive, send)
                return
        await self.app(scope, receive, send)


class SmallBodies:
    """Refuses a body over `BIGGEST_BODY`, whatever its headers claim, before it fills the memory."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        got = 0

        async def counted() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            if got > BIGGEST_BODY:
                raise TooLarge
            return message

        try:
            await self.app(scope, counted, send)
        except TooLarge:
            text = f"a request has at most {BIGGEST_BODY:,} bytes"
            await problem(413, "TooLarge", text)(scope, receive, send)


class TooLarge(Exception):
    """A request's body is larger than anything the page sends."""


def from_this_site(request: Request) -> bool:
    """Whether a POST was sent by a page of this site, as the browser tells it."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin in (None, f"{request.url.scheme}://{request.headers.get('host')}") or (
        # Behind a proxy that ends HTTPS, the scheme seen here is another than the browser's.
        origin is not None and origin.split("://", 1)[-1] == request.headers.get("host")
    )


def csrf_token(session: str) -> str:
    """What forms and calls of this session carry. The session's own token can't be told from it."""
    return hmac.new(session.encode(), b"csrf", hashlib.sha256).hexdigest()


def csrf_right(session: str, given: str) -> bool:
    return hmac.compare_digest(csrf_token(session).encode(), given.encode("utf-8", "replace"))


class Brake:
    """Slows down guessing: so many tries by a key in a window, then none for a while."""

    def __init__(self, tries: int = 8, seconds: float = 300, most_keys: int = 10_000) -> None:
        self.tries, self.seconds, self.most_keys = tries, seconds, most_keys
        self._seen: OrderedDict[str, list[float]] = OrderedDict()

    def wait(self, *keys: str) -> float:
        """Seconds until a further try is let through; 0 if it is now."""
        now, longest = time.monotonic(), 0.0
        for key in keys:
            seen = [at for at in self._seen.get(key, []) if now - at < self.seconds]
            if len(seen) >= self.tries:
                longest = max(longest, self.seconds - (now - seen[-self.tries]))
        return longest

    def failed(self, *keys: str) -> None:
        """Count a failed try."""
        now = time.monotonic()
        for key in keys:
            seen = [at for at in self._seen.pop(key, []) if now - at < self.seconds]
            self._seen[key] = [*seen, now]
            while len(self._seen) > self.most_keys:
                self._seen.popitem(last=False)

    def passed(self, *keys: str) -> None:
        for key in keys:
            self._seen.pop(key, None)


def is_from_proxy(request: Request, proxies: Collection[str]) -> bool:
    """Whether a proxy that the project trusts has passed this request on."""
    return request.client is not None and request.client.host in proxies


def client_of(request: Request, proxies: Collection[str]) -> str:
    """The address of whoever asks: as a trusted proxy tells it, else the peer's own."""
    told = request.headers.get("x-forwarded-for", "").split(",")[-1].strip()
    if told and is_from_proxy(request, proxies):
        return told
    return request.client.host if request.client else "?"


def origin_of(request: Request, proxies: Collection[str]) -> str:
    """Where the page is reached, `https://host[:port]`, by the scheme that a trusted proxy tells."""
    scheme = request.url.scheme
    if is_from_proxy(request, proxies) and request.headers.get("x-forwarded-proto") == "https":
        scheme = "https"
    return f"{scheme}://{request.headers.get('host', '')}"


def set_cookie(response: Response, token: str, *, secure: bool, days: float) -> None:
    """The session's cookie: not for scripts, not for other sites; Secure wherever the page came by HTTPS."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(days * 86400),
        httponly=True,
        samesite="lax",
        secure=secure,
        path="/",
    )


def problem(status: int, kind: str, message: str) -> JSONResponse:
    """An error as the page's API tells it."""
    return JSONResponse({"error": {"type": kind, "message": message}}, status)
