"""What a model did, laid out as one text: the view that people, judges and checks read.

Calls of tools and their results stand between marks, \u27e6call NAME\u27e7 ... \u27e6/call\u27e7. A text that
spells such a mark by itself is broken up, so that no answer can pretend to have called a tool. Reasoning is
left out: it is judged what a user sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from pairwright.types import Message, ToolCall

_FORGED = re.compile("\u27e6(?=/?(?:call|result|image|tool)\\b)")
_MARKS = re.compile("\u27e6/?(?:call|result|image|tool)\\b[^\u27e6\u27e7\n]{0,200}\u27e7")


def as_plain(text: str) -> str:
    """A text in which nothing looks like the mark of a call, a result or an image."""
    return _FORGED.sub("\u27e6\u200b", text) if "\u27e6" in text else text


def laid_out(message: Message, *, reasoning: bool = False) -> str:
    """One message as text, with its calls, images and, where asked for, its reasoning."""
    if message.is_plain:
        return as_plain(message.content)
    parts = []
    if reasoning and message.reasoning:
        parts.append(_between("reasoning", "", as_plain(message.reasoning)))
    text = _with_images(message)
    if message.role == "tool":
        parts.append(_between("result", message.name or message.tool_call_id or "", text))
    elif text.strip():
        parts.append(text)
    parts += [_between("call", call.name, arguments_shown(call)) for call in message.tool_calls]
    return "\n\n".join(parts)


def all_laid_out(turns: Iterable[Message], *, reasoning: bool = False) -> str:
    """What a model did, message after message."""
    texts = (laid_out(message, reasoning=reasoning) for message in turns)
    return "\n\n".join(text for text in texts if text.strip())


def tools_shown(tools: Sequence[Mapping[str, Any]]) -> str:
    """The tools on offer, one after the other."""
    return "\n\n".join(_between("tool", _name_of(tool), _json(tool.get("function", tool))) for tool in tools)


def arguments_shown(call: ToolCall) -> str:
    """A call's arguments, laid out where they are JSON."""
    return as_plain(call.arguments) if call.values is None else _json(call.values)


def has_marks(text: str) -> bool:
    """Whether a laid-out text has calls, results or images in it."""
    return _MARKS.search(text) is not None


def final_text(turns: Sequence[Message], text: str) -> str:
    """The words a user reads at the end: those of the last message, or `text` where there are no turns."""
    return turns[-1].content if turns else text


def same_but_reasoning(turns: Sequence[Message]) -> list[dict[str, Any]]:
    """The turns as values, without their reasoning."""
    dicts = [message.as_dict() for message in turns]
    return [{name: value for name, value in each.items() if name != "reasoning_content"} for each in dicts]


def _with_images(message: Message) -> str:
    text, at = "", 0
    for image in message.images:
        text += as_plain(message.content[at : image.at]) + f"\u27e6image {_named(image.ref)}\u27e7"
        at = image.at
    return text + as_plain(message.content[at:])


def _named(ref: str) -> str:
    """An image's name without what it may hold: data URLs are long."""
    return ref if len(ref) <= 200 and not ref.startswith("data:") else ref[:30] + "..."


def _between(mark: str, name: str, text: str) -> str:
    begins = " ".join((mark, *as_plain(name).split()))
    return f"\u27e6{begins}\u27e7\n{text}\n\u27e6/{mark}\u27e7"


def _name_of(tool: Mapping[str, Any]) -> str:
    function = tool.get("function", tool)
    return str(function.get("name", "")) if isinstance(function, Mapping) else ""


def _json(value: Any) -> str:
    return as_plain(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
