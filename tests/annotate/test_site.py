"""The page's walls: signing in, CSRF, hosts, headers, rates, bodies."""

import pytest
from projects import a_project, add_pairs, rows
from sites import TheSite
from starlette.requests import Request

from pairwright.annotate.security import client_of
from pairwright.errors import InputError
from pairwright.stages.people import accounts
from pairwright.stages.route.route import run_route


@pytest.fixture
def site(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 3)
        run_route(project)
        yield TheSite(project)


def test_who_is_not_signed_in_sees_the_sign_in_and_nothing_else(site):
    visitor = site.visitor()
    for path in ("/", "/work", "/me", "/guidelines"):
        assert "<h1>Sign in</h1>" in visitor.get(path).text
    for path in ("/api/work", "/api/guidelines", "/api/me", "/api/diff?id=x-00"):
        assert visitor.call(path).status_code == 401
    assert visitor.call("/api/answer", {}).status_code == 401


def test_a_call_without_the_token_of_its_session_is_refused(site):
    ann = site.annotator("ann")
    (task,) = ann.work()["tasks"]
    body = {"id": task["id"], "key": "0" * 32, "choice": "left", "seconds": 1}
    ann.csrf = "0" * 64
    assert ann.call("/api/answer", body).json()["error"]["type"] == "Csrf"
    ann.csrf = ann.call("/api/me").json()["csrf"]
    assert ann.call("/api/answer", body).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"origin": "http://evil.example"}, {"origin": "null"}]
)
def test_a_post_from_another_site_is_refused_though_it_carries_the_cookie(site, headers):
    ann = site.annotator("ann")
    answer = ann.http.post("/api/undo", json={"key": "0" * 32}, headers={"x-csrf": ann.csrf, **headers})
    assert answer.status_code == 403


def test_every_answer_carries_a_strict_policy(site):
    for path in ("/signin", "/static/work.js", "/api/me", "/nothing"):
        headers = site.visitor().http.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"


def test_no_page_has_inline_script_style_or_handler(site):
    ann = site.annotator("ann")
    for path in ("/work", "/me", "/guidelines", "/nothing"):
        text = ann.get(path).text
        assert " onclick=" not in text
        assert " style=" not in text
        assert "<style" not in text
        assert "<script>" not in text


def test_it_answers_only_under_its_own_names(site):
    visitor = site.visitor()
    assert visitor.http.get("/signin", headers={"host": "evil.example"}).status_code == 421
    assert visitor.http.get("/signin", headers={"host": "localhost:8400"}).status_code == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(site):
    visitor = site.visitor()
    answer = visitor.http.get(f"/key/{site.app.state.site.link}", follow_redirects=False)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_guessing_is_slowed_down_and_links_still_work(site):
    visitor = site.visitor()
    visitor.get("/signin")
    answers = [visitor.post("/signin", name="lea", password=f"wrong {i}") for i in range(8)]
    assert [answer.status_code for answer in answers] == [400] * 5 + [429] * 3
    assert answers[-1].headers["retry-after"] == "1"
    assert site.lead().call("/api/me").json()["name"] == "lea"
    assert site.annotator("ann").call("/api/me").status_code == 200


def test_a_stranger_who_guesses_keeps_nobody_out_who_has_signed_in_before(site):
    site.project.settings.annotate.proxies.append("testclient")
    accounts.join(site.project, accounts.invite(site.project, "annotator"), "ann", "correct horse battery")
    ann, stranger = site.visitor(), site.visitor()
    ann.http.headers["x-forwarded-for"], stranger.http.headers["x-forwarded-for"] = (
        "203.0.113.7",
        "198.51.100.9",
    )
    for each in (ann, stranger):
        each.get("/signin")
    assert ann.post("/signin", name="ann", password="correct horse battery").url.path == "/work"
    ann.get("/me")
    ann.post("/signout")
    guesses = [stranger.post("/signin", name="Ann", password="wrong").status_code for _ in range(9)]
    assert guesses[-1] == 429
    ann.get("/signin")
    assert ann.post("/signin", name="ann", password="correct horse battery").url.path == "/work"


def test_a_password_signs_in_and_a_wrong_one_does_not(site):
    token = accounts.invite(site.project, "annotator")
    accounts.join(site.project, token, "ann", "correct horse battery")
    visitor = site.visitor()
    visitor.get("/signin")
    assert "match" in visitor.post("/signin", name="ann", password="wrong wrong wrong").text
    assert "match" in visitor.post("/signin", name="nobody", password="correct horse battery").text
    visitor.post("/signin", name="ann", password="correct horse battery", next="//evil.example")
    assert visitor.call("/api/me").json()["name"] == "ann"
    (account,) = rows(site.project, "account")
    assert account.password.startswith("$argon2id$")


