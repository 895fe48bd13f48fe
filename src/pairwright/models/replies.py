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

from pairwright.turns import call_from
from pairwright.types import ToolCall

MOST_TOKENS = 10**9
LONGEST_NAME = 200  # characters of a name that are kept


@dataclass(frozen=True, slots=True)
class ChatReply:
    """What came back. Tokens are the endpoint's own count, or None; `seconds` is the last try's.

    `finish_reason` is "length" where the answer was cut off, whatever the endpoint calls that.
    `reasoning` is thinking that the endpoint gives apart from the answer, `calls` are those of tools.
    `cached_tokens` of the prompt were read from the endpoint's cache. `served` and `fingerprint` are the
    names the endpoint itself gives the model and its set-up.
    """

    text: str
    finish_reason: str | None
    refused: bool
    prompt_tokens: int | None
    completion_tokens: int | None
    logprobs: list[Any] | None
    seconds: float
    tries: int
    reasoning: str | None = None
    calls: tuple[ToolCall, ...] = ()
    served: str | None = None
    fingerprint: str | None = None
    cached_tokens: int | None = None

    @property
    def declined(self) -> str | None:
        """Why the same question would get no other answer: it is not paid for again. None where it may."""
        if self.refused:
            return "the model or its content filter refused"
        if self.calls and not self.text.strip():
            return "the model called a tool instead of answering"
        return None

    @property
    def said(self) -> str:
        """The answer: some servers take all of it for thinking, and then it stands only there."""
        cut = self.finish_reason == "length"
        return self.text if self.text.strip() or cut else self.reasoning or ""

    @property
    def raw(self) -> str:
        """What was paid for, to be kept."""
        return self.text if self.text.strip() else self.reasoning or self.text


@dataclass(frozen=True, slots=True)
class ReplyContent:
    """What was read from an answer's JSON."""

    text: str
    finish_reason: str | None = None
    refused: bool = False
    logprobs: list[Any] | None = None
    reasoning: str | None = None
    calls: tuple[ToolCall, ...] = ()


class BrokeOff(ValueError):
    """The endpoint itself says that its answer is not whole."""


Usage = tuple[int | None, int | None]  # tokens in and out, None where the endpoint did not say


# Vendors have dozens of finish reasons (STOP, end_turn, MAX_TOKENS, model_length, SAFETY, ...): told by
# parts of their names, in this order.
_FINISHES: tuple[tuple[str | None, re.Pattern[str]], ...] = tuple(
    (means, re.compile(pattern, re.IGNORECASE))
    for means, pattern in (
        (None, r"^(?:finishreason\.)?(?:stop|eos|end|complete|done|tool|function)(?!.*(?:err|fail))"),
        ("content_filter", r"filter|safety|refus|block|prohibit|recitation|sensitive|moderat|guardrail|spii"),
        (
            "error",
            r"err|fail|abort|cancel|interrupt|timeout|overload|malformed|resource|crash|disconnect|preempt|rate_",
        ),
        ("length", r"length|max|limit|trunc|incomplete|context"),
    )
)


def chat_reply(reply: Any) -> ReplyContent:
    """What a chat endpoint answered. Raises BrokeOff where it says it failed, ValueError for no answer."""
    try:
        choice = reply["choices"][0]
        message = choice["message"]
        text, thinking = _parts(message.get("content"))
        refusal = message.get("refusal") or _refusal_in(message.get("content"))
        text = text or (refusal if isinstance(refusal, str) else "")
        logprobs = table(choice, "logprobs").get("content")
        finish = choice.get("finish_reason") or choice.get("native_finish_reason")
    except (KeyError, IndexError, TypeError, AttributeError):
        raise ValueError("without choices[0].message.content") from None
    ended = _ending(finish if isinstance(finish, str) else None)
    wrong = choice.get("error") or message.get("error")
    if wrong or ended == "error":
        told = _words(wrong) if wrong else ""
        raise BrokeOff(f'broke off (finish_reason "{finish}")' + (f": {told}" if told else ""))
    return ReplyContent(
        text,
        ended,
        bool(refusal) or ended == "content_filter",
        logprobs if isinstance(logprobs, list) else None,
        thinking or _reasoning(message),
        _calls(message),
    )


def _calls(message: Mapping[str, Any]) -> tuple[ToolCall, ...]:
    """The calls of tools in an answer. Raises ValueError for one that names no tool."""
    given = message.get("tool_calls") or message.get("function_call") or ()
    calls = tuple(call_from(each) for each in (given if isinstance(given, list) else [given]) if each)
    if None in calls:
        raise ValueError("with a call of a tool that has no name")
    return tuple(each for each in calls if each is not None)


