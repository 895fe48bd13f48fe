"""The annotation page for tests: a real project, the real app, people who sign in as people do."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from uuid import uuid4

from sqlalchemy import update
from starlette.testclient import TestClient

from pairwright.annotate.app import make_app
from pairwright.annotate.serve import bind, serve
from pairwright.browse.serve import serve as browse
from pairwright.stages.people import accounts
from pairwright.stages.project.project import Project
from pairwright.store.people.accounts import Role
from pairwright.store.schema import lease

ADDRESS = "http://localhost"


class Visitor:
    """One browser: keeps its cookie, sends the CSRF token of the page it is on."""

    def __init__(self, app) -> None:
        self.http = TestClient(app, base_url=ADDRESS, follow_redirects=True)
        self.csrf = ""

    def get(self, path: str):
        """A page; its token is kept as a browser's page would."""
        response = self.http.get(path)
        found = re.search(r'name="csrf" content="([0-9a-f]+)"', response.text)
        self.csrf = found[1] if found else self.csrf
        return response

    def post(self, path: str, **form):
        return self.http.post(path, data={"csrf": self.csrf, **form})

    def agree(self, path: str, **form):
        """Send a form, and what the page asks back once more, as it asks it."""
        asked = self.post(path, **form)
        again = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', asked.text))
        assert "sure" in again, asked.text
        return self.post(path, **again)

    def call(self, path: str, body=None):
        if body is None:
            return self.http.get(path)
        return self.http.post(path, json=body, headers={"x-csrf": self.csrf})

    def work(self, n: int = 1, have: str = "") -> dict:
        return self.call(f"/api/work?n={n}&have={have}").json()

    def answer(self, task: dict, choice: str = "left", **more) -> dict:
        body = {"id": task["id"], "key": uuid4().hex, "choice": choice, "seconds": 12.5, **more}
        response = self.call("/api/answer", body)
        assert response.status_code == 200, response.text
        return response.json()


class TheSite:
    """The app over a project; `lead` and `annotator` give people who have signed in by link."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.app = make_app(project, "lea", ["localhost"])

    def visitor(self) -> Visitor:
        return Visitor(self.app)

    def a_minute_passes(self) -> None:
        """All that anybody holds they have held for a minute longer."""
        with self.project.store.write() as connection:
            connection.execute(update(lease).values(at=lease.c.at - 60))

    def lead(self) -> Visitor:
        visitor = self.visitor()
        assert visitor.get(f"/key/{self.app.state.site.link}").status_code in (200, 404)
        visitor.get("/me")
        return visitor

    def annotator(self, name: str, role: Role = "annotator", tags=()) -> Visitor:
        visitor = self.visitor()
        token = accounts.invite(self.project, role, tags=tags)
        visitor.get(f"/join/{token}")
        assert visitor.post(f"/join/{token}", name=name).status_code == 200
        visitor.get("/me")
        return visitor


@contextmanager
def served(project, host="127.0.0.1", names=(), what=serve):
    """The real server on a port of its own; gives (place, the link it tells)."""
    place, stop, told, ready = bind(host, 0, names), threading.Event(), [], threading.Event()

    def at(link):
        told.append(link)
        ready.set()

    args = (project, place) if what is browse else (project, "lea", place)
    thread = threading.Thread(target=what, args=args, kwargs={"ready": at, "stop": stop}, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield place, told[0]
    finally:
        stop.set()
        thread.join(15)
