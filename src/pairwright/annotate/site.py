"""What every page and call needs: the project, who is signed in, and the templates."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Set
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from pairwright.annotate.brake import Brake
from pairwright.annotate.cached import Cached
from pairwright.annotate.rights import REFUSED, RIGHTS, Action, kind_of
from pairwright.annotate.runner import Runner
from pairwright.annotate.security import (
    client_of,
    cookie_of,
    csrf_right,
    csrf_token,
    from_this_site,
    is_from_proxy,
    origin_of,
    problem,
    set_cookie,
)
from pairwright.annotate.words import COOKIE, LANGUAGES, Words, language_of, words_in
from pairwright.errors import InputError, PairwrightError
from pairwright.literals import checked
from pairwright.stages.figures.overview import Overview
from pairwright.stages.people import accounts, annotators
from pairwright.stages.people.accounts import new_token
from pairwright.stages.people.annotators import Counted
from pairwright.stages.people.answers import Person
from pairwright.stages.people.progress import ProgressOf
from pairwright.stages.people.redecide import Redeciding
from pairwright.stages.project.guidelines import Guidelines
from pairwright.stages.project.live import LiveProject
from pairwright.stages.project.project import Project
from pairwright.store.people import gold
from pairwright.store.people.accounts import Account
from pairwright.store.people.gold import Agreed

HERE = Path(__file__).parent


@dataclass
class Site:
    """One running annotation page. The printed link, which ends in `link`, signs in `local`."""

    live: LiveProject
    local: str
    link: str = field(default_factory=new_token)
    secret: str = field(default_factory=new_token)
    brake: Brake = field(default_factory=Brake)
    answering: CapacityLimiter | None = None  # how many annotators' calls are answered at once

    def __post_init__(self) -> None:
        self.cookie = cookie_of(self.project.store.name)
        self.visitor_cookie = f"{self.cookie}-visitor"
        self.guidelines = Guidelines(self.project)
        self.progress = ProgressOf(self.live.now)
        self.overview: Cached[Overview] = Cached()
        self.people: Cached[Counted] = Cached()
        self.agreed: Cached[list[Agreed]] = Cached()
        self.runner = Runner(self.project)
        self.redeciding = Redeciding(self.live.now)
        self.templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=select_autoescape(default=True),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.templates.filters["day"] = lambda at: time.strftime("%d %B %Y", time.localtime(at))

    @property
    def project(self) -> Project:
        """With the settings as they stand in the file now."""
        return self.live.now()

    def people_counted(self) -> Counted:
        """What all votes of people say of them: counted now, or where that takes long, a while ago."""
        with self.project.store.read() as connection:
            of = annotators.state_of(self.project, connection)
        return self.people.get(lambda: annotators.counted(self.project), of)

    def agreed_on(self, standing: Set[int], most: int) -> list[Agreed]:
        """Pairs on which most people said the same and that are no gold: of now, or a while ago as above."""

        def count() -> list[Agreed]:
            with self.project.store.read() as connection:
                return gold.unanimous(connection, 2 * most)  # some may be gold by the time they are shown

        with self.project.store.read() as connection:
            of = annotators.state_of(self.project, connection)
        found = self.agreed.get(count, (*of, frozenset(standing)))
        return [each for each in found if each.pair_id not in standing][:most]


@dataclass(frozen=True, slots=True)
class Visit:
    """One request by somebody: `me` is None for whoever is not signed in.

    `session` is the token they are signed in by, empty where a proxy vouches for them;
    `secret` is what their CSRF token is made of.
    """

    site: Site
    request: Request
    me: Account | None
    session: str
    secret: str

    @property
    def project(self) -> Project:
        return self.site.project

    @property
    def origin(self) -> str:
        """Where this site is reached, without a path."""
        return origin_of(self.request, self.project.settings.annotate.proxies)

    @property
    def secure(self) -> bool:
        return self.origin.startswith("https://")

    @property
    def address(self) -> str:
        """Whose request this is, as far as an address tells."""
        return client_of(self.request, self.project.settings.annotate.proxies)

    @property
    def account(self) -> Account:
        """Who is signed in; only where the action is one for members."""
        assert self.me is not None
        return self.me

    @property
    def person(self) -> Person:
        """Who is signed in, as somebody who chooses."""
        return Person(self.project, self.account.name, self.account.rater_id)

    @property
    def words(self) -> Words:
        """The sentences of the language this person reads."""
        return words_of(self.request)

    @checked
    def must(self, action: Action) -> None:
        """Raises NotAllowed for whoever may not do that."""
        kind = kind_of(self.project, self.me, action)
        if kind not in RIGHTS[action]:
            name, message = REFUSED[kind]
            reason = self.me.pause_reason if self.me and kind == "paused" else None
            raise NotAllowed(name, reason or message)

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page made from a template, which also knows `me`, `csrf`, `project_name`, `project_id` and `t`.

        The lead's pages are in English.
        """
        for_lead = template.startswith("lead_")
        text = self.site.templates.get_template(template).render(
            me=self.me,
            csrf=csrf_token(self.secret),
            project_name=self.project.root.resolve().name,
            project_id=self.site.cookie,
            path=self.request.url.path,
            t=words_in("en") if for_lead else self.words,
            languages=None if for_lead else LANGUAGES,
            **values,
        )
        return HTMLResponse(text, status)

    def error(self, status: int, title: str, message: str | Exception) -> HTMLResponse:
        """The page that says what went wrong. Errors say it in English, and the catalogues know most."""
        return self.page("error.html", status, title=title, message=self.words.told(str(message)))


