"""What the light reward model sees of what a response did: its calls, what came of them, how long it thought.

Read off the laid-out text, in which calls, results and tools on offer stand between marks that no plain text
can spell (`pairwright.turns`). A plain text did nothing: all its figures are 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from pairwright.quality.failed_results import has_failed
from pairwright.quality.tool_calls import problems_of_call
from pairwright.turns import Piece, has_marks, pieces
from pairwright.types import ToolCall

VERSION = 1
NAMES = (
    "calls",
    "failed results",
    "a result failed",
    "calls of unknown tools",
    "arguments its schema refuses",
    "steps",
    "stops without an answer",
    "length of reasoning",
)
SHARE = 0.3  # how much a change of one standard deviation weighs, beside words of length 1


def actions(prompt: str, response: str, reasoning: int = 0) -> list[float]:
    """The figures of `NAMES`, counts as logarithms. `reasoning`: its length where the text leaves it out."""
    if not has_marks(response):
        return [0.0] * (len(NAMES) - 1) + [float(np.log1p(reasoning))]
    steps = pieces(response)
    thought = sum(len(each.text) for each in steps if each.kind == "reasoning")
    steps = [each for each in steps if each.kind != "reasoning"]
    calls = [each for each in steps if each.kind == "call"]
    failed = sum(has_failed(each.text) for each in steps if each.kind == "result")
    wrong = [problem.part for call in calls for problem in problems_of_call(_call(call), _tools(prompt))]
    found = (
        np.log1p(len(calls)),
        np.log1p(failed),
        failed > 0,
        np.log1p(wrong.count("no_such_tool")),
        np.log1p(wrong.count("arguments")),
        np.log1p(len(steps)),
        bool(steps) and steps[-1].kind in ("call", "result"),
        np.log1p(max(thought, reasoning)),
    )
    return [float(each) for each in found]


def all_actions(
    prompts: Sequence[str], responses: Sequence[str], reasoning: Sequence[int] = ()
) -> np.ndarray:
    """(n, k) figures."""
    thoughts = reasoning or [0] * len(responses)
    told = zip(prompts, responses, thoughts, strict=True)
    return np.array([actions(*each) for each in told], float).reshape(len(responses), len(NAMES))


def _call(piece: Piece) -> ToolCall:
    return ToolCall(piece.name, piece.text)


def _tools(prompt: str) -> list[Mapping[str, Any]]:
    """The tools on offer, which stand before a prompt's first message."""
    found: list[Mapping[str, Any]] = []
    for piece in pieces(prompt) if prompt.startswith("⟦tool ") else ():
        if piece.kind != "tool":
            break
        try:
            tool = orjson.loads(piece.text)
        except orjson.JSONDecodeError:
            continue
        if isinstance(tool, dict):
            found.append(tool)
    return found
