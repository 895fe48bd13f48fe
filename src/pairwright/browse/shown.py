"""Pairs as the pages show them: safe HTML of what somebody wrote, and words for what the store holds."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from pairwright.amounts import usd
from pairwright.annotate.cards import beside, shown_turns, to_html
from pairwright.annotate.difference import difference
from pairwright.annotate.rendering import visible, written_html
from pairwright.annotate.row_json import prompt_json, response_json
from pairwright.store.browse.conditions import terms
from pairwright.store.pair_texts import PairText
from pairwright.turns import all_laid_out
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
    if shown == "raw":
        return [("as JSON", Markup(prompt_json(prompt, reasoning=True)))]  # noqa: S704 - escaped there
    to = written_html if shown == "written" else to_html
    told = shown_turns(prompt, reasoning=shown == "text")
    return [(role, Markup(to(text))) for role, text in told]  # noqa: S704 - sanitised there


def sides(pair: PairText, shown: str) -> tuple[Markup, Markup, str | None]:
    """Both responses as HTML, and a word on what could not be shown as asked."""
    note, both = None, None
    if shown == "raw":
        both = response_json(pair.a_turns, reasoning=True), response_json(pair.b_turns, reasoning=True)
    elif shown == "text":
        both = beside(*(all_laid_out(of, reasoning=True) for of in (pair.a_turns, pair.b_turns)))
    elif shown == "difference":
        both = difference(pair.a, pair.b)
        if both is None:
            note = "These texts are too long to compare word by word: they are shown as written."
    a, b = both or (written_html(pair.a), written_html(pair.b))
    return Markup(a), Markup(b), note  # noqa: S704 - escaped or sanitised there


def when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


def money(amount: float | None, known: bool = True) -> str:
    return usd(amount) if known or not amount else f"about {usd(amount)}"


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
