"""The report's sections on people: how far they agree, and each of them."""

from __future__ import annotations

import time
from typing import Any

from markupsafe import Markup

from pairwright.report import figures
from pairwright.report.page import Section, share, table

_SPARK = (90, 24)  # pixels
SHOWN = 60  # people, those to worry about first
_LOW = 0.4  # share right at the bottom of the line


def agreement(of: dict[str, Any]) -> Section | None:
    found = of["agreement"]
    unknown = [
        ("Krippendorff's alpha of raters who may be people or not", _kappa(each))
        for each in (found.get("alpha_unknown"),)
        if each
    ]
    if not found["answers"]:
        how = "Their labels came with data that does not say who made them: `add --labels-by` does."
        return Section("agreement", "Do raters agree?", how, table(("", ""), unknown)) if unknown else None
    alpha = found["alpha"]
    rows = [
        ("Krippendorff's alpha", _kappa(alpha) if alpha else found["alpha_missing"]),
        ("Fleiss' kappa", _kappa(of["kappa"]["fleiss"])),
        ("two people say the same", share(found["agreement"])),
        ("people and judges lean the same way", share(found["with_judge"])),
        *unknown,
    ]
    how = "Alpha is agreement beyond chance: 1 is perfect, 0 is chance, 0.67 a usual floor."
    closely = of["closely"]
    if closely["strength"]:
        rows.append(("... on how much better (ordinal alpha)", _kappa(closely["strength"])))
    html = table(("", ""), rows)
    html += _each_two(of["kappa"]["cohen"])
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
    html += _with_judges(closely["judges"])
    return Section("agreement", "Do people agree?", how, html)


def _each_two(cohen: list[Any]) -> Markup:
    """Cohen's kappa of every two people."""
    if not cohen:
        return Markup("")
    rows = [(f"{one} and {other}", _kappa(each)) for one, other, each in cohen]
    return Markup("<details><summary>Every two people</summary>{}</details>").format(
        table(("Cohen's kappa", ""), rows)
    )


def _with_judges(found: list[dict[str, Any]]) -> Markup:
    """People down, judges across: how often they say the same."""
    if not found:
        return Markup("")
    same = {(each["person"], each["judge"]): each["agreement"] for each in found}
    judges = list(dict.fromkeys(each["judge"] for each in found))
    rows = [
        (person, *(share(same.get((person, judge))) for judge in judges))
        for person in list(dict.fromkeys(each["person"] for each in found))[:SHOWN]
    ]
    html = Markup(
        '<p class="read">How often a person says what a judge says; one of two minds says a tie.</p>'
    )
    return html + table(("Same as the judge", *judges), rows)


def _kappa(found: dict[str, Any] | None) -> Markup:
    if found is None:
        return Markup("-")
    return Markup('{:.2f} <span class="soft">[{:.2f}, {:.2f}] of {}</span>').format(
        found["value"], found["low"], found["high"], f"{found['n']:,}"
    )


def _when(first: float, last: float) -> str:
    days = [time.strftime("%d %b %H:%M", time.localtime(each)) for each in (first, last)]
    return f"{days[0]} - {days[1]}"


def people(of: dict[str, Any]) -> Section | None:
    rows, more = [], Markup("")
    voted = [person for person in of["people"] if person["votes"]]
    for person in voted[:SHOWN]:
        longer: Any = "-" if person["longer"] is None else f"{person['longer']['value']:.0%}"
        if person["longer"] is not None and person["others_longer"] is not None:
            longer += Markup(' <span class="soft">others {:.0%}</span>').format(person["others_longer"])
        seconds = "-" if person["median_seconds"] is None else f"{person['median_seconds']:.0f}"
        off = (
            Markup('<span class="bad">{}</span>').format(person["name"])
            if person["worries"]
            else person["name"]
        )
        rows.append(
            (
                off,
                f"{person['votes']:,}",
                share(person["gold"]),
                share(person["agreement"]),
                share(person["left"]),
                longer,
                seconds,
            )
        )
        more += _closely(person["name"], of["closely"]["people"].get(person["name"]))
    if not rows:
        return None
    header = (
        "Person", "Answers", "Right on gold", "With most others", "Left side", "The longer one", "Seconds",
    )  # fmt: skip
    how = "Sides are shuffled, so 50 % left is fair; what is red is off by more than chance (p < 0.001)."
    html = Markup("")
    known = [(person["name"], person["agreement"]) for person in of["people"] if person.get("agreement")]
    if len(known) > 1:
        html = figures.forest(known, "says the same as most others", _mean(known), "the mean")
    if len(voted) > SHOWN:
        more += Markup('<p class="soft">{} more: <code>pairwright people</code></p>').format(
            f"{len(voted) - SHOWN:,}"
        )
    return Section("people", "People", how, html + table(header, rows) + more)


def _mean(known: list[tuple[str, dict[str, Any]]]) -> float:
    return float(sum(of["value"] * of["n"] for _, of in known) / max(1, sum(of["n"] for _, of in known)))


def _closely(name: str, of: dict[str, Any] | None) -> Markup:
    """One person's confusion, reliability and course, to be opened."""
    if of is None or not any(map(sum, of["confusion"])):
        return Markup("")
    sided, _, tie = of["confusion"]  # the sides mirror each other: what holds of A holds of B
    html = table(
        ("They chose", "the right side", "the other side", "a tie"),
        [
            ("when it was A or B", *(f"{2 * n:.0f}" for n in sided)),
            ("when it was a tie", f"{tie[0] + tie[1]:.0f} a side", "", f"{tie[2]:.0f}"),
        ],
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
    return Markup("<details><summary>{}, closely</summary>{}</details>").format(name, html)


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
