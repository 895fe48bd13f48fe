"""The kinds of judges: what the project file has to say of each, what it costs, and how a card tells of it.

How judges of a kind are asked stands in `stages/judge`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Needs:
    """A setting without which a judge can't be asked. A name from `table`, where there is one."""

    setting: str
    example: str
    table: str | None = None
    holds: str = ""  # what its value must have in it


@dataclass(frozen=True, slots=True)
class JudgeKind:
    """One kind of judges. A plugin's has these defaults."""

    needs: Needs | None = None
    paid: bool = False  # asks an endpoint
    scores: bool = False  # scores each response by itself: one order says it all
    from_labels: bool = False  # says what a reward model trained on the project's labels says
    in_words: str | None = None  # on a dataset's card


_MODEL = Needs("model", '"...", a name from [models.NAME]', table="models")

KINDS = {
    "chat": JudgeKind(_MODEL, paid=True),
    "scores": JudgeKind(_MODEL, paid=True, scores=True, in_words="a reward model that scores each response"),
    "scorer": JudgeKind(
        Needs("score", '"file.py:function"', holds=":"),
        scores=True,
        in_words="a function that scores each response",
    ),
    "light": JudgeKind(
        scores=True, from_labels=True, in_words="a light reward model trained on this project's labels"
    ),
    "reward": JudgeKind(
        Needs("reward", '"...", a name from [rewards.NAME]', table="rewards"),
        scores=True,
        from_labels=True,
        in_words="a reward model trained on this project's labels",
    ),
    "replay": JudgeKind(Needs("path", '"...", recorded verdicts')),
}


def kind_of(name: str) -> JudgeKind:
    return KINDS.get(name, JudgeKind())
