"""The probability a judge's own token probabilities give to the response shown first.

All spellings of a verdict at the token where it was decided are added up
(`A`, ` A`, `"A`), then renormalised over A and B (a tie counts half). Where
less than half the mass lies on verdicts the distribution says nothing and
None is returned. The mean of the distribution is used, not its argmax
(arXiv 2503.03064). Tokens must spell the answer, and the token at the verdict must
spell the verdict: some servers give the tokens of the thinking before it, or instead.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pairwright.literals import checked
from pairwright.types import Verdict

MIN_MASS = 0.5
MOST_LISTED = 1.1  # of probability in one list, rounding allowed for: more is no distribution
MOST_UNLISTED = 0.05
_LETTERS = re.compile(r"[A-Za-z]*")
_ENDS = re.compile(r"(?:\s+|<(?!/?think)[^<>\s]{1,30}>)*+")  # of an answer, as a token: <|im_end|>, </s>


@checked
def verdict_logprobs(
    content: str, tokens: Sequence[Mapping[str, Any]] | None, place: int | None, verdict: Verdict
) -> dict[str, float] | None:
    """Token -> log-probability at the place where the verdict was decided, None if it can't be told.

    `content` is the raw answer and `place` where in it the verdict's first letter stands;
    `tokens` are the `choices[0].logprobs.content` of an OpenAI-style reply:
    [{"token", "logprob", "bytes", "top_logprobs": [{"token", "logprob"}]}].
    What the token holds before the verdict's first letter (`"A`) is left out,
    and so are tokens that do not begin alike: they are no alternatives to it.
    """
    if not tokens or place is None:
        return None
    found: dict[str, float] = {}
    try:
        pieces = [_bytes(token) for token in tokens]
        start = _start(content, pieces, place)
        if start is None:
            return None
        at, lead = _token_at(pieces, start)
        token, before = tokens[at], lead.decode()
        for option in token.get("top_logprobs") or [token]:
            spelled = str(option["token"])
            if spelled.startswith(before):
                found[spelled[len(before) :]] = float(option["logprob"])
        own = str(token["token"])
        if own.startswith(before) and isinstance(token.get("logprob"), int | float):
            found.setdefault(own[len(before) :], float(token["logprob"]))
        if _name(own[len(before) :] if own.startswith(before) else own) != verdict:
            return None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None  # not in the form OpenAI gives them: nothing can be told
    return found


@checked
def fits(logprobs: Mapping[str, float] | None, verdict: Verdict) -> bool:
    """Whether the verdict is the likeliest: without sampling any other is somebody else's distribution."""
    mass = _mass(logprobs)
    return mass[verdict] >= max(mass.values())


def prob_first(logprobs: Mapping[str, float] | None) -> float | None:
    """P(first shown is better), in [0, 1], from `verdict_logprobs`; None if they don't tell."""
    mass = _mass(logprobs)
    total = sum(mass.values())
    listed = sum(math.exp(min(each, 1.0)) for each in (logprobs or {}).values())
    if not total > MIN_MASS or listed > MOST_LISTED:
        return None
    # Where only one verdict is listed, the others may have all that is not.
    if max(mass.values()) == total and listed < 1 - MOST_UNLISTED:
        return None
    return min(1.0, (mass["A"] + mass["TIE"] / 2) / total)


def _mass(logprobs: Mapping[str, float] | None) -> dict[Verdict, float]:
    mass: dict[Verdict, float] = {"A": 0.0, "B": 0.0, "TIE": 0.0}
    for spelled, logprob in (logprobs or {}).items():
        if name := _name(spelled):
            mass[name] += math.exp(min(logprob, 0.0))
    return mass


def _bytes(token: Mapping[str, Any]) -> bytes:
    """What a token spells: a character may be cut in two, and then only its bytes tell."""
    given = token.get("bytes")
    return bytes(given) if isinstance(given, list) else str(token["token"]).encode()


def _start(content: str, pieces: Sequence[bytes], place: int) -> int | None:
    """Where, in bytes of the tokens, the verdict stands; None where they do not spell the answer.

    Thinking may come before the answer and a token that ends it after. Where some letters
    beyond the verdict are spelled otherwise, all up to the verdict and its end must be there, once.
    """
    spelled, whole = b"".join(pieces), content.strip().encode()
    lead = len(content[:place].lstrip().encode())
    if (at := spelled.rfind(whole)) >= 0 and _ENDS.fullmatch(
        spelled[at + len(whole) :].decode(errors="replace")
    ):
        return at + lead
    part = content.strip()[: place - (len(content) - len(content.lstrip())) + 2].encode()
    at = spelled.find(part)
    return at + lead if at >= 0 and spelled.find(part, at + 1) < 0 else None


def _token_at(pieces: Sequence[bytes], start: int) -> tuple[int, bytes]:
    """The number of the token that covers byte `start`, and what of it stands before."""
    at = 0
    for number, piece in enumerate(pieces):
        if at <= start < at + len(piece):
            return number, piece[: start - at]
        at += len(piece)
    raise ValueError(start)


def _name(text: str) -> Verdict | None:
    """Which verdict a token begins: A and B only as whole words, TIE by any beginning of it."""
    word = _LETTERS.match(text.lstrip(" \"'[(*"))
    letters = word[0].upper() if word else ""
    if letters == "A":
        return "A"
    if letters == "B":
        return "B"
    return "TIE" if letters and "TIE".startswith(letters) else None
