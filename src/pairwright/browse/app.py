"""The pairs of a project as an ASGI app that only ever reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from pairwright.annotate.cached import Cached
from pairwright.annotate.images import image_file
from pairwright.annotate.security import KnownHosts, SafeHeaders, SmallBodies, origin_of, set_cookie
from pairwright.annotate.site import HERE as ANNOTATE
from pairwright.browse import shown
from pairwright.browse.signin import Door
from pairwright.browse.view import CHOICES, NAMES, PageView, view_of
from pairwright.errors import InputError, PairwrightError
from pairwright.keys import parse_public_id
from pairwright.stages.figures.show import chain_of
from pairwright.stages.project.project import Project
from pairwright.store.browse import lookup, search
from pairwright.store.browse.facets import Facets, beside, facets
from pairwright.store.pair_texts import PairText, texts_of
from pairwright.turns import laid_out
from pairwright.types import Prompt

HERE = Path(__file__).parent
ROWS = 50  # pairs of a page
FRESH = 60.0  # seconds the values to choose from are kept


class BrowseSite:
    """One running page: the project, the templates, and what there is to choose from."""

    def __init__(self, project: Project, door: Door | None) -> None:
        self.project, self.door = project, door
        self.facets: Cached[Facets] = Cached(FRESH)
        self.templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=select_autoescape(default=True),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.templates.globals.update(shown=shown, choices=CHOICES, names=NAMES)
        self.templates.filters.update(when=shown.when, pretty=shown.pretty, words=shown.belief_words)

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        name = self.project.root.resolve().name
        return HTMLResponse(self.templates.get_template(template).render(project_name=name, **values), status)


def make_app(
    project: Project, hosts: Sequence[str], addresses: bool = False, door: Door | None = None
) -> Starlette:
    """The app; it answers only as one of `hosts` (with `addresses` also by address), and to GET alone.

    With a `door` only to those it lets in.
    """
    static = StaticFiles(directory=HERE / "static")
    app = Starlette(
        routes=[
            Mount("/static/browse", static),
            Mount("/static", StaticFiles(directory=ANNOTATE / "static")),
            Route("/key/{token}", sign_in, methods=["GET"]),
            Route("/", _page(pairs_page), methods=["GET"]),
            Route("/count", _page(count_pairs), methods=["GET"]),
            Route("/media/{name}", _page(image), methods=["GET"]),
            Route("/pair/{id}", _page(pair_page), methods=["GET"]),
            Route("/pair/{id}/json", _page(pair_json), methods=["GET"]),
            Route("/pair/{id}/{way:str}", _page(neighbour), methods=["GET"]),
        ],
        middleware=[
            Middleware(SafeHeaders),
            Middleware(KnownHosts, hosts=hosts, addresses=addresses),
            Middleware(SmallBodies),
        ],
        exception_handlers={404: _not_found},
    )
    app.state.site = BrowseSite(project, door)
    return app


def sign_in(request: Request) -> Response:
    """The printed link: whoever has it may read, until the server stops."""
    site: BrowseSite = request.app.state.site
    if site.door is None:
        return RedirectResponse("/", 303)
    if not site.door.opens(request.path_params["token"]):
        return _refused(site, 404)
    response = RedirectResponse("/", 303)
    secure = origin_of(request, site.project.settings.annotate.proxies).startswith("https://")
    set_cookie(response, site.door.cookie, site.door.pass_token, secure=secure, days=None)
    return response


def _refused(site: BrowseSite, status: int) -> Response:
    message = (
        "Open the link that `pairwright browse` printed when it started. A lead who is signed in on the "
        "annotation page of this host can read here too."
    )
    return site.page("error.html", status, title="Sign in", message=message, view=PageView())


Handler = Callable[[BrowseSite, Request, PageView], Response]


def _page(handler: Handler) -> Callable[[Request], Any]:
    """A page of the view that its address tells; in a thread, as all that waits for the store."""

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(_answer, handler, request)

    return endpoint


def _answer(handler: Handler, request: Request) -> Response:
    site: BrowseSite = request.app.state.site
    if site.door is not None and not site.door.lets_in(request):
        return _refused(site, 401)
    try:
        return handler(site, request, view_of(request.query_params))
    except PairwrightError as error:
        status = 400 if isinstance(error, InputError) else 500
        return site.page(
            "error.html", status, title="That can't be shown", message=str(error), view=PageView()
        )


async def _not_found(request: Request, _error: Exception) -> Response:
    site: BrowseSite = request.app.state.site
    return site.page("error.html", 404, title="Not found", message="There is no such page.", view=PageView())


def pairs_page(site: BrowseSite, _request: Request, view: PageView) -> Response:
    """The list of pairs, a page of it."""
    back = view.before is not None
    with site.project.store.read() as connection:
        known = site.facets.get(lambda: facets(connection))
        found = search.find(
            connection, view.filters, after=view.before if back else view.after, limit=ROWS, back=back
        )
        ids = [key.pair_id for key in found.keys]
        texts, facts = texts_of(connection, ids), beside(connection, ids)
    rows = [{"pair": texts[i], "beside": facts[i], "prompt": _asked(texts[i].prompt)} for i in ids]
    earlier = found.more if back else view.after is not None
    later = True if back else found.more
    first, last = (found.keys[0], found.keys[-1]) if found.keys else (None, None)
    on = found.last if not back and found.more else last
    return site.page(
        "pairs.html",
        view=view,
        facets=known,
        rows=rows,
        in_time=found.in_time,
        looked_to=found.last.pair_id if found.last else 0,
        previous=view.query(before=first, after=None) if earlier and first else None,
        next=view.query(after=on, before=None) if later and on else None,
    )


def _asked(prompt: Prompt) -> str:
    """What the user said last."""
    return next((laid_out(each) for each in reversed(prompt.messages) if each.role == "user"), "")


def count_pairs(site: BrowseSite, _request: Request, view: PageView) -> Response:
    """How many pairs the view has: counted apart from the page, which need not wait for it."""
    with site.project.store.read() as connection:
        n, all_of_them = search.count(connection, view.filters)
    return JSONResponse({"pairs": n, "all": all_of_them})


def pair_page(site: BrowseSite, request: Request, view: PageView) -> Response:
    """One pair: its texts, who said what, what is believed and why, and everything behind it."""
    chain = _chain(site, request)
    pair = _texts(site, request.path_params["id"])
    belief = chain["beliefs"][-1] if chain["beliefs"] else None
    a, b, note = shown.sides(pair, view.shown)
    usd, calls = shown.cost_of(chain)
    return site.page(
        "pair.html",
        view=view,
        chain=chain,
        belief=belief,
        turns=shown.turns(pair.prompt, "text" if view.shown == "difference" else view.shown),
        a=a,
        b=b,
        note=note,
        usd=usd,
        calls=calls,
        findings=_by_finding(chain["findings"]),
    )


def _texts(site: BrowseSite, name: str) -> PairText:
    """What was asked and said in a pair that is there, with the messages they are."""
    parsed = parse_public_id(name)
    assert parsed is not None
    with site.project.store.read() as connection:
        ((number, _),) = lookup.by_key(connection, *parsed)
        return texts_of(connection, [number])[number]


def _chain(site: BrowseSite, request: Request) -> dict[str, Any]:
    name = request.path_params["id"]
    parsed = parse_public_id(name)
    if parsed is None or parsed[0] != "pair":
        raise InputError(f'"{name}" is no pair: its id looks like x-3fa9c2d41b07.')
    return chain_of(site.project, name)


def _by_finding(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each finding once, with the steps that were taken, oldest first."""
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        one = found.setdefault(row["id"], {**row, "steps": []})
        if row["action"]:
            one["steps"].append({name: row[name] for name in ("action", "because", "by", "done_at")})
    return list(found.values())


