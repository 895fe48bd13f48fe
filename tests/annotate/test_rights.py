"""Every route x every kind of person: who gets through, and what whoever does not is told."""

import re
from uuid import uuid4

import pytest
from projects import a_project, add_pairs, rows
from sites import TheSite
from starlette.routing import Mount, Route

from pairwright.stages.people import accounts
from pairwright.stages.people.gold import make_gold
from pairwright.stages.route.route import run_route

# Written out by hand, not taken from the table that is tested: a new route has to be added here.
EVERYBODY = {"nobody", "removed", "paused", "practising", "annotator", "lead"}
MEMBERS = EVERYBODY - {"nobody", "removed"}
WORKING = {"annotator", "lead"}
ALLOWED = {
    "GET /health": EVERYBODY,
    "GET /key/{token}": EVERYBODY,
    "GET /signin": EVERYBODY,
    "POST /signin": EVERYBODY,
    "GET /join/{token}": EVERYBODY,
    "POST /join/{token}": EVERYBODY,
    "POST /signout": EVERYBODY - {"nobody"},
    "POST /password": MEMBERS,
    "GET /": MEMBERS,
    "GET /work": MEMBERS,
    "GET /guidelines": MEMBERS,
    "POST /guidelines/seen": MEMBERS,
    "GET /me": MEMBERS,
    "GET /media/{name}": MEMBERS,
    "GET /api/work": MEMBERS,
    "GET /api/me": MEMBERS,
    "GET /api/guidelines": MEMBERS,
    "POST /api/guidelines/seen": MEMBERS,
    "POST /api/leave": MEMBERS,
    "POST /api/answer": WORKING | {"practising"},
    "GET /api/diff": WORKING | {"practising"},
    "GET /api/raw": WORKING | {"practising"},
    "GET /api/parts": WORKING | {"practising"},
    "POST /api/skip": WORKING,
    "POST /api/flag": WORKING,
    "POST /api/undo": WORKING,
    "GET /rank": MEMBERS,
    "GET /api/rank": MEMBERS,
    "POST /api/rank": WORKING,
    "POST /api/rank/skip": WORKING,
    "POST /api/rank/flag": WORKING,
    "POST /api/rank/undo": WORKING,
    "POST /api/rank/leave": MEMBERS,
    "GET /api/answers": WORKING,
    "GET /api/reopen": WORKING,
    "GET /lead": {"lead"},
    "GET /lead/people": {"lead"},
    "GET /lead/people/{name:path}": {"lead"},
    "POST /lead/people/{name:path}": {"lead"},
    "GET /lead/hours": {"lead"},
    "GET /lead/hours.csv": {"lead"},
    "POST /lead/invite": {"lead"},
    "POST /lead/invite-several": {"lead"},
    "POST /lead/revoke": {"lead"},
    "GET /lead/conflicts": {"lead"},
    "GET /lead/conflicts/{pair}": {"lead"},
    "POST /lead/conflicts/{pair}": {"lead"},
    "GET /lead/review": {"lead"},
    "GET /lead/review/{pair}": {"lead"},
    "POST /lead/review/{pair}": {"lead"},
    "GET /lead/gold": {"lead"},
    "POST /lead/gold": {"lead"},
    "GET /lead/guidelines": {"lead"},
    "POST /lead/guidelines": {"lead"},
    "GET /lead/work.csv": {"lead"},
    "GET /lead/work.json": {"lead"},
    "GET /lead/erase": {"lead"},
    "POST /lead/erase": {"lead"},
    "GET /lead/settings": {"lead"},
    "POST /lead/settings": {"lead"},
    "GET /api/lead/dashboard": {"lead"},
    "GET /api/next": set(),  # nobody among others: only who works alone (test_alone.py)
    "POST /api/next": set(),
    "POST /api/lead/preview": {"lead"},
}
SETTINGS = """[annotate]
qualify_pairs = 1
sso_header = "x-user"
sso_leads = ["boss", "once a lead"]
proxies = ["testclient"]
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with a_project(tmp_path_factory.mktemp("rights"), settings=SETTINGS) as project:
        add_pairs(project, 12)
        run_route(project)
        yield TheSite(project)


@pytest.fixture(scope="module")
def people(site):
    """One of each kind, each of whom was offered a pair while they still might work."""
    lea = accounts.known_or_new(site.project, "lea", "lead")
    visitors = {"nobody": site.visitor()}
    for name, state in (("annotator", "active"), ("paused", "paused"), ("removed", "removed")):
        visitors[name] = by_proxy(site, name)
        (visitors[name].task,) = visitors[name].work(1)["tasks"]
        visitors[name].answer(visitors[name].task)
        if state != "active":
            account = accounts.known_or_new(site.project, name, "annotator")
            accounts.change(site.project, account, lea, state=state)
    visitors["lead"] = by_proxy(site, "boss")
    visitors["lead"].task = visitors["lead"].work(1)["tasks"][0]
    make_gold(site.project, 12, "A", use="qualify")
    visitors["practising"] = by_proxy(site, "practising")
    visitors["practising"].task = visitors["practising"].work(1)["tasks"][0]
    visitors["nobody"].get("/signin")
    visitors["nobody"].task = visitors["lead"].task
    return visitors


def by_proxy(site, name):
    visitor = site.visitor()
    visitor.http.headers["x-user"] = name
    visitor.get("/me")
    return visitor


def routes(site):
    for route in site.app.routes:
        if isinstance(route, Mount):
            continue
        assert isinstance(route, Route)
        for method in sorted(route.methods - {"HEAD"}):
            yield f"{method} {route.path}"


def test_every_route_has_its_line_and_every_line_its_route(site):
    assert sorted(routes(site)) == sorted(ALLOWED)


@pytest.mark.parametrize("kind", sorted(EVERYBODY))
@pytest.mark.parametrize("route", sorted(ALLOWED))
def test_nobody_gets_through_who_may_not_and_everybody_who_may(site, people, route, kind):
    visitor = people[kind]
    before = {table: len(rows(site.project, table)) for table in ("vote", "retraction", "failure", "flag")}
    answer = asked(site, visitor, route)
    through = kind in ALLOWED[route]
    if "/api/" in route:
        refused = answer.status_code in (401, 403)
    else:
        refused = answer.status_code == 403 or answer.headers.get("location", "").startswith("/signin?")
    assert refused != through, (answer.status_code, answer.text[-300:])
    assert answer.status_code < 500
    if not through:
        assert before == {table: len(rows(site.project, table)) for table in before}
        assert kind == "nobody" or re.search("lead|practice", answer.text)


def asked(site, visitor, route):
    """A request as that person's own page would send it, with nothing in it that would be done."""
    method, path = route.split(" ")
    path = path.replace("{token}", "none").replace("{name:path}", "lea").replace("{pair}", "pair-0")
    if method == "GET":
        query = (
            f"?id={visitor.task['id']}"
            if path in ("/api/diff", "/api/raw", "/api/parts", "/api/reopen") and hasattr(visitor, "task")
            else ""
        )
        return visitor.http.get(path + query, follow_redirects=False)
    if path.startswith("/api/"):
        body = {"id": visitor.task["id"], "key": uuid4().hex, "what": "no such flag", "ids": [], "text": ""}
        return visitor.http.post(path, json=body, headers={"x-csrf": visitor.csrf})
    form = {"csrf": visitor.csrf, "name": "x", "password": "short", "what": "nothing", "id": "0", "days": "0"}
    return visitor.http.post(path, data=form, follow_redirects=False)