def _ending(finish: str | None) -> str | None:
    """ "length", "content_filter" or "error" where a finish reason means that; else what it is."""
    means = next((means for means, named in _FINISHES if finish and named.search(finish)), None)
    return means or finish


def _reasoning(message: Mapping[str, Any]) -> str | None:
    """Thinking beside the answer, by vLLM's and DeepSeek's name, OpenRouter's and Ollama's."""
    names = ("reasoning_content", "reasoning", "thinking")
    return next((text for name in names if isinstance(text := message.get(name), str) and text.strip()), None)


def parse_json(raw: bytes) -> Any:
    """An answer's JSON, which was paid for: an invalid byte or a raw line end costs that character only."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        # Slower, but reads half surrogate pairs, which models do write.
        return json.loads(raw.decode("utf-8-sig", "replace"), strict=False)


def _parts(content: Any) -> tuple[str, str]:
    """Message content as text, and the thinking in it; some endpoints give a list of parts."""
    if isinstance(content, dict):
        # Some servers give the JSON that was asked for already read.
        content = [content] if "type" in content or "text" in content else json.dumps(content)
    if isinstance(content, list):
        texts: dict[bool, list[str]] = {True: [], False: []}
        for part in content:
            if isinstance(part, str):
                texts[False].append(part)
            elif isinstance(part, dict):
                thinks = bool(re.search(r"think|reason|analysis", str(part.get("type", "")), re.IGNORECASE))
                said = (
                    part.get("text") or part.get("thinking") or part.get("reasoning")
                    if thinks
                    else part.get("text")
                )
                texts[thinks].append(_parts(said)[0] if isinstance(said, list) else str(said or ""))
        return "".join(texts[False]), "".join(texts[True])
    if content is None or isinstance(content, str):
        return content or "", ""
    raise TypeError


def _refusal_in(content: Any) -> str | None:
    """A refusal that stands among the parts of a message."""
    parts = content if isinstance(content, list) else ()
    return next(
        (str(part["refusal"]) for part in parts if isinstance(part, dict) and part.get("refusal")), None
    )


def table(reply: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A part of a reply that some endpoints leave out, or give another shape."""
    value = reply.get(name)
    return value if isinstance(value, dict) else {}


def usage_of(reply: Any) -> Usage:
    """The tokens that an endpoint says it counted, by any vendor's names.

    Some count thinking in the total only, and charge for it: all that is not the prompt is the answer.
    """
    told = table(reply, "usage") if isinstance(reply, dict) else {}
    tokens_in = count(told.get("prompt_tokens")) or count(told.get("input_tokens"))
    tokens_out = count(told.get("completion_tokens")) or count(told.get("output_tokens"))
    total = count(told.get("total_tokens"))
    if tokens_in and total and total > tokens_in + (tokens_out or 0):
        tokens_out = total - tokens_in
    return tokens_in, tokens_out


def cached_of(reply: Any) -> int | None:
    """How many tokens of the prompt an endpoint says it read from its cache, by any vendor's names.

    None where it does not say.
    """
    told = table(reply, "usage") if isinstance(reply, dict) else {}
    named = (
        table(told, "prompt_tokens_details").get("cached_tokens"),
        table(told, "input_tokens_details").get("cached_tokens"),
        told.get("prompt_cache_hit_tokens"),
        told.get("cache_read_input_tokens"),
    )
    for value in named:
        if value == 0:
            return 0
        if (known := count(value)) is not None:
            return known
    return None


def count(value: Any) -> int | None:
    """A count of tokens. Servers that don't count say 0, which no chat ever has; others say nonsense."""
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value.strip()[:12])
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    plausible = isinstance(value, int) and not isinstance(value, bool) and 0 < value < MOST_TOKENS
    return value if plausible else None


def name_in(reply: Any, field: str) -> str | None:
    """A name that a reply gives of itself, as far as it is one."""
    value = reply.get(field) if isinstance(reply, dict) else None
    return value[:LONGEST_NAME] if isinstance(value, str) and value.strip() else None


def message_of(raw: bytes) -> str:
    """What an error body says."""
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return " ".join(raw.decode("utf-8", "replace").split()) or "(empty)"
    if isinstance(body, list) and len(body) == 1:  # as Google wraps it
        body = body[0]
    return _words((body.get("error") or body) if isinstance(body, dict) else body)


def error_code(raw: bytes) -> int | None:
    """The HTTP status of an error that a body holds in place of an answer."""
    if b'"error"' not in raw[:2000]:
        return None
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    error = body.get("error") if isinstance(body, dict) and not body.get("choices") else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and 400 <= code < 600 else None


def _words(error: Any) -> str:
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
