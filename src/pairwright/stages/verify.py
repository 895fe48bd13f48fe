"""Verify labels by a reward model trained on the other prompts' labels, and keep what it doubts.

What is doubted most becomes findings of the check `reward_model`, so that all that
can be done about findings can be done about these: send, drop, flip, undo.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from pairwright.quality.duplicates import fingerprint
from pairwright.quality.example import Example, Finding
from pairwright.quality.near import NearTexts, signature
from pairwright.reward.cross_fit import FOLDS, REPEATS, cross_fit
from pairwright.reward.curve import learning_curve
from pairwright.reward.light import Comparisons, train
from pairwright.reward.verify import THRESHOLD, Verification, verify
from pairwright.stages.check import as_rated, record
from pairwright.stages.project import Project
from pairwright.stages.settle import settle
from pairwright.stats.intervals import wilson
from pairwright.store import findings as sql
from pairwright.store import people
from pairwright.store.examples import Examples
from pairwright.store.verifications import add_verification, answered_since, newest_verification

CHECK = "reward_model"
REVIEW = 0.1
NEAR = 0.85
BINS = 20
MODEL = "reward.npz"


@dataclass(frozen=True)
class Labelled:
    """The labelled pairs of a project, as a reward model reads them; arrays in the order of `examples`."""

    examples: tuple[Example, ...]
    pairs: Comparisons
    gold: np.ndarray
    domains: np.ndarray
    numbers: dict[str, int]


def read_labelled(project: Project) -> Labelled:
    """All labels as they stand, ties too. Prompts that are nearly the same are one group."""
    stream = Examples(project.store)
    found = tuple(example for example in stream if example.verdict is not None)
    with project.store.read() as connection:
        known = people.gold_verdicts(connection)
    gold = np.full(len(found), np.nan)
    for i, example in enumerate(found):
        verdict = known.get(stream.numbers[example.id])
        if verdict is not None:
            gold[i] = ("A", "B", "TIE")[verdict] == example.verdict
    pairs = Comparisons(
        tuple(example.prompt for example in found),
        tuple(example.a if example.verdict != "B" else example.b for example in found),
        tuple(example.b if example.verdict != "B" else example.a for example in found),
        np.array([0.5 if example.verdict == "TIE" else 1.0 for example in found]),
        _groups([example.prompt for example in found]),
    )
    domains = np.array([example.domain or "" for example in found], object)
    return Labelled(found, pairs, gold, domains, stream.numbers)


def _groups(prompts: list[str]) -> np.ndarray:
    """(n,) one number for all prompts that are the same or nearly so."""
    prints = [fingerprint(prompt) for prompt in prompts]
    place: dict[int, int] = {}
    texts = NearTexts()
    for prompt, print_ in zip(prompts, prints, strict=True):
        if print_ not in place:
            place[print_] = len(place)
            texts.add(signature(prompt))
    first = list(range(len(place)))
    for i, earlier, _ in texts.alike(NEAR):
        first[i] = first[earlier]  # the earlier one has found its own first already
    return np.array([first[place[print_]] for print_ in prints], int)


@dataclass(frozen=True)
class VerifyResult:
    """`figures` of the verification; `flagged` pairs under the threshold, `findings` the surest of them.

    `sent` pairs went to people, half of them unflagged ones to compare with.
    """

    pairs: int
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
    threshold: float = THRESHOLD,
    review: float = REVIEW,
    send: int = 0,
    by: str = "",
    curve: bool = False,
    folds: int = FOLDS,
    repeats: int = REPEATS,
    progress: Callable[[int, int], None] | None = None,
) -> VerifyResult:
    """Cross-fit a light reward model, keep what it doubts, and (with `send`) ask people about it.

    `review` is the share of pairs that may become findings, the surest wrong first. `send`
    that many of them to people, with as many others drawn by chance. Raises InputError
    where there are too few labels.
    """
    seed = project.settings.project.seed
    labelled = read_labelled(project)
    found = verify(labelled.pairs, labelled.gold, folds=folds, repeats=repeats, seed=seed)
    flagged = found.flagged(threshold)
    kept = flagged[: max(1, round(review * len(labelled.pairs)))]
    bent = None
    if curve:
        bent = learning_curve(
            labelled.pairs, found.strength, labelled.domains, seed=seed, progress=progress
        ).as_dict()
    with project.store.exclusively("check"):
        controls = _controls(labelled, found, min(send, len(kept)), threshold, seed)
        made = [_finding(labelled, found, int(row)) for row in kept]
        made += [_control(labelled.examples[int(row)]) for row in controls]
        made = list(as_rated(project, made))
        done = record(project, [CHECK], made, labelled.numbers, by_reason=False)
    sent = _send(project, send, by) if send else 0
    result = {
        "pairs": len(labelled.pairs),
        "threshold": threshold,
        **found.figures(),
        "flagged": len(flagged),
        "findings": len(kept),
        "histogram": np.histogram(found.margins, BINS, (-1, 1))[0].tolist(),
        "causes": _causes(labelled, kept),
        "without_flagged": _without(labelled, found, kept, folds, seed),
        "curve": bent or _last_curve(project),
    }
    with project.store.write() as connection:
        add_verification(connection, result)
    _save(project, labelled, found)
    return VerifyResult(
        len(labelled.pairs), threshold, found.figures(), len(flagged), len(kept), done.new, sent,
        flag_precision(project), bent,
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


def _without(
    labelled: Labelled, found: Verification, kept: np.ndarray, folds: int, seed: int
) -> dict[str, Any] | None:
    """Right on gold pairs, trained on everything and without what is doubted; None without gold pairs."""
    if found.on_gold is None or not len(kept):
        return None
    weights = np.ones(len(labelled.pairs))
    weights[kept] = 0.0
    known = np.isfinite(labelled.gold) & (labelled.pairs.labels != 0.5)
    shares = []
    for weight in (None, weights):
        fitted = cross_fit(
            labelled.pairs, folds=folds, repeats=1, seed=seed, strength=found.strength, weights=weight
        )
        right = (fitted.margins > 0)[known] == (labelled.gold[known] > 0.5)
        shares.append(asdict(wilson(int(right.sum()), int(known.sum()))))
    return {"with": shares[0], "without": shares[1]}


def _last_curve(project: Project) -> dict[str, Any] | None:
    with project.store.read() as connection:
        newest = newest_verification(connection)
    return newest["curve"] if newest else None


def _save(project: Project, labelled: Labelled, found: Verification) -> None:
    """The model trained on all labels, for use elsewhere; its figures are those of the cross-fit."""
    pairs = labelled.pairs
    model = train(pairs, strength=found.strength, seed=project.settings.project.seed)
    data = hashlib.blake2b(digest_size=16)
    for parts in zip(pairs.prompts, pairs.chosen, pairs.rejected, strict=True):
        data.update("\0".join(parts).encode("utf-8", "surrogatepass"))
    card = {
        "pairwright": version("pairwright"),
        "pairs": len(pairs),
        "data": data.hexdigest(),
        "held_out": found.figures(),
    }
    model.save(project.root / MODEL, card)


def in_words(curve: dict[str, Any] | None, pairs: int) -> str | None:
    """What more data should be worth, in a sentence, beside the rules of thumb."""
    if not curve:
        return None
    low, gain, high = curve["gain"]
    n = curve["points"][-1]["n"]
    text = (
        f"At {n:,} pairs a reward model is at {curve['now'][1]:.1%}; doubling should add "
        f"{gain * 100:.1f} [{low * 100:.1f}, {high * 100:.1f}] points."
    )
    states = {
        state: [d["domain"] for d in curve["domains"] if d["state"] == state] for state in ("climbs", "flat")
    }
    if states["climbs"]:
        text += f" Still climbing: {', '.join(states['climbs'][:5])}."
    if states["flat"]:
        text += f" Flat: {', '.join(states['flat'][:5])}."
    thumb = next(told for most, told in _THUMB if pairs < most)
    return f"{text} Rule of thumb: {thumb}."


_THUMB = (
    (10_000, "10,000 good pairs move a 7B model measurably"),
    (50_000, "50,000 pairs are the sweet spot of a 7B model (UltraFeedback has 64,000)"),
    (100_000, "past 100,000 returns shrink"),
    (float("inf"), "past 100,000 only new domains help (HH-RLHF has 170,000 pairs, Nectar 183,000)"),
)
