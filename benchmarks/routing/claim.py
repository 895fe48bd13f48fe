"""The method's claim, held against data: judges decide what they are sure of, people the rest.

"Judges agree with experts on 80 % of what they are sure of; people on the other
fifth; cost 5-10 times lower; within 2-3 points of full human labels." One person
answers where people are asked. Where a set has three, a person and the judges are
held against what the other two agree on, each person in turn; a fit never sees
the labels it is held against. The control sends the same share to people at random.
"""

from __future__ import annotations

import numpy as np
from data import DATA, VERDICTS, RecordedSet, rows
from methods import CHEAP, PERSON, STRONG

from pairwright.routing import forecast

SHARES = (0.20, 0.155, 0.055)


def claim(data: RecordedSet) -> list[list[str]]:
    """A row for each share that goes to people: figures as text."""
    cases = list(_cases(data))
    rng = np.random.default_rng(0)
    table = []
    for share in SHARES:
        runs = [_one(data, *case, share, seed) for case in cases for seed in range(5)]
        sure, ours, random, person = np.mean([_means(run) for run in runs], axis=0)
        apart = []
        for _ in range(400):
            run = runs[rng.integers(len(runs))]
            drawn = rng.integers(run.shape[1], size=run.shape[1])
            resampled = _means(run[:, drawn])
            apart.append(100 * (resampled[1] - resampled[3]))
        low, high = np.percentile(apart, [2.5, 97.5])
        table.append(
            [
                f"{share:.1%}",
                f"{sure:.3f}",
                f"{ours:.3f}",
                f"{random:.3f}",
                f"{person:.3f}",
                f"{100 * (ours - person):+.1f} [{low:+.1f}, {high:+.1f}]",
                f"{PERSON / (share * PERSON + STRONG + CHEAP):.1f}",
            ]
        )
    return table


def _means(run: np.ndarray) -> np.ndarray:
    """Right among those not sent to people; right overall; with random routing; one person on all."""
    to_people, judge, ours, random, person = run
    return np.array([judge[~to_people].mean(), ours.mean(), random.mean(), person.mean()])


def _cases(data: RecordedSet):
    """(a person's labels, what they are held against, where that is known), each person in turn."""
    place: dict[str, int] = {}
    said: dict[str, dict[int, int]] = {}
    for pair in rows(DATA / data.name / "pairs.jsonl.gz"):
        place[pair["id"]] = len(place)
    for label in rows(DATA / data.name / "human_labels.jsonl.gz"):
        said.setdefault(label["annotator"], {})[place[label["id"]]] = VERDICTS.index(label["label"])
    people = [np.array([labels.get(i, -1) for i in range(len(place))]) for labels in said.values()]
    if len(people) < 3:
        yield data.truth, data.truth, np.ones(len(data.truth), bool)
        return
    for i, own in enumerate(people):
        others = [each for j, each in enumerate(people) if j != i]
        yield own, others[0], (own >= 0) & (others[0] == others[1]) & (others[0] >= 0)


def _one(
    data: RecordedSet, own: np.ndarray, truth: np.ndarray, known: np.ndarray, share: float, seed: int
) -> np.ndarray:
    """(5, n_pairs) of truth values: sent to people; and right: judge, ours, random routing, one person."""
    crossed = forecast.cross_fit(data.ballots, np.eye(3)[own], data.groups, seed=seed)
    label, confidence = crossed.probs.argmax(1)[known], crossed.confidence[known]
    own, truth = own[known], truth[known]
    rng = np.random.default_rng(seed)
    order = np.lexsort((rng.random(len(label)), -confidence))
    to_people = np.zeros(len(label), bool)
    to_people[order[round((1 - share) * len(label)) :]] = True
    at_random = rng.permutation(to_people)
    routed, control = np.where(to_people, own, label), np.where(at_random, own, label)
    right = [each == truth for each in (label, routed, control, own)]
    return np.stack([to_people, *right])
