"""The report on the reward model: what it doubts, how far to believe it, what more data is worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from pairwright.amounts import counted
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
# What was done about doubted labels before a light model was trained; nested (reward/repair.py).
REPAIRS = {
    "as they are": "right on gold pairs, a light model trained on the labels as they are",
    "dropped": "... the doubted ones dropped",
    "flipped": "... flipped",
    "softened": "... softened",
}


def reward(of: dict[str, Any]) -> Section | None:
    found = of["reward"]
    if not found:
        return None
    rows: list[tuple[str, Any]] = [
        (told, share(found[name])) for name, told in FIGURES.items() if found[name] is not None
    ]
    if found["label_accuracy_missing"]:
        rows.append((FIGURES["label_accuracy"], found["label_accuracy_missing"]))
    for part, told in (
        (
            "margin",
            "asked anew, people said otherwise than the label: of doubted pairs, the surest wrong first",
        ),
        ("flagged", "... of all that were flagged when pairs were sent, by a random sample of them"),
        ("control", "... of others"),
    ):
        if found["precision"][part]:
            rows.append((told, share(found["precision"][part])))
    if found.get("undecided"):
        even = Markup("{} of labels").format(f"{found['undecided']:.0%}")
        rows.append(("takes no side, which counts as half right, on", even))
    for name, told in REPAIRS.items():
        if found.get("repairs"):
            rows.append((told, _repaired(found["repairs"][name], name)))
    html = table(("", ""), rows)
    if found["own"]:
        html = _paragraph(f"{_own(found)} They were left out.") + html
    if found["out_of_date"]:
        again = "pairwright verify" + ("" if found["model"] == "light" else f" --model {found['model']}")
        html = _paragraph(f"Out of date: labels have changed since. Run {again}.", "bad") + html
    if found["refused"]:
        html = _paragraph(found["refused"][0].upper() + found["refused"][1:], "bad") + html
    else:
        html += _doubted(found)
    if found["curve"]:
        html += figures.learning_chart(found["curve"])
        html += Markup("<p><b>{}</b></p>").format(found["in_words"])
        html += _by_domain(found["curve"]["domains"])
    how = (
        f"Every label is judged by {found['by']}. Agreement is not accuracy: only gold pairs tell how many "
        "labels are right."
    )
    return Section("reward", "What a reward model doubts", how, html)


def _paragraph(text: str, kind: str = "") -> Markup:
    return Markup('<p class="{}">{}</p>').format(kind, text) if kind else Markup("<p>{}</p>").format(text)


def _repaired(of: dict[str, Any], name: str) -> Markup:
    """How often right, and the points that were won or lost."""
    gain = of.get("gain")
    if gain is None or name == "as they are":
        return share(of)
    value, low, high = (f"{100 * gain[part]:+.1f}" for part in ("value", "low", "high"))
    return share(of) + Markup(" {} points <small>[{}, {}]</small>").format(value, low, high)


def _own(found: dict[str, Any]) -> str:
    return (
        f"{counted(found['own'], 'label rests', 'labels rest')} on the votes of judge "
        f"{found['judge']}, this very model."
    )


def _by_domain(domains: Sequence[dict[str, Any]]) -> Markup:
    if not domains:
        return Markup("")

    def points(three: Sequence[float]) -> str:
        low, gain, high = (100 * each for each in three)
        return f"{gain:.1f} [{low:.1f}, {high:.1f}]"

    return table(
        ("Domain", "agreement", "now", "points by doubling"),
        [
            (each["domain"], f"{each['agreement']:.0%}", each["state"], points(each["doubling"]))
            for each in domains
        ],
    )


def _doubted(found: dict[str, Any]) -> Markup:
    decided = found["pairs"] - found["ties"]  # of a tie neither side was chosen
    html = Markup("<p>{} of {} labels have a margin under {}; the {} surest wrong are findings.</p>").format(
        f"{found['flagged']:,}", f"{decided:,}", f"{found['threshold']:g}", f"{found['findings']:,}"
    )
    html += figures.margins_chart(found["histogram"], found["threshold"])
    for kind, causes in found["causes"].items():
        if len(causes) > 1:
            html += table(
                (f"Doubted by {kind}", "pairs", "doubted"),
                [(each["name"], f"{each['pairs']:,}", f"{each['share']:.0%}") for each in causes[:8]],
            )
    return html
