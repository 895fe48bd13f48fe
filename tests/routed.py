"""Projects for tests of the guarantee: pools of pairs whose truth is known, a recorded judge, people who answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from projects import a_project, add_rows, rows

from pairwright.stages.judge.judge import run_judge
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.route.route import RouteResult, run_route
from pairwright.store.people import tasks

JUDGE = '[judges.{name}]\nkind = "replay"\npath = "{name}.jsonl"\n'


def other(side: str) -> str:
    return "B" if side == "A" else "A"


class Routed:
    """One project with recorded judges; `truth` is what people say of each pair."""

    def __init__(
        self, folder: Path, route: str = "", judges: tuple[str, ...] = ("judge",), rest: str = ""
    ) -> None:
        route = route if "audit" in route else f"audit = 0.0\n{route}"
        settings = "".join(JUDGE.format(name=name) for name in judges)
        self.project = a_project(folder, settings=f"{settings}\n[route]\n{route}\n{rest}")
        self.judges = judges
        self.truth: dict[str, str] = {}
        self.said: dict[tuple[str, str], str] = {}

    def add(
        self,
        name: str,
        n: int,
        right: float | Callable[[int], float] | Mapping[str, Any],
        *,
        sure: Callable[[int], float] | None = None,
        prompts: int | None = None,
        domain: str | None = None,
        seed: int = 0,
        judge: bool = True,
    ) -> list[str]:
        """n pairs, and what every judge says of them; gives their ids. `right` by place, or by judge."""
        rng = np.random.default_rng([seed, *name.encode()])
        ids = [f"{name}-{i:04d}" for i in range(n)]  # of one length: texts tell nothing of a pair
        add_rows(
            self.project,
            (
                {"id": pair, "prompt": f"Question {name} {i % (prompts or n)}?", "domain": domain or "none"}
                | {"response_a": f"yes {pair}", "response_b": f"no {pair}"}
                for i, pair in enumerate(ids)
            ),
        )
        for judge_name in self.judges:
            share = right[judge_name] if isinstance(right, Mapping) else right
            with (self.project.root / f"{judge_name}.jsonl").open("a") as file:
                for i, pair in enumerate(ids):
                    truth = self.truth.setdefault(pair, "AB"[rng.integers(2)])
                    said = truth if rng.random() < (share(i) if callable(share) else share) else other(truth)
                    self.said[judge_name, pair] = said
                    for order in ("AB", "BA"):
                        row: dict[str, Any] = {"id": pair, "order": order, "verdict": said}
                        if sure is not None:
                            row["prob_a"] = sure(i) if said == "A" else 1 - sure(i)
                        file.write(json.dumps(row) + "\n")
        if judge:
            for judge_name in self.judges:
                run_judge(self.project, judge_name)
        return ids

    def said_by(self, judge: str) -> dict[str, str]:
        """id -> what this judge says."""
        return {pair: said for (name, pair), said in self.said.items() if name == judge}

    def route(self, **more: Any) -> RouteResult:
        return run_route(self.project, **more)

    def waiting(self) -> list[str]:
        """Ids of what people are asked, in the order they are."""
        with self.project.store.read() as connection:
            return [str(task.external_id) for task in tasks.next_tasks(connection, 0, 100_000)]

    def drawn(self, purpose: str = "calibration") -> list[str]:
        """Ids of what was drawn, in the order drawn."""
        ids = self.ids()
        return [ids[row.pair_id] for row in rows(self.project, "draw") if row.purpose == purpose]

    def ids(self) -> dict[int, str]:
        return {row.id: row.external_id for row in rows(self.project, "pair")}

    def label(self, pairs: list[str], name: str = "ann", says: Mapping[str, str] | None = None) -> None:
        """A person labels these pairs, by default as is true."""
        path = self.project.root / "labels.jsonl"
        labels = [{"id": p, "annotator": name, "label": (says or self.truth)[p]} for p in pairs]
        path.write_text("\n".join(map(json.dumps, labels)))
        import_labels(self.project, [path])

    def answer_drawn(self, name: str = "ann", says: Mapping[str, str] | None = None) -> list[str]:
        """A person answers what was drawn to calibrate judges and is still open; gives their ids."""
        drawn = set(self.drawn())
        asked = [pair for pair in self.waiting() if pair in drawn]
        self.label(asked, name, says)
        return asked

    def calibrate(self, **more: Any) -> RouteResult:
        """Route, let people answer what is drawn, and route."""
        self.route(**more)
        self.answer_drawn()
        return self.route()

    def accepted(self) -> dict[str, str]:
        """id -> verdict, of pairs accepted without a person."""
        newest = {row.pair_id: row for row in rows(self.project, "belief")}
        ids = self.ids()
        return {ids[p]: b.verdict for p, b in newest.items() if (b.decision, b.source) == ("accept", "judge")}

    def right(self) -> float:
        """The share of what is accepted that is true."""
        found = self.accepted()
        return float(np.mean([self.truth[pair] == verdict for pair, verdict in found.items()]))

    def reasons(self) -> dict[str, str]:
        """id -> why its newest belief is what it is."""
        ids = self.ids()
        return {ids[row.pair_id]: row.reason for row in rows(self.project, "belief")}
