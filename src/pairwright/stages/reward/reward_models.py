"""Whose opinion verifies labels: the light model's, a transformer's, or the scores a judge has given.

What took long to make (folds, embeddings) is kept in `reward-folds/`, a folder for each
model and state of the labels (stages/kept_folds).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from pairwright.errors import ConfigError, InputError
from pairwright.keys import content_key
from pairwright.reward.cross_fit import calibrated, cross_fit_by, unit_of
from pairwright.reward.full import CARD, FullModel, steps_of
from pairwright.reward.light import Embed, train
from pairwright.reward.training import Recipe, train_full
from pairwright.reward.verify import Opinion, light_opinion
from pairwright.stages.project.judge_kinds import kind_of
from pairwright.stages.project.own_code import own_function
from pairwright.stages.project.project import Project
from pairwright.stages.project.reward_settings import RewardSettings
from pairwright.stages.project.settings import nearest
from pairwright.stages.reward.kept_folds import fingerprint, kept_folds
from pairwright.stages.reward.labelled_pairs import Labelled
from pairwright.store.verify.verifications import margins_of, resting_on
from pairwright.whole_file import whole_file

LIGHT = "light"
FILE = "reward.npz"

# Trained here and asked only about what it never saw; by others, nobody knows on what; a judge's scores.
Kind = Literal["cross-fitted", "published", "judge"]
Save = Callable[[Mapping[str, Any]], Path]
Progress = Callable[[int, int], None]


class Scores(Protocol):
    def scores(self, prompts: Sequence[Any], responses: Sequence[str], /) -> np.ndarray: ...


@dataclass(frozen=True)
class Formed:
    """An opinion on `labelled`; `save(card)` keeps the model, where one was trained.

    `unscored` labels were left out, for nobody scored them, `own` because they rest on votes
    of this very model, as `judge`. `model` scores what has no
    label yet, in units of `unit` log-odds; None where scores are a judge's.
    """

    labelled: Labelled
    opinion: Opinion
    save: Save | None = None
    kind: Kind = "cross-fitted"
    judge: str | None = None
    unscored: int = 0
    own: int = 0
    model: Scores | None = None
    unit: float = 1.0

    def of_labels(self) -> Formed:
        """The same of pairs that have a label alone."""
        rows = np.isfinite(self.labelled.pairs.labels)
        seen = self.opinion.in_sample
        opinion = replace(
            self.opinion, margins=self.opinion.margins[rows], in_sample=None if seen is None else seen[rows]
        )
        return replace(self, labelled=self.labelled.with_labels(), opinion=opinion)


def opinion_of(
    project: Project,
    labelled: Labelled,
    name: str,
    *,
    folds: int,
    repeats: int,
    progress: Progress | None = None,
) -> Formed:
    """What the model of that name says of labels; one that is trained here never saw them.

    Raises ConfigError for a name that is not in [rewards.NAME], InputError where the model
    can't be had or there are too few labels.
    """
    settings = project.settings.rewards.get(name)
    if settings is None and name != LIGHT:
        known = [LIGHT, *project.settings.rewards]
        raise ConfigError(f'--model "{name}" is not in [rewards.NAME]{nearest(name, known)}')
    judges = own_judges(project, name)
    others, own = _others(project, labelled, judges)
    formed = _formed(project, others, name, settings, folds, repeats, progress)
    return replace(formed, own=own, judge=formed.judge or ", ".join(judges) or None)


def own_judges(project: Project, name: str) -> list[str]:
    """The judges that vote what this model says: its own voice under another name."""
    settings = project.settings.rewards.get(name)
    named = [
        judge
        for judge, of in project.settings.judges.items()
        if kind_of(of.kind).from_labels and (of.reward or LIGHT) == name
    ]
    return [*named, *([settings.judge] if settings is not None and settings.judge else [])]


def _others(project: Project, labelled: Labelled, judges: Sequence[str]) -> tuple[Labelled, int]:
    """Without the labels these judges made, and how many those are.

    A model agrees with itself, and to believe a label more or less for it would count its word twice.
    Pairs that have no label are left in.
    """
    if not judges:
        return labelled, 0
    with project.store.read() as connection:
        own = resting_on(connection, judges, verdicts=True)
    told = np.isfinite(labelled.pairs.labels)
    theirs = np.array([labelled.numbers[each.id] in own for each in labelled.examples], bool) & told
    if not theirs.any():
        return labelled, 0
    if (theirs == told).all():
        raise InputError(
            f"all {theirs.sum():,} labels rest on the votes of {', '.join(judges)}, so it can't verify "
            "them: name another with --model, or let people label some pairs"
        )
    return labelled.only(np.flatnonzero(~theirs).tolist()), int(theirs.sum())


def _formed(
    project: Project,
    labelled: Labelled,
    name: str,
    settings: RewardSettings | None,
    folds: int,
    repeats: int,
    progress: Progress | None,
) -> Formed:
    seed = project.settings.project.seed
    if settings is None:
        return _light(project, labelled, FILE, folds, repeats)
    if settings.embed is not None:
        labelled, embed = _embedded(project, labelled, name, settings.embed)
        return _light(project, labelled, f"reward-{name}.npz", folds, repeats, embed)
    if settings.judge is not None:
        return _by_judge(project, labelled, settings.judge, folds, seed)
    if settings.trained:
        return _published(labelled, settings, folds, seed)
    return _trained_here(project, labelled, name, settings, folds, repeats, progress)


def _light(
    project: Project, labelled: Labelled, file: str, folds: int, repeats: int, embed: Embed | None = None
) -> Formed:
    seed = project.settings.project.seed
    said = light_opinion(labelled.pairs, folds=folds, repeats=repeats, seed=seed)
    model = replace(train(labelled.pairs, strength=said.strength, seed=seed), embed=embed)

    def save(card: Mapping[str, Any]) -> Path:
        path = project.root / file
        model.save(path, card)
        return path

    return Formed(labelled, said, save, model=model)


def _embedded(project: Project, labelled: Labelled, name: str, embed: str) -> tuple[Labelled, Embed]:
    """The same with embeddings of its responses, which are made once and kept; and what makes them."""
    where = f"[rewards.{name}] embed"
    function = own_function(project.root, where, embed)
    pairs = labelled.pairs
    vectors: list[np.ndarray] = []

    def checked(texts: Sequence[str]) -> np.ndarray:
        try:
            made = np.asarray(function(list(texts)), float)
        except Exception as error:
            raise InputError(f"{where} failed on {len(texts):,} texts: {error!r}") from error
        if made.ndim != 2 or len(made) != len(texts) or not np.isfinite(made).all():
            raise InputError(f"{where} gave {made.shape} for {len(texts):,} texts: it must be (n, d) numbers")
        if vectors and made.shape[1] != vectors[0].shape[1]:
            raise InputError(
                f"{where} gave {made.shape[1]} numbers a text, and {vectors[0].shape[1]} before, on which "
                f"the model was trained. If {embed.partition(':')[0]} reads a model that changed, delete "
                f"{kept.folder}."
            )
        return made

    # The function's name says nothing of what it does: its file does.
    code = fingerprint(project.root / embed.partition(":")[0])
    kept = kept_folds(project.root, content_key("embed", embed, code, labelled.key))
    for side, texts in (("chosen", pairs.chosen), ("rejected", pairs.rejected)):
        made = kept.load(side)
        if made is None:
            made = checked(texts)
            kept.save(side, made)
        vectors.append(made)
    return replace(labelled, pairs=replace(pairs, vectors=(vectors[0], vectors[1]))), checked


def _by_judge(project: Project, labelled: Labelled, judge: str, folds: int, seed: int) -> Formed:
    with project.store.read() as connection:
        towards_a = margins_of(connection, judge)
    numbers = [labelled.numbers[example.id] for example in labelled.examples]
    rows = [i for i, number in enumerate(numbers) if number in towards_a]
    if not rows:
        raise InputError(
            f"judge {judge} has scored none of {len(numbers):,} labelled pairs: run "
            f"`pairwright judge --judge {judge}` first (it must be one that scores)"
        )
    some = labelled.only(rows)
    raw = np.array([
        towards_a[numbers[i]] * (-1.0 if labelled.examples[i].verdict == "B" else 1.0) for i in rows
    ])  # fmt: skip
    margins = calibrated(raw, some.pairs, folds=folds, seed=seed)
    return Formed(some, Opinion(margins), kind="judge", judge=judge, unscored=len(numbers) - len(rows))


def _published(labelled: Labelled, settings: RewardSettings, folds: int, seed: int) -> Formed:
    assert settings.base is not None
    model = FullModel.load(settings.base, max_tokens=settings.max_tokens, batch=settings.batch)
    raw = model.margins(labelled.pairs, np.arange(len(labelled.pairs)))
    said = Opinion(calibrated(raw, labelled.pairs, folds=folds, seed=seed))
    return Formed(labelled, said, kind="published", model=model, unit=unit_of(raw, labelled.pairs))


def _trained_here(
    project: Project,
    labelled: Labelled,
    name: str,
    settings: RewardSettings,
    folds: int,
    repeats: int,
    progress: Progress | None,
) -> Formed:
    """Cross-fitted; what each fold said is kept, so that a run that was broken off goes on."""
    assert settings.base is not None
    seed, pairs = project.settings.project.seed, labelled.pairs
    recipe = Recipe(
        settings.base, settings.epochs, settings.learning_rate, settings.batch, settings.max_tokens,
        settings.lora_rank, settings.steps,
    )  # fmt: skip
    every = np.arange(len(pairs))
    base = fingerprint(Path(settings.base).expanduser())
    key = content_key("reward", settings.model_dump(mode="json"), base, labelled.key, folds, seed)
    kept = kept_folds(project.root, key)
    steps = recipe.steps or steps_of(len(pairs), recipe.batch, recipe.epochs)
    done = 0

    def fit(rows: np.ndarray, seed: int) -> FullModel:
        nonlocal done
        before = done
        model = train_full(
            pairs, rows, recipe, seed=seed,
            progress=(lambda step, _: progress(before + step, steps * (folds * repeats + 1)))
            if progress else None,
        )  # fmt: skip
        done += steps
        return model

    raw, _ = cross_fit_by(fit, pairs, folds=folds, repeats=repeats, seed=seed, kept=kept)
    folder = project.root / f"reward-{name}"
    seen = kept.load("in-sample")
    if _told(folder).get("trained_on") == key.hex():
        model = FullModel.load(folder, max_tokens=settings.max_tokens, batch=settings.batch)
    else:
        model, seen = fit(every[np.isfinite(pairs.labels)], seed), None
        _keep(model, folder, {"recipe": settings.model_dump(mode="json"), "trained_on": key.hex()})
    if seen is None:
        seen = model.margins(pairs, every)
        kept.save("in-sample", seen)

    def save(card: Mapping[str, Any]) -> Path:
        _tell(folder, {**_told(folder), **card})
        return folder

    margins = calibrated(raw, pairs, folds=folds, seed=seed)
    return Formed(labelled, Opinion(margins, seen), save, model=model, unit=unit_of(raw, pairs))


def _keep(model: FullModel, folder: Path, card: Mapping[str, Any]) -> None:
    """The model with its card. While weights are written no card speaks of them: it is of other labels."""
    (folder / CARD).unlink(missing_ok=True)
    model.save(folder, card)


def _told(folder: Path) -> dict[str, Any]:
    """What the card of a kept model says; nothing where there is none, or none that can be read."""
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return card if isinstance(card, dict) and (folder / "config.json").exists() else {}


def _tell(folder: Path, card: Mapping[str, Any]) -> None:
    with whole_file(folder / CARD) as file:
        file.write(json.dumps(card, indent=2).encode())
