"""Whatever is sent to whatever route is refused with a reason or done: never an error of ours."""

import json
from uuid import uuid4

import pytest
from projects import a_project, add_pairs
from sites import TheSite
from starlette.routing import Mount

from pairwright.stages.people.gold import make_gold
from pairwright.stages.route.route import run_route

HOSTILE = [
    None,
    True,
    [],
    [[]],
    {},
    {"left": {"x": []}},
    "",
    "\0",
    "\ud800",
    "x" * 300_000,
    -1,
    0,
    1.5,
    1e308,
    float("nan"),
    float("inf"),
    10**30,
    -(10**400),
    "9" * 5000,
    "²",
    "x-00",
    "x-" + "f" * 32,
    "' OR 1=1 --",
    "../../etc/passwd",
]
# What each route that changes something reads.
FIELDS = {
    "/api/answer": "id key choice seconds strength ratings note reasons spans guideline csrf",
    "/api/skip": "id reason",
    "/api/flag": "id what note",
    "/api/undo": "id",
    "/api/leave": "ids",
    "/api/next": "kind usd",
    "/api/rank": "id key places seconds note guideline",
    "/api/rank/skip": "id reason",
    "/api/rank/flag": "id what note",
    "/api/rank/undo": "id",
    "/api/rank/leave": "ids",
    "/api/guidelines/seen": "id",
    "/api/lead/preview": "text",
    "/signin": "name password next csrf",
    "/signout": "csrf",
    "/join/{token}": "name password",
    "/password": "password",
    "/guidelines/seen": "id",
    "/lead/people/{name:path}": "what sure action tags limit reserved",
    "/lead/invite": "role uses days tags sure",
    "/lead/invite-several": "names days tags sure",
    "/lead/revoke": "id",
    "/lead/erase": "of confirm votes",
    "/lead/settings": "setting value sure back",
    "/lead/conflicts/{pair}": "verdict reason gold",
    "/lead/review/{pair}": "what decide comment kind later",
    "/lead/gold": "pair what verdict use explanation",
    "/lead/guidelines": "number text",
}
READ_WITH = {  # fields that are read where another says so
    "limit": {"what": "limit"},
    "reserved": {"what": "reserve"},
    "action": {"what": "undo"},
    "confirm": {"of": "lea"},
    "value": {"setting": "overlap"},
}
PATHS = ["none", "%00", "%ff", "%2e%2e%2f", "x-" + "0" * 32, "9" * 400, "a%20name%2Fwith%3F", "%F0%9F%98%80"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with a_project(tmp_path_factory.mktemp("hostile"), settings="[annotate]\nqualify_pairs = 0\n") as project:
        add_pairs(project, 30)
        run_route(project)
        make_gold(project, 30, "A", use="both")
        yield TheSite(project)


def all_routes(site):
    for route in site.app.routes:
        if not isinstance(route, Mount):
            yield from ((method, route.path) for method in route.methods - {"HEAD"})


def fine(answer):
    assert answer.status_code < 500, (answer.request.url, answer.text[:500])
    assert "Traceback" not in answer.text


def test_what_each_route_reads_stands_above(site):
    assert set(FIELDS) == {path for method, path in all_routes(site) if method == "POST"}


def test_every_json_call_with_every_hostile_value_in_every_field(site):
    lead = site.lead()
    calls = [path for method, path in all_routes(site) if method == "POST" and path.startswith("/api/")]
    assert len(calls) >= 7
    headers = {"content-type": "application/json"}
    for path in calls:
        (task,) = lead.work(1)["tasks"]
        right = {"id": task["id"], "key": uuid4().hex, "choice": "left", "seconds": 1, "what": "unsafe"}
        for field in FIELDS[path].split():
            for value in HOSTILE:
                body = json.dumps({**right, "key": uuid4().hex, field: value})
                headers["x-csrf"] = "" if field == "csrf" else lead.csrf
                fine(lead.http.post(path, content=body.encode("utf-8", "surrogatepass"), headers=headers))


def test_every_body_that_is_no_json_object(site):
    lead = site.lead()
    for method, path in all_routes(site):
        if method != "POST":
            continue
        where = path.replace("{token}", "none").replace("{name:path}", "lea").replace("{pair}", "pair-0")
        for body in (
            b"",
            b"null",
            b"[]",
            b'"x"',
            b"\xff\xfe",
            b"{",
            b"[" * 100_000,
            b'{"a":' * 50_000,
            b"\0" * 99,
        ):
            for kind in (
                "application/json",
                "application/x-www-form-urlencoded",
                "multipart/form-data",
                "multipart/form-data; boundary=x",
                "text/plain; charset=nonsense",
                "\x7f",
            ):
                headers = {"content-type": kind, "x-csrf": lead.csrf}
                answer = lead.http.post(where, content=body, headers=headers, follow_redirects=False)
                fine(answer)


def test_every_form_with_every_hostile_value_in_every_field(site):
    lead = site.lead()
    forms = [path for method, path in all_routes(site) if method == "POST" and "/api/" not in path]
    for path in forms:
        where = path.replace("{token}", "none").replace("{name:path}", "lea").replace("{pair}", "pair-0")
        if where == "/signout":
            continue
        for field in FIELDS[path].split():
            for value in HOSTILE[5:]:
                text = value if isinstance(value, str) else json.dumps(value)
                form = {"csrf": lead.csrf, "what": "tags", "verdict": "A", "role": "annotator", "sure": "yes"}
                form |= READ_WITH.get(field, {})
                data = {**form, "password": "short", field: text.encode("utf-8", "replace").decode()}
                fine(lead.http.post(where, data=data, follow_redirects=False))


def test_every_address_with_every_hostile_piece_and_query(site):
    lead = site.lead()
    for method, path in all_routes(site):
        if method != "GET":
            continue
        for piece in PATHS:
            where = path.replace("{token}", piece).replace("{name:path}", piece).replace("{pair}", piece)
            query = "&".join(
                f"{name}={piece}"
                for name in ("id", "n", "have", "from", "next", "first", "saved", "kind", "later", "go")
            )
            fine(lead.http.get(f"{where}?{query}", follow_redirects=False))
    for piece in PATHS:
        fine(lead.http.get(f"/static/{piece}"))
