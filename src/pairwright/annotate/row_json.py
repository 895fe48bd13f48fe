"""A row as JSON: what a model was asked and what it did, every character of it, with nothing laid out.

What stands in a text can't pretend to be more than text: its quotes are escaped, and characters that can't
be seen are written as JSON writes them (`\\u202e`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pairwright.annotate.rendering import HIDDEN, code_html
from pairwright.turns import without_reasoning
from pairwright.types import Message, Prompt

COLOURED = 200_000  # characters: JSON is coloured fast
_BREAKS = re.compile("[\u2028\u2029]")  # some programs begin a new line at these


def prompt_json(prompt: Prompt, *, reasoning: bool) -> str:
    """A prompt as HTML: messages, tools and arguments of the chat template, by the names `add` reads."""
    row: dict[str, Any] = {"prompt": _messages(prompt.messages, reasoning)}
    if prompt.tools:
        row["tools"] = list(prompt.tools)
    if prompt.template:
        row["chat_template_kwargs"] = dict(prompt.template)
    return _html(row)


def response_json(turns: Sequence[Message], *, reasoning: bool) -> str:
    """A response as HTML."""
    return _html(_messages(turns, reasoning))


def without_ids(turns: Sequence[Message]) -> list[Message]:
    """The same messages, each call with a number for its id: those of a provider tell whose model it was."""
    numbers: dict[str, str] = {}

    def numbered(name: str | None) -> str | None:
        return numbers.setdefault(name, f"call {len(numbers) + 1}") if name else name

    return [
        replace(
            turn,
            tool_calls=tuple(replace(call, id=numbered(call.id)) for call in turn.tool_calls),
            tool_call_id=numbered(turn.tool_call_id),
        )
        for turn in turns
    ]


def _messages(turns: Sequence[Message], reasoning: bool) -> list[dict[str, Any]]:
    dicts = [turn.as_dict() for turn in turns]
    dicts = dicts if reasoning else without_reasoning(dicts)
    return [
        {**each, "tool_calls": [_call(call) for call in each["tool_calls"]]} if "tool_calls" in each else each
        for each in dicts
    ]


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    """A call with its arguments as an object where they are one, else as the model wrote them."""
    function = call["function"]
    try:
        values = json.loads(function["arguments"])
    except (ValueError, RecursionError):
        values = None
    return {**call, "function": {**function, "arguments": values}} if type(values) is dict else dict(call)


def _html(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=2)
    for unseen in (HIDDEN, _BREAKS):
        text = unseen.sub(lambda found: json.dumps(found[0])[1:-1], text)
    return code_html(text, "json", limit=COLOURED).replace("<pre>", '<pre class="raw json">', 1)
