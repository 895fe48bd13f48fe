"""The crash matrix: every step killed at any moment, on both stores: `make test-crashes` prints its table.

Each kill meets a fresh copy of the project. After it the step runs again, to its end, and the project must
be what one is that was never killed; `doctor` must find nothing.
"""

import csv
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from uuid import uuid4

import pytest
from postgres import a_server, copied_database, empty_database, free_port
from projects import OPENED, rows
from pushing import a_hub, row
from sqlalchemy import text

from pairwright.annotate.security import csrf_token
from pairwright.annotate.site import cookie_of
from pairwright.models.loopback import Behaviour, LoopbackServer
from pairwright.stages.people import accounts
from pairwright.stages.project.project import Project

pytestmark = pytest.mark.slow
KILLS = int(os.environ.get("KILLS", "12"))  # a step and store
IN_FLIGHT = 8
SETTINGS = """
[project]
store = "{store}"

[endpoints.loopback]
url = "{url}"
concurrency = 8

[models.small]
endpoint = "loopback"
model = "small"
price_in = 1.0
price_out = 2.0

[generate]
models = ["small"]
responses_per_prompt = 2

[route]
accept = "stated"
"""
MAIN = '\n[judges.main]\nmodel = "small"\n'
SHORTER = '\n[judges.shorter]\nkind = "shorter"\n'
COMMAND = (sys.executable, "-m", "pairwright", "-C")
JSON = "application/json"
PAIRS = 150
# By name: what was done before, and the step that is killed.
STEPS = {
    "add": ((), ("add", "pairs.jsonl")),
    "generate": ((("add", "prompts.jsonl"),), ("generate",)),
    "pair": ((("add", "prompts.jsonl"), ("generate",)), ("pair",)),
    "judge": ((("add", "pairs.jsonl"),), ("judge",)),
    "route": ((("add", "pairs.jsonl"), ("judge",)), ("route",)),
    "take": ((("add", "pairs.jsonl"), ("route",), ("send", "csv", "sent")), ("take", "csv", "back.csv")),
    "check": ((("add", "pairs.jsonl"), ("judge",), ("route",)), ("check",)),
    "verify": ((("add", "pairs.jsonl"), ("judge",), ("route",)), ("verify",)),
    "export": ((("add", "pairs.jsonl"), ("judge",), ("route",)), ("export", "--to", "trl-dpo")),
    "backup": ((("add", "pairs.jsonl"), ("judge",)), ("backup",)),
}
ONLY_SQLITE = {"backup"}


@pytest.mark.parametrize("store", ["SQLite", "PostgreSQL"])
@pytest.mark.parametrize("step", STEPS)
def test_a_step_killed_at_any_moment_ends_as_if_it_had_not_been(tmp_path, step, store):
    if store == "PostgreSQL" and step in ONLY_SQLITE:
        pytest.skip("PostgreSQL has its own backups")
    before, command = STEPS[step]
    draw, killed, ended = random.Random(f"{step} {store}"), 0, 0
    with LoopbackServer(Behaviour(latency_ms=10)) as server:
        judges = {"judge": MAIN, "take": ""}.get(step, SHORTER)
        prepared = a_project(tmp_path / "prepared", server, store, judges)
        for each in before:
            finished(prepared, *each)
        if step == "take":
            fill_in(prepared)
        whole, calls_before = copied(prepared, tmp_path / "whole"), calls_of(prepared)
        began = time.monotonic()
        finished(whole, *command)
        seconds, wanted = time.monotonic() - began, state(whole)
        while killed < KILLS:
            project = copied(prepared, tmp_path / f"killed-{killed}-{ended}")
            billed = len(server.bill)
            if kill_after(project, draw.uniform(0, seconds), *command):
                killed += 1
            else:
                ended += 1
            finished(project, *command)
            assert state(project) == wanted
            finished(project, "doctor")
            assert 0 <= len(server.bill) - billed - (calls_of(project) - calls_before) <= IN_FLIGHT
            shutil.rmtree(project)
    print(f"\n{step} on {store}: {killed} kills within {seconds:.1f} s, {ended} ended before theirs")