def words_of(request: Request) -> Words:
    """The sentences of the language that whoever sends this reads."""
    chosen = request.cookies.get(COOKIE)
    return words_in(language_of(chosen, request.headers.get("accept-language", "")))


def visit_of(request: Request) -> Visit:
    """Who is asking: by a proxy's header where the project trusts one, else by cookie."""
    site: Site = request.app.state.site
    name = _vouched_for(site, request)
    if name is not None:
        vouched = accounts.by_header(site.project, name, lead=accounts.is_named_lead(site.project, name))
        return Visit(site, request, vouched, "", f"{site.secret}:{vouched.name}")
    token = request.cookies.get(site.cookie, "")
    me = accounts.account_of(site.project, token) if token else None
    if me is None:
        return Visit(site, request, None, "", request.cookies.get(site.visitor_cookie) or new_token())
    named = not site.project.settings.annotate.sso_header or me.name == site.local
    if me.role == "lead" and not named and not accounts.is_named_lead(site.project, me.name):
        me = replace(me, role="annotator")
    return Visit(site, request, me, token, token)


def _vouched_for(site: Site, request: Request) -> str | None:
    """The name that a trusted proxy says is signed in."""
    settings = site.project.settings.annotate
    if not settings.sso_header or not is_from_proxy(request, settings.proxies):
        return None
    told = request.headers.get(settings.sso_header, "")
    with contextlib.suppress(UnicodeDecodeError):
        told = told.encode("latin-1").decode()  # proxies write UTF-8, which headers are not read as
    return accounts.checked_name(told) if told.strip() else None


Handler = Callable[..., Any]


@checked
def page(handler: Handler, action: Action) -> Handler:
    """A page, for those who may do `action`. Whoever is not signed in is sent to sign in.

    `handler(visit)` runs in a thread, as all that waits for the store does; for
    a POST it gets the form as second argument, its CSRF token checked.
    """

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        form = None
        if request.method == "POST":
            form = {name: clean(str(value)) for name, value in (await request.form()).items()}
        return await run_in_threadpool(_page, handler, request, form, action)

    endpoint.action = action  # type: ignore[attr-defined]
    return endpoint


