"""The report's sections on people: how far they agree, and each of them."""

from __future__ import annotations

import time
from typing import Any

from markupsafe import Markup

from pairwright.report.page import Section, share, table

_SPARK = (90, 24)  # pixels
_LOW = 0.4  # share right at the bottom of the line


def agreement(of: dict[str, Any]) -> Section | None:
    found = of["agreement"]
    if not found["answers"]:
        return None
    alpha = found["alpha"]
    shown = (
        f"{alpha['value']:.2f} [{alpha['low']:.2f}, {alpha['high']:.2f}] on {alpha['n']:,} pairs"
        if alpha
        else found["alpha_missing"]
    )
    rows = [
        ("Krippendorff's alpha", shown),
        ("Fleiss' kappa", _kappa(of["kappa"]["fleiss"])),
        *((f"Cohen's kappa of {one} and {other}", _kappa(each)) for one, other, each in of["kappa"]["cohen"]),
        ("two people say the same", share(found["agreement"])),
        ("people and judges lean the same way", share(found["with_judge"])),
    ]
    how = "Alpha is agreement beyond chance: 1 is perfect, 0 is chance, 0.67 a usual floor."
    closely = of["closely"]
    if closely["strength"]:
        rows.append(("... on how much better (ordinal alpha)", _kappa(closely["strength"])))
    html = table(("", ""), rows)
    if closely["domains"]:
        html += table(
            ("Domain, least agreement first", "Answers", "Two say the same", "Alpha"),
            [
                (each["domain"], f"{each['answers']:,}", share(each["agreement"]), _kappa(each["alpha"]))
                for each in closely["domains"]
            ],
        )
    if closely["periods"]:
        html += table(
            ("Over time", "Two say the same", "Alpha"),
            [
                (_when(each["from"], each["to"]), share(each["agreement"]), _kappa(each["alpha"]))
                for each in closely["periods"]
            ],
        )
    if closely["judges"]:
        html += table(
            ("Person", "Judge (of two minds: a tie)", "Say the same"),
            [(each["person"], each["judge"], share(each["agreement"])) for each in closely["judges"]],
        )
    return Section("agreement", "Do people agree?", how, html)


def _kappa(found: dict[str, Any] | None) -> str:
    if found is None:
        return "-"
    return f"{found['value']:.2f} [{found['low']:.2f}, {found['high']:.2f}] on {found['n']:,} pairs"


def _when(first: float, last: float) -> str:
    days = [time.strftime("%d %b %H:%M", time.localtime(each)) for each in (first, last)]
    return f"{days[0]} - {days[1]}"


def people(of: dict[str, Any]) -> Section | None:
    rows = []
    for person in of["people"]:
        if not person["votes"]:
            continue
        longer = "-" if person["longer"] is None else f"{person['longer']['value']:.0%}"
        if person["longer"] is not None and person["others_longer"] is not None:
            longer += f" (most others {person['others_longer']:.0%})"
        seconds = "-" if person["median_seconds"] is None else f"{person['median_seconds']:.0f}"
        worries = Markup('<span class="bad">{}</span>').format("; ".join(person["worries"]))
        rows.append(
            (
                person["name"],
                f"{person['votes']:,}",
                share(person["gold"]),
                share(person["agreement"]),
                share(person["left"]),
                longer,
                seconds,
                worries,
                _closely(of["closely"]["people"].get(person["name"])),
            )
        )
    if not rows:
        return None
    header = (
        "Person",
        "Answers",
        "Right on gold",
        "With most others",
        "Left side",
        "Longer",
        "Seconds",
        "Look at",
        "",
    )
    how = "Sides are shuffled, so 50 % left is fair; what is red is off by more than chance (p < 0.001)."
    return Section("people", "People", how, table(header, rows))


def _closely(of: dict[str, Any] | None) -> Markup:
    """One person's confusion, reliability and course, to be opened."""
    if of is None or not any(map(sum, of["confusion"])):
        return Markup("")
    names = ("A", "B", "tie")
    html = table(
        ("They said", *names),
        [(f"when it was {name}", *map(str, row)) for name, row in zip(names, of["confusion"], strict=True)],
    )
    if of["reliability"] is not None:
        html += Markup("<p>Taken to be right in {:.0%}, a verdict as good as another.</p>").format(
            of["reliability"]
        )
    if of["over_time"]:
        html += Markup("<p>Right over time: {} {}</p>").format(
            _spark([each["value"] for each in of["over_time"]]),
            ", ".join(f"{each['value']:.0%}" for each in of["over_time"]),
        )
    for each in of["models"]:
        html += Markup('<p class="bad">Chooses {} in {:.0%}, others on the same pairs in {:.0%}.</p>').format(
            each["model"], each["chosen"]["value"], each["others"]
        )
    return Markup("<details><summary>closely</summary>{}</details>").format(html)


def _spark(values: list[float]) -> Markup:
    width, height = _SPARK
    step = width / max(1, len(values) - 1)
    points = " ".join(
        f"{i * step:.1f},{height - 2 - (height - 4) * (max(value, _LOW) - _LOW) / (1 - _LOW):.1f}"
        for i, value in enumerate(values)
    )
    return Markup(
        '<svg width="{}" height="{}" aria-hidden="true">'
        '<polyline points="{}" fill="none" stroke="var(--accent)" stroke-width="2"/></svg>'
    ).format(width, height, points)
