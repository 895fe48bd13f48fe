"""Each judge closely: its pace and price, whom it agrees with, and models it likes more than people do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from pairwright.routing.signals import Ballots
from pairwright.stages.figures.status import JudgeStatus
from pairwright.stats.annotators import model_bias
from pairwright.stats.intervals import wilson
from pairwright.stats.raters import FEWEST
from pairwright.store.figures.totals import JudgeCalls
from pairwright.store.people.annotators import PairFacts
from pairwright.store.route.ballots import AllVotes


def judges_closely(
    said: AllVotes,
    status: tuple[JudgeStatus, ...],
    calls: Mapping[str, JudgeCalls],
    facts: Mapping[int, PairFacts],
) -> dict[str, dict[str, Any]]:
    """By judge: `votes`, `failed` and why, `high`, `seconds` and `usd` a pair, `models`, `others`.

    `facts` are of the pairs people answered. A judge of two minds over its orders calls a tie.
    """
    decided = decided_by(said.ballots)
    labels = said.labels
    people = np.where(labels.max(1, initial=0) > 0.5, labels.argmax(1), -1)  # what most said; split, neither
    found = {}
    for judge in status:
        paid = calls.get(judge.name)
        at = said.ballots.judges.index(judge.name) if judge.name in said.ballots.judges else None
        found[judge.name] = {
            "votes": judge.votes,
            "failed": judge.failed,
            "reasons": [list(each) for each in judge.reasons],
            "why_failed": judge.why_failed,
            "high": judge.high,
            "seconds": paid.seconds / paid.timed if paid and paid.timed else None,
            "usd": paid.usd / paid.pairs if paid and paid.pairs else None,
            "models": [] if at is None else _models(decided[:, at], people, said, facts),
            "models_known": any(each.model_a and each.model_b for each in facts.values()),
            "others": [] if at is None else _others(decided, at, said.ballots.judges),
        }
    return found


def decided_by(ballots: Ballots) -> np.ndarray:
    """(n_pairs, n_judges): 0 A, 1 B, 2 TIE or of two minds; -1 where a judge said nothing."""
    mean = ballots.means(ballots.verdict.astype(float))
    said = np.select([mean > 0, mean < 0], [0, 1], 2)
    return np.where(np.isnan(mean), -1, said)


def _models(
    judge: np.ndarray, people: np.ndarray, said: AllVotes, facts: Mapping[int, PairFacts]
) -> list[dict[str, Any]]:
    rows = np.flatnonzero((judge >= 0) & (people >= 0))
    mine, theirs = [], []
    for row in rows.tolist():
        known = facts.get(int(said.pair_ids[row]))
        if known and known.model_a and known.model_b:
            mine.append((known.model_a, known.model_b, int(judge[row])))
            theirs.append((known.model_a, known.model_b, int(people[row])))
    return [
        {"model": model, "chosen": asdict(share), "others": usual}
        for model, share, usual in model_bias(mine, theirs)
    ]


def _others(decided: np.ndarray, at: int, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """How often this judge and each other one say the same, on pairs both were heard on."""
    found = []
    for other, name in enumerate(names):
        both = (decided[:, at] >= 0) & (decided[:, other] >= 0)
        if other != at and both.sum() >= FEWEST:
            same = wilson(float((decided[both, at] == decided[both, other]).sum()), int(both.sum()))
            found.append({"judge": name, "agreement": asdict(same)})
    return found
