"""The annotation page as an ASGI app over one project."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from pairwright.annotate import (
    alone,
    hours,
    lead,
    own_answers,
    people,
    person_data,
    rank,
    review,
    settings,
    signin,
    work,
)
from pairwright.annotate.security import KnownHosts, SafeHeaders, SmallBodies, problem
from pairwright.annotate.site import HERE, Site, visit_of, words_of
from pairwright.stages.project.live import LiveProject
from pairwright.stages.project.project import Project

PARTS: tuple[Sequence[BaseRoute], ...] = (
    signin.routes,
    work.routes,
    rank.routes,
    own_answers.routes,
    alone.routes,
    lead.routes,
    people.routes,
    hours.routes,
    settings.routes,
    person_data.routes,
    review.routes,
)


def make_app(project: Project, local: str, hosts: Sequence[str], addresses: bool = False) -> Starlette:
    """The app. `local` is who the printed link signs in; it answers only as one of `hosts`.

    With `addresses` also under any address written in numbers.

    `app.state.site` holds what belongs to this run, such as the link's token.
    """
    routes: list[BaseRoute] = [
        Mount("/static", StaticFiles(directory=HERE / "static")),
        Route("/health", lambda _request: JSONResponse({"ok": True})),
        *(route for part in PARTS for route in part),
    ]
    app = Starlette(
        routes=routes,
        lifespan=_lifespan,
        middleware=[
            Middleware(SafeHeaders),
            Middleware(KnownHosts, hosts=hosts, addresses=addresses),
            Middleware(SmallBodies),
        ],
        exception_handlers={404: _not_found, 500: _broken},
    )
    app.state.site = Site(LiveProject(project), local)
    return app


# Each of them waits for the interpreter, and for a database: more only make all wait longer.
THREADS = 4


def answering_threads(project: Project) -> int:
    """How many answer annotators' pages, beside those that serve whole pages.

    With a file all is done in this process: while one waits for the disk the other goes on, and a third
    would only wait for the interpreter. Another process does half of the work with PostgreSQL.
    """
    return THREADS if project.store.path is None else 2


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    site: Site = app.state.site
    site.answering = CapacityLimiter(answering_threads(site.project))
    site.redeciding.start()  # what a server before left undone
    yield
    await to_thread.run_sync(site.redeciding.stop)
    await to_thread.run_sync(site.runner.stop)


async def _not_found(request: Request, _error: Exception) -> Response:
    if request.url.path.startswith("/api/"):
        return problem(404, "NotFound", f"there is no {request.url.path}")
    visit = visit_of(request)
    return visit.error(404, visit.words("Not found"), visit.words("There is no such page."))


async def _broken(request: Request, _error: Any) -> Response:
    message = "Something broke here. What you answered before is kept; try again in a moment."
    return problem(500, "Broken", words_of(request).told(message))
