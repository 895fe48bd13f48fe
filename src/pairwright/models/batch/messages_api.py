"""Between the chat API and Anthropic's messages: a request there, a reply back.

Source: Anthropic's API reference and Python package 2.14 (`types/message.py` and those beside it).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

# Fields of the chat API that have another name, or none: there are no token probabilities.
_RENAMED = {"max_completion_tokens": "max_tokens", "stop": "stop_sequences"}
_WITHOUT = frozenset({"messages", "tools", "response_format", "logprobs", "top_logprobs", "n"})
SYSTEM = ("system", "developer")
_FINISHES = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


def messages_params(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a chat request as parameters of a message."""
    params = {_RENAMED.get(name, name): value for name, value in body.items() if name not in _WITHOUT}
    if system := system_texts(body["messages"]):
        params["system"] = "\n\n".join(system)
    params["messages"] = _turns(body["messages"])
    if body.get("tools"):
        params["tools"] = [_tool(each["function"]) for each in body["tools"]]
    if (wanted := body.get("response_format") or {}).get("type") == "json_schema":
        schema = wanted["json_schema"]["schema"]
        params["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
    return params


def chat_body(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message as the reply of a chat endpoint: its text, its thinking apart, its calls, its tokens."""
    blocks = message.get("content") or []
    calls = [
        {
            "id": each["id"],
            "type": "function",
            "function": {"name": each["name"], "arguments": orjson.dumps(each["input"]).decode()},
        }
        for each in blocks
        if each["type"] == "tool_use"
    ]
    said: dict[str, Any] = {
        "role": "assistant",
        "content": "".join(each["text"] for each in blocks if each["type"] == "text"),
    }
    if thought := "".join(each.get("thinking", "") for each in blocks if each["type"] == "thinking"):
        said["reasoning_content"] = thought
    if calls:
        said["tool_calls"] = calls
    reason = message.get("stop_reason")
    return {
        "model": message.get("model"),
        "choices": [{"index": 0, "message": said, "finish_reason": _FINISHES.get(str(reason), reason)}],
        "usage": _usage(message.get("usage") or {}),
    }


def _usage(usage: Mapping[str, Any]) -> dict[str, Any]:
    """All tokens that were read: those written to and read from the cache stand apart there."""
    written, cached = (usage.get(f"cache_{how}_input_tokens") or 0 for how in ("creation", "read"))
    return {
        "prompt_tokens": (usage.get("input_tokens") or 0) + written + cached,
        "completion_tokens": usage.get("output_tokens"),
        "prompt_tokens_details": {"cached_tokens": cached},
    }


def _turns(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Users' and assistants' turns; results of tools are a user's, those that follow each other in one."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        if message["role"] in SYSTEM:
            continue
        if message["role"] == "tool":
            result = {
                "type": "tool_result",
                "tool_use_id": message.get("tool_call_id", ""),
                "content": text_of(message["content"]),
            }
            if turns and turns[-1]["role"] == "user" and isinstance(turns[-1]["content"], list):
                turns[-1]["content"].append(result)
            else:
                turns.append({"role": "user", "content": [result]})
            continue
        content = message["content"]
        if message.get("tool_calls") or isinstance(content, list):
            content = [*_blocks(content), *map(_use, message.get("tool_calls") or [])]
        turns.append({"role": message["role"], "content": content})
    return turns


def _blocks(content: Any) -> Iterator[dict[str, Any]]:
    if isinstance(content, str):
        if content:
            yield {"type": "text", "text": content}
        return
    for part in content or []:
        if part["type"] == "image_url":
            yield {"type": "image", "source": _source(part["image_url"]["url"])}
        elif part.get("text"):
            yield {"type": "text", "text": part["text"]}


def _source(url: str) -> dict[str, str]:
    if not url.startswith("data:"):
        return {"type": "url", "url": url}
    kind, _, data = url.removeprefix("data:").partition(";base64,")
    return {"type": "base64", "media_type": kind, "data": data}


def _use(call: Mapping[str, Any]) -> dict[str, Any]:
    function = call["function"]
    arguments = function["arguments"]
    given = orjson.loads(arguments) if isinstance(arguments, str) else arguments
    return {"type": "tool_use", "id": call.get("id", ""), "name": function["name"], "input": given}


def _tool(function: Mapping[str, Any]) -> dict[str, Any]:
    tool = {"name": function["name"], "input_schema": function.get("parameters") or {"type": "object"}}
    return {**tool, "description": function["description"]} if function.get("description") else tool


def system_texts(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    return [text_of(each["content"]) for each in messages if each["role"] in SYSTEM]


def text_of(content: Any) -> str:
    """The text of a message: images are not in it."""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content or [])
