"""Pairs a report lets one open: those its findings name, cut so that the page stays small."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pairwright.judging.rubric import show_prompt
from pairwright.stages.project.project import Project
from pairwright.store.check.findings import findings
from pairwright.store.pair_texts import PairText, texts_of
from pairwright.types import Message

DOUBTED = 10  # labels a reward model doubts most that are shown
LONGEST = 4_000  # characters of one text
MOST = 500_000  # characters of all texts together; what comes later is cut to its beginning
BEGINNING = 300
TEXTS = ("prompt", "a", "a_reasoning", "b", "b_reasoning")


def doubted(project: Project) -> list[dict[str, Any]]:
    """The labels a reward model doubts most, the surest wrong first, with what was done about each."""
    with project.store.read() as connection:
        found = findings(connection, checks=["reward_model"], parts=["margin"], settled=True)
        rows = sorted((each.as_dict() for each in found), key=lambda each: float(each["value"] or 0))
    return rows[:DOUBTED]


def opened(project: Project, checks: dict[str, Any] | None, more: list[dict[str, Any]]) -> dict[str, Any]:
    """The pairs that findings of a summary (see stages/check) and `more` findings name, by number as text."""
    named = [*more]
    if checks:
        for group in checks["open"]:
            named += group["examples"]
        for examples in checks["settled_examples"].values():
            named += examples
    ids = list(dict.fromkeys(each["pair_id"] for each in named if each["pair_id"] is not None))
    with project.store.read() as connection:
        texts = texts_of(connection, ids)
    found, left = {}, MOST
    for pair_id in ids:
        shown = _shown(texts[pair_id], LONGEST if left > 0 else BEGINNING)
        found[str(pair_id)] = shown
        left -= sum(len(shown[name]["text"]) for name in TEXTS)
    return found


def _shown(pair: PairText, longest: int) -> dict[str, Any]:
    return {
        "id": pair.id,
        "external_id": pair.external_id,
        "prompt": _cut(show_prompt(pair.prompt.messages, pair.prompt.tools), longest),
        "a": _cut(pair.a, longest),
        "b": _cut(pair.b, longest),
        "a_reasoning": _cut(_thought(pair.a_turns), longest),
        "b_reasoning": _cut(_thought(pair.b_turns), longest),
        "a_model": pair.a_model,
        "b_model": pair.b_model,
        "decision": pair.decision,
        "verdict": pair.verdict,
        "source": pair.source,
        "reason": pair.reason,
    }


def _thought(turns: Sequence[Message]) -> str:
    """What a model thought before its answers, which no user saw."""
    return "\n\n".join(turn.reasoning for turn in turns if turn.reasoning)


def _cut(text: str, longest: int) -> dict[str, Any]:
    """The text, or its beginning, and how long all of it is."""
    return {"text": text[:longest], "characters": len(text)}