@pytest.mark.parametrize("store", ["SQLite", "PostgreSQL"])
def test_a_push_killed_at_any_moment_ends_as_the_same_dataset(tmp_path, store, monkeypatch):
    draw, killed = random.Random(store), 0
    with LoopbackServer() as server, a_hub(monkeypatch) as hub:
        prepared = a_project(tmp_path / "prepared", server, store, SHORTER)
        for each in (("add", "pairs.jsonl"), ("judge",), ("route",), ("export",)):
            finished(prepared, *each)
        began = time.monotonic()
        finished(copied(prepared, tmp_path / "whole"), "push", "me/set")
        seconds, wanted = time.monotonic() - began, hub.repos.pop("me/set").files()
        while killed < KILLS:
            hub.lfs.clear()
            project = copied(prepared, tmp_path / f"killed-{killed}")
            killed += kill_after(project, draw.uniform(0, seconds), "push", "me/set")
            if half := hub.repos.get("me/set"):
                assert half.files() in ({}, wanted)
            finished(project, "push", "me/set")
            assert hub.repos.pop("me/set").files() == wanted
            shutil.rmtree(project, ignore_errors=True)
    print(f"\npush on {store}: {killed} kills within {seconds:.1f} s")


# --- people answering, and the database ----------------------------------------------------------------


@pytest.mark.parametrize("store", ["SQLite", "PostgreSQL"])
def test_no_answer_is_lost_or_doubled_when_the_page_is_killed(tmp_path, store):
    draw, acknowledged = random.Random(store), []
    with LoopbackServer() as server:
        project = opened(open_to_people(a_project(tmp_path / "page", server, store, "")))
    person = Person(project)
    for _ in range(KILLS):
        with served(project) as page:
            acknowledged += [person.sends(page, person.offered(page)) for _ in range(draw.randrange(1, 15))]
            in_doubt = person.offered(page)
            page.begin(person, in_doubt)
            page.process.kill()
        with served(project) as page:  # as a browser's outbox does
            acknowledged.append(person.sends(page, in_doubt))
    assert sorted(vote.key.hex() for vote in rows(project, "vote")) == sorted(acknowledged)
    print(f"\nthe page on {store}: {KILLS} kills, {len(acknowledged)} answers acknowledged, each there once")