def test_signing_in_never_leads_to_another_site(site):
    token = accounts.invite(site.project, "annotator")
    accounts.join(site.project, token, "ann", "correct horse battery")
    for bad in ("//evil.example", "https://evil.example", "/\\evil.example"):
        visitor = site.visitor()
        visitor.get("/signin")
        form = {"csrf": visitor.csrf, "name": "ann", "password": "correct horse battery", "next": bad}
        answer = visitor.http.post("/signin", data=form, follow_redirects=False)
        assert answer.headers["location"] == "/"


def test_an_invitation_works_once_and_not_after_its_time(site):
    token = accounts.invite(site.project, "annotator")
    accounts.join(site.project, token, "ann")
    with pytest.raises(InputError, match="has been used"):
        accounts.join(site.project, token, "bob")
    old = accounts.invite(site.project, "annotator", days=1e-9)
    with pytest.raises(InputError, match="expired"):
        accounts.join(site.project, old, "bob")
    with pytest.raises(InputError, match="not known"):
        accounts.join(site.project, "made up", "bob")


def test_a_name_that_is_taken_is_not_given_again(site):
    accounts.join(site.project, accounts.invite(site.project, "annotator"), "ann")
    with pytest.raises(InputError, match="taken"):
        accounts.join(site.project, accounts.invite(site.project, "annotator"), " ann ")
    with pytest.raises(InputError, match="don't show"):
        accounts.join(site.project, accounts.invite(site.project, "annotator"), "a\u200bnn")


def test_signing_out_gives_back_what_was_held(site):
    ann, bob = site.annotator("ann"), site.annotator("bob")
    assert len(ann.work(3)["tasks"]) == 3
    assert bob.work(3)["tasks"] == []
    ann.post("/signout")
    assert ann.call("/api/me").status_code == 401
    assert len(bob.work(3)["tasks"]) == 3


def test_a_body_too_large_for_anything_is_refused(site):
    ann = site.annotator("ann")
    assert ann.http.post("/api/answer", content=b"x" * 1_100_000).status_code == 413


def test_a_new_password_signs_out_every_other_device(site):
    ann = site.annotator("ann")
    stolen = site.visitor()
    cookie = site.app.state.site.cookie
    stolen.http.cookies.set(cookie, ann.http.cookies[cookie])
    assert stolen.call("/api/me").status_code == 200
    ann.post("/password", password="a new long password")
    assert stolen.call("/api/me").status_code == 401
    assert ann.call("/api/me").status_code == 200


def test_a_proxys_word_is_taken_only_where_the_project_trusts_it(tmp_path):
    settings = '[annotate]\nsso_header = "x-user"\nproxies = ["testclient"]\nsso_leads = ["boss"]\n'
    with a_project(tmp_path, settings=settings) as project:
        visitor = TheSite(project).visitor()
        visitor.http.headers["x-user"] = "boss"
        assert visitor.call("/api/me").json()["name"] == "boss"
        assert [account.role for account in rows(project, "account")] == ["lead"]


def test_without_trust_the_header_is_nothing(site):
    visitor = site.visitor()
    visitor.http.headers["x-user"] = "boss"
    assert visitor.call("/api/me").status_code == 401


def test_behind_a_proxy_that_ends_https_links_and_cookies_are_of_https(site):
    site.project.settings.annotate.proxies.append("testclient")
    visitor = site.visitor()
    visitor.http.headers["x-forwarded-proto"] = "https"
    answer = visitor.http.get(f"/key/{site.app.state.site.link}", follow_redirects=False)
    assert "secure" in answer.headers["set-cookie"].lower()


def test_addresses_are_told_apart_by_a_trusted_proxy_alone(site):
    def asked_by(told: str) -> str:
        visitor = site.visitor()
        visitor.http.headers["x-forwarded-for"] = told
        request = visitor.http.build_request("GET", "/")
        scope = {"type": "http", "headers": request.headers.raw, "client": ("testclient", 1)}
        return client_of(Request(scope), site.project.settings.annotate.proxies)

    assert asked_by("203.0.113.7") == "testclient"  # anybody can write that
    site.project.settings.annotate.proxies.append("testclient")
    assert asked_by("203.0.113.7") == "203.0.113.7"
    assert asked_by("10.0.0.1, 203.0.113.8") == "203.0.113.8"  # the last word is the proxy's own


def test_a_lead_on_their_own_has_come_to_choose_and_one_with_a_team_to_look(site):
    def first_page() -> str:
        return site.visitor().get(f"/key/{site.app.state.site.link}").url.path

    assert first_page() == "/work"
    site.annotator("ann")
    assert first_page() == "/lead"
