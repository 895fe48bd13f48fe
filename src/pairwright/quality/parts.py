"""The parts of what a model did: its final answer, its calls, what it said beside them, what it thought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from pairwright.types import Message, ToolCall


@dataclass(frozen=True, slots=True)
class ResponseParts:
    """`answer` is the last text, "" where the response ends with a call or a result.

    `calls` are names and arguments in order: equal where the same tools are asked for the same. Results of
    tools are no part: the model did not write them.
    """

    answer: str
    calls: tuple[str, ...]
    beside: str
    reasoning: str
    images: tuple[str, ...]


def parts_of(text: str, turns: Sequence[Message]) -> ResponseParts:
    """The parts of a response; a plain text is all answer."""
    if not turns:
        return ResponseParts(text, (), "", "", ())
    said = [turn for turn in turns if turn.role == "assistant"]
    ends = bool(said) and said[-1] is turns[-1] and not said[-1].tool_calls
    before = said[:-1] if ends else said
    return ResponseParts(
        said[-1].content if ends else "",
        tuple(_named(call) for turn in said for call in turn.tool_calls),
        "\n\n".join(turn.content for turn in before if turn.content.strip()),
        "\n\n".join(turn.reasoning for turn in said if turn.reasoning),
        tuple(image.ref for turn in said for image in turn.images),
    )


def _named(call: ToolCall) -> str:
    """A call as text that is the same whatever the order of its arguments."""
    values = call.values
    arguments = (
        call.arguments if values is None else orjson.dumps(values, option=orjson.OPT_SORT_KEYS).decode()
    )
    return f"{call.name} {arguments}"
