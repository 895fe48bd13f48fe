"""The light reward model as a judge: `kind = "light"`, one more vote in beliefs, a cascade's free first step.

On a pair that has a label it says only what a model says that never saw its prompt;
on others, what one trained on all labels says. Its margin is what beliefs weigh.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

from pairwright.judging.rubric import show_prompt
from pairwright.judging.scores import compared
from pairwright.reward import features
from pairwright.reward.cross_fit import cross_fit
from pairwright.reward.light import train
from pairwright.stages.labelled import read_labelled
from pairwright.stages.project import Project
from pairwright.store.work import JudgeWork
from pairwright.types import Answer


def light_judge(project: Project) -> tuple[Callable[[JudgeWork], Answer], dict[str, Any]]:
    """How to ask it, and its rater's spec: other labels make another rater.

    Raises InputError where there are too few labels.
    """
    labelled = read_labelled(project)
    pairs, seed = labelled.pairs, project.settings.project.seed
    fitted = cross_fit(pairs, seed=seed)
    model = train(pairs, strength=fitted.strength, seed=seed)
    # In terms of the pair's own a and b.
    towards_a = fitted.margins * np.array([-1.0 if e.verdict == "B" else 1.0 for e in labelled.examples])
    unseen = {
        labelled.numbers[example.id]: float(margin)
        for example, margin in zip(labelled.examples, towards_a, strict=True)
    }
    told = hashlib.blake2b(digest_size=8)
    for example in labelled.examples:
        told.update(f"{labelled.numbers[example.id]}{example.verdict}".encode())

    def ask(work: JudgeWork) -> Answer:
        if work.pair_id in unseen:
            margin = unseen[work.pair_id] * (1 if work.order == "AB" else -1)
        else:
            prompt = show_prompt(work.prompt.messages)
            first, second = model.scores([prompt, prompt], [work.first, work.second])
            margin = float(first - second)
        return compared(margin, 0.0)

    spec = {"kind": "light", "features": features.VERSION, "labels": len(pairs), "told": told.hexdigest()}
    return ask, spec
