"""The report on the reward model: what it doubts, how far to believe it, what more data is worth."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from pairwright.report import figures
from pairwright.report.page import Section, share, table

# Figures of a verification, and what each says.
FIGURES = {
    "with_others": "agrees with labels, the prompts' other labels heard",
    "agreement": "... by its text alone",
    "words_only": "by its words only",
    "length_only": "by length only",
    "in_sample": "naive: a model that was trained on these labels",
    "on_gold": "right on gold pairs",
    "label_accuracy": "labels that are right, corrected for its errors",
}


def reward(of: dict[str, Any]) -> Section | None:
    found = of["reward"]
    if not found:
        return None
    rows = [(told, share(found[name])) for name, told in FIGURES.items() if found[name] is not None]
    for part, told in (
        ("margin", "labels people changed among doubted pairs"),
        ("control", "... among others"),
    ):
        if found["precision"][part]:
            rows.append((told, share(found["precision"][part])))
    if found["without_flagged"]:
        rows.append(("right on gold, trained on all labels", share(found["without_flagged"]["with"])))
        rows.append(("... without the doubted ones", share(found["without_flagged"]["without"])))
    html = table(("", ""), rows)
    if found["refused"]:
        html = (
            Markup('<p class="bad">{}</p>').format(found["refused"][0].upper() + found["refused"][1:]) + html
        )
    else:
        html += _doubted(found)
    if found["curve"]:
        html += figures.learning_chart(found["curve"])
        html += Markup("<p><b>{}</b></p>").format(found["in_words"])
    how = (
        "Every label is judged by a reward model that never saw its prompt. Agreement is not accuracy: only "
        "gold pairs tell how many labels are right."
    )
    return Section("reward", "What a reward model doubts", how, html)


def _doubted(found: dict[str, Any]) -> Markup:
    html = Markup("<p>{} of {} labels have a margin under {}; the {} surest wrong are findings.</p>").format(
        f"{found['flagged']:,}", f"{found['pairs']:,}", f"{found['threshold']:g}", f"{found['findings']:,}"
    )
    html += figures.margins_chart(found["histogram"], found["threshold"])
    for kind, causes in found["causes"].items():
        if len(causes) > 1:
            html += table(
                (f"Doubted by {kind}", "pairs", "doubted"),
                [(each["name"], f"{each['pairs']:,}", f"{each['share']:.0%}") for each in causes[:8]],
            )
    return html
