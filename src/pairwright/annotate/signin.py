"""Signing in: by the link that was printed, by an invitation, by password; and out."""

from __future__ import annotations

import hmac
import math

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pairwright.annotate.security import set_cookie
from pairwright.annotate.site import Visit, page
from pairwright.errors import InputError
from pairwright.stages.people import accounts, queue
from pairwright.store.people.accounts import Account
from pairwright.store.people.names import looks


def _signed_in(visit: Visit, account: Account, to: str = "/") -> Response:
    token = accounts.start_session(visit.project, account)
    visit.site.brake.passed(looks(account.name), visit.address)
    response = RedirectResponse(to, 303)
    set_cookie(response, visit.site.cookie, token, secure=visit.secure, days=accounts.SESSION_DAYS)
    return response


def _next(path: str) -> str:
    """Only paths of this site: never another one's address."""
    fine = path.startswith("/") and not path.startswith(("//", "/\\")) and "\n" not in path
    return path if fine else "/"


def by_key(visit: Visit) -> Response:
    """The link `pairwright annotate` prints signs in whoever started it, as a lead."""
    if not hmac.compare_digest(visit.request.path_params["token"].encode(), visit.site.link.encode()):
        t = visit.words
        message = t("This link is not of the server that runs now: take the one it printed when it started.")
        return visit.error(404, t("Old link"), message)
    account = accounts.owner(visit.project, visit.site.local)
    return _signed_in(visit, account)


def signin(visit: Visit) -> Response:
    to = _next(visit.request.query_params.get("next", "/"))
    if visit.me is not None and visit.me.state != "removed":
        return RedirectResponse(to, 303)
    return visit.page("signin.html", next=to, name="", problem=None)


def signin_sent(visit: Visit, form: dict[str, str]) -> Response:
    name, to = form.get("name", "").strip(), _next(form.get("next", "/"))
    brake, who = visit.site.brake, (looks(name), visit.address)
    if wait := brake.wait(*who):
        return _braked(visit, wait)
    account = accounts.by_password(visit.project, name, form.get("password", ""))
    if account is None:
        brake.failed(*who)
        problem = visit.words(
            "Name and password don't match. Without a password, use a link your lead gives you."
        )
        return visit.page("signin.html", 400, next=to, name=name, problem=problem)
    return _signed_in(visit, account, to)


def _braked(visit: Visit, wait: float) -> Response:
    seconds, t = math.ceil(wait), visit.words
    if seconds > 90:
        minutes = math.ceil(seconds / 60)
        message = t(
            "Too many wrong passwords. Try again in {n} minutes, or use a link your lead gives you.",
            n=minutes,
        )
    else:
        message = t(
            "Too many wrong passwords. Try again in {n} s, or use a link your lead gives you.", n=seconds
        )
    response = visit.error(429, t("Wait a little"), message)
    response.headers["retry-after"] = str(seconds)
    return response


# Links hold 256 bits of chance: nobody guesses one, so nothing has to slow them down, and those that are
# right always work.
def join(visit: Visit) -> Response:
    token = visit.request.path_params["token"]
    try:
        invitation = accounts.invitation_for(visit.project, token)
    except InputError as error:
        return visit.error(404, visit.words("Invitation"), error)
    return visit.page("join.html", invitation=invitation, token=token, name="", problem=None)


def join_sent(visit: Visit, form: dict[str, str]) -> Response:
    token = visit.request.path_params["token"]
    invitation = accounts.invitation_for(visit.project, token)
    name, password = form.get("name", ""), form.get("password", "")
    try:
        account = accounts.join(visit.project, token, name, password)
    except InputError as error:
        problem = visit.words.told(str(error))
        return visit.page("join.html", 400, invitation=invitation, token=token, name=name, problem=problem)
    return _signed_in(visit, account, "/guidelines?first=1" if account.role == "annotator" else "/")


def signout(visit: Visit, _form: dict[str, str]) -> Response:
    queue.give_back(visit.project, visit.account)
    accounts.sign_out(visit.project, visit.session)
    response = RedirectResponse("/signin", 303)
    response.delete_cookie(visit.site.cookie, path="/")
    return response


def password_sent(visit: Visit, form: dict[str, str]) -> Response:
    """Set one's own password; every other sitting is signed out."""
    accounts.set_password(visit.project, visit.account, form.get("password", ""))
    return _signed_in(visit, visit.account, "/me?password=set")


routes = [
    Route("/key/{token}", page(by_key, "sign in")),
    Route("/signin", page(signin, "sign in")),
    Route("/signin", page(signin_sent, "sign in"), methods=["POST"]),
    Route("/join/{token}", page(join, "sign in")),
    Route("/join/{token}", page(join_sent, "sign in"), methods=["POST"]),
    Route("/signout", page(signout, "sign out"), methods=["POST"]),
    Route("/password", page(password_sent, "be somebody"), methods=["POST"]),
]
