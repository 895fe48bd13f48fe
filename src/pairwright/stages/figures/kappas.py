"""How far people agree beyond chance: all together, and each two of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from itertools import combinations
from typing import Any

import numpy as np

from pairwright.stages.project.project import Project
from pairwright.stats.agreement import SIDES, answer_counts
from pairwright.stats.kappa import cohen_kappa, fleiss_kappa
from pairwright.store.people import annotators
from pairwright.types import Estimate

FEWEST = 20  # pairs two people both answered, under which their kappa says nothing
MOST = 15  # people, over which not every two are listed: those who answered most


def kappas_of(project: Project) -> dict[str, Any]:
    """`fleiss`: an Estimate as a dict, None where not defined; `cohen`: [name, name, Estimate] each."""
    with project.store.read() as connection:
        columns = annotators.votes_as_columns(connection, lengths=False)
        names = annotators.person_names(connection)
    item, rater, said = columns["item"], columns["rater"], columns["said"]
    raters, times = np.unique(rater, return_counts=True)
    most = sorted(raters[np.argsort(-times, kind="stable")][:MOST].tolist())
    mine = {person: rater == person for person in most}
    answers = {person: dict(zip(item[at], said[at], strict=True)) for person, at in mine.items()}
    cohen = []
    for one, other in combinations(most, 2):
        shared = sorted(answers[one].keys() & answers[other].keys())
        if len(shared) < FEWEST:
            continue
        theirs = [np.array([answers[person][i] for i in shared]) for person in (one, other)]
        kappa = _defined(lambda theirs=theirs: cohen_kappa(theirs[0], theirs[1], mirror=SIDES))  # type: ignore[misc]
        cohen.append([names[one], names[other], kappa])
    fleiss = _defined(lambda: fleiss_kappa(answer_counts(item, said, 3), mirror=SIDES))
    return {"fleiss": fleiss, "cohen": cohen}


def _defined(kappa: Callable[[], Estimate]) -> dict[str, Any] | None:
    """None where kappa is not defined: too few answers, or all the same."""
    try:
        return asdict(kappa())
    except ValueError:
        return None
