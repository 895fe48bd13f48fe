"""How well each method ranks pairs it never saw a label of: tables by number of labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from data import RecordedSet
from measures import (
    COVERAGES,
    OVERALL,
    accuracy_at,
    area_error,
    area_under_risk_coverage,
    people_needed,
    share_error,
    shuffled,
)
from methods import METHODS

from pairwright.routing.forecast import folds_of
from pairwright.types import Estimate

NEEDS_NO_LABELS = {"plain vote", "Dawid-Skene (crowd-kit)"}
# What Pairwright must never be worse than.
SIMPLER = (
    "best judge",
    "log-probability",
    "stated confidence",
    "plain vote",
    "vote of the best model's strategies",
    "Dawid-Skene (crowd-kit)",
)
FIGURES = (
    *(f"accuracy at {coverage:.0%}" for coverage in COVERAGES),
    "area under risk-coverage",
    *(f"people for {overall:.0%}" for overall in OVERALL),
)


def figures(right: np.ndarray) -> np.ndarray:
    return np.array(
        [accuracy_at(right, coverage) for coverage in COVERAGES]
        + [area_under_risk_coverage(right)]
        + [people_needed(right, overall) for overall in OVERALL]
    )


def one_hot(truth: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    labels = np.zeros((len(truth), 3))
    labels[chosen] = np.eye(3)[truth[chosen]]
    return labels


def ten_fold(data: RecordedSet, repeats: int) -> dict[str, np.ndarray]:
    """method -> (repeats, n_pairs, 2): label and confidence of every pair, its fold's labels unseen."""
    truth, everyone = data.truth, np.ones(len(data.truth), bool)
    found: dict[str, list[np.ndarray]] = {}
    for name, method in METHODS.items():
        if name in NEEDS_NO_LABELS:
            answer = method(data.ballots, one_hot(truth, everyone))
            found[name] = [np.stack(answer, axis=1)] * repeats
            continue
        for repeat in range(repeats):
            fold = folds_of(data.groups, everyone, seed=repeat)
            table = np.zeros((len(truth), 2))
            for k in range(10):
                answer = method(data.ballots, one_hot(truth, fold != k))
                if answer is None:
                    break
                table[fold == k] = np.stack(answer, axis=1)[fold == k]
            else:
                found.setdefault(name, []).append(table)
    return {name: np.stack(tables) for name, tables in found.items()}


def ten_fold_table(data: RecordedSet, repeats: int, resamples: int = 400) -> dict[str, list[Estimate]]:
    """Each figure with a 95 % interval over resampled pairs and splits."""
    rng = np.random.default_rng(0)
    result = {}
    for name, tables in ten_fold(data, repeats).items():
        middle = [figures(shuffled(t[:, 0], t[:, 1], data.truth, rng)) for t in tables]
        drawn = []
        for _ in range(resamples):
            table = tables[rng.integers(len(tables))]
            pairs = rng.integers(len(table), size=len(table))
            drawn.append(figures(shuffled(table[pairs, 0], table[pairs, 1], data.truth[pairs], rng)))
        result[name] = _estimates(np.mean(middle, axis=0), np.array(drawn), len(data.truth))
    return result


def by_number(
    data: RecordedSet, n_labels: int, draws: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """method -> (draws, figures) on the pairs of other prompts when this many were labelled.

    And method -> (draws, 2): the standard errors of its share right and of its area under risk-coverage.
    """
    truth = data.truth
    free = {
        name: method(data.ballots, one_hot(truth, np.ones(len(truth), bool)))
        for name, method in METHODS.items()
        if name in NEEDS_NO_LABELS
    }
    found: dict[str, list[np.ndarray]] = {}
    errors: dict[str, list[tuple[float, float]]] = {}
    for draw in range(draws):
        rng = np.random.default_rng(draw)
        chosen = np.zeros(len(truth), bool)
        chosen[rng.choice(len(truth), n_labels, replace=False)] = True
        rest = ~chosen & ~np.isin(data.groups, data.groups[chosen])
        for name, method in METHODS.items():
            answer = free[name] if name in free else method(data.ballots, one_hot(truth, chosen))
            if answer is not None:
                label, confidence = answer
                right = shuffled(label[rest], confidence[rest], truth[rest], rng)
                found.setdefault(name, []).append(figures(right))
                errors.setdefault(name, []).append((share_error(right), area_error(right)))
    return (
        {name: np.array(values) for name, values in found.items()},
        {name: np.array(values) for name, values in errors.items()},
    )


def spread(values: np.ndarray) -> list[Estimate]:
    """Mean and 95 % of draws, by figure."""
    return _estimates(values.mean(0), values, len(values))


@dataclass(frozen=True)
class Beside:
    """Pairwright less a simpler method: mean over draws; its standard error; share of draws worse by more."""

    gap: float
    error: float
    worse: float


def beside(found: dict[str, np.ndarray], errors: dict[str, np.ndarray]) -> dict[str, tuple[Beside, Beside]]:
    """Simpler method -> right on all pairs, and area under risk-coverage, beside it.

    Standard errors are the simpler method's on the pairs left over in that draw: few where many
    pairs share a prompt, since pairs of a labelled prompt are not left over.
    """
    area = FIGURES.index("area under risk-coverage")
    result = {}
    for name in (each for each in SIMPLER if each in found):
        lacking = np.stack(
            [
                found[name][:, 0] - found["Pairwright"][:, 0],
                found["Pairwright"][:, area] - found[name][:, area],
            ],
            axis=1,
        )
        worse = (lacking > errors[name]).mean(0)
        gap, error = lacking.mean(0), errors[name].mean(0)
        result[name] = (
            Beside(float(-gap[0]), float(error[0]), float(worse[0])),
            Beside(float(gap[1]), float(error[1]), float(worse[1])),
        )
    return result


def _estimates(middle: np.ndarray, drawn: np.ndarray, n: int) -> list[Estimate]:
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    return [
        Estimate(float(m), float(a), float(b), n, "resampled")
        for m, a, b in zip(middle, low, high, strict=True)
    ]
