"""Running the page of pairs: one process, on this machine alone unless told otherwise."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pairwright.annotate.serve import Place, run
from pairwright.browse.app import make_app
from pairwright.browse.signin import Door
from pairwright.stages.project.project import Project

PORT = 8420


def serve(
    project: Project,
    place: Place,
    *,
    open_browser: bool = False,
    ready: Callable[[str], None] = lambda _link: None,
    stop: threading.Event | None = None,
) -> None:
    """Serve until interrupted (or until `stop` is set). `ready` is told where.

    Where others can reach it, the link holds a key, and nobody reads without.
    """
    door = Door(project) if place.shared else None
    app = make_app(project, place.hosts, place.addresses, door)
    link = f"{place.url}/key/{door.key}" if door else f"{place.url}/"
    run(app, place, link, open_browser=open_browser, ready=ready, stop=stop)
