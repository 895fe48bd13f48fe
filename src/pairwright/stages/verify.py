"""Verify labels by a reward model that never saw them, and keep what it doubts.

What is doubted most becomes findings of the check `reward_model`, so that all that
can be done about findings can be done about these: send, drop, flip, soften, undo.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from pairwright.quality.example import Example, Finding
from pairwright.reward.cross_fit import FOLDS, REPEATS
from pairwright.reward.curve import learning_curve
from pairwright.reward.repair import repairs
from pairwright.reward.verify import THRESHOLD, Opinion, Verification, halves, verify
from pairwright.stages.check import as_rated, record
from pairwright.stages.labelled import Labelled, read_labelled
from pairwright.stages.opinions import LIGHT, opinion_of
from pairwright.stages.project import Project
from pairwright.stages.settle import settle
from pairwright.stats.clustered import clustered_share
from pairwright.stats.intervals import wilson
from pairwright.store import findings as sql
from pairwright.store.verifications import add_verification, answered_since, newest_verification

CHECK = "reward_model"
REVIEW = 0.1
BINS = 20


@dataclass(frozen=True)
class VerifyResult:
    """`figures` of the verification; `flagged` pairs under the threshold, `findings` the surest of them.

    `unscored` labels were left out, for the model named `model` has no score of them. `sent`
    pairs went to people, half of them unflagged ones to compare with.
    """

    model: str
    pairs: int
    unscored: int
    threshold: float
    figures: dict[str, Any]
    flagged: int
    findings: int
    new: int
    sent: int
    precision: dict[str, Any]
    curve: dict[str, Any] | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def run_verify(
    project: Project,
    *,
    model: str = LIGHT,
    threshold: float = THRESHOLD,
    review: float = REVIEW,
    send: int = 0,
    by: str = "",
    curve: bool = False,
    folds: int = FOLDS,
    repeats: int = REPEATS,
    progress: Callable[[int, int], None] | None = None,
) -> VerifyResult:
    """Ask a reward model about labels it never saw, keep what it doubts, and (with `send`) ask people.

    `model` is "light" or a name from [rewards.NAME]. `review` is the share of pairs that may
    become findings, the surest wrong first. `send`
    that many of them to people, with as many others drawn by chance. Raises InputError
    where there are too few labels or the model can't be had, ConfigError for an unknown name.
    """
    seed = project.settings.project.seed
    formed = opinion_of(
        project, read_labelled(project), model, folds=folds, repeats=repeats, progress=progress
    )
    labelled = formed.labelled
    found = verify(labelled.pairs, labelled.gold, formed.opinion, folds=folds, repeats=repeats, seed=seed)
    flagged = found.flagged(threshold)
    flagged = flagged[np.isnan(labelled.gold[flagged])]  # what is known needs no doubt
    kept = flagged[: max(1, round(review * len(labelled.pairs)))]
    bent = None
    if curve:
        bent = learning_curve(
            labelled.pairs, found.strength, labelled.domains, seed=seed, progress=progress
        ).as_dict()
    with project.store.exclusively("check"):
        controls = _controls(labelled, found, min(send, len(kept)), threshold, seed)
        with project.store.read() as connection:
            before = sql.findings(connection, checks=[CHECK], parts=["margin"], settled=True, gone=True)
            known = {each.pair_id for each in before}
        made = [_finding(labelled, found, int(row)) for row in kept]
        made += [_control(labelled.examples[int(row)]) for row in controls]
        made = list(as_rated(project, made))
        record(project, [CHECK], made, labelled.numbers, by_reason=False)
    new = sum(labelled.numbers[labelled.examples[int(row)].id] not in known for row in kept)
    sent = _send(project, send, by) if send else 0
    result = {
        "model": model,
        "pairs": len(labelled.pairs),
        "unscored": formed.unscored,
        "threshold": threshold,
        **found.figures(),
        "flagged": len(flagged),
        "findings": len(kept),
        "histogram": np.histogram(found.margins, BINS, (-1, 1))[0].tolist(),
        "causes": _causes(labelled, kept),
        "repairs": _repairs(labelled, found, formed.opinion, review, threshold, folds, seed),
        "curve": bent or _last_curve(project),
    }
    with project.store.write() as connection:
        add_verification(connection, result)
    if formed.save:
        formed.save(_card(labelled, found))
    return VerifyResult(
        model, len(labelled.pairs), formed.unscored, threshold, found.figures(), len(flagged), len(kept),
        new, sent, flag_precision(project), bent,
    )  # fmt: skip


def _finding(labelled: Labelled, found: Verification, row: int) -> Finding:
    example = labelled.examples[row]
    support = float(found.support[row])
    words = len(labelled.pairs.chosen[row].split()), len(labelled.pairs.rejected[row].split())
    ratio = (words[0] + 1) / (words[1] + 1)
    longer = f"chosen is {ratio:.1f}x as long" if ratio >= 1 else f"rejected is {1 / ratio:.1f}x as long"
    who = ", ".join(
        sorted({said.rater for said in example.said if said.counts and said.kind == "person"})[:3]
    )
    about = [f"label by {who or example.source or 'nobody known'}", longer]
    if example.domain:
        about.insert(1, example.domain)
    alone = f"; {found.alone[row]:.0%} without this prompt's other labels" if found.others_spread else ""
    reason = (
        f"a reward model that never saw this prompt gives the chosen response {support:.0%}{alone} "
        f"({', '.join(about)})"
    )
    remedy = "send it to people among others (`pairwright verify --send 50`); flip it if they say so"
    return Finding(CHECK, "warning", reason, remedy, example.id, "margin", round(2 * support - 1, 4))


def _control(example: Example) -> Finding:
    reason = "drawn by chance among pairs that are not doubted, to compare with those that are"
    return Finding(CHECK, "info", reason, "nothing: it is a control", example.id, "control")


def _controls(labelled: Labelled, found: Verification, n: int, threshold: float, seed: int) -> np.ndarray:
    calm = np.flatnonzero((found.margins >= threshold) & (labelled.pairs.labels != 0.5))
    return np.random.default_rng(seed).permutation(calm)[:n]


def _send(project: Project, n: int, by: str) -> int:
    """Open findings of both kinds, as tasks like any other: nobody is told which is which."""
    ids: list[int] = []
    with project.store.read() as connection:
        for part in ("margin", "control"):
            of = list(sql.findings(connection, checks=[CHECK], parts=[part]))
            ids += [each.id for each in sorted(of, key=lambda each: each.value or 0)[:n]]
    return len(settle(project, "send", ids, by=by, because="verified by people").done)


def flag_precision(project: Project) -> dict[str, Any]:
    """part -> how often people changed the label of a pair that was sent: doubted ones, and controls."""
    with project.store.read() as connection:
        answered = answered_since(connection, CHECK)
    found = {}
    for part in ("margin", "control"):
        changed = [each for name, each in answered if name == part]
        found[part] = asdict(wilson(sum(changed), len(changed))) if changed else None
    return found


def _causes(labelled: Labelled, kept: np.ndarray) -> dict[str, list[dict[str, Any]]]:
    """Where doubted labels pile up: by domain, source and person; share doubted beside share of all."""

    def named(example: Example) -> dict[str, list[str]]:
        persons = sorted({said.rater for said in example.said if said.counts and said.kind == "person"})
        return {"domain": [example.domain or ""], "source": [example.source or ""], "person": persons}

    every = [named(example) for example in labelled.examples]
    doubted = set(kept.tolist())
    found: dict[str, list[dict[str, Any]]] = {}
    for kind in ("domain", "source", "person"):
        of_all = Counter(name for names in every for name in names[kind] if name)
        of_kept = Counter(name for i in doubted for name in every[i][kind] if name)
        rows: list[dict[str, Any]] = [
            {"name": name, "pairs": n, "doubted": of_kept[name], "share": of_kept[name] / n}
            for name, n in of_all.items()
        ]
        found[kind] = sorted(rows, key=lambda row: -row["share"])[:20]
    return found


def _repairs(
    labelled: Labelled,
    found: Verification,
    said: Opinion,
    review: float,
    threshold: float,
    folds: int,
    seed: int,
) -> dict[str, Any] | None:
    """Right on gold pairs, by what was done about doubted labels before training; None without gold.

    Doubts are found anew among the labels trained on (reward/repair.py): by the light model, or by
    `said` where that model was never trained on them.
    """
    if found.on_gold is None or not len(found.flagged(threshold)):
        return None
    known = np.isfinite(labelled.gold) & (labelled.pairs.labels != 0.5)
    truth = np.where(labelled.gold[known] > 0.5, 1.0, -1.0)
    tried = repairs(
        labelled.pairs, margins=said.margins if said.in_sample is None else None,
        open_=np.isnan(labelled.gold), review=review, threshold=threshold, strength=found.strength,
        folds=folds, seed=seed,
    )  # fmt: skip
    return {
        name: asdict(clustered_share(halves(margins[known], truth), labelled.pairs.groups[known]))
        for name, margins in tried.items()
    }


def _last_curve(project: Project) -> dict[str, Any] | None:
    with project.store.read() as connection:
        newest = newest_verification(connection)
    return newest["curve"] if newest else None


def _card(labelled: Labelled, found: Verification) -> dict[str, Any]:
    """What is told beside a model that was kept: trained on all labels, its figures are the cross-fit's."""
    return {
        "pairwright": version("pairwright"),
        "pairs": len(labelled.pairs),
        "data": labelled.key.hex(),
        "held_out": found.figures(),
    }
