"""The server on real sockets: who it answers to, and how long it waits for the rest of a request."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from projects import a_project, add_pairs
from sites import TheSite, served

from pairwright.annotate import patience, security
from pairwright.annotate.app import THREADS
from pairwright.annotate.cached import Cached
from pairwright.annotate.security import cookie_of
from pairwright.browse.serve import serve as browse
from pairwright.stages.people import accounts


@pytest.fixture
def project(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 3)
        yield project


def asked(place, head: str, body: bytes = b"") -> str:
    """Send what is given and read until the server closes, or has answered."""
    with closing(socket.create_connection(("127.0.0.1", place.port), 10)) as there:
        there.sendall(head.encode() + body)
        return read_all(there)


def read_all(there) -> str:
    there.settimeout(10)
    got = b""
    while piece := there.recv(65536):
        got += piece
    return got.decode()


def get(place, path, host, more=""):
    return asked(place, f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}Connection: close\r\n\r\n")


def status(answer: str) -> int:
    return int(answer.split(" ")[1])


def test_on_all_addresses_it_answers_by_address_and_its_own_name_and_to_no_name_that_points_here(project):
    with served(project, "0.0.0.0") as (place, link):
        assert socket.gethostname() in link
        known = [
            "127.0.0.1",
            f"127.0.0.1:{place.port}",
            "192.0.2.7:80",
            socket.gethostname().upper(),
            "[::1]:9",
        ]
        assert {status(get(place, "/signin", host)) for host in known} == {200}
        strange = ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "[::1", "1.2.3", "x]"]
        assert {status(get(place, "/signin", host)) for host in strange} <= {400, 421}
        assert status(get(place, "/signin", "127.0.0.1", "Host: evil.example\r\n")) in (400, 421)


def test_with_names_it_answers_to_those_alone(project):
    with served(project, "0.0.0.0", ["annotate.example.org"]) as (place, _):
        assert status(get(place, "/signin", "annotate.example.org")) == 200
        assert status(get(place, "/signin", "127.0.0.1")) == 421


@pytest.fixture
def soon(monkeypatch):
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(security, "BODY_SECONDS", 0.3)


@pytest.mark.parametrize("first", [b"", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "])
def test_a_request_whose_head_never_ends_is_cut_off_though_bytes_keep_coming(project, soon, first):
    with served(project) as (place, _), closing(socket.create_connection(("127.0.0.1", place.port))) as there:
        there.sendall(first)
        began = time.monotonic()
        there.settimeout(0.05)
        while time.monotonic() - began < 10:
            try:
                if first:
                    there.sendall(b"x")
                if not there.recv(100):
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        assert 0.2 < time.monotonic() - began < 5


def test_a_request_whose_body_never_ends_is_cut_off(project, soon):
    with served(project) as (place, _):
        head = "POST /signin HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"
        head += "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        answer = asked(place, head, b"name=ann")
        assert status(answer) == 408


def test_a_connection_that_is_kept_answers_again(project, soon):
    with served(project) as (place, _), closing(socket.create_connection(("127.0.0.1", place.port))) as there:
        for _ in range(3):
            there.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            got = b""
            while not got.endswith(b'{"ok":true}'):
                piece = there.recv(65536)
                assert piece, got
                got += piece


def test_beyond_this_machine_pairs_are_read_with_the_printed_link_alone(project):
    with served(project, "0.0.0.0", what=browse) as (place, link):
        paths = ("/", "/count", "/pair/x-000000000000", "/pair/x-000000000000/json")
        assert {status(get(place, path, "127.0.0.1")) for path in paths} == {401}
        assert "Question" not in get(place, "/", "127.0.0.1")
        assert status(get(place, "/key/wrong", "127.0.0.1")) == 404
        answer = get(place, "/key/" + link.split("/key/")[1], "127.0.0.1")
        cookie = answer.split("set-cookie: ")[1].split(";")[0]
        assert "Question 1?" in get(place, "/", "127.0.0.1", f"Cookie: {cookie}\r\n")
        assert link.split("/key/")[1] not in cookie


def test_a_lead_signed_in_on_the_annotation_page_reads_them_too_and_an_annotator_does_not(project):
    site = TheSite(project)
    with served(project, "127.0.0.1", ["pairs.example.org"], what=browse) as (place, _):
        for visitor, code in ((site.lead(), 200), (site.annotator("ann"), 401)):
            name = site.app.state.site.cookie
            cookie = f"Cookie: {name}={visitor.http.cookies[name]}\r\n"
            assert status(get(place, "/", "pairs.example.org", cookie)) == code


def test_on_this_machine_alone_nobody_has_to_sign_in_to_read(project):
    with served(project, what=browse) as (place, link):
        assert link == f"{place.url}/"
        assert "Question 1?" in get(place, "/", f"localhost:{place.port}")


def test_annotators_are_answered_while_leads_wait_for_their_pages(project, monkeypatch):
    leave_off, waiting = threading.Event(), threading.Semaphore(0)

    def counting_for_long(_cached, count, _of=None):
        waiting.release()
        assert leave_off.wait(30)
        return count()

    monkeypatch.setattr(Cached, "get", counting_for_long)
    cookie = cookie_of(project.store.name)
    lead, ann = (
        f"Cookie: {cookie}={accounts.start_session(project, accounts.known_or_new(project, name, role))}\r\n"
        for name, role in (("lead", "lead"), ("ann", "annotator"))
    )
    with served(project) as (place, _), ThreadPoolExecutor(3 * THREADS) as leads:
        pages = [leads.submit(get, place, "/lead", "127.0.0.1", lead) for _ in range(3 * THREADS)]
        for _ in range(THREADS):
            assert waiting.acquire(timeout=30)
        assert status(get(place, "/api/work", "127.0.0.1", ann)) == 200
        leave_off.set()
        assert {status(each.result()) for each in pages} == {200}