def test_a_name_taken_off_the_list_of_leads_is_a_lead_no_more(site):
    boss = by_proxy(site, "once a lead")
    assert boss.get("/lead").status_code == 200
    boss.post("/password", password="a long enough password")  # and a session of their own
    site.project.settings.annotate.sso_leads.remove("once a lead")
    assert boss.get("/lead").status_code == 403
    del boss.http.headers["x-user"]
    assert boss.call("/api/me").json()["name"] == "once a lead"
    assert boss.get("/lead").status_code == 403
    (account,) = [each for each in rows(site.project, "account") if each.name == "once a lead"]
    assert account.role == "annotator"


def test_where_the_project_file_names_the_leads_nobody_else_makes_one(site, people):
    said = people["lead"].post("/lead/people/annotator", what="lead", sure="yes").text
    assert "sso_leads" in said
    assert "sso_leads" in people["lead"].post("/lead/invite", role="lead", sure="yes").text


def test_a_practising_person_can_not_answer_real_work_they_were_once_offered(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 4)
        run_route(project)
        ann = TheSite(project).annotator("ann")
        (task,) = ann.work(1)["tasks"]
        make_gold(project, 4, "A", use="qualify")
        body = {"id": task["id"], "key": uuid4().hex, "choice": "left", "seconds": 1}
        assert ann.call("/api/answer", body).json()["error"]["type"] == "Practising"
        assert [row for row in rows(project, "vote") if row.purpose is None] == []


