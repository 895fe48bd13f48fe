"""A project that lives, and its twins: one story told to each, in terms of texts and never of a and b."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from projects import OPENED

from pairwright.keys import seeded_fraction
from pairwright.stages.add.add import add_files
from pairwright.stages.add.labelled_set import add_dataset
from pairwright.stages.check import act_on_findings as settle
from pairwright.stages.check.check import run_check
from pairwright.stages.generate.pair import make_pairs
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.people import accounts, adjudicate, gold
from pairwright.stages.people.annotators import person_named
from pairwright.stages.people.answers import Person
from pairwright.stages.people.erase import erase
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.people.requeue import requeue
from pairwright.stages.project.project import Project
from pairwright.stages.route.label import run_label
from pairwright.stages.route.route import run_route
from pairwright.stages.verify.verify import run_verify
from pairwright.types import Order, swap

PEOPLE = ("ann", "bob", "cyd", "dee")
BEST, MIDDLE, WORST = "clear and correct", "usable", "vague and wrong"
QUALITY = {BEST: 2, MIDDLE: 1, WORST: 0}
CALIBRATION = 20  # pairs drawn for people: the fewest from which judges are weighed
REPLAYED = ("keen", "dull", "mild")  # judges that speak from recorded verdicts, and how often they are right
RIGHT = {"keen": 0.95, "dull": 0.75, "mild": 0.85}


@dataclass(frozen=True)
class Mirror:
    """How a twin differs: which half of the pairs has a and b exchanged, and whose order is reversed."""

    name: str
    swaps: bool = False
    rows: bool = False
    raters: bool = False

    def turned(self, rows: Sequence[Any]) -> list[Any]:
        return list(reversed(rows)) if self.rows else list(rows)

    def swapped(self, *words: str) -> bool:
        """By the texts alone, so that a pair that comes twice is swapped both times."""
        return self.swaps and seeded_fraction("mirror", *sorted(words)) < 0.5


STRAIGHT = Mirror("straight")
MIRRORS = {
    each.name: each
    for each in (
        STRAIGHT,
        Mirror("a and b exchanged", swaps=True),
        Mirror("people and judges in another order", raters=True),
        Mirror("rows in another order", rows=True),
    )
}


@dataclass(frozen=True)
class Pair:
    """A pair as one project holds it; `key` is the same in every twin."""

    key: str
    id: int
    names: tuple[tuple[str, bool], ...]  # ids it came under, and whether its a came as b there
    a: str
    b: str

    @property
    def best(self) -> str:
        return max(self.a, self.b, key=quality)

    @property
    def worst(self) -> str:
        return min(self.a, self.b, key=quality)

    def verdict(self, winner: str | None) -> Any:
        """What of the pair's own a and b was said; None is a tie."""
        return "TIE" if winner is None else "A" if winner == self.a else "B"

    def winner(self, verdict: str | None) -> str | None:
        return {"A": self.a, "B": self.b}.get(str(verdict))


def quality(text: str) -> int:
    return next(n for name, n in QUALITY.items() if name in text)


def texts(name: str) -> tuple[str, str]:
    """Two answers that differ in quality, of various lengths; which comes first tells nothing."""
    more = " and more" * int(4 * seeded_fraction("length", name))
    both = f"A {BEST} answer on {name}.", f"A {WORST} answer on {name}{more}."
    return both if seeded_fraction("first", name) < 0.5 else both[::-1]


