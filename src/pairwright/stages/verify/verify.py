"""Verify labels by a reward model, one that never saw them unless told otherwise, and keep what it doubts.

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

from pairwright.keys import seeded_fraction
from pairwright.quality.example import Example, Finding
from pairwright.report.about_reward import FIGURES
from pairwright.reward.cross_fit import FOLDS, REPEATS
from pairwright.reward.curve import learning_curve
from pairwright.reward.repair import repairs
from pairwright.reward.verify import THRESHOLD, Opinion, Verification, halves, verify
from pairwright.stages.check.act_on_findings import settle
from pairwright.stages.check.check import as_rated, record
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result, facts_of
from pairwright.stages.reward.labelled_pairs import Labelled, read_labelled
from pairwright.stages.reward.reward_models import LIGHT, Formed, opinion_of
from pairwright.stages.verify.verified import CHECK, flag_precision
from pairwright.stats.clustered import clustered_mean, clustered_share
from pairwright.store.check import findings as sql
from pairwright.store.verify.verifications import (
    add_verification,
    labels_state,
    newest_verification,
    no_further_answer,
)

REVIEW = 0.1
BINS = 20


@dataclass(frozen=True, repr=False)
class VerifyResult(Result):
    """`figures` of the verification; `flagged` pairs under the threshold, `findings` the surest of them.

    `kind` says what `model` is: cross-fitted, published, or a `judge`, of whom `unscored` labels
    have no score and `own` rest on its own votes: both were left out. `sent`
    pairs went to people: half of them flagged, of which half are the surest wrong and half
    drawn by chance from all flagged, and as many unflagged ones to compare with.
    """

    model: str
    kind: str
    judge: str | None
    pairs: int
    unscored: int
    own: int
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

    def facts(self) -> list[tuple[str, str]]:
        shares = {name: self.figures.get(name) for name in FIGURES}
        return facts_of(self.as_dict(), "figures", "precision", "curve") + [
            (FIGURES[name], f"{of['value']:.1%} [{of['low']:.1%}, {of['high']:.1%}]")
            for name, of in shares.items()
            if of is not None
        ]


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
    """Ask a reward model about labels, keep what it doubts, and (with `send`) ask people.

    `model` is "light" or a name from [rewards.NAME]. `review` is the share of pairs that may
    become findings, the surest wrong first. `send`
    that many of them to people, with as many others drawn by chance. Raises InputError
    where there are too few labels or the model can't be had, ConfigError for an unknown name.
    """
    seed = project.settings.project.seed
    with project.store.read() as connection:
        state = labels_state(connection)
    # What folds of a costly model say of pairs without a label is kept, too: as a judge it is asked for that.
    every = read_labelled(project, besides=_is_trained(project, model))
    bent = None
    if curve and not _is_light(project, model):
        # Of the light model in any case, and first: it may find the labels too few, before hours of training.
        bent = _curve(every.with_labels(), None, LIGHT, state, seed, progress)
    formed = opinion_of(project, every, model, folds=folds, repeats=repeats, progress=progress).of_labels()
    labelled = formed.labelled
    found = verify(labelled.pairs, labelled.gold, formed.opinion, folds=folds, repeats=repeats, seed=seed)
    flagged = found.flagged(threshold)
    flagged = flagged[np.isnan(labelled.gold[flagged])]  # what is known needs no doubt
    kept = flagged[: max(1, round(review * int(found.decided.sum())))]
    if curve and bent is None:
        bent = _curve(labelled, found.strength, model, state, seed, progress)
    told = {"model": model, "kind": formed.kind, "judge": formed.judge}
    with project.store.exclusively("check"):
        with project.store.read() as connection:
            before = sql.findings(connection, checks=[CHECK], parts=["margin"], settled=True, gone=True)
            known = {each.pair_id for each in before}
            closed = no_further_answer(connection, CHECK)
        to_ask = _shuffled(labelled, flagged, closed, seed)
        sample = to_ask[: (send + 1) // 2]
        doubted, controls = _asked(labelled, found, kept, sample, send, threshold, closed, seed)
        made = [
            _finding(labelled, found, int(row), _who_gives(formed, model))
            for row in dict.fromkeys([*kept.tolist(), *doubted.tolist()])
        ]
        made += [_control(labelled.examples[int(row)]) for row in controls]
        made = list(as_rated(project, made))
        record(project, [CHECK], made, labelled.numbers, by_reason=False)
    new = sum(labelled.numbers[labelled.examples[int(row)].id] not in known for row in kept)
    sent = _send(project, labelled, doubted, controls, by) if send else 0
    result = {
        **told,
        "pairs": len(labelled.pairs),
        "unscored": formed.unscored,
        "own": formed.own,
        "labels": state,
        "threshold": threshold,
        **found.figures(),
        "flagged": len(flagged),
        "findings": len(kept),
        "histogram": np.histogram(found.margins[found.decided], BINS, (-1, 1))[0].tolist(),
        "causes": _causes(labelled, kept),
        "repairs": _repairs(labelled, found, formed.opinion, review, threshold, folds, seed),
        "curve": bent or _last_curve(project),
        # In the order drawn: what is measured on them is of all that are flagged and not asked about yet.
        "sample": {
            "pairs": [labelled.numbers[labelled.examples[int(row)].id] for row in sample],
            "of": len(to_ask),
        }
        if send
        else _last_sample(project),
    }
    with project.store.write() as connection:
        add_verification(connection, result)
    if formed.save:
        formed.save(_card(labelled, found))
    return VerifyResult(
        model, formed.kind, formed.judge, len(labelled.pairs), formed.unscored, formed.own, threshold,
        found.figures(), len(flagged), len(kept), new, sent, flag_precision(project), bent,
    )  # fmt: skip


def _is_trained(project: Project, model: str) -> bool:
    """Whether it is a transformer that is trained here."""
    settings = project.settings.rewards.get(model)
    return settings is not None and settings.base is not None and not settings.trained


def _is_light(project: Project, model: str) -> bool:
    """Whether it is the light model, with embeddings or without: then the curve is of it."""
    settings = project.settings.rewards.get(model)
    return model == LIGHT or settings is None or settings.embed is not None


def _curve(
    labelled: Labelled,
    strength: float | None,
    model: str,
    state: str,
    seed: int,
    progress: Callable[[int, int], None] | None,
) -> dict[str, Any]:
    """The learning curve of a light model, with what it is of: it is shown beside later verifications."""
    found = learning_curve(labelled.pairs, strength, labelled.domains, seed=seed, progress=progress)
    name = LIGHT if model == LIGHT else f"{LIGHT} ({model})"
    return {**found.as_dict(), "of": {"model": name, "pairs": len(labelled.pairs), "labels": state}}


def _who_gives(formed: Formed, model: str) -> str:
    return {
        "cross-fitted": "a reward model that never saw this prompt gives",
        "published": f"{model}, a published reward model that may have seen this prompt, gives",
        "judge": f"the scores of judge {formed.judge} give",
    }[formed.kind]


def _finding(labelled: Labelled, found: Verification, row: int, gives: str) -> Finding:
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
    reason = f"{gives} the chosen response {support:.0%}{alone} ({', '.join(about)})"
    remedy = "send it to people among others (`pairwright verify --send 50`); flip it if they say so"
    return Finding(CHECK, "warning", reason, remedy, example.id, "margin", round(2 * support - 1, 4))


def _control(example: Example) -> Finding:
    reason = "drawn by chance among pairs that are not doubted, to compare with those that are"
    return Finding(CHECK, "info", reason, "nothing: it is a control", example.id, "control")


def _shuffled(labelled: Labelled, flagged: np.ndarray, closed: set[int], seed: int) -> np.ndarray:
    """The flagged rows that people can still be asked about, in an order of chance."""
    number = {int(row): labelled.numbers[labelled.examples[int(row)].id] for row in flagged}
    rows = [row for row, pair in number.items() if pair not in closed]
    return np.array(sorted(rows, key=lambda row: seeded_fraction("flagged", seed, number[row])), int)


def _asked(
    labelled: Labelled,
    found: Verification,
    kept: np.ndarray,
    sample: np.ndarray,
    send: int,
    threshold: float,
    closed: set[int],
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """The rows to ask people about: the sample and those doubted most, and as many others drawn by chance.

    Of all of them only what people can still be asked about, and nothing whose answer is known.
    """
    free = np.array([labelled.numbers[example.id] not in closed for example in labelled.examples], bool)
    rows = np.array(list(dict.fromkeys([*sample.tolist(), *kept.tolist()])), int)
    doubted = rows[free[rows]][:send]
    calm = np.flatnonzero(
        (found.margins >= threshold) & (labelled.pairs.labels != 0.5) & np.isnan(labelled.gold) & free
    )
    return doubted, np.random.default_rng(seed).permutation(calm)[: len(doubted)]


def _send(project: Project, labelled: Labelled, doubted: np.ndarray, controls: np.ndarray, by: str) -> int:
    """Open findings of both kinds, as tasks like any other: nobody is told which is which."""
    ids: list[int] = []
    with project.store.read() as connection:
        for part, rows in (("margin", doubted), ("control", controls)):
            wanted = {labelled.numbers[labelled.examples[int(row)].id] for row in rows}
            found = sql.findings(connection, checks=[CHECK], parts=[part])
            ids += {each.pair_id: each.id for each in found if each.pair_id in wanted}.values()
    return len(settle(project, "send", ids, by=by, because="verified by people").done)


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

    `gain` is the difference to the labels as they are, on the same pairs.

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
    groups = labelled.pairs.groups[known]
    right = {name: halves(margins[known], truth) for name, margins in tried.items()}
    return {
        name: {
            **asdict(clustered_share(these, groups)),
            "gain": asdict(clustered_mean(these - right["as they are"], groups)),
        }
        for name, these in right.items()
    }


def _last_curve(project: Project) -> dict[str, Any] | None:
    with project.store.read() as connection:
        newest = newest_verification(connection)
    return newest["curve"] if newest else None


def _last_sample(project: Project) -> dict[str, Any] | None:
    with project.store.read() as connection:
        newest = newest_verification(connection)
    return newest["sample"] if newest else None


def _card(labelled: Labelled, found: Verification) -> dict[str, Any]:
    """What is told beside a model that was kept: trained on all labels, its figures are the cross-fit's."""
    return {
        "pairwright": version("pairwright"),
        "pairs": len(labelled.pairs),
        "data": labelled.key.hex(),
        "held_out": found.figures(),
    }