def test_the_token_of_somebody_a_proxy_vouches_for_can_not_be_computed(site, people):
    """It is made with a secret of the running server, not from the name alone."""
    import hashlib
    import hmac

    name = "annotator"
    for guess in (f"sso:{name}", name, ""):
        token = hmac.new(guess.encode(), b"csrf", hashlib.sha256).hexdigest()
        answer = people[name].http.post("/api/leave", json={"ids": []}, headers={"x-csrf": token})
        assert answer.json()["error"]["type"] == "Csrf"


def test_the_token_of_the_sign_in_form_is_another_for_every_browser(site):
    one, other = site.visitor(), site.visitor()
    one.get("/signin"), other.get("/signin")
    assert one.csrf != other.csrf
    other.csrf = one.csrf
    assert other.post("/signin", name="x", password="y").status_code == 403


def test_a_name_a_proxy_vouches_for_that_looks_like_anothers_is_told_so(site, people):
    stranger = site.visitor()
    stranger.http.headers["x-user"] = "ANNOTATOR"
    assert "looks like" in stranger.get("/work").text
    assert stranger.call("/api/work").status_code == 400
    del stranger.http.headers["x-user"]
    answer = stranger.http.get("/api/me", headers=[(b"x-user", "Jürgen".encode())])
    assert answer.json()["name"] == "Jürgen"


@pytest.mark.parametrize("name", ["LEA", "lеа", "'lea'", "l\u200bea", "ｌｅａ", "gold", "G0LD"])
def test_a_name_that_can_be_taken_for_anothers_is_refused_at_the_door(site, name):
    accounts.owner(site.project, "lea")
    visitor = site.visitor()
    token = accounts.invite(site.project, "annotator")
    visitor.get(f"/join/{token}")
    answer = visitor.post(f"/join/{token}", name=name)
    assert answer.status_code == 400
    assert visitor.call("/api/me").status_code == 401


def test_removed_people_are_signed_out_and_no_link_or_password_brings_them_back(tmp_path):
    with a_project(tmp_path, settings="") as project:
        site = TheSite(project)
        lead, ann = site.lead(), site.annotator("ann")
        ann.post("/password", password="correct horse battery")
        lead.get("/lead/people/ann")
        back = lead.post("/lead/people/ann", what="link").text.split("/join/")[1].split('"')[0]
        lead.post("/lead/people/ann", what="remove", sure="yes")
        assert ann.call("/api/me").status_code == 401
        ann.get("/signin")
        assert "ended the access" in ann.post("/signin", name="ann", password="correct horse battery").text
        ann.get(f"/join/{back}")
        assert "ended the access" in ann.post(f"/join/{back}").text
        lead.post("/lead/people/ann", what="resume")
        ann.get("/signin")
        assert ann.post("/signin", name="ann", password="correct horse battery").url.path == "/work"


def test_the_owners_own_link_works_whatever_others_made_of_them(tmp_path):
    with a_project(tmp_path, settings="") as project:
        site = TheSite(project)
        site.lead()
        lea = accounts.known_or_new(project, "lea", "lead")
        olga = accounts.known_or_new(project, "olga", "lead")
        accounts.change(project, lea, olga, state="removed", role="annotator")
        assert site.lead().get("/lead").status_code == 200


def test_two_projects_on_one_host_do_not_sign_each_other_out(tmp_path):
    with a_project(tmp_path / "one", settings="") as one, a_project(tmp_path / "two", settings="") as two:
        sites = TheSite(one), TheSite(two)
        visitor = sites[0].annotator("ann")
        other = sites[1].visitor()
        other.http.cookies = visitor.http.cookies  # a browser gives a cookie to every port of a host
        token = accounts.invite(two, "annotator")
        other.get(f"/join/{token}")
        other.post(f"/join/{token}", name="ann")
        assert other.call("/api/me").status_code == visitor.call("/api/me").status_code == 200
