"""Does a response refuse to answer? Known by how it opens; precision before recall."""

from __future__ import annotations

import re

_OPENING = re.compile(
    r"^\W*(?:(?:i['’]?m|i am)\s+(?:very\s+|so\s+|really\s+)?sorry|sorry|i apologi[sz]e|apologies"
    r"|unfortunately)?"
    r"[\s,.;:!-]*(?:but\s+)?(?:as an? (?:ai|language model)[^,.]{0,60},?\s*)?"
    r"(?:i\s+(?:can['’]?t|cannot|can not|won['’]?t|will not|am not able to|am unable to|['’]?m not able to|"
    r"must decline|have to decline|do not feel comfortable|don['’]t feel comfortable)"
    r"|i['’]m (?:not able|unable) to)\s*"
    r"(?:to\s+)?(?:help|assist|provide|comply|fulfil|fulfill|do (?:that|this|so)|answer|support|create|write"
    r"|generate|give|share|discuss|engage|participate|offer|continue)\b"
    # "I can't help but admire ..." and "I cannot give a better answer than ..." answer.
    r"(?!\s+(?:but\b|myself\b|(?:you\s+)?an?y?\s+(?:better|simpler|shorter)\b))",
    re.IGNORECASE,
)
_LOOKED_AT = 300  # characters: a refusal says so at once


def looks_like_refusal(text: str) -> bool:
    """True if the response opens by declining ("I'm sorry, but I can't help with that")."""
    return _OPENING.match(text[:_LOOKED_AT].lstrip()) is not None
