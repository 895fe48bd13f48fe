"""Recorded verdicts and human labels, as the belief model reads them.

A set is a folder with `pairs`, `human_labels` and `judge_verdicts` (.jsonl.gz):
put another beside the others, or name their place in PAIRWRIGHT_DATA, and
it is measured like them.
"""

from __future__ import annotations

import gzip
import json
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pairwright.routing.signals import Ballots

DATA = Path(os.environ.get("PAIRWRIGHT_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
VERDICTS = ("A", "B", "TIE")
SIGN = {"A": 1, "B": -1, "TIE": 0}


@dataclass(frozen=True)
class RecordedSet:
    """`votes_of_people` (n_pairs, 3): how many said A, B, TIE. `groups` (n_pairs,): the prompt of each."""

    name: str
    ballots: Ballots
    votes_of_people: np.ndarray
    groups: np.ndarray

    @property
    def truth(self) -> np.ndarray:
        """(n_pairs,) 0 A, 1 B, 2 TIE: what most people said; a draw among them is a tie."""
        return majority(self.votes_of_people)


def majority(votes: np.ndarray) -> np.ndarray:
    top = votes.max(1, keepdims=True)
    drawn = (votes == top).sum(1) > 1
    return np.where(drawn, 2, votes.argmax(1))


def sets() -> list[str]:
    """Names of the sets that have human labels and judges' verdicts."""
    if not DATA.is_dir():
        return []
    return sorted(p.parent.name for p in DATA.glob("*/judge_verdicts.jsonl.gz"))


def rows(path: Path) -> Iterator[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def load(name: str) -> RecordedSet:
    folder = DATA / name
    pairs = list(rows(folder / "pairs.jsonl.gz"))
    place = {pair["id"]: i for i, pair in enumerate(pairs)}
    people = np.zeros((len(pairs), 3))
    for label in rows(folder / "human_labels.jsonl.gz"):
        people[place[label["id"]], VERDICTS.index(label["label"])] += 1
    prompts: dict[str, int] = {}
    groups = np.array([prompts.setdefault(str(pair["prompt"]), len(prompts)) for pair in pairs])
    kept = people.sum(1) > 0
    data = RecordedSet(name, _ballots(folder, pairs, place), people, groups)
    assert kept.all(), f"{name}: {(~kept).sum()} pairs have no human label"
    return data


def _ballots(folder: Path, pairs: list[dict], place: dict[str, int]) -> Ballots:
    columns: dict[str, list[float]] = defaultdict(list)
    names: dict[str, int] = {}
    families: list[str] = []
    for vote in rows(folder / "judge_verdicts.jsonl.gz"):
        if vote["verdict"] not in SIGN:
            continue  # the judge gave none: a failure is no vote
        judge = "/".join(filter(None, (vote["judge"], vote.get("strategy"))))
        if judge not in names:
            names[judge] = len(names)
            families.append(vote["judge"])
        columns["row"].append(place[vote["id"]])
        columns["judge"].append(names[judge])
        columns["order"].append(1 if vote.get("order", "AB") == "AB" else -1)
        gap = _gap(vote.get("scores"))
        # A judge that gave both the same score saw a tie, whatever was made of it afterwards.
        columns["verdict"].append(0 if gap == 0 else SIGN[vote["verdict"]])
        columns["prob_a"].append(_number(vote.get("prob_a")))
        columns["margin"].append(gap)
        stated = vote.get("confidence")
        columns["high"].append(np.nan if stated not in ("HIGH", "LOW") else float(stated == "HIGH"))
    lengths = np.array([[len(str(p["response_a"])), len(str(p["response_b"]))] for p in pairs], float) + 20
    return Ballots(
        tuple(names),
        tuple(families),
        np.array(columns["row"], int),
        np.array(columns["judge"], int),
        *(np.array(columns[c], float) for c in ("order", "verdict", "prob_a", "margin", "high")),
        np.log(lengths[:, 0] / lengths[:, 1]),
    )


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return np.nan


def _gap(scores: object) -> float:
    if not isinstance(scores, list) or len(scores) != 2:
        return np.nan
    return _number(scores[0]) - _number(scores[1])
