"""What endpoints answer, as far as it can be read: tolerant of odd shapes, never of missing answers."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

MOST_TOKENS = 10**9


@dataclass(frozen=True, slots=True)
class ChatReply:
    """What came back. Tokens are the endpoint's own count, or None; `seconds` is the last try's."""

    text: str
    finish_reason: str | None
    refused: bool
    prompt_tokens: int | None
    completion_tokens: int | None
    logprobs: list[Any] | None
    seconds: float
    tries: int


@dataclass(frozen=True, slots=True)
class Said:
    """What was read from an answer's JSON."""

    text: str
    finish_reason: str | None = None
    refused: bool = False
    logprobs: list[Any] | None = None


Usage = tuple[int | None, int | None]  # tokens in and out, None where the endpoint did not say


def chat_reply(reply: Any) -> Said:
    try:
        choice = reply["choices"][0]
        message = choice["message"]
        refusal = message.get("refusal")
        text = _text(message.get("content")) or (refusal if isinstance(refusal, str) else "")
        logprobs = table(choice, "logprobs").get("content")
        finish = choice.get("finish_reason")
    except (KeyError, IndexError, TypeError, AttributeError):
        raise ValueError("without choices[0].message.content") from None
    return Said(
        text,
        finish if isinstance(finish, str) else None,
        bool(refusal) or finish == "content_filter",
        logprobs if isinstance(logprobs, list) else None,
    )


def parse_json(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return json.loads(raw)  # slower, but reads half surrogate pairs, which models do write


def _text(content: Any) -> str:
    """Message content as text; some endpoints give a list of parts."""
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content if isinstance(part, dict))
    if content is None or isinstance(content, str):
        return content or ""
    raise TypeError


def table(reply: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A part of a reply that some endpoints leave out, or give another shape."""
    value = reply.get(name)
    return value if isinstance(value, dict) else {}


def count(value: Any) -> int | None:
    """A count of tokens. Servers that don't count say 0, which no chat ever has; others say nonsense."""
    plausible = isinstance(value, int) and not isinstance(value, bool) and 0 < value < MOST_TOKENS
    return value if plausible else None


def message_of(raw: bytes) -> str:
    """What an error body says."""
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return " ".join(raw.decode("utf-8", "replace").split()) or "(empty)"
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, dict):
        words = [str(error[name]) for name in ("code", "message", "detail") if error.get(name)]
        return ": ".join(words) or str(error)
    return str(error)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait as the endpoint asks: `retry-after-ms`, `Retry-After` in seconds or as a date."""
    try:
        if milliseconds := headers.get("retry-after-ms"):
            return max(0.0, float(milliseconds) / 1000)
        value = headers.get("Retry-After")
        if not value:
            return None
        if re.fullmatch(r"\s*\d+(\.\d+)?\s*", value):
            return float(value)
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError):
        return None