def test_what_was_acknowledged_is_there_when_the_database_dies_under_load(tmp_path):
    deaths, acknowledged, draw = max(2, KILLS // 3), [], random.Random(1)
    with a_server() as database, LoopbackServer(Behaviour(latency_ms=10)) as endpoint:
        root = open_to_people(a_project(tmp_path / "load", endpoint, "PostgreSQL", "", url=database.url))
        with (root / "pairwright.toml").open("a") as file:
            file.write(MAIN)
        project = opened(root)
        person = Person(project)
        with served(project) as page:
            for _ in range(deaths):
                judging = start(root, "judge")
                acknowledged += [
                    person.sends(page, person.offered(page)) for _ in range(draw.randrange(2, 10))
                ]
                in_doubt = person.offered(page)
                database.die()
                page.begin(person, in_doubt)
                _, errors = judging.communicate(timeout=120)
                assert "Traceback" not in errors, errors
                database.come_back()
                acknowledged.append(person.sends(page, in_doubt))
        finished(root, "judge")
        finished(root, "doctor")
        project.store.engine.dispose()
        votes = rows(project, "vote")
        judged = [vote for vote in votes if vote.key.hex() not in acknowledged]
        assert {vote.key.hex() for vote in votes} >= set(acknowledged)
        assert len({(vote.pair_id, vote.order) for vote in judged}) == len(judged) == 2 * PAIRS
        assert len(endpoint.bill) - len(rows(project, "call")) <= deaths * IN_FLIGHT
    print(f"\nthe database: {deaths} deaths under load, {len(acknowledged)} answers acknowledged, all there")


class Person:
    """One annotator, and their browser's outbox."""

    def __init__(self, project):
        token = accounts.start_session(project, accounts.known_or_new(project, "ann", "annotator"))
        self.headers = {"cookie": f"{cookie_of(project.store.name)}={token}", "x-csrf": csrf_token(token)}

    def offered(self, page):
        (task,) = page.call("GET", "/api/work?n=1&have=", self.headers)["tasks"]
        return {"id": task["id"], "key": uuid4().hex, "choice": "left", "seconds": 20}

    def sends(self, page, answer):
        page.call("POST", "/api/answer", self.headers, answer)
        return answer["key"]


class Page:
    def __init__(self, process, port):
        self.process, self.port = process, port

    def begin(self, person, answer):
        """Send an answer and look away."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=10)) as http:
            http.request("POST", "/api/answer", json.dumps(answer), {**person.headers, "content-type": JSON})

    def call(self, method, path, headers, body=None):
        """What comes of a request; asked again, as the page does, until the server can answer."""
        for _ in range(100):
            with suppress(OSError), closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as http:
                sent = json.dumps(body) if body else None
                http.request(method, path, sent, {**headers, "content-type": JSON})
                response = http.getresponse()
                said = response.read()
                if response.status == 200:
                    return json.loads(said)
            time.sleep(0.1)
        raise AssertionError(f"{path}: {response.status} {said[:300]}")


@contextmanager
def served(project):
    log, port = project.root / f"page-{uuid4().hex}.log", free_port()
    with log.open("w") as out:
        command = [*COMMAND, str(project.root), "annotate", "--no-browser", "--port", str(port)]
        process = subprocess.Popen(command, stdout=out, stderr=out)
    while "/key/" not in log.read_text():
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    try:
        yield Page(process, port)
    finally:
        process.kill()
        process.wait()


# --- projects, and what they come to ---------------------------------------------------------------------


def a_project(root, server, store, judges, url=None):
    Project.init(root)
    store = "pairwright.db" if store == "SQLite" else url or empty_database()
    text = SETTINGS.format(url=server.url, store=store) + judges
    (root / "pairwright.toml").write_text(text)
    prompts = "".join(json.dumps({"prompt": f"Question {n}?"}) + "\n" for n in range(PAIRS))
    (root / "prompts.jsonl").write_text(prompts)
    (root / "pairs.jsonl").write_text("".join(json.dumps(row(n)) + "\n" for n in range(PAIRS)))
    return root


def open_to_people(root):
    finished(root, "add", "pairs.jsonl")
    finished(root, "route")
    return root


def opened(root):
    project = Project.open(root)
    OPENED.append(project)
    return project


def copied(root, to):
    """The same project once more, with a store of its own."""
    shutil.copytree(root, to)
    settings = (to / "pairwright.toml").read_text()
    if (url := re.search(r'store = "(postgresql.*)"', settings)) is not None:
        settings = settings.replace(url[1], copied_database(url[1]))
        (to / "pairwright.toml").write_text(settings)
    return to


PLACE = ("pairwright_id", "pairwright_order")


def fill_in(root):
    """A person's answers to what was sent."""
    with (root / "sent" / "tasks.csv").open(newline="") as file:
        tasks = list(csv.DictReader(file))
    with (root / "back.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*PLACE, "annotator", "answer"])
        writer.writerows([*(task[name] for name in PLACE), "ann", "first"] for task in tasks)


def start(root, *command):
    return subprocess.Popen(
        [*COMMAND, str(root), *command],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(root, *command):
    process = start(root, *command)
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, f"{command}: {out}{errors}"
    return out


def kill_after(root, seconds, *command):
    """Whether it was still running then."""
    process = start(root, *command)
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return True
    return False


CONTENT = {
    "prompts": "SELECT key FROM prompt",
    "responses": "SELECT p.key, slot, model, CASE WHEN slot IS NULL THEN response.text END FROM response "
    "JOIN prompt p ON p.id = prompt_id",
    "pairs": "SELECT p.key, pair.external_id, CASE WHEN policy = 'given' THEN pair.key END FROM pair "
    "JOIN prompt p ON p.id = prompt_id",
    "votes": "SELECT pair.key, r.name, \"order\", CASE WHEN r.name = 'main' THEN '' ELSE verdict END FROM vote "
    "JOIN pair ON pair.id = pair_id JOIN rater r ON r.id = rater_id",
    "beliefs": "SELECT pair.key, decision, verdict, b.source FROM belief b JOIN pair ON pair.id = pair_id "
    "WHERE NOT EXISTS (SELECT 1 FROM belief n WHERE n.pair_id = b.pair_id AND n.id > b.id)",
}


def state(root):
    """What a project came to, in terms that are the same in every copy."""
    project = Project.open(root)
    with project.store.read() as connection:
        found = {
            name: sorted(map(repr, map(tuple, connection.execute(text(query)).all())))
            for name, query in CONTENT.items()
        }
    project.close()
    told = json.loads(finished(root, "status", "--json"))
    found["status"] = {name: told[name] for name in ("findings", "accepted_from_judges", "for_people")}
    found["verified"] = (told["verified"] or {}).get("pairs")
    rows = (root / "export").rglob("*.jsonl")
    found["exports"] = {str(path.relative_to(root)): path.read_bytes() for path in rows}
    return found


def calls_of(root):
    project = Project.open(root)
    calls = len(rows(project, "call"))
    project.close()
    return calls
