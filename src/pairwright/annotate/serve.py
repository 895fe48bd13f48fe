"""Running the annotation page: one process, on this machine alone unless told otherwise."""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import socket
import threading
import webbrowser
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette

from pairwright import interrupts
from pairwright.annotate.app import make_app
from pairwright.annotate.patience import ImpatientProtocol
from pairwright.errors import InputError
from pairwright.stages.project.project import Project

PORT = 8400
TRIED = 20  # ports after the one asked for, where it is taken and was not asked for by name


@dataclass(frozen=True, slots=True)
class Place:
    """Where the page is served. `hosts` are names it may be reached by, `addresses`: or by any address.

    `shared`: others than this machine may reach it.
    """

    socket: socket.socket
    host: str
    port: int
    hosts: tuple[str, ...]
    addresses: bool
    shared: bool

    @property
    def url(self) -> str:
        if is_loopback(self.host):
            name = "localhost"
        elif not self.addresses or self.host in ("0.0.0.0", "::"):  # noqa: S104 - compared with, not bound
            name = self.hosts[0]
        else:
            name = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{name}:{self.port}"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def bind(host: str, port: int | None, names: Sequence[str] = (), first: int = PORT) -> Place:
    """Take a port: the one asked for, or the first free one from `first` on. Raises InputError if taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    wanted = [port] if port is not None else [*range(first, first + TRIED), 0]
    problem: OSError | None = None
    for number in wanted:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, number))
        except OSError as error:
            listener.close()
            problem = error
            continue
        hosts, addresses = _answers_as(host, names)
        shared = not is_loopback(host) or bool(names)
        return Place(listener, host, listener.getsockname()[1], hosts, addresses, shared)
    raise InputError(
        f"{host}:{port if port is not None else first} can't be listened on: {problem}. Try --port 0."
    )


def _answers_as(host: str, names: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """The names it answers as, and whether also by address.

    Without a word on it: by address and by what the machine calls itself, never by any name that
    somebody has made to point here.
    """
    if is_loopback(host):
        return ("localhost", "127.0.0.1", "[::1]", *names), False
    if names:
        return tuple(names), False
    return (socket.gethostname(), host, "localhost"), True


def serve(
    project: Project,
    local: str,
    place: Place,
    *,
    open_browser: bool = False,
    ready: Callable[[str], None] = lambda _link: None,
    stop: threading.Event | None = None,
) -> None:
    """Serve until interrupted (or until `stop` is set). `ready` is told the link that signs in `local`."""
    app = make_app(project, local, place.hosts, place.addresses)
    run(
        app,
        place,
        f"{place.url}/key/{app.state.site.link}",
        open_browser=open_browser,
        ready=ready,
        stop=stop,
    )


def run(
    app: Starlette,
    place: Place,
    link: str,
    *,
    open_browser: bool = False,
    ready: Callable[[str], None] = lambda _link: None,
    stop: threading.Event | None = None,
) -> None:
    """Run an app at a place until interrupted (or until `stop` is set); `link` is told and opened."""
    config = uvicorn.Config(
        app,
        http=ImpatientProtocol,
        ws="none",
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        proxy_headers=False,  # annotate/security.py reads them: who the peer is must stay known
    )
    server = uvicorn.Server(config)
    if stop is not None:
        threading.Thread(target=_stop_when, args=(stop, server), daemon=True).start()
    place.socket.listen(128)
    ready(link)
    if open_browser:
        with contextlib.suppress(Exception):  # no browser here: the link was printed
            webbrowser.open(link)
    interrupts.on_hangup(server.handle_exit)
    server.run(sockets=[place.socket])


def _stop_when(stop: threading.Event, server: uvicorn.Server) -> None:
    stop.wait()
    server.should_exit = True
