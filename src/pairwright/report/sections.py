"""The report's sections: each takes the numbers and gives itself, or None where there is nothing to show."""

from __future__ import annotations

from typing import Any

import numpy as np
from markupsafe import Markup

from pairwright.report import about_people, about_reward, figures
from pairwright.report.page import Section, share, table
from pairwright.stats.calibration import reliability

BINS = 8
_BAR = Markup(
    '<svg width="220" height="12" aria-hidden="true"><rect class="bar" width="{}" height="12"/></svg>'
)


def sections_of(numbers: dict[str, Any]) -> list[Section]:
    """All sections that have something to show, in the order they are read."""
    judges = (_judges, _fewer, _reliability, _risk)
    people = (about_people.agreement, about_people.people)
    makers = (
        _funnel,
        _promise,
        _audit,
        _checks,
        about_reward.reward,
        *judges,
        _plans,
        *people,
        _models,
        _cycles,
    )
    return [section for make in makers if (section := make(numbers)) is not None]


def _funnel(of: dict[str, Any]) -> Section:
    status = of["status"]
    labels = status["accepted_from_judges"] + status["accepted_from_people"]
    rows = [
        ("prompts", status["prompts"]),
        ("responses", status["responses"]),
        ("pairs", status["pairs"]),
        ("labels", labels),
        ("... of them from judges", status["accepted_from_judges"]),
        ("... of them from people", status["accepted_from_people"]),
        ("... of them ties, which make no row of a pair", status["ties"]),
        ("wait for people", status["for_people"]),
        ("skipped or disputed", status["stuck"]),
    ]
    most = max((n for _, n in rows), default=0) or 1
    shown = [(name, f"{n:,}", _BAR.format(round(220 * n / most, 1))) for name, n in rows]
    how = f"What became of what went in; ${status['spent_usd']:,.2f} was spent on calls."
    return Section("funnel", "From prompts to labels", how, table(("", "", ""), shown))


def _promise(of: dict[str, Any]) -> Section | None:
    certificate = of["certificate"]
    if certificate is None:
        return None
    accepted, labels = certificate["accepted"], certificate["labels"]
    text = (
        f"{accepted:,} of {labels:,} calibration pairs are accepted without a person, "
        f"{certificate['errors']:.0f} of them wrong."
    )
    if certificate["threshold"] is None:
        text = "Nothing can be promised yet, so people are asked about every pair."
    if of["test"] == "betting":
        text += " Tested by wagers, so that every answer may be looked at."
    how = (
        f"At least {of['target']:.0%} of what no person sees agrees with people, as tested on a random draw."
    )
    return Section("promise", "The promise", how, Markup("<p>{}</p>").format(text))


def _audit(of: dict[str, Any]) -> Section | None:
    found = of["audit"]
    if not found or not found["drawn"]:
        return None
    rows = [
        ("accepted pairs drawn for people to check", f"{found['drawn']:,}"),
        ("... checked so far", f"{found['checked']:,}"),
        ("... of them wrong", f"{found['wrong']:,}"),
        ("of all that is accepted, right", share(found["accuracy"]) if found["accuracy"] else "-"),
    ]
    html = table(("", ""), rows)
    if found["alarm"]:
        html = Markup('<p class="bad">{}</p>').format(found["alarm"]) + html
    how = "A random share of what is accepted is checked for ever; all beliefs help to tell how right it is."
    return Section("audit", "The audit", how, html)


def _checks(of: dict[str, Any]) -> Section | None:
    found = of["checks"]
    if not found:
        return None
    rows = []
    for each in found["open"]:
        name = each["check"] + (f".{each['part']}" if each["part"] else "")
        severity = Markup('<span class="{}">{}</span>').format(
            "bad" if each["severity"] == "error" else "", each["severity"]
        )
        seen = Markup("").join(
            Markup("<li>{}{}</li>").format(
                f"{one['external_id'] or 'pair ' + str(one['pair_id'])}: "
                if one["pair_id"] is not None
                else "",
                one["reason"],
            )
            for one in each["examples"]
        )
        examples = Markup("<details><summary>{}</summary><ul>{}</ul><p>{}.</p></details>").format(
            _short(each["examples"][0]["reason"]), seen, each["examples"][0]["remedy"].capitalize()
        )
        rows.append((severity, name, f"{each['n']:,}", examples))
    html = table(("", "Check", "Found", "For example"), rows)
    if not rows:
        html = Markup("<p>{} checks of {} pairs: nothing is off.</p>").format(
            len(found["checks"]), f"{found['pairs']:,}"
        )
    if found["settled"]:
        done = ", ".join(f"{n:,} {name}" for name, n in sorted(found["settled"].items()))
        html += Markup("<p>Settled: {}.</p>").format(done)
    how = "What checks found and nobody has settled; a pair with an error stays out of exports."
    return Section("checks", "What is off", how, html)


