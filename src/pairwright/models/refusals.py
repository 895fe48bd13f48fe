"""What an endpoint's refusal is about: every call, the way an answer was asked for, or this one text.

Endpoints say it in words of their own, mostly with status 400; what is not
recognised may be any of these.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

About = Literal["key", "account", "model", "every", "parameter", "way", "length", "text", "unknown"]

# Features a request can do without, with the words by which refusals name them.
_WAYS = {
    "response_format": r"response_?format|json_?schema|json_?object|json mode|structured|guided|schema",
    "logprobs": r"log_?probs|log.?probabilit",
}
_SAYS: tuple[tuple[About, str], ...] = (
    (
        "key",
        r"api[ _-]?key|credential|authenticat|unauthori[sz]ed|bearer|access token|invalid token\b"
        r"|token (?:is |has )?(?:been )?(?:expired|invalid|revoked)|permission.?denied",
    ),
    (
        "account",
        r"insufficient.?(?:quota|balance|credit|funds)|credit balance|out of credit|\bbilling\b|payment",
    ),
    (
        "length",
        r"context.?(?:length|window|size)|maximum context|max_model_len|too many (?:input |prompt )?tokens"
        r"|too long|(?:prompt|input|request|message)s? (?:is|are|was) too (?:large|big)|reduce the length"
        r"|exceed\w*[^.]{0,60}(?:context|tokens?\b|length)|tokens?[^.]{0,60}exceed|above_max_length",
    ),
    (
        "text",
        r"moderat|flagged|polic(?:y|ies)\b|safety|content.?(?:filter|management)|harmful|inappropriate|sensitive"
        r"|prohibited|failed.?to.?(?:generate|parse)|json_validate_failed|failed_generation"
        r"|could not (?:generate|parse)",
    ),
)
_PATTERNS = tuple((about, re.compile(pattern, re.IGNORECASE)) for about, pattern in _SAYS)
_WAY_PATTERNS = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _WAYS.items()}
_MODEL = re.compile(
    r"(?:unknown|invalid|no such|unsupported) model|model.?(?:not.?found|decommissioned)|not a valid model"
    r"|\bmodels?\b[^.]{0,80}(?:not found|not exist|not available|no longer|decommissioned|not a valid)"
    r"|access to (?:the )?model",
    re.IGNORECASE,
)
# The model can't be asked like this, or not from here, whatever the text is.
_EVERY = re.compile(
    r"system (?:role|message|prompt|instruction)s?\b[^.]{0,60}(?:not|n't|unsupported)|roles must alternate"
    r"|chat.?template|\bregion\b|user location|must be verified|terms of (?:use|service)|precondition",
    re.IGNORECASE,
)
_COMPLAINS = re.compile(
    r"support|unknown|recogni[sz]ed|unexpected|extra|permitted|allowed|invalid|must|should|at most|at least"
    r"|too (?:large|small|high|low)|deprecated|range|greater|less|only",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What it is about; `field` is the field of the request that it names."""

    about: About
    field: str | None = None


def refusal(status: int, said: str, fields: Collection[str]) -> Refusal:
    """What a refusal in these words is about; `fields` are the request's."""
    if status == 413:
        return Refusal("length")
    for about, pattern in _PATTERNS:
        if pattern.search(said):
            return Refusal(about)
    for name, pattern in _WAY_PATTERNS.items():
        if name in fields and pattern.search(said):
            return Refusal("way", name)
    if _MODEL.search(said):
        return Refusal("model")
    if _EVERY.search(said):
        return Refusal("every")
    named = [name for name in fields if name not in ("model", "messages") and _names(said, name)]
    if named and _COMPLAINS.search(said):
        return Refusal("parameter", max(named, key=len))
    return Refusal("unknown")


def _names(said: str, field: str) -> bool:
    """Whether a field is named; one that is a word of English too only where it stands in quotes."""
    quote = "[\"'`]" if "_" not in field and field != "temperature" else ""
    return re.search(rf"{quote}(?<!\w){re.escape(field)}(?!\w){quote}", said) is not None


def remedy(field: str, said: str) -> str:
    """What to do where a field that every request has is refused."""
    if field == "max_tokens" and "max_completion_tokens" in said:
        return 'Set max_tokens_field = "max_completion_tokens" for this model.'
    return (
        f'All requests to this model have "{field}": set another value, or omit = ["{field}"] for this model.'
    )
