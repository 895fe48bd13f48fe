"""What keeps the page safe: content security policy, CSRF tokens, cookies, known hosts, bounded requests.

The CSRF token is a hash of something only this browser and this server know: the session's
token, or before signing in that of a cookie made for it. It needs no storage, and a page
outlives a restart of the server.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
from collections.abc import Collection

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BIGGEST_BODY = 1_000_000  # bytes; the longest note a person writes is far below it
BODY_SECONDS = 30.0  # in which all of it has to be here

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
    """Answers only under the names it is served as, so that no other site can point its name here.

    With `addresses` also under any address written out in numbers: no name points to those.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str], addresses: bool = False) -> None:
        self.app, self.addresses = app, addresses
        self.hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            told = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
            if len(told) != 1 or not self._known(_without_port(told[0]).lower()):
                names = ", ".join(sorted(self.hosts)) + (" and its address" if self.addresses else "")
                text = f"this server answers as {names}; see --host-name\n"
                await Response(text, 421, media_type="text/plain")(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _known(self, name: str) -> bool:
        return name in self.hosts or (self.addresses and _is_address(name))


def _without_port(host: str) -> str:
    return host if host.endswith("]") else host.rsplit(":", 1)[0]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


class SmallBodies:
    """Refuses a body over `BIGGEST_BODY`, whatever its headers claim, and one that never ends."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        got, whole = 0, False
        until = asyncio.get_running_loop().time() + BODY_SECONDS

        async def counted() -> Message:
            nonlocal got, whole
            if whole:  # what comes now is only that the browser went away
                return await receive()
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                raise TooSlow from None
            got += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if got > BIGGEST_BODY:
                raise TooLarge
            return message

        try:
            await self.app(scope, counted, send)
        except TooLarge:
            text = f"a request has at most {BIGGEST_BODY:,} bytes"
            await _closing(problem(413, "TooLarge", text))(scope, receive, send)
        except TooSlow:
            text = f"a request has to be here within {BODY_SECONDS:.0f} seconds"
            await _closing(problem(408, "TooSlow", text))(scope, receive, send)


def _closing(response: Response) -> Response:
    response.headers["connection"] = "close"
    return response


class TooLarge(Exception):
    """A request's body is larger than anything the page sends."""


class TooSlow(Exception):
    """A request's body did not come to its end."""


def from_this_site(request: Request) -> bool:
    """Whether a POST was sent by a page of this site, as the browser tells it."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin in (None, f"{request.url.scheme}://{request.headers.get('host')}") or (
        # Behind a proxy that ends HTTPS, the scheme seen here is another than the browser's.
        origin is not None and origin.split("://", 1)[-1] == request.headers.get("host")
    )


def csrf_token(secret: str) -> str:
    """What forms and calls of a browser carry that shares this secret. The secret can't be told from it."""
    return hmac.new(secret.encode(), b"csrf", hashlib.sha256).hexdigest()


def csrf_right(secret: str, given: str) -> bool:
    return hmac.compare_digest(csrf_token(secret).encode(), given.encode("utf-8", "replace"))


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


def cookie_of(project: str) -> str:
    """The name of a project's session cookie: browsers give a cookie to every port of a host."""
    return f"pairwright-{hashlib.sha256(project.encode()).hexdigest()[:12]}"


def set_cookie(response: Response, name: str, token: str, *, secure: bool, days: float | None) -> None:
    """A cookie not for scripts, not for other sites; Secure wherever the page came by HTTPS.

    Without `days` it goes with the browser.
    """
    response.set_cookie(
        name,
        token,
        max_age=None if days is None else int(days * 86400),
        httponly=True,
        samesite="lax",
        secure=secure,
        path="/",
    )


def problem(status: int, kind: str, message: str) -> JSONResponse:
    """An error as the page's API tells it."""
    return JSONResponse({"error": {"type": kind, "message": message}}, status)