def _page(handler: Handler, request: Request, form: dict[str, str] | None, action: Action) -> Response:
    try:
        visit = visit_of(request)
    except InputError as error:  # a name that a proxy vouches for and that nobody can have here
        nobody = Visit(request.app.state.site, request, None, "", new_token())
        return nobody.error(403, nobody.words("Not signed in"), error)
    answer = _shown(visit, handler, form, action)
    if visit.me is None and not request.cookies.get(visit.site.visitor_cookie):
        set_cookie(answer, visit.site.visitor_cookie, visit.secret, secure=visit.secure, days=None)
    return answer


def _shown(visit: Visit, handler: Handler, form: dict[str, str] | None, action: Action) -> Response:
    t = visit.words
    try:
        visit.must(action)
    except NotAllowed as error:
        if visit.me is None:
            return RedirectResponse(f"/signin?next={quote(visit.request.url.path)}", 303)
        return visit.error(403, t("Not for you"), error)
    if form is not None and not _ours(visit, form.pop("csrf", "")):
        message = t(
            "This form was too old, or came from another site. Go back, reload the page, send it again."
        )
        return visit.error(403, t("Not sent"), message)
    try:
        answer = handler(visit) if form is None else handler(visit, form)
    except NotAllowed as error:
        return visit.error(403, t("Not for you"), error)
    except PairwrightError as error:
        status = 400 if isinstance(error, InputError) else 500
        return visit.error(status, t("That did not work"), error)
    assert isinstance(answer, Response)
    return answer


@checked
def call(handler: Handler, action: Action) -> Handler:
    """A call of the page's API: JSON in, JSON out, errors as `{"error": {"type", "message"}}`.

    `handler(visit, body)` runs in a thread and gives what is sent as JSON. A
    POST needs the CSRF token in `X-CSRF`, or, for beacons, as `csrf` in the body.
    """

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        body: Any = {name: clean(value) for name, value in request.query_params.items()}
        if request.method == "POST":
            try:
                body = json.loads(await request.body())
            except (ValueError, RecursionError):
                return problem(400, "InputError", "the body is not JSON")
            if not isinstance(body, dict):
                return problem(400, "InputError", f"the body is to be an object; got {type(body).__name__}")
        # Whatever a lead looks at meanwhile, annotators' answers don't wait for it.
        answering = None if action == "lead" else request.app.state.site.answering
        return await to_thread.run_sync(_call, handler, request, body, action, limiter=answering)

    endpoint.action = action  # type: ignore[attr-defined]
    return endpoint


def _call(handler: Handler, request: Request, body: dict[str, Any], action: Action) -> Response:
    def told(error: Exception) -> str:
        return words_of(request).told(str(error))

    try:
        visit = visit_of(request)
        visit.must(action)
        if request.method == "POST":
            given = request.headers.get("x-csrf") or str(body.pop("csrf", ""))
            if not _ours(visit, given):
                raise NotAllowed(
                    "Csrf", "The page is too old, or this came from another site: load it again."
                )
        answer = handler(visit, body)
    except NotAllowed as error:
        return problem(401 if error.kind == "SignedOut" else 403, error.kind, told(error))
    except NotOffered as error:
        return problem(409, "NotOffered", told(error))
    except PairwrightError as error:
        return problem(400, type(error).__name__, told(error))
    if isinstance(answer, Response):
        return answer
    return Response(json.dumps(answer, ensure_ascii=False), media_type="application/json")


def clean(text: str) -> str:
    """Text as every store can keep it: without NUL, and without halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _ours(visit: Visit, given: str) -> bool:
    """Whether a POST comes from a page that was made for this session."""
    return from_this_site(visit.request) and csrf_right(visit.secret, given)


class NotAllowed(PairwrightError):
    """Somebody asked for what their rights do not cover."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class NotOffered(PairwrightError):
    """A person named a pair that was never offered to them."""
