"""Between the chat API and Gemini's: a request there, a reply back.

Source: Gemini's API reference (`GenerateContentRequest`, `GenerateContentResponse`) and Python package 3.6.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from pairwright.models.batch.messages_api import SYSTEM, system_texts, text_of

_CONFIG = {
    "temperature": "temperature",
    "max_tokens": "maxOutputTokens",
    "max_completion_tokens": "maxOutputTokens",
    "top_p": "topP",
    "top_k": "topK",
    "seed": "seed",
    "stop": "stopSequences",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
    "logprobs": "responseLogprobs",
    "top_logprobs": "logprobs",
}
_TAKEN = frozenset({*_CONFIG, "model", "messages", "tools", "response_format"})


def content_request(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a chat request as a request for content; fields it does not know are handed on."""
    config = {_CONFIG[name]: value for name, value in body.items() if name in _CONFIG}
    wanted = body.get("response_format") or {}
    if wanted.get("type") in ("json_schema", "json_object"):
        config["responseMimeType"] = "application/json"
    if wanted.get("type") == "json_schema":
        config["responseJsonSchema"] = wanted["json_schema"]["schema"]
    request: dict[str, Any] = {name: value for name, value in body.items() if name not in _TAKEN}
    request["contents"] = _contents(body["messages"])
    request["generationConfig"] = {**config, **(request.get("generationConfig") or {})}
    if system := system_texts(body["messages"]):
        request["systemInstruction"] = {"parts": [{"text": text} for text in system]}
    if body.get("tools"):
        declared = [_declared(each["function"]) for each in body["tools"]]
        request["tools"] = [{"functionDeclarations": declared}]
    return request


def chat_body(response: Mapping[str, Any]) -> dict[str, Any]:
    """Content as the reply of a chat endpoint."""
    candidate = (response.get("candidates") or [{}])[0]
    parts = (candidate.get("content") or {}).get("parts") or []
    said: dict[str, Any] = {
        "role": "assistant",
        "content": "".join(part.get("text", "") for part in parts if not part.get("thought")),
    }
    if thought := "".join(part.get("text", "") for part in parts if part.get("thought")):
        said["reasoning_content"] = thought
    if calls := list(_calls(parts)):
        said["tool_calls"] = calls
    blocked = (response.get("promptFeedback") or {}).get("blockReason")
    choice = {
        "index": 0,
        "message": said,
        "finish_reason": "content_filter" if blocked else candidate.get("finishReason"),
    }
    if candidate.get("logprobsResult"):
        choice["logprobs"] = {"content": list(_logprobs(candidate["logprobsResult"]))}
    usage = response.get("usageMetadata") or {}
    out = (usage.get("candidatesTokenCount") or 0) + (usage.get("thoughtsTokenCount") or 0)
    return {
        "model": response.get("modelVersion"),
        "choices": [choice],
        "usage": {
            "prompt_tokens": usage.get("promptTokenCount"),
            "completion_tokens": out or None,
            "prompt_tokens_details": {"cached_tokens": usage.get("cachedContentTokenCount") or 0},
        },
    }


def _contents(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    names: dict[str, str] = {}  # of the functions called, by the call's id: a result names its function
    contents: list[dict[str, Any]] = []
    for message in messages:
        if message["role"] in SYSTEM:
            continue
        parts = list(_parts(message["content"]))
        if message["role"] == "tool":
            name = names.get(message.get("tool_call_id", ""), message.get("name", ""))
            result = {"name": name, "response": {"result": text_of(message["content"])}}
            parts = [{"functionResponse": result}]
        for call in message.get("tool_calls") or []:
            function, arguments = call["function"], call["function"]["arguments"]
            names[call.get("id", "")] = function["name"]
            given = orjson.loads(arguments) if isinstance(arguments, str) else arguments
            parts.append({"functionCall": {"name": function["name"], "args": given}})
        role = "model" if message["role"] == "assistant" else "user"
        if message["role"] == "tool" and contents and "functionResponse" in contents[-1]["parts"][-1]:
            contents[-1]["parts"] += parts
        else:
            contents.append({"role": role, "parts": parts})
    return contents


def _parts(content: Any) -> Iterator[dict[str, Any]]:
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    for part in content or []:
        if part["type"] == "image_url":
            yield _image(part["image_url"]["url"])
        elif part.get("text"):
            yield {"text": part["text"]}


def _image(url: str) -> dict[str, Any]:
    if not url.startswith("data:"):
        return {"fileData": {"fileUri": url}}
    kind, _, data = url.removeprefix("data:").partition(";base64,")
    return {"inlineData": {"mimeType": kind, "data": data}}


def _declared(function: Mapping[str, Any]) -> dict[str, Any]:
    declared = {name: function[name] for name in ("name", "description") if function.get(name)}
    if function.get("parameters"):
        declared["parametersJsonSchema"] = function["parameters"]
    return declared


def _calls(parts: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for number, part in enumerate(parts):
        if call := part.get("functionCall"):
            arguments = orjson.dumps(call.get("args") or {}).decode()
            yield {
                "id": call.get("id") or f"call_{number}",
                "type": "function",
                "function": {"name": call["name"], "arguments": arguments},
            }


def _logprobs(result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    tops = result.get("topCandidates") or []
    for number, chosen in enumerate(result.get("chosenCandidates") or []):
        beside = tops[number].get("candidates") or [] if number < len(tops) else []
        yield {
            "token": chosen["token"],
            "logprob": chosen["logProbability"],
            "top_logprobs": [{"token": each["token"], "logprob": each["logProbability"]} for each in beside],
        }
