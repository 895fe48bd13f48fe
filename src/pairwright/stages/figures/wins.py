"""labels -> how strong each model is, and preferences that contradict each other."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from pairwright.errors import NotConverged
from pairwright.stages.project.project import Project
from pairwright.stats.bradley_terry import bradley_terry
from pairwright.stats.cycles import preference_cycles
from pairwright.store.figures.wins import Bout, bouts

RIDGE = 0.1  # where a model never lost or never won: its strength stays finite, and the report says so
SHOWN = 20  # cycles listed


def wins_of(project: Project) -> dict[str, Any]:
    """Figures of the report.

    `models`: name, labels it took part in, and `beats`: the chance that it beats an average
    one of them, with a 95 % interval by prompts; strongest first, empty with fewer than two. `note` says what
    they rest on where that is not labels alone. `each_two`: how often one model was preferred to another,
    a tie as half, of `n` labels. `cycles`: pairs of one prompt whose labels go round
    in a circle, as pair numbers, of which there are `n_cycles`.
    """
    with project.store.read() as connection:
        labels = bouts(connection)
    models, note = _models(labels)
    cycles = _cycles(labels)
    two = _each_two(labels)
    return {
        "models": models,
        "note": note,
        "each_two": two,
        "cycles": cycles[:SHOWN],
        "n_cycles": len(cycles),
    }


def _models(labels: Sequence[Bout]) -> tuple[list[dict[str, Any]], str | None]:
    met = [each for each in labels if each.a_model and each.b_model and each.a_model != each.b_model]
    names = sorted({str(name) for each in met for name in (each.a_model, each.b_model)})
    if len(names) < 2:
        return [], None
    number = {name: i for i, name in enumerate(names)}
    sides = np.array([(number[str(each.a_model)], number[str(each.b_model)]) for each in met])
    lost = np.array([each.verdict == "B" for each in met])
    winner, loser = np.where(lost, sides[:, 1], sides[:, 0]), np.where(lost, sides[:, 0], sides[:, 1])
    tied = np.array([each.verdict == "TIE" for each in met])
    note, prompts = None, np.array([each.prompt_id for each in met])
    try:
        found = bradley_terry(winner, loser, tied, len(names), groups=prompts)
    except NotConverged:
        found = bradley_terry(winner, loser, tied, len(names), groups=prompts, ridge=RIDGE)
        note = "Some model never lost, or never won, against the others: a prior keeps strengths finite."
    times = Counter(str(name) for each in met for name in (each.a_model, each.b_model))
    rows = []
    for i in np.argsort(-found.log_strength):
        # Against the average of the others: the mean strength is zero, so theirs is the negative share.
        of_others = len(names) / (len(names) - 1)
        gap, half = found.log_strength[i] * of_others, 1.96 * found.error[i] * of_others
        value, low, high = (float(1 / (1 + np.exp(-z))) for z in (gap, gap - half, gap + half))
        rows.append(
            {
                "model": names[i],
                "labels": times[names[i]],
                "beats": {"value": value, "low": low, "high": high, "n": times[names[i]]},
            }
        )
    return rows, note


def _each_two(labels: Sequence[Bout]) -> list[dict[str, Any]]:
    won: defaultdict[tuple[str, str], float] = defaultdict(float)
    met = Counter[tuple[str, str]]()
    for each in labels:
        if each.a_model and each.b_model and each.a_model != each.b_model:
            for one, other, side in ((each.a_model, each.b_model, "A"), (each.b_model, each.a_model, "B")):
                met[one, other] += 1
                won[one, other] += 1.0 if each.verdict == side else 0.5 if each.verdict == "TIE" else 0.0
    return [
        {"model": one, "other": other, "won": float(won[one, other]), "n": n}
        for (one, other), n in sorted(met.items())
    ]


def _cycles(labels: Sequence[Bout]) -> list[list[int]]:
    decided = [each for each in labels if each.verdict != "TIE"]
    if not decided:
        return []
    ids = sorted({i for each in decided for i in (each.a_id, each.b_id)})
    number = {i: at for at, i in enumerate(ids)}
    ways = [(each.a_id, each.b_id) if each.verdict == "A" else (each.b_id, each.a_id) for each in decided]
    of = {way: each.pair_id for way, each in zip(ways, decided, strict=True)}
    winner, loser = (np.array([number[way[side]] for way in ways]) for side in (0, 1))
    found = preference_cycles(winner, loser, len(ids))
    return [
        [of[ids[one], ids[other]] for one, other in zip(cycle, [*cycle[1:], cycle[0]], strict=True)]
        for cycle in found
    ]
