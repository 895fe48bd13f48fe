"""One chat message as datasets and endpoints write it, with calls of tools, reasoning and images.

Sources: the chat APIs of OpenAI (tool_calls, tool_call_id, content parts) and Anthropic (thinking and
tool_use parts); transformers' chat templates; ShareGPT rows as LLaMA-Factory reads them (function_call and
observation); vLLM and DeepSeek (reasoning_content), OpenRouter (reasoning), harmony in TRL (thinking).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from pairwright.errors import InputError
from pairwright.formats.values import as_text, kind_of, storable
from pairwright.rows import listed
from pairwright.turns import call_from
from pairwright.types import ROLES, Image, Message, Role, ToolCall

REASONING = ("reasoning_content", "reasoning", "thinking", "thoughts")
# All keys of a message that are read, and of a tool's its "name"; whatever else it has is told.
KEYS = frozenset(
    ("role", "content", "from", "value", "tool_calls", "function_call", "tool_call_id", *REASONING)
)
OF_TOOLS = ("tool", "function", "ipython", "observation", "tool_response")
SHAREGPT: dict[str, Role] = {
    "human": "user",
    "gpt": "assistant",
    "system": "system",
    "observation": "tool",
    "function_call": "assistant",
    "user": "user",
    "assistant": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "tool": "tool",
    "tool_call": "assistant",
    "tool_response": "tool",
    "function_response": "tool",
}
_CALLING = ("function_call", "tool_call")
_PLAIN = frozenset(("system", "developer", "user", "assistant"))
_ROLES: dict[str, Role] = {
    **{role: role for role in ROLES},
    **dict.fromkeys(OF_TOOLS, "tool"),
    **dict.fromkeys(_CALLING, "assistant"),
}


def plain_message(item: Any) -> Message | None:
    """A message that is nothing but role and text, as most are; None where a closer look is needed."""
    if type(item) is not dict or len(item) != 2:
        return None
    role, content = item.get("role"), item.get("content")
    if role not in _PLAIN or type(content) is not str or not content.isascii() or "\0" in content:
        return None
    return Message(role, content) if content and not content.isspace() else None


def as_message(item: Any, where: str) -> Message:
    """A message of role and content, or of ShareGPT's from and value. Raises InputError saying why not."""
    if not isinstance(item, dict):
        raise InputError(f'{where} is {kind_of(item)}, not {{"role": ..., "content": ...}}')
    if "from" in item and "value" in item:
        role = SHAREGPT.get(str(item["from"]).lower())
        if role is None:
            raise InputError(f'{where} is from "{item["from"]}", not one of {", ".join(SHAREGPT)}')
        return _message(item, str(item["from"]).lower(), role, item["value"], where)
    if "role" not in item:
        raise InputError(f'{where} has no "role" (keys: {listed(item)})')
    role = _ROLES.get(item["role"]) if isinstance(item["role"], str) else None
    if role is None:
        raise InputError(f'{where} has role "{item["role"]}", not one of {", ".join(ROLES)}')
    if "content" not in item and not _has_calls(item):
        raise InputError(f'{where} has no "content" (keys: {listed(item)})')
    return _message(item, item["role"], role, item.get("content"), where)


def _has_calls(item: Mapping[str, Any]) -> bool:
    return bool(item.get("tool_calls") or item.get("function_call"))


def _message(item: Mapping[str, Any], called: str, role: Role, content: Any, where: str) -> Message:
    if called in _CALLING:  # the whole message is a call, as JSON
        return Message(role, "", _calls_in_text(content, where))
    if len(item) == 2 and type(content) is str:
        return Message(role, storable(content, where) if role == "tool" else as_text(content, where))
    calls = _calls(item, where)
    text, reasoning, images, in_parts = _content(content, where)
    calls += in_parts
    reasoning = next((_reasoning(item[name], where) for name in REASONING if item.get(name)), reasoning)
    if not (calls or images or role == "tool"):
        as_text(text, where)
    storable(text, where)
    answers = item.get("tool_call_id")
    name = item.get("name") if role == "tool" else None
    return Message(
        role,
        text,
        calls,
        str(answers) if answers else None,
        name if isinstance(name, str) and name else None,
        reasoning or None,
        images,
    )