def pair_json(site: BrowseSite, request: Request, _view: PageView) -> Response:
    """What `pairwright show ID --json` prints."""
    text = json.dumps(_chain(site, request), ensure_ascii=False)
    return Response(text, media_type="application/json")


def image(site: BrowseSite, request: Request, _view: PageView) -> Response:
    return image_file(site.project.media, request.path_params["name"])


def neighbour(site: BrowseSite, request: Request, view: PageView) -> Response:
    """To the next or the previous pair of the list that the address tells, or back to it at its end."""
    way, name = request.path_params["way"], request.path_params["id"]
    if way not in ("next", "previous"):
        raise InputError(f'there is no "{way}" of a pair: next and previous are there.')
    parsed = parse_public_id(name)
    with site.project.store.read() as connection:
        rows = lookup.by_key(connection, "pair", parsed[1]) if parsed and parsed[0] == "pair" else []
        if not rows:
            raise InputError(f'nothing here has the id "{name}".')
        key = search.key_of(connection, view.filters, rows[0][0])
        found = search.find(connection, view.filters, after=key, limit=1, back=way == "previous")
        target = texts_of(connection, [found.keys[0].pair_id]) if found.keys else {}
    if not target:  # the end of the list, or as far as the time allowed
        on = found.last if found.more else None
        side = "after" if way == "next" else "before"
        return RedirectResponse("/?" + view.query(**{"after": None, "before": None, side: on}), 303)
    query = view.query(after=None, before=None)
    return RedirectResponse(f"/pair/{next(iter(target.values())).id}?{query}", 303)
