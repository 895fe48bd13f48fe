"""The probability a judge's own token probabilities give to the response shown first.

All spellings of a verdict at the token where it was decided are added up
(`A`, ` A`, `"A`), then renormalised over A and B (a tie counts half). Where
less than half the mass lies on verdicts the distribution says nothing and
None is returned. METHODS: mean of the distribution, not its argmax
(Judging with distributions, arXiv 2503.03064).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

_VALUE = re.compile(r'"verdict"\s*:\s*"\s*(?=[AaBbTt])')
MIN_MASS = 0.5


def prob_first(content: str, tokens: Sequence[Mapping[str, Any]] | None) -> float | None:
    """P(first shown is better), in [0, 1], or None if the tokens don't tell.

    `content` is the raw answer, `tokens` the `choices[0].logprobs.content` of
    an OpenAI-style reply: [{"token", "logprob", "top_logprobs": [{"token", "logprob"}]}].
    """
    if not tokens:
        return None
    start = _verdict_start(content)
    if start is None:
        return None
    place = _token_at(tokens, start)
    if place is None:
        return None
    token, lead = place
    mass = {"A": 0.0, "B": 0.0, "TIE": 0.0}
    options = token.get("top_logprobs") or [token]
    for option in options:
        spelled = str(option["token"])
        # The token may begin before the verdict's first letter (`"A`): only tokens
        # with the same beginning are alternatives for the verdict itself.
        if not spelled.startswith(lead):
            continue
        name = _name(spelled[len(lead) :])
        if name:
            mass[name] += math.exp(option["logprob"])
    total = sum(mass.values())
    if not total > MIN_MASS:
        return None
    return min(1.0, (mass["A"] + mass["TIE"] / 2) / total)


def _verdict_start(content: str) -> int | None:
    if match := _VALUE.search(content):
        return match.end()
    stripped = content.strip(" \n\"'*[]`.")
    if stripped.upper() in ("A", "B", "TIE"):
        return content.index(stripped)
    return None


def _token_at(tokens: Sequence[Mapping[str, Any]], start: int) -> tuple[Mapping[str, Any], str] | None:
    """The token that covers character `start`, and what of it stands before that character."""
    at = 0
    for token in tokens:
        text = str(token["token"])
        if at <= start < at + len(text):
            return token, text[: start - at]
        at += len(text)
    return None


def _name(text: str) -> str | None:
    """Which verdict a token begins: A and B only as whole words, TIE by any beginning of it."""
    word = re.match(r"[A-Za-z]*", text.lstrip(" \"'[(*"))
    letters = word[0].upper() if word else ""
    if letters in ("A", "B"):
        return letters
    return "TIE" if letters and "TIE".startswith(letters) else None
