"""Nothing that is sent to a browser tells a gold pair from another: two sessions that differ in that alone."""

import re
import time
from contextlib import contextmanager
from uuid import uuid4

import pytest
from projects import a_project, add_pairs, add_rows, rows
from sites import TheSite
from sqlalchemy import update

from pairwright.keys import public_id
from pairwright.stages.people import accounts, progress
from pairwright.stages.people.answers import Person
from pairwright.stages.people.gold import make_gold
from pairwright.stages.route.route import run_route
from pairwright.store import schema
from pairwright.store.people import annotators

SETTINGS = "[annotate]\ngold_rate = 0.5\nqualify_pairs = 0\n"


class Watched:
    """An annotator of whom all is kept that the server sends, without what the texts themselves are."""

    def __init__(self, site: TheSite, name: str) -> None:
        self.visitor, self.sent, self.names = site.annotator(name), [], {}
        self.tasks: list[str] = []  # held, in the order they were offered

    def call(self, path, body=None):
        answer = self.visitor.call(path, body)
        headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
        self.sent.append((path.split("?")[0], answer.status_code, headers, self.masked(answer.text)))
        return answer.json() if path.startswith("/api/") else None

    def masked(self, text: str) -> str:
        """Ids as numbers in the order they were first seen, and texts without what tells them apart."""
        for name in re.findall(r"x-[0-9a-f]{32}", text):
            self.names.setdefault(name, f"pair {len(self.names)}")
        text = re.sub(r"[0-9a-f]{64}", "token", text)
        text = re.sub(r'"at": \d+', '"at": then', text)
        text = re.sub(r"pairwright-[0-9a-f]{12}", "this project", text)
        text = re.sub(r"x-[0-9a-f]{32}", lambda found: self.names[found[0]], text)
        # On which side "yes" is shown goes by the pair's own texts.
        text = re.sub(r"<del>(yes|no)</del>|<ins>(yes|no)</ins>", "yes", text)
        return re.sub(r"(yes|no|Question) \d+", "text", text)

    def load(self, n=3):
        found = self.call(f"/api/work?n={n}&have={','.join(self.tasks)}")
        self.tasks = [each for each in self.tasks if each not in found["gone"]]
        self.tasks += [task["id"] for task in found["tasks"]]
        return found

    def answer(self):
        self.done = self.tasks.pop(0)
        body = {"id": self.done, "key": uuid4().hex, "choice": "tie", "seconds": 0}
        return self.call("/api/answer", body)

    def change(self):
        """Look through what was answered, open the last of it again, and answer it otherwise."""
        self.call("/api/answers")
        self.call(f"/api/reopen?id={self.done}")
        body = {"id": self.done, "key": uuid4().hex, "choice": "both_bad", "seconds": 0}
        return self.call("/api/answer", body)

    def undo(self):
        self.call("/api/undo", {"id": self.done, "key": uuid4().hex})
        self.tasks.insert(0, self.done)


@contextmanager
def a_site(folder, n, gold, settings=SETTINGS):
    folder.mkdir()
    with a_project(folder, settings=settings) as project:
        add_pairs(project, n)
        run_route(project)
        for pair_id in range(1, gold + 1):
            make_gold(project, pair_id, "A", use="hidden")
        yield TheSite(project)


def an_ordinary_day(site, ann):
    """All a page does, and what may befall it, several times over, to the end of the queue."""
    bob = Person.sign_in(site.project, "bob")
    ann.load()
    for step in range(100):
        ann.call("/api/diff?id=" + ann.tasks[0])
        ann.call("/api/raw?id=" + ann.tasks[0])
        doing = step % 8
        if doing == 0:
            ann.call("/api/skip", {"id": ann.tasks.pop(0), "key": uuid4().hex, "reason": "no idea"})
        elif doing == 1:
            ann.call("/api/flag", {"id": ann.tasks.pop(0), "key": uuid4().hex, "what": "broken"})
        elif doing == 2:  # the page is closed, and opened again
            ann.call("/api/leave", {"ids": ann.tasks})
            ann.tasks = []
        elif doing == 3:  # the laptop slept: what it holds ran out meanwhile
            with site.project.store.write() as connection:
                ran_out = update(schema.lease).where(schema.lease.c.until > 0)
                connection.execute(ran_out.values(until=time.time() - 1))
        elif doing == 4:  # a colleague flags the pair on the screen
            (pair,) = [row for row in rows(site.project, "pair") if ann.tasks[0].endswith(row.key.hex())]
            bob.flag(bob.task_on(pair.id), "broken")
        else:
            ann.answer()
            if doing == 6:
                ann.undo()
                ann.answer()
            if doing == 7:
                ann.change()
        found = ann.load(max(1, 3 - len(ann.tasks)))
        ann.call("/me")
        if found["state"] == "done":
            return step
    raise AssertionError("the queue never ended")