class Life:
    """One project. Every method is something a team does; what it acknowledged is kept in `said`."""

    def __init__(self, folder: Path, mirror: Mirror = STRAIGHT) -> None:
        self.mirror, self.copies = mirror, 0
        self.settings: dict[str, dict[str, Any]] = {
            "project": {},
            "route": {"target": 0.6, "delta": 0.4, "calibration_pairs": CALIBRATION, "audit": 0.1},
            "annotate": {"usd_per_pair": 0.3},
            "check": {},
        }
        self.judges: dict[str, dict[str, Any]] = {}
        self.versions: dict[str, int] = {}
        self.said: dict[tuple[str, str], tuple[str | None, str | None]] = {}
        root = folder / "project"
        Project.init(root)
        self.project = self._open(root)
        for name in mirror_order(PEOPLE, mirror):
            Person.sign_in(self.project, name)
        self.lead = accounts.known_or_new(self.project, "lea", "lead")
        self.set("route", "accept", "guarantee")

    def _open(self, root: Path) -> Project:
        project = Project.open(root)
        OPENED.append(project)
        return project

    # --- reading ----------------------------------------------------------------------------------

    @property
    def root(self) -> Path:
        return self.project.root

    def sql(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Straight from the file, past everything the product does with it."""
        with closing(sqlite3.connect(self.root / "pairwright.db")) as connection:
            return connection.execute(query, values).fetchall()

    def pairs(self) -> dict[str, Pair]:
        """By key; sorted, so that the n-th is the same in every twin."""
        names: dict[int, list[tuple[str, bool]]] = {}
        own = "SELECT id, external_id, 0 FROM pair WHERE external_id IS NOT NULL"
        further = "SELECT pair_id, external_id, swapped FROM pair_alias"
        for number, name, swapped in self.sql(f"{own} UNION ALL {further}"):
            names.setdefault(number, []).append((name, bool(swapped)))
        rows = self.sql(
            "SELECT p.id, hex(p.key), a.text, b.text FROM pair p JOIN response a ON a.id = p.a_id "
            "JOIN response b ON b.id = p.b_id ORDER BY p.key"
        )
        return {key: Pair(key, number, tuple(names.get(number, ())), a, b) for number, key, a, b in rows}

    # --- content ----------------------------------------------------------------------------------

    def file(self, name: str, rows: Sequence[dict[str, Any]]) -> Path:
        path = self.root / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    def add_pairs(self, names: Sequence[str], domain: str, again: str = "") -> None:
        """Pairs of two texts; `again` begins the ids of pairs that were there, the other way round."""
        rows = []
        for name in names:
            both = texts(name)
            if self.mirror.swapped(*both) != bool(again):
                both = both[::-1]
            sides = dict(zip(("response_a", "response_b"), both, strict=True))
            question = f"Question {int(name[1:]) // 2}?"  # two pairs to a prompt
            rows.append({"id": f"{again}{name}", "prompt": question, "domain": domain} | sides)
        assert add_files(self.project.store, [self.file("rows.jsonl", self.mirror.turned(rows))]).committed

    def add_prompts(self, names: Sequence[str]) -> None:
        rows = [
            {"prompt": f"Prompt {name}?", "responses": [f"A {kind} answer on {name}." for kind in QUALITY]}
            for name in names
        ]
        assert add_files(self.project.store, [self.file("rows.jsonl", self.mirror.turned(rows))]).committed

    def pair_up(self, policy: Any) -> None:
        make_pairs(self.project.store, policy=policy, seed=self.project.settings.project.seed)

    def add_labelled(self, form: str, names: Sequence[str]) -> None:
        """A labelled set in one of several formats, by somebody of its own."""
        rows = [LABELLED[form][1](name, f"Labelled {name}?", *texts(name)) for name in names]
        source, _, how = LABELLED[form]
        added = add_dataset(
            self.project, [self.file(f"{form}.jsonl", self.mirror.turned(rows))], source=source, **how
        )
        assert added.committed, added.bad

    # --- settings ---------------------------------------------------------------------------------

    def set(self, table: str, name: str, value: Any) -> None:
        self.settings[table][name] = value
        self.reopen()

    def reopen(self) -> None:
        lines = []
        judges = mirror_order(sorted(self.judges), self.mirror)
        tables = self.settings | {f"judges.{name}": self.judges[name] for name in judges}
        for table, values in tables.items():
            lines += [f"[{table}]", *(f"{name} = {json.dumps(value)}" for name, value in values.items())]
        (self.root / "pairwright.toml").write_text("\n".join(lines), encoding="utf-8")
        self.project.close()
        self.project = self._open(self.root)

    def copy(self) -> None:
        """Go on in a copy of the folder, as on another machine."""
        self.project.close()
        self.copies += 1
        there = self.root.with_name(f"copy {self.copies}")
        shutil.copytree(self.root, there)
        self.project = self._open(there)

    def killed(self, verb: str, after: float) -> None:
        """Begin in another process, which is killed at once, in the middle or not at all: it may be done."""
        self.project.close()
        command = [sys.executable, "-m", "pairwright", "-C", str(self.root), verb]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            time.sleep(after)
            if process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)
        self.project = self._open(self.root)

    def guideline(self, text: str) -> None:
        (self.root / "guidelines.md").write_text(text, encoding="utf-8")
        self.reopen()

    # --- judges -----------------------------------------------------------------------------------

    def hire(self, name: str) -> None:
        """One more judge: recorded verdicts, or a small one that judges by itself."""
        replay = {"kind": "replay", "path": f"{name}.jsonl"}
        self.judges[name] = replay if name in REPLAYED else {"kind": name}
        self.versions.setdefault(name, 0)
        if name in REPLAYED:
            self.record(name, 0.0)
        self.reopen()

    def fire(self, name: str) -> None:
        del self.judges[name]
        self.reopen()

    def record(self, name: str, missing: float) -> None:
        """Write down what a judge says of every pair with an id, but for a share that is missing."""
        rows = []
        version = self.versions[name]
        for pair in self.pairs().values():
            said = [self._says(name, version, pair, order) for order in ("AB", "BA")]
            if seeded_fraction("missing", name, version, pair.key) < missing:
                continue
            for id_, swapped in pair.names[:1]:
                for order, answer in said:
                    row = answer | {"id": id_, "order": order}
                    rows.append(_the_other_way(row) if swapped else row)
        self.file(f"{name}.jsonl", rows)

    def _says(self, name: str, version: int, pair: Pair, order: Order) -> tuple[Order, dict[str, Any]]:
        """By the texts and by which is shown first: now and then it is wrong in one order only."""
        shown = (pair.a, pair.b) if order == "AB" else (pair.b, pair.a)
        chance = seeded_fraction("said", name, version, *shown)
        sure = seeded_fraction("sure", name, version, *sorted(shown))
        winner = pair.best if chance < RIGHT[name] else pair.worst
        prob = 0.55 + 0.4 * sure
        prob_a = prob if winner == pair.a else 1 - prob
        verdict = pair.verdict(winner)
        return order, {"verdict": verdict, "confidence": "HIGH" if sure > 0.3 else "LOW", "prob_a": prob_a}

    def change(self, name: str) -> None:
        """The judge is another one from now on: what it said is asked anew."""
        self.versions[name] += 1
        if name in REPLAYED:
            self.record(name, 0.0)
        run_judge(self.project, name, rejudge=True)

    def judge(self, name: str, retry: bool) -> None:
        run_judge(self.project, name, retry_failed=retry)

    def route(self, **more: Any) -> Any:
        return run_route(self.project, **more)

    def label(self, method: Any) -> None:
        run_label(self.project, method)

    # --- people -----------------------------------------------------------------------------------

    def person(self, name: str) -> Person:
        return Looking(self.project, name, Person.sign_in(self.project, name).rater_id)

    def offered(self, name: str) -> str | None:
        task = self.person(name).next_task()
        return None if task is None else task.pair_key.hex().upper()

    def answer(self, name: str, key: str, winner: str | None, both: str | None = None) -> None:
        person, pair = self.person(name), self.pairs()[key]
        task = person.task_on(pair.id)
        assert task is not None
        left = pair.a if person.order(task) == "AB" else pair.b
        choice = (
            f"both_{both}" if both else "tie" if winner is None else "left" if winner == left else "right"
        )
        person.choose(task, choice, 20.0, strength=None if winner is None else 2)
        self.said[name, key] = winner, both

    def skip(self, name: str, key: str) -> None:
        person = self.person(name)
        person.skip(person.task_on(self.pairs()[key].id))

    def flag(self, name: str, key: str) -> None:
        person = self.person(name)
        person.flag(person.task_on(self.pairs()[key].id), "unsafe")

    def undo(self, name: str, key: str) -> None:
        """Take back what this person did last on a pair."""
        before = len(self.sql("SELECT id FROM retraction"))
        self.person(name).undo(self.pairs()[key].id)
        if len(self.sql("SELECT id FROM retraction")) > before:
            self.said.pop((name, key), None)

    def bring(self, name: str, labels: dict[str, str | None]) -> None:
        """A person's labels from a file, by the last id each pair came under."""
        rows = []
        for key, winner in labels.items():
            pair = self.pairs()[key]
            if not pair.names:
                continue
            id_, swapped = pair.names[-1]
            verdict = pair.verdict(winner)
            rows.append({"id": id_, "annotator": name, "label": swap(verdict) if swapped else verdict})
            self.said[name, key] = winner, None
        result = import_labels(self.project, [self.file("labels.jsonl", self.mirror.turned(rows))])
        assert result.added, result.problems

    def requeue(self, name: str) -> None:
        requeue(self.project, person_named(self.project, name), self.lead)
        self.said = {(who, key): said for (who, key), said in self.said.items() if who != name}

    def erase(self, name: str, votes: Any) -> None:
        """At their request; somebody of the same name begins anew."""
        erase(self.project, name, votes=votes, confirm=name)
        self.said = {(who, key): said for (who, key), said in self.said.items() if who != name}
        Person.sign_in(self.project, name)

    def decide(self, key: str, winner: str | None) -> None:
        pair = self.pairs()[key]
        adjudicate.decide(self.project, pair.id, pair.verdict(winner), self.lead)

    def reopen_case(self, key: str) -> None:
        adjudicate.reopen(self.project, self.pairs()[key].id, self.lead)

    def make_gold(self, key: str, winner: str | None) -> None:
        pair = self.pairs()[key]
        gold.make_gold(self.project, pair.id, pair.verdict(winner), by=self.lead)

    def withdraw_gold(self, key: str) -> None:
        gold.withdraw_gold(self.project, self.pairs()[key].id, self.lead)

    # --- checks -----------------------------------------------------------------------------------

    def check(self) -> None:
        run_check(self.project, workers=1)

    def verify(self) -> None:
        run_verify(self.project, by="lea", folds=3, repeats=1)

    def findings(self) -> dict[tuple[str, str, str], int]:
        """(check, part, pair) -> its number: of pairs, whatever became of them, in an order of their own."""
        keys = {pair.id: key for key, pair in self.pairs().items()}
        rows = self.sql('SELECT id, "check", part, pair_id FROM finding WHERE pair_id IS NOT NULL')
        return dict(sorted(((check, part or "", keys[pair]), number) for number, check, part, pair in rows))

    def settle(self, step: Any, finding: tuple[str, str, str]) -> None:
        settle.settle(self.project, step, [self.findings()[finding]], by="lea", because="a test")


class Looking(Person):
    """A person who sees the same text on the left in every twin, whichever is called a."""

    def order(self, task: Any) -> Order:
        order = super().order(task)
        return order if task.a < task.b else _OTHER[order]


_OTHER: dict[Order, Order] = {"AB": "BA", "BA": "AB"}


def _the_other_way(row: dict[str, Any]) -> dict[str, Any]:
    """The same answer on the pair as it came under another id, where a was b."""
    return row | {"verdict": swap(row["verdict"]), "order": _OTHER[row["order"]], "prob_a": 1 - row["prob_a"]}


def mirror_order(names: Sequence[str], mirror: Mirror) -> list[str]:
    return list(reversed(names)) if mirror.raters else list(names)


def _table(name: str, prompt: str, a: str, b: str) -> dict[str, Any]:
    label = "A" if quality(a) > quality(b) else "B"
    return {"id": name, "prompt": prompt, "response_a": a, "response_b": b, "label": label}


def _chosen(_name: str, prompt: str, a: str, b: str) -> dict[str, Any]:
    chosen, rejected = sorted((a, b), key=quality, reverse=True)
    return {"prompt": prompt, "chosen": chosen, "rejected": rejected}


def _helpsteer(_name: str, prompt: str, a: str, b: str) -> dict[str, Any]:
    score = -2 if quality(a) > quality(b) else 2
    return {
        "domain": "general",
        "context": [{"role": "user", "content": prompt}],
        "response1": a,
        "response2": b,
        "overall_preference": score,
        "individual_preference": [{"score": score, "reasoning": "so"}, {"score": score // 2}, {"score": 0}],
    }


Row = Callable[[str, str, str, str], dict[str, Any]]
LABELLED: dict[str, tuple[str, Row, dict[str, Any]]] = {
    "a table of a person": ("table", _table, {"labels_by": "person", "rater": "eve"}),
    "a judge's choices": ("trl-dpo", _chosen, {"labels_by": "judge", "rater": "some model"}),
    "choices of nobody knows whom": ("trl-dpo", _chosen, {}),
    "three people a row": ("helpsteer3", _helpsteer, {}),
}
