"""What every page and call needs: the project, who is signed in, and the templates."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, Generic, TypeVar

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from pairwright.annotate.security import (
    COOKIE,
    Brake,
    csrf_right,
    csrf_token,
    from_this_site,
    is_from_proxy,
    origin_of,
    problem,
)
from pairwright.errors import InputError, PairwrightError
from pairwright.stages.figures.dashboard import Dashboard
from pairwright.stages.people import accounts
from pairwright.stages.people.accounts import new_token
from pairwright.stages.people.answers import Person
from pairwright.stages.people.progress import ProgressOf
from pairwright.stages.project.guidelines import Guidelines
from pairwright.stages.project.project import Project
from pairwright.store.people.accounts import Account

HERE = Path(__file__).parent


T = TypeVar("T")


class Cached(Generic[T]):
    """Something costly to count, kept for some seconds, and longer the longer it took.

    One thread counts it while the others wait; at most a tenth of the time goes into counting.
    """

    def __init__(self, seconds: float = 4.0) -> None:
        self._least, self._until = seconds, 0.0
        self._value: T | None = None
        self._lock = threading.Lock()

    def get(self, count: Callable[[], T]) -> T:
        with self._lock:
            began = time.monotonic()
            if self._value is None or began > self._until:
                self._value = count()
                took = time.monotonic() - began
                self._until = began + max(self._least, 10 * took)
            return self._value


@dataclass
class Site:
    """One running annotation page. The printed link, which ends in `link`, signs in `local`."""

    project: Project
    local: str
    link: str = field(default_factory=new_token)
    brake: Brake = field(default_factory=Brake)

    def __post_init__(self) -> None:
        self.guidelines = Guidelines(self.project)
        self.progress = ProgressOf(self.project)
        self.dashboard: Cached[Dashboard] = Cached()
        self.templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=select_autoescape(default=True),
            trim_blocks=True,
            lstrip_blocks=True,
        )


@dataclass(frozen=True, slots=True)
class Visit:
    """One request by somebody: `me` is None for whoever is not signed in."""

    site: Site
    request: Request
    me: Account | None
    session: str

    @property
    def project(self) -> Project:
        return self.site.project

    @property
    def origin(self) -> str:
        """Where this site is reached, without a path."""
        return origin_of(self.request, self.project.settings.annotate.proxies)

    @property
    def account(self) -> Account:
        """Who is signed in; only where the page asked for it (`signed_in`, `lead_only`)."""
        assert self.me is not None
        return self.me

    @property
    def person(self) -> Person:
        """Who is signed in, as somebody who chooses."""
        return Person(self.project, self.account.name, self.account.rater_id)

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page made from a template, which also knows `me`, `csrf` and `project_name`."""
        text = self.site.templates.get_template(template).render(
            me=self.me,
            csrf=csrf_token(self.session),
            project_name=self.project.root.resolve().name,
            path=self.request.url.path,
            **values,
        )
        return HTMLResponse(text, status)


def visit_of(request: Request) -> Visit:
    """Who is asking: by cookie, or by a proxy's header where the project trusts one."""
    site: Site = request.app.state.site
    token = request.cookies.get(COOKIE, "")
    me = accounts.account_of(site.project, token) if token else None
    settings = site.project.settings.annotate
    if settings.sso_header and is_from_proxy(request, settings.proxies):
        name = request.headers.get(settings.sso_header, "")
        if name:
            role: Any = "lead" if name in settings.sso_leads else "annotator"
            if me is None or me.name != accounts.checked_name(name):
                me = accounts.known_or_new(site.project, name, role)
            token = f"sso:{me.name}"
    return Visit(site, request, me, token)


Handler = Callable[..., Any]


def page(handler: Handler, *, sign_in: bool = True, lead: bool = False) -> Handler:
    """A page. Whoever is not signed in is sent to sign in; annotators are refused leads' pages.

    `handler(visit)` runs in a thread, as all that waits for the store does; for
    a POST it gets the form as second argument, its CSRF token checked.
    """

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        form = None
        if request.method == "POST":
            form = {name: clean(str(value)) for name, value in (await request.form()).items()}
        return await run_in_threadpool(_page, handler, request, form, sign_in, lead)

    return endpoint


def _page(
    handler: Handler, request: Request, form: dict[str, str] | None, sign_in: bool, lead: bool
) -> Response:
    visit = visit_of(request)
    if sign_in and visit.me is None:
        return RedirectResponse(f"/signin?next={request.url.path}", 303)
    if lead and (visit.me is None or visit.me.role != "lead"):
        return visit.page("error.html", 403, title="For leads", message="Only leads may open this page.")
    if form is not None and not _ours(visit, form.pop("csrf", "")):
        message = "This form was too old, or came from another site. Go back, reload the page, send it again."
        return visit.page("error.html", 403, title="Not sent", message=message)
    try:
        answer = handler(visit) if form is None else handler(visit, form)
    except PairwrightError as error:
        status = 400 if isinstance(error, InputError) else 500
        return visit.page("error.html", status, title="That did not work", message=str(error))
    assert isinstance(answer, Response)
    return answer


def call(handler: Handler, *, lead: bool = False) -> Handler:
    """A call of the page's API: JSON in, JSON out, errors as `{"error": {"type", "message"}}`.

    `handler(visit, body)` runs in a thread and gives what is sent as JSON. A
    POST needs the CSRF token in `X-CSRF`, or, for beacons, as `csrf` in the body.
    """

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        body: Any = dict(request.query_params)
        if request.method == "POST":
            try:
                body = json.loads(await request.body())
            except (ValueError, RecursionError):
                return problem(400, "InputError", "the body is not JSON")
            if not isinstance(body, dict):
                return problem(400, "InputError", f"the body is to be an object; got {type(body).__name__}")
        return await run_in_threadpool(_call, handler, request, body, lead)

    return endpoint


def _call(handler: Handler, request: Request, body: dict[str, Any], lead: bool) -> Response:
    visit = visit_of(request)
    if visit.me is None:
        return problem(401, "SignedOut", "You are signed out. Sign in again; nothing is lost.")
    if lead and visit.me.role != "lead":
        return problem(403, "Forbidden", "Only leads may do this.")
    if request.method == "POST":
        given = request.headers.get("x-csrf") or str(body.pop("csrf", ""))
        if not _ours(visit, given):
            return problem(403, "Csrf", "The page is too old, or this came from another site: load it again.")
    try:
        answer = handler(visit, body)
    except NotOffered as error:
        return problem(409, "NotOffered", str(error))
    except PairwrightError as error:
        return problem(400, type(error).__name__, str(error))
    if isinstance(answer, Response):
        return answer
    return Response(json.dumps(answer, ensure_ascii=False), media_type="application/json")


def clean(text: str) -> str:
    """Text as every store can keep it: without NUL, and without halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _ours(visit: Visit, given: str) -> bool:
    """Whether a POST comes from a page that was made for this session."""
    return from_this_site(visit.request) and csrf_right(visit.session, given)


class NotOffered(PairwrightError):
    """A person named a pair that was never offered to them."""
