"""A reward model trained on a project's own labels as a judge: a vote in beliefs, a cascade's first step.

`kind = "light"` is the light model, `kind = "reward"` any other of [rewards.NAME]. On a pair
of a prompt that has labels it says only what models say that never saw this prompt, whether the
pair itself has a label or not: so a threshold tested on pairs with labels holds for those without.
On other prompts it says what one trained on all labels says. Its margin is what beliefs weigh.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pairwright.errors import ConfigError
from pairwright.judging.rubric import show_prompt
from pairwright.judging.scores import compared
from pairwright.reward import actions, features
from pairwright.reward.cross_fit import FOLDS, REPEATS
from pairwright.reward.light import LightModel
from pairwright.stages.judge.compare import Ask
from pairwright.stages.project.project import Project
from pairwright.stages.project.settings import JudgeSettings
from pairwright.stages.reward.kept_folds import fingerprint
from pairwright.stages.reward.labelled_pairs import read_labelled
from pairwright.stages.reward.reward_models import LIGHT, opinion_of
from pairwright.store.judge.pending import JudgeWork
from pairwright.types import Answer


def open_reward(project: Project, name: str, settings: JudgeSettings) -> tuple[Ask, dict[str, Any]]:
    """How to ask it, and its rater's spec: other labels make another rater.

    Raises InputError where there are too few labels, ConfigError where the model can't be one's own.
    """
    reward = settings.reward or LIGHT
    repeats = REPEATS if reward == LIGHT else 1
    labelled = read_labelled(project, besides=True)
    told = labelled.with_labels()
    formed = opinion_of(project, labelled, reward, folds=FOLDS, repeats=repeats)
    model = formed.model
    if model is None:
        raise ConfigError(f'[judges.{name}] reward = "{reward}" holds a judge\'s scores: it votes already')
    if formed.save:
        formed.save({"pairs": len(told.pairs), "data": told.key.hex()})
    # In terms of the pair's own a and b.
    sides = np.array([-1.0 if example.verdict == "B" else 1.0 for example in labelled.examples])
    unseen = {
        labelled.numbers[example.id]: float(margin)
        for example, margin in zip(labelled.examples, formed.opinion.margins * sides, strict=True)
    }

    def ask(work: JudgeWork) -> Answer:
        if work.pair_id in unseen:
            margin = unseen[work.pair_id] * (1 if work.order == "AB" else -1)
        else:
            asked = (
                show_prompt(work.prompt.messages, work.prompt.tools)
                if isinstance(model, LightModel)
                else work.prompt.messages
            )
            first, second = model.scores([asked, asked], [work.first, work.second])
            margin = float(first - second) * formed.unit
        return compared(margin, 0.0)

    spec = {
        "kind": settings.kind,
        "reward": reward,
        "features": features.VERSION,
        "labels": len(told.pairs),
        "told": told.key.hex()[:16],
        **({"actions": actions.VERSION} if isinstance(model, LightModel) and len(model.actions) else {}),
        **_holds(project, reward),
    }
    return ask, spec


def _holds(project: Project, reward: str) -> dict[str, Any]:
    """What [rewards.NAME] says, and what the model or file that it names holds."""
    settings = project.settings.rewards.get(reward)
    if settings is None:
        return {}
    path = Path(settings.base).expanduser() if settings.base else None
    if settings.embed:
        path = project.root / settings.embed.partition(":")[0]
    return {"settings": settings.model_dump(mode="json"), "file": "" if path is None else fingerprint(path)}
