"""Running the page of pairs: one process, on this machine alone unless told otherwise."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pairwright.annotate.serve import Place, run
from pairwright.browse.app import make_app
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
    """Serve until interrupted (or until `stop` is set). `ready` is told where."""
    app = make_app(project, place.hosts)
    run(app, place, f"{place.url}/", open_browser=open_browser, ready=ready, stop=stop)
