"""What a model did, laid out as one text: the view that people, judges and checks read.

Calls of tools and their results stand between marks, ⟦call NAME⟧ ... ⟦/call⟧. A text that
spells such a mark by itself is broken up, so that no answer can pretend to have called a tool. Reasoning is
left out: it is judged what a user sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from pairwright.images import is_data
from pairwright.types import Message, ToolCall

_KINDS = "call|result|tool|image|reasoning|cut"
_ALONE = ("image", "cut")  # marks that nothing closes
_FORGED = re.compile(f"⟦(?=/?(?:{_KINDS})\\b)")
_MARKS = re.compile(f"⟦(?P<kind>{_KINDS})\\b ?(?P<name>[^⟦⟧\n]*)⟧")


def as_plain(text: str) -> str:
    """A text in which nothing looks like the mark of a call, a result or an image."""
    return _FORGED.sub("⟦\u200b", text) if "⟦" in text else text


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
    texts = (laid_out(message, reasoning=reasoning) for message in with_names(turns))
    return "\n\n".join(text for text in texts if text.strip())


def with_names(turns: Iterable[Message]) -> list[Message]:
    """The same messages, each result with the name of the tool whose call it answers."""
    names: dict[str, str] = {}
    found = []
    for message in turns:
        names |= {call.id: call.name for call in message.tool_calls if call.id}
        if message.role == "tool" and not message.name and message.tool_call_id in names:
            message = replace(message, name=names[message.tool_call_id])
        found.append(message)
    return found


def tools_shown(tools: Sequence[Mapping[str, Any]]) -> str:
    """The tools on offer, one after the other."""
    return "\n\n".join(_between("tool", _name_of(tool), _json(tool.get("function", tool))) for tool in tools)


def arguments_shown(call: ToolCall) -> str:
    """A call's arguments, laid out where they are JSON."""
    return as_plain(call.arguments) if call.values is None else _json(call.values)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a laid-out text: `kind` is text, call, result, tool, image, reasoning or cut."""

    kind: str
    name: str
    text: str


def pieces(text: str) -> list[Piece]:
    """The parts of a laid-out text, in order: what is said, and what stands between marks."""
    found: list[Piece] = []
    at = 0
    while mark := _MARKS.search(text, at):
        if text[at : mark.start()].strip():
            found.append(Piece("text", "", text[at : mark.start()].strip("\n")))
        kind, begin = mark["kind"], mark.end()
        end = begin if kind in _ALONE else text.find(f"⟦/{kind}⟧", begin)
        end = len(text) if end < 0 else end
        found.append(Piece(kind, mark["name"], text[begin:end].strip("\n")))
        at = end if kind in _ALONE else end + len(f"⟦/{kind}⟧")
    if text[at:].strip() or not found:
        found.append(Piece("text", "", text[at:].lstrip("\n") if found else text))
    return found


def shortened(text: str, most: int) -> str:
    """A trajectory in `most` characters: its first and last steps, and how much was left out between.

    The first and the last step are always whole, and so is a text of fewer than three.
    """
    steps = pieces(text) if len(text) > most and has_marks(text) else []
    if len(steps) < 3:
        return text
    laid = [_again(step) for step in steps]
    first, last, left = 1, len(laid) - 1, most - len(laid[0]) - len(laid[-1])
    while first < last:  # from both ends in turn
        from_start = first + last <= len(laid)
        left -= len(laid[first if from_start else last - 1])
        if left < 0:
            break
        first, last = (first + 1, last) if from_start else (first, last - 1)
    if first == last:
        return text
    gone = sum(map(len, laid[first:last]))
    return "\n\n".join((*laid[:first], f"⟦cut {last - first} steps, {gone:,} characters⟧", *laid[last:]))


def _again(piece: Piece) -> str:
    if piece.kind == "text":
        return piece.text
    if piece.kind in _ALONE:
        return f"⟦{piece.kind} {piece.name}⟧"
    begins = " ".join((piece.kind, *piece.name.split()))
    return f"⟦{begins}⟧\n{piece.text}\n⟦/{piece.kind}⟧"


def has_marks(text: str) -> bool:
    """Whether a laid-out text has calls, results or images in it."""
    return _MARKS.search(text) is not None


def without_reasoning(dicts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Messages as chat endpoints take them: what was thought in earlier turns is not sent again."""
    return [{name: value for name, value in each.items() if name != "reasoning_content"} for each in dicts]


def call_from(item: Any) -> ToolCall | None:
    """A call as chat endpoints, templates and datasets write it; None where it names no tool.

    Raises ValueError where its arguments can't be kept as JSON.
    """
    inner = item.get("function", item) if isinstance(item, Mapping) else None
    name = inner.get("name") if isinstance(inner, Mapping) else None
    if not isinstance(inner, Mapping) or not isinstance(name, str) or not name.strip():
        return None
    arguments = inner.get("arguments", inner.get("parameters", inner.get("input")))
    own = item.get("id") or item.get("tool_call_id")
    return ToolCall(name, _in_short(arguments), str(own) if own else None)


def _in_short(arguments: Any) -> str:
    """Arguments as JSON without needless white space; what is no JSON stays as the model wrote it."""
    if arguments is None or arguments == "":
        return "{}"
    if isinstance(arguments, str):
        try:
            arguments = orjson.loads(arguments)
        except orjson.JSONDecodeError:
            return str(arguments)
    try:
        return orjson.dumps(arguments).decode()
    except (TypeError, RecursionError) as error:
        raise ValueError(f"the arguments of a call can't be kept as JSON: {error}") from None


def _with_images(message: Message) -> str:
    text, at = "", 0
    for image in message.images:
        text += as_plain(message.content[at : image.at]) + f"⟦image {_named(image.ref)}⟧"
        at = image.at
    return text + as_plain(message.content[at:])


def _named(ref: str) -> str:
    """An image's name without what it may hold: data URLs are long, and a name ends no mark."""
    return ref[:30] + "..." if is_data(ref) else _in_a_mark(ref)


def _between(mark: str, name: str, text: str) -> str:
    begins = " ".join((mark, *_in_a_mark(name).split()))
    return f"⟦{begins}⟧\n{text}\n⟦/{mark}⟧"


def _in_a_mark(name: str) -> str:
    """A name without what would end the mark it stands in."""
    return " ".join(re.sub("[⟦⟧]", "", name).splitlines())


def _name_of(tool: Mapping[str, Any]) -> str:
    function = tool.get("function", tool)
    return str(function.get("name", "")) if isinstance(function, Mapping) else ""


def _json(value: Any) -> str:
    return as_plain(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
