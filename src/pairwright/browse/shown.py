"""Pairs as the pages show them: safe HTML of what somebody wrote, and words for what the store holds."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from pairwright.annotate.difference import difference
from pairwright.annotate.rendering import parting, raw_html, shown_turns, to_html, visible
from pairwright.store.browse.conditions import terms
from pairwright.types import SETTLED_BY, Prompt

SNIPPET = 180  # characters of a text in the list
AROUND = 60  # of them before the first word that was searched for
DECISIONS = {
    "accept": "accepted",
    "ask": "asks",
    "drop": "dropped",
    "wait": "waits for more votes",
}


def snippet(text: str, query: str) -> Markup:
    """A piece of a text around what was searched for, which is marked."""
    wanted = [term for term in terms(query) if term]
    pattern = re.compile("|".join(map(re.escape, wanted)), re.IGNORECASE) if wanted else None
    hit = pattern.search(text) if pattern else None
    start = max(0, hit.start() - AROUND) if hit else 0
    piece = " ".join(visible(text[start : start + SNIPPET]).split())
    shown = ("…" if start else "") + piece + ("…" if start + SNIPPET < len(text) else "")
    if pattern is None:
        return Markup(html.escape(shown))  # noqa: S704 - escaped
    parts, at = [], 0
    for found in pattern.finditer(shown):
        parts += [html.escape(shown[at : found.start()]), f"<mark>{html.escape(found[0])}</mark>"]
        at = found.end()
    return Markup("".join([*parts, html.escape(shown[at:])]))  # noqa: S704 - escaped


def turns(prompt: Prompt, shown: str) -> list[tuple[str, Markup]]:
    """(role, text as HTML) of each message, and before these of the tools on offer."""
    return [(role, _text(text, shown)) for role, text in shown_turns(prompt)]


def sides(a: str, b: str, shown: str) -> tuple[Markup, Markup, str | None]:
    """Both responses as HTML, and a word on what could not be shown as asked."""
    if shown == "difference":
        both = difference(a, b)
        if both is not None:
            return Markup(both[0]), Markup(both[1]), None  # noqa: S704 - escaped there
        note = "These texts are too long to compare word by word: they are shown as written."
        return _text(a, "raw"), _text(b, "raw"), note
    parts_at = parting(a, b)
    return _text(a, shown, parts_at), _text(b, shown, parts_at), None


def _text(text: str, shown: str, parts_at: int | None = None) -> Markup:
    made = to_html(text, parts_at) if shown == "text" else raw_html(text)
    return Markup(made)  # noqa: S704 - sanitised there


def when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


def money(amount: float | None, known: bool = True) -> str:
    if amount is None:
        return "price unknown"
    return f"{'' if known else 'about '}${amount:,.4f}" if amount else "$0"


def left(order: str) -> str:
    """Which response a rater saw first."""
    return "A first" if order == "AB" else "B first"


def pretty(value: Any) -> str:
    """What is on record, as indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)


def cost_of(chain: dict[str, Any]) -> tuple[float, int]:
    """(what the calls behind a pair cost together, in USD as far as prices are known; how many)."""
    things = [*chain["votes"], *chain["failures"], chain["a"], chain["b"]]
    calls = [call for each in things for call in each["calls"]]
    return sum(call["cost_usd"] or 0.0 for call in calls), len(calls)


def belief_words(belief: dict[str, Any] | None) -> str:
    """What is believed, in a few words."""
    if belief is None:
        return "not decided"
    if belief["decision"] == "accept":
        verdict = {"A": "A is better", "B": "B is better", "TIE": "a tie"}.get(belief["verdict"], "accepted")
        return f"{verdict}, from {SETTLED_BY.get(belief['source'], belief['source'])}"
    return DECISIONS.get(str(belief["decision"]), str(belief["decision"]))
