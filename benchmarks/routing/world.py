"""A project whose pairs' truth is known, driven through the stages as a team would: for `frame.py`."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np
from sqlalchemy import select

from pairwright.stages.add.add import add_files
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.people.answers import Person
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.project.project import Project
from pairwright.stages.route.route import RouteResult, run_route
from pairwright.store import schema
from pairwright.store.people import tasks
from pairwright.store.route.frames import draws

SIDES = ("A", "B", "TIE")
JUDGE = '[judges.{name}]\nkind = "replay"\npath = "{name}.jsonl"\nsingle_order = true\n'


@cache
def empty_project() -> Path:
    """A project without pairs, to copy: making the store anew takes longer than a scenario's `route`."""
    root = Path(tempfile.mkdtemp(prefix="frame-")) / "project"
    Project.init(root)
    return root


class World:
    """Pairs by place. `label` is what people say of each together, `judged[name]` what a judge says.

    `right` and `chance` are what the oracle goes by: whether the verdict it would accept is
    people's label, and how probable that was when the pair was made. `asked` counts people's
    answers, labels that were there before aside. Every `route` is looked at: `broken` where
    anything accepted, in all or of one batch, agrees with people less often than the target.
    """

    def __init__(
        self, seed: int, judges: Sequence[str] = ("judge",), *, overlap: int = 1, **route: Any
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="frame-"))
        root = self.folder / "project"
        shutil.copytree(empty_project(), root)
        lines = "".join(JUDGE.format(name=name) for name in judges)
        lines += f"[annotate]\noverlap = {overlap}\noverlap_most = {max(overlap, 1)}\n[route]\n"
        lines += "".join(f"{key} = {json.dumps(value)}\n" for key, value in ({"audit": 0.0} | route).items())
        (root / "pairwright.toml").write_text(f"[project]\nseed = {seed}\n{lines}", encoding="utf-8")
        self.project, self.judges, self.target = Project.open(root), judges, route["target"]
        self.label = np.array([], int)
        self.judged = {name: np.array([], int) for name in judges}
        self.right, self.chance, self.known = np.array([], bool), np.array([]), np.array([], bool)
        self.batches: list[np.ndarray] = []
        self.place: dict[int, int] = {}
        self.asked, self.broken, self.alarms, self.lines = 0, False, 0, 0
        self.result: RouteResult | None = None
        self.says = "all"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.project.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def add(
        self,
        judged: Mapping[str, np.ndarray],
        label: np.ndarray,
        right: np.ndarray,
        chance: np.ndarray,
        *,
        sure: Mapping[str, np.ndarray] | None = None,
        prompts: int | None = None,
        domain: np.ndarray | None = None,
        missing: Mapping[str, np.ndarray] | None = None,
        ask: Iterable[str] | None = None,
    ) -> np.ndarray:
        """n pairs and what every judge says of them; gives their places.

        All (n,): verdicts and `label` as 0 A, 1 B, 2 TIE. `sure`: probability a judge gives to
        its verdict. `missing`: where a judge fails. `ask` names the judges to ask now (all).
        """
        n, first = len(label), len(self.label)
        places = np.arange(first, first + n)
        rows = (
            {
                "id": f"p{i:05d}",
                "prompt": f"Question {len(self.batches)}-{k % (prompts or n):04d}: which road?",
                "response_a": f"yes p{i:05d}",
                "response_b": f"no  p{i:05d}",
                "domain": str(domain[k]) if domain is not None else "none",
            }
            for k, i in enumerate(places)
        )
        assert add_files(self.project.store, [self._write("rows.jsonl", rows)]).committed
        for name, verdict in judged.items():
            with (self.project.root / f"{name}.jsonl").open("a", encoding="utf-8") as file:
                for k, i in enumerate(places):
                    if missing is not None and name in missing and missing[name][k]:
                        continue
                    row: dict[str, Any] = {"id": f"p{i:05d}", "order": "AB", "verdict": SIDES[verdict[k]]}
                    if sure is not None and name in sure:
                        p = float(sure[name][k])
                        row["prob_a"] = round(p if verdict[k] == 0 else 1 - p, 4)
                    file.write(json.dumps(row) + "\n")
            self.judged[name] = np.append(self.judged[name], verdict)
        self.label = np.append(self.label, label)
        self.right, self.chance = np.append(self.right, right), np.append(self.chance, chance)
        self.known = np.append(self.known, np.zeros(n, bool))
        self.batches.append(places)
        with self.project.store.read() as connection:
            query = select(schema.pair.c.id, schema.pair.c.external_id)
            self.place = {row.id: int(row.external_id[1:]) for row in connection.execute(query)}
        for name in self.judges if ask is None else ask:
            run_judge(self.project, name)
        return places

    def _write(self, name: str, rows: Iterable[Mapping[str, Any]]) -> Path:
        path = self.project.root / name
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        return path

    def judge(self, name: str) -> None:
        run_judge(self.project, name)

    def route(self, **more: Any) -> RouteResult:
        """Route, and see whether what is accepted now keeps the promise."""
        self.result = run_route(self.project, **more)
        self.alarms += bool(self.result.calibration and self.result.calibration["alarm"])
        accepted, right = self.accepted()
        for batch in [np.arange(len(self.label)), *self.batches]:
            mine = accepted[batch]
            self.broken |= bool(mine.any() and right[batch][mine].mean() < self.target - 1e-9)
        return self.result

    def accepted(self) -> tuple[np.ndarray, np.ndarray]:
        """(n,) whether a pair is accepted without a person, and (n,) whether as people say.

        Under ties = "apart" the promise is about pairs on which people take a side.
        """
        b = schema.belief.c
        accepted, verdict = np.zeros(len(self.label), bool), np.full(len(self.label), -1)
        with self.project.store.read() as connection:
            query = select(b.pair_id, b.verdict, b.decision, b.source).order_by(b.id)
            newest = {row.pair_id: row for row in connection.execute(query)}
        for pair, row in newest.items():
            if (row.decision, row.source) == ("accept", "judge"):
                accepted[self.place[pair]], verdict[self.place[pair]] = True, SIDES.index(row.verdict)
        if self.project.settings.route.ties == "apart":
            accepted &= self.label != 2
        return accepted, verdict == self.label

    def drawn(self, purpose: str = "calibration") -> np.ndarray:
        """Places, in the order drawn, that no person has answered."""
        with self.project.store.read() as connection:
            places = np.array([self.place[each.pair_id] for each in draws(connection, purpose)], int)  # type: ignore[arg-type]
        return places[~self.known[places]] if len(places) else places

    def served(self, n: int) -> np.ndarray:
        """Places of the first n tasks, in the order people get them."""
        with self.project.store.read() as connection:
            return np.array([self.place[task.pair_id] for task in tasks.next_tasks(connection, 0, n)], int)

    def answer(
        self, places: np.ndarray, people: Mapping[str, np.ndarray] | None = None, *, paid: bool = True
    ) -> None:
        """People label these pairs: {name: (n,) what each says of every pair}, by default as `label`."""
        if not len(places):
            return
        for name, says in (people or {"ann": self.label}).items():
            rows = ({"id": f"p{i:05d}", "annotator": name, "label": SIDES[says[i]]} for i in places)
            assert import_labels(self.project, [self._write("labels.jsonl", rows)]).added
            self.asked += len(places) * paid
        self.known[places] = True

    def calibrate(self, people: Mapping[str, np.ndarray] | None = None, **more: Any) -> None:
        """Route, let people answer all that is drawn to calibrate judges, and route."""
        self.route(**more)
        self.answer(self.drawn(), people)
        self.route()

    def skip(self, name: str, places: np.ndarray) -> None:
        """This person skips these pairs, which are the only ones drawn that are still open."""
        person, wanted = Person.sign_in(self.project, name), set(places.tolist())
        while (task := person.next_task()) is not None and self.place[task.pair_id] in wanted:
            person.skip(task)

    def number(self, place: int) -> int:
        """The row number of a pair."""
        return next(number for number, each in self.place.items() if each == place)
