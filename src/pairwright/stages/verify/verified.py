"""What the newest verification says, as the report, the card and the status tell of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from pairwright.amounts import counted
from pairwright.stages.project.project import Project
from pairwright.stages.verify.sizing import in_words
from pairwright.stats.audit import completed
from pairwright.stats.intervals import wilson
from pairwright.store.verify.verifications import answered_since, labels_state, newest_verification
from pairwright.types import Estimate

CHECK = "reward_model"


def verified(project: Project) -> dict[str, Any] | None:
    """Its figures, how often people answered otherwise, and `out_of_date` where labels changed since.

    `by` is whose opinion it is, in words. None before the first verification.
    """
    with project.store.read() as connection:
        newest = newest_verification(connection)
        state = labels_state(connection) if newest else ""
    if newest is None:
        return None
    return {
        "judge": None,
        "own": 0,
        **newest,
        "by": by_whom(newest),
        "label_accuracy_missing": accuracy_missing(newest),
        "out_of_date": newest.get("labels") != state,
        "precision": flag_precision(project),
        "in_words": in_words(newest["curve"], newest["pairs"], state),
    }


def accuracy_missing(of: dict[str, Any]) -> str | None:
    """Why nobody knows how many labels are right; None where that is known, or no gold pairs were there."""
    agreement, on_gold = of.get("with_others"), of.get("on_gold")
    if of.get("label_accuracy") or not agreement or not on_gold or of.get("refused"):
        return None
    told = f"it agrees with {agreement['value']:.0%} of the labels and is right on {on_gold['value']:.0%} of "
    told += f"{counted(on_gold['n'], 'gold pair')}"
    if agreement["value"] >= on_gold["value"]:
        return f"not known: {told}, as it would if its errors were also the labels'"
    return f"not known: {told}, which is too close to chance"


def standing(project: Project) -> dict[str, Any] | None:
    """Which model verified how many labels last, and whether these are still the labels there are."""
    with project.store.read() as connection:
        newest = newest_verification(connection)
        if newest is None:
            return None
        changed = newest.get("labels") != labels_state(connection)
    return {"model": newest["model"], "pairs": newest["pairs"], "out_of_date": changed}


def by_whom(of: dict[str, Any]) -> str:
    """Who was asked about a label, and whether it may have seen it."""
    kind = of.get("kind", "cross-fitted" if of["model"] == "light" else None)
    if kind is None:
        return f"{of['model']}: of what kind it was is not on record"
    if kind == "published":
        return f"{of['model']}, a published reward model: what it was trained on is not known"
    if kind == "judge":
        return f"the scores that judge {of['judge']} gave"
    return f"a reward model ({of['model']}) that never saw its prompt"


def flag_precision(project: Project) -> dict[str, Any]:
    """How often people, asked about a label anew, said otherwise; None where too little is answered.

    `margin`: of the doubted ones that were asked about, the surest wrong among them.
    `flagged`: of all that were under the threshold and not asked about yet when pairs were
    last sent, by those drawn from them by chance; `of` says how many these were. `control`: of the others.
    """
    with project.store.read() as connection:
        answered = answered_since(connection, CHECK)
        newest = newest_verification(connection)
    found: dict[str, Any] = {}
    for part in ("margin", "control"):
        other = [each for _, name, each in answered if name == part]
        found[part] = asdict(wilson(sum(other), len(other))) if other else None
    other_of = {pair_id: float(each) for pair_id, name, each in answered if name == "margin"}
    return found | {"flagged": _of_flagged(newest["sample"] if newest else None, other_of)}


def _of_flagged(sample: dict[str, Any] | None, other_of: dict[int, float]) -> dict[str, Any] | None:
    """By the sample up to where it is answered: whom people choose to answer first is no sample."""
    if not sample:
        return None
    said = np.array([other_of.get(pair_id, np.nan) for pair_id in sample["pairs"]])
    said = said[: completed(said)]
    if not len(said):
        return None
    other, missing = float(np.nansum(said)), int(np.isnan(said).sum())
    low, high = wilson(other, len(said)).low, wilson(other + missing, len(said)).high
    known = len(said) - missing
    return {**asdict(Estimate(other / known, low, high, known, "Wilson 95%")), "of": sample["of"]}
