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
from made import MADE, made

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
    found = sorted(p.parent.name for p in DATA.glob("*/judge_verdicts.jsonl.gz"))
    return [*found, *(p.parent.name for p in DATA.glob("*/judge_preferences.jsonl.gz"))]


def rows(path: Path) -> Iterator[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def load(name: str) -> RecordedSet:
    if name in MADE:
        ballots, truth = made(name)
        return RecordedSet(name, ballots, np.eye(3)[truth], np.arange(len(truth)))
    folder = DATA / name
    if (folder / "judge_preferences.jsonl.gz").exists():
        return from_preferences(folder)
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


def from_preferences(folder: Path, n_pairs: int = 2000) -> RecordedSet:
    """Pairs of two models' responses, with a strong judge's soft preferences in the place of people.

    Nobody labelled these by hand: the strong judge's stated preference is what is
    to be predicted, from two weak judges: how often each model wins on other
    prompts (a third of them, kept apart for that), as a probability, and the longer
    response. A check on another kind of signal, not on people.
    """
    texts = {(r["prompt_id"], r["model"]): r["response"] for r in rows(folder / "responses.jsonl.gz")}
    logit: dict[tuple[str, str], float] = {}
    for each in rows(folder / "judge_preferences.jsonl.gz"):
        if each["prob_model_better"] is not None:
            p = min(max(each["prob_model_better"], 1e-4), 1 - 1e-4)
            logit[each["prompt_id"], each["model"]] = float(np.log(p / (1 - p)))
    prompts = sorted({prompt for prompt, _ in logit})
    models = sorted({model for _, model in logit})
    table = np.array([[logit.get((prompt, model), np.nan) for model in models] for prompt in prompts])
    rng = np.random.default_rng(0)
    apart = rng.random(len(prompts)) < 1 / 3
    rate = (np.nansum(table[apart] > 0, axis=0) + 1) / ((~np.isnan(table[apart])).sum(0) + 2)
    elsewhere = np.log(rate / (1 - rate))
    columns: dict[str, list[float]] = defaultdict(list)
    people, groups, gaps = [], [], []
    while len(gaps) < n_pairs:
        i, (a, b) = int(rng.integers(len(prompts))), rng.choice(len(models), 2, replace=False)
        gap = table[i, a] - table[i, b]
        if apart[i] or np.isnan(gap) or gap == 0:
            continue
        odds = np.exp(elsewhere[a] - elsewhere[b])
        length = [len(texts[prompts[i], models[m]]) + 20 for m in (a, b)]
        people.append(np.eye(3)[0 if gap > 0 else 1])
        for judge, verdict, prob in (
            (0, np.sign(odds - 1), odds / (1 + odds)),
            (1, np.sign(length[0] - length[1]), np.nan),
        ):
            columns["row"].append(len(gaps))
            columns["judge"].append(judge)
            columns["verdict"].append(verdict)
            columns["prob_a"].append(prob)
        groups.append(i)
        gaps.append(np.log(length[0] / length[1]))
    nan = np.full(len(columns["row"]), np.nan)
    names = ("win rate elsewhere", "longer")
    ballots = Ballots(
        names,
        names,
        np.array(columns["row"], int),
        np.array(columns["judge"], int),
        np.ones(len(nan)),
        np.array(columns["verdict"], float),
        np.array(columns["prob_a"], float),
        nan,
        nan,
        np.array(gaps),
    )
    return RecordedSet(folder.name, ballots, np.array(people), np.array(groups))


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