def _fewer(of: dict[str, Any]) -> Section | None:
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


def _judges(of: dict[str, Any]) -> Section | None:
    if not of["judges"]:
        return None
    rows = []
    for judge in of["judges"]:
        bad = judge["standing"] in ("no better than chance", "worse than chance")
        standing = Markup('<span class="{}">{}</span>').format("bad" if bad else "", judge["standing"])
        longer = judge["longer"]
        rows.append(
            (
                judge["judge"],
                standing,
                share(judge["right"]),
                share(judge["consistent"]),
                share(judge["first_shown"]),
                "-" if longer is None else f"{longer['value'] * 100:+.0f} points",
            )
        )
    header = (
        "Judge",
        "Against people",
        "Right",
        "Same in both orders",
        "Chose the first shown",
        "Longer than people",
    )
    how = "Against people on the same pairs. Choosing the first shown in 50 % is no position bias."
    return Section("judges", "Judges", how, table(header, rows))


def _reliability(of: dict[str, Any]) -> Section | None:
    found, raw = of["confidence"]["calibrated"], of["confidence"]["share_of_votes"]
    if found is None:
        return None
    sure, right = np.array(found["rows"]).T
    bins = reliability(sure, right, BINS)
    rows = [
        (name, f"{each['n']:,}", f"{each['expected_calibration_error']:.3f}", f"{each['brier']:.3f}")
        for name, each in (
            ("before: the share of judges' votes", raw),
            ("after: the calibrated belief", found),
        )
        if each is not None
    ]
    how = (
        "On the dashed line a belief of 90 % is right in 90 of 100. Calibration error is the mean distance "
        "from it, the Brier score also counts how little a belief tells; less is better."
    )
    scores = table(("", "pairs", "calibration error", "Brier score"), rows)
    html = figures.reliability_diagram(bins) + scores
    return Section("reliability", "Does confidence mean what it says?", how, html)


def _risk(of: dict[str, Any]) -> Section | None:
    found = of["confidence"]["calibrated"]
    if found is None:
        return None
    sure, right = np.array(found["rows"]).T
    threshold = (of["certificate"] or {}).get("threshold")
    at = threshold if isinstance(threshold, float) else None
    how = "How often people agree when only the surest are accepted; the dashed line is what is accepted now."
    return Section("risk", "Sure and right", how, figures.risk_coverage_curve(sure, right, at))


def _plans(of: dict[str, Any]) -> Section | None:
    plans = of["plans"]
    if not plans:
        return None
    rows = [
        (
            plan["method"],
            "measured here" if plan["measured"] else "usual figures",
            f"${plan['usd']['low']:,.0f}"
            + ("" if plan["usd"]["low"] == plan["usd"]["high"] else f"-{plan['usd']['high']:,.0f}"),
            f"{plan['hours']:,.0f}",
            share(plan["agreement"]),
        )
        for plan in plans
    ]
    header = ("To label all pairs", "", "Cost", "Hours of people", "Agreement with people")
    html = figures.plans_chart(plans) + table(header, rows)
    if of["plan_in_words"]:
        html += Markup("<p><b>{}</b></p>").format(of["plan_in_words"])
    how = "Every way to label these pairs; further up is better, further left cheaper, bars are 95 %."
    return Section("plans", "What it costs to be right", how, html)


def _models(of: dict[str, Any]) -> Section | None:
    found = of["wins"]
    if not found["models"]:
        return None
    rows = [(each["model"], f"{each['labels']:,}", share(each["beats"])) for each in found["models"]]
    html = table(("Model", "Labels", "Beats an average one of the others"), rows)
    if found["note"]:
        html += Markup("<p>{}</p>").format(found["note"])
    how = (
        "Bradley-Terry on the labels, ties as ties. Where one model wins everything, little else is learned."
    )
    return Section("models", "Which model wins", how, html)


def _cycles(of: dict[str, Any]) -> Section | None:
    found = of["wins"]
    if not found["n_cycles"]:
        return None
    rows = [(f"{i}", " > ".join(map(str, cycle))) for i, cycle in enumerate(found["cycles"], 1)]
    how = "Pairs whose labels contradict each other: no order of the responses fits them all."
    return Section("cycles", "Labels that go round in a circle", how, table(("", "Pairs"), rows))


def _short(text: str, most: int = 90) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
