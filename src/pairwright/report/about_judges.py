"""The report's sections on judges: what each is worth and leans to, and how sure they may be taken to be."""

from __future__ import annotations

from typing import Any

import numpy as np
from markupsafe import Markup

from pairwright.amounts import usd
from pairwright.report import figures
from pairwright.report.page import Section, share, table
from pairwright.report.summary import BAD
from pairwright.stats.calibration import reliability

BINS = 8


def judges(of: dict[str, Any]) -> Section | None:
    worth = {each["judge"]: each for each in of["judges"]}
    rows, closely = [], Markup("")
    for name, found in of["judges_closely"].items():
        if not (found["votes"] or found["failed"]):
            continue
        its = worth.get(name, {})
        standing = its.get("standing", "not known yet")
        rows.append(
            (
                name,
                Markup('<span class="{}">{}</span>').format("bad" if standing in BAD else "", standing),
                share(its.get("right")),
                share(its.get("consistent")),
                share(its.get("first_shown")),
                _points(its.get("longer")),
                _pace(found),
            )
        )
        closely += _closely(name, found, its)
    if not rows:
        return None
    header = (
        "Judge", "Against people", "Right", "Same in both orders", "Chose the first shown",
        "Longer than people", "A pair",
    )  # fmt: skip
    how = (
        "Against people on the same pairs. Choosing the first shown in 50 % is no bias to a side; "
        "longer by 0 points is no bias to length; what is red is no better than a coin."
    )
    right = [(name, each["right"]) for name, each in worth.items() if each["right"]]
    html = Markup("")
    if len(right) > 1:
        html = figures.forest(right, "right, against people", 0.5, "a coin")
    return Section("judges", "Judges", how, html + table(header, rows) + closely)


def _points(longer: dict[str, Any] | None) -> Markup | str:
    if longer is None:
        return "-"
    low, high = 100 * longer["low"], 100 * longer["high"]
    return Markup('{} points <span class="soft">[{}, {}]</span>').format(
        f"{longer['value'] * 100:+.0f}", f"{low:+.0f}", f"{high:+.0f}"
    )


def _pace(found: dict[str, Any]) -> str:
    told = [f"{max(found['seconds'], 0.1):.1f} s a call"] if found["seconds"] is not None else []
    if found["usd"] is not None:
        told.append(usd(found["usd"]))
    return ", ".join(told) or "recorded"


def _closely(name: str, found: dict[str, Any], worth: dict[str, Any]) -> Markup:
    rows: list[tuple[Any, Any]] = [("verdicts", f"{found['votes']:,}")]
    if found["high"] is not None:
        rows.append(("of them HIGH in confidence", f"{found['high']:.0%}"))
    if worth.get("decided"):
        rows.append(("takes a side, over its orders", share(worth["decided"])))
    if found["failed"]:
        rows.append(("answers that failed", f"{found['failed']:,}: {'; '.join(found['why_failed'])}"))
    rows += [(f"says the same as {each['judge']}", share(each["agreement"])) for each in found["others"]]
    html = table(("", ""), rows)
    for each in found["models"]:
        html += Markup('<p class="bad">Chooses {} in {:.0%}, people on the same pairs in {:.0%}.</p>').format(
            each["model"], each["chosen"]["value"], each["others"]
        )
    if found["models_known"] and not found["models"]:
        html += Markup('<p class="soft">Likes no model more or less than people do (p &lt; 0.001).</p>')
    return Markup("<details><summary>{}, closely</summary>{}</details>").format(name, html)


def fewer(of: dict[str, Any]) -> Section | None:
    if not of["fewer"]:
        return None
    rows = [
        (
            f"all {len(each['judges'])}" if each["all"] else ", ".join(each["judges"]),
            share(each["right"]),
            share(each["surest_half"]),
        )
        for each in of["fewer"]
    ]
    how = "Chosen one after the other, each for what it adds; one that adds nothing costs money for nothing."
    html = table(("Judges", "Right on all", "Right on the surest half"), rows)
    return Section("fewer", "Would fewer judges do?", how, html)


def confidence(of: dict[str, Any]) -> Section | None:
    found = of["confidence"]["calibrated"]
    if found is None:
        return None
    sure, right = np.array(found["rows"]).T
    bins = reliability(sure, right, BINS)
    rows = [
        (name, f"{each['n']:,}", f"{each['expected_calibration_error']:.3f}", f"{each['brier']:.3f}")
        for name, each in (
            ("before: the share of judges' votes", of["confidence"]["before"]),
            ("after: the calibrated belief", of["confidence"]["after"]),
        )
        if each is not None
    ]
    how = (
        "On the dashed line a belief of 90 % is right in 90 of 100. Calibration error is the mean distance "
        "from it, the Brier score also counts how little a belief tells; less is better. Both rows are of "
        "the same pairs: those tested on which judges' votes take a side."
    )
    scores = table(("", "Pairs", "Calibration error", "Brier score"), rows)
    return Section(
        "reliability",
        "Does confidence mean what it says?",
        how,
        figures.reliability_diagram(bins) + scores,
    )


def risk(of: dict[str, Any]) -> Section | None:
    found = of["confidence"]["calibrated"]
    if found is None:
        return None
    sure, right = np.array(found["rows"]).T
    threshold = (of["certificate"] or {}).get("threshold")
    at = threshold if isinstance(threshold, float) else None
    how = "How often people agree when only the surest are accepted; the dashed line is what is accepted now."
    return Section("risk", "Accuracy by confidence", how, figures.risk_coverage_curve(sure, right, at))
