"""The probability a judge's own token probabilities give to the response shown first.

All spellings of a verdict at the token where it was decided are added up
(`A`, ` A`, `"A`), then renormalised over A and B (a tie counts half). Where
less than half the mass lies on verdicts the distribution says nothing and
None is returned. The mean of the distribution is used, not its argmax
(arXiv 2503.03064).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

_VALUE = re.compile(r'"verdict"\s*:\s*"\s*(?=[AaBbTt])')
MIN_MASS = 0.5


def verdict_logprobs(content: str, tokens: Sequence[Mapping[str, Any]] | None) -> dict[str, float] | None:
    """Token -> log-probability at the place where the verdict was decided, None if it can't be told.

    `content` is the raw answer, `tokens` the `choices[0].logprobs.content` of
    an OpenAI-style reply: [{"token", "logprob", "top_logprobs": [{"token", "logprob"}]}].
    What the token holds before the verdict's first letter (`"A`) is left out,
    and so are tokens that do not begin alike: they are no alternatives to it.
    """
    start = _verdict_start(content)
    if not tokens or start is None:
        return None
    found: dict[str, float] = {}
    try:
        place = _token_at(tokens, start)
        if place is None:
            return None
        token, lead = place
        for option in token.get("top_logprobs") or [token]:
            spelled = str(option["token"])
            if spelled.startswith(lead):
                found[spelled[len(lead) :]] = float(option["logprob"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None  # not in the form OpenAI gives them: nothing can be told
    return found


def prob_first(logprobs: Mapping[str, float] | None) -> float | None:
    """P(first shown is better), in [0, 1], from `verdict_logprobs`; None if they don't tell."""
    mass = {"A": 0.0, "B": 0.0, "TIE": 0.0}
    for spelled, logprob in (logprobs or {}).items():
        if name := _name(spelled):
            mass[name] += math.exp(min(logprob, 0.0))  # no probability is over 1, whatever was sent
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