def _reasoning(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"{where} has reasoning that is {kind_of(value)}, not text")
    return storable(value, where)


# --- calls --------------------------------------------------------------------------------------


def _calls(item: Mapping[str, Any], where: str) -> tuple[ToolCall, ...]:
    given = item.get("tool_calls") or item.get("function_call") or ()
    if isinstance(given, str):
        return _calls_in_text(given, where)
    if isinstance(given, dict):
        given = [given]
    if not isinstance(given, list | tuple):
        raise InputError(f'{where} has "tool_calls" that are {kind_of(given)}, not a list')
    return tuple(_call(each, where) for each in given)


def _calls_in_text(text: Any, where: str) -> tuple[ToolCall, ...]:
    """Calls as JSON text: {"name": ..., "arguments": ...}, or a list of these."""
    found = text
    if isinstance(text, str):
        try:
            found = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise InputError(f"{where} is a call of a tool that is not valid JSON ({error.msg})") from None
    return tuple(_call(each, where) for each in (found if isinstance(found, list) else [found]))


def _call(item: Any, where: str) -> ToolCall:
    try:
        call = call_from(item)
    except ValueError as error:
        raise InputError(f"{where}: {error}") from None
    if call is None:
        raise InputError(f'{where} has a call of a tool without a "name"')
    storable(call.name, where)
    storable(call.arguments, where)
    return call


# --- content ------------------------------------------------------------------------------------

_Content = tuple[str, str | None, tuple[Image, ...], tuple[ToolCall, ...]]


def _content(content: Any, where: str) -> _Content:
    """Text, reasoning, images and calls of a content that is text, null, or a list of parts.

    Texts are joined by line ends, as vLLM and llama.cpp do; an image has no text of its own.
    """
    if content is None:
        return "", None, (), ()
    if not isinstance(content, list):
        if not isinstance(content, str):
            raise InputError(f"{where} is {kind_of(content)}, not text")
        return content, None, (), ()
    text, thoughts, images, calls = "", list[str](), list[Image](), list[ToolCall]()
    said = False  # whether the last part was text
    for part in content:
        kind = part.get("type") if isinstance(part, dict) else "text"
        more = _text_of(part)
        if more is not None:
            text += ("\n" if said else "") + more
        elif isinstance(part, dict) and kind in ("thinking", "reasoning"):
            thoughts.append(_reasoning(part.get("thinking") or part.get("text") or "", where))
        elif isinstance(part, dict) and kind == "tool_use":
            calls.append(_call(part, where))
        elif isinstance(part, dict) and (ref := _image_of(part)) is not None:
            images.append(Image(ref, len(text)))
        else:
            raise InputError(f'{where} has a part of type "{kind}", which is not supported')
        said = more is not None
    return text, "\n".join(thoughts) or None, tuple(images), tuple(calls)


def _text_of(part: Any) -> str | None:
    if isinstance(part, str):
        return part
    if isinstance(part, dict) and part.get("type") in ("text", "input_text", "output_text", None):
        text = part.get("text")
        return text if isinstance(text, str) else None
    return None


def _image_of(part: Mapping[str, Any]) -> str | None:
    """Where the image of a part is: a URL or a path; "" where the row's own images are meant, in order."""
    kind = part.get("type")
    if kind not in ("image", "image_url", "input_image"):
        return None
    given = next((part[name] for name in ("image_url", "image", "url", "path") if part.get(name)), None)
    if isinstance(given, Mapping):
        given = given.get("url") or given.get("path")
    if given is None and kind == "image":
        return ""
    return given if isinstance(given, str) else None