@pytest.fixture(autouse=True)
def counted_at_every_call(monkeypatch):
    """Figures are counted anew for every call: what is kept for some seconds could hide a difference."""
    monkeypatch.setattr(progress, "KEPT_SECONDS", 0.0)


def test_two_days_that_differ_only_in_which_pairs_are_gold_are_the_same_byte_for_byte(tmp_path):
    days = []
    for name, gold in (("plain", 0), ("gold", 6)):
        with a_site(tmp_path / name, 24, gold) as site:
            ann = Watched(site, "ann")
            steps = an_ordinary_day(site, ann)
            days.append((steps, ann.sent))
            kinds = [row.kind for row in rows(site.project, "lease")]
            assert kinds.count("gold") == gold  # all of them were met on that day
    (steps, plain), (steps_with_gold, gold) = days
    assert steps == steps_with_gold
    for at, (one, other) in enumerate(zip(plain, gold, strict=True)):
        assert one == other, f"call {at}"


def test_agreement_with_others_moves_once_a_day_and_not_by_gold(tmp_path):
    with a_site(tmp_path / "a", 30, 0, "[annotate]\noverlap = 2\n") as site:
        for name in ("ann", "bob"):
            visitor = site.annotator(name)
            while tasks := visitor.work(1)["tasks"]:
                said = visitor.answer(tasks[0], "tie")
                assert said["progress"]["agreement"] is None  # what moves with an answer tells what it was
        with site.project.store.write() as connection:
            connection.execute(update(schema.vote).values(at=schema.vote.c.at - 86_400))
        make_gold(site.project, 1, "A", use="hidden")
        ann = accounts.known_or_new(site.project, "ann", "annotator")
        with site.project.store.read() as connection:
            assert annotators.agreement(connection, ann.rater_id, time.time() - 3600) == (29, 29)
        assert progress.progress_of(site.project, ann).agreement == 1.0


def test_nobody_is_given_a_gold_pair_of_a_skill_they_have_not(tmp_path):
    with a_project(tmp_path, settings=SETTINGS) as project:
        made = [("code", i) for i in range(10)] + [("law", i) for i in range(10, 20)]
        row = {"response_a": "yes", "response_b": "no"}
        add_rows(project, [{"id": f"p{i}", "prompt": f"q{i}", "domain": tag, **row} for tag, i in made])
        run_route(project)
        for pair_id in (1, 2, 11, 12, 13, 14):
            make_gold(project, pair_id, "A", use="hidden")
        cody = TheSite(project).annotator("cody", tags=["code"])
        while tasks := cody.work(1)["tasks"]:
            cody.answer(tasks[0])
        assert sorted(row.pair_id for row in rows(project, "lease") if row.kind == "gold") == [1, 2]
        assert all(row.pair_id <= 10 for row in rows(project, "lease"))


def test_practice_pairs_are_no_oracle_for_what_is_gold(tmp_path):
    """Whoever knows the id of a gold pair that was not offered to them learns nothing by naming it."""
    with a_project(tmp_path, settings="[annotate]\nqualify_pairs = 3\n") as project:
        add_pairs(project, 12)
        run_route(project)
        for pair_id in range(1, 9):
            make_gold(project, pair_id, "A", use="both")
        ids = [public_id("pair", row.key, full=True) for row in rows(project, "pair")]
        ann = TheSite(project).annotator("ann")
        offered = {task["id"] for _ in range(3) for task in ann.work(5)["tasks"]}
        assert len(offered) == 3  # one round, however often it is asked for
        refused = []
        for each in ids:
            if each not in offered:
                body = {"id": each, "key": uuid4().hex, "choice": "left", "seconds": 1}
                refused += [ann.call("/api/answer", body), ann.call(f"/api/diff?id={each}")]
        assert {answer.status_code for answer in refused} == {409}


def test_a_practice_pair_counts_by_its_first_answer(tmp_path):
    with a_project(tmp_path, settings="[annotate]\nqualify_pairs = 3\n") as project:
        add_pairs(project, 5)
        run_route(project)
        for pair_id in range(1, 4):
            make_gold(project, pair_id, "A", use="qualify")
        ann = TheSite(project).annotator("ann")
        task = ann.work(1)["tasks"][0]
        told = ann.answer(task, "tie")["feedback"]
        for _ in range(4):  # by now they know the answer
            again = ann.answer(task, told["verdict"])["feedback"]
            assert (again["right"], again["done"]) == (False, 1)
        assert ann.work()["state"] == "qualify"
