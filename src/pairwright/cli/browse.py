"""browse: search and read the pairs on a local page."""

from __future__ import annotations

from typing import Annotated

import typer

from pairwright.cli.options import Browser, HostName
from pairwright.cli.output import DONE, note, say


def browse(
    context: typer.Context,
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS", help="Where to listen. Beyond this machine, reading takes the printed link."
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Default: 8420, or the next free one; 0: any.")
    ] = None,
    host_name: HostName = None,
    browser: Browser = True,
) -> int:
    """Search and read the pairs on a local page. Changes nothing."""
    from pairwright.annotate.serve import bind
    from pairwright.browse.serve import PORT, serve

    def ready(link: str) -> None:
        say(f"Reading {project.root.resolve().name} at\n\n  {link}\n")
        if place.shared:
            note(
                "Whoever has this link can read all pairs, until this stops; so can leads who are signed in "
                "on the annotation page. It is plain HTTP: see docs/annotate.md for a proxy with HTTPS."
            )
        say("Ctrl-C stops it.")

    with context.obj.open() as project:
        place = bind(host, port, host_name or [], PORT)
        serve(project, place, open_browser=browser, ready=ready)
    return DONE
