"""Pairs one can open on the page: what was asked, both responses, what was found, what was done."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from pairwright.types import SETTLED_BY

FIRST = 700  # characters shown at once; the rest opens
DONE = {
    "dismissed": "dismissed",
    "sent": "sent to people",
    "dropped": "dropped from the dataset",
    "flipped": "the label was turned round",
    "softened": "the label was made less sure",
    "asked again": "judges were asked again",
    "gone": "no longer seen by the last run",
}


def finding(of: dict[str, Any], pairs: dict[str, Any]) -> Markup:
    """One finding; it opens to its pair where it is about one."""
    pair = pairs.get(str(of["pair_id"])) if of["pair_id"] is not None else None
    if pair is None:
        return Markup('<p class="found">{}{}</p>').format(of["reason"], _done(of))
    name = pair["external_id"] or pair["id"]
    return Markup(
        '<details class="pair"><summary><b>{}</b> {}</summary>{}<div class="two-texts">{}{}</div>{}</details>'
    ).format(
        name,
        of["reason"],
        _text("Prompt", pair["prompt"], pair["id"]),
        _text(_side("A", pair), pair["a"], pair["id"], pair["a_reasoning"]),
        _text(_side("B", pair), pair["b"], pair["id"], pair["b_reasoning"]),
        _end(of, pair),
    )


def _side(side: str, pair: dict[str, Any]) -> Markup:
    model = pair[f"{side.lower()}_model"]
    title = Markup("{}{}").format(side, f" · {model}" if model else "")
    if pair["decision"] == "accept" and pair["verdict"] == side:
        title += Markup(' <span class="good">chosen</span>')
    return title


def _text(title: str, of: dict[str, Any], pair: str, reasoning: dict[str, Any] | None = None) -> Markup:
    """A text: its beginning, the rest to be opened, and where all of it is if it is too long for a page.

    What the model thought stands folded under it.
    """
    html = _cut_text(of, pair)
    if reasoning and reasoning["text"]:
        html += Markup("<details><summary>Reasoning, {} characters</summary>{}</details>").format(
            f"{reasoning['characters']:,}", _cut_text(reasoning, pair)
        )
    return Markup('<div class="text"><h4>{}</h4>{}</div>').format(title, html)


def _cut_text(of: dict[str, Any], pair: str) -> Markup:
    text, characters = of["text"], of["characters"]
    html = Markup("<pre>{}</pre>").format(text[:FIRST]) if text else Markup('<p class="soft">(empty)</p>')
    if len(text) > FIRST:
        html += Markup("<details><summary>{} more characters</summary><pre>{}</pre></details>").format(
            f"{characters - FIRST:,}", text[FIRST:]
        )
    if characters > len(text):
        html += Markup(
            '<p class="soft">Cut at {} of {} characters: <code>pairwright show {}</code></p>'
        ).format(f"{len(text):,}", f"{characters:,}", pair)
    return html


def _end(of: dict[str, Any], pair: dict[str, Any]) -> Markup:
    label = "no label yet"
    if pair["decision"] == "accept":
        who = SETTLED_BY.get(pair["source"], pair["source"])
        label = f"{pair['verdict']}, from {who}: {pair['reason']}"
    elif pair["decision"]:
        label = f"{pair['decision']}: {pair['reason']}"
    rows = [("Found", of["reason"]), ("Label now", label)]
    if of["action"] in DONE:
        because = f", because: {of['because']}" if of["because"] else ""
        rows.append(("Done", f"{DONE[of['action']]}{because}"))
    else:
        rows.append(("To do", f"{of['remedy']} (finding {of['id']})"))
    told = Markup("").join(Markup("<dt>{}</dt><dd>{}</dd>").format(*row) for row in rows)
    return Markup("<dl>{}</dl>").format(told)


def _done(of: dict[str, Any]) -> str:
    return (
        f" ({DONE[of['action']]})"
        if of["action"] in DONE
        else f". {of['remedy'][:1].upper()}{of['remedy'][1:]}."
    )
