"""The report on the dataset as a whole: where rows come from, what it costs, what is promised."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from pairwright.report import bars, figures
from pairwright.report.page import Section, share, table


def funnel(of: dict[str, Any]) -> Section:
    html = bars.funnel(of["funnel"]["steps"])
    exports = [
        (each["file"], each["shape"], f"{each['rows']:,}", each["made"][:16].replace("T", " "))
        for each in of["funnel"]["exports"]
    ]
    if exports:
        html += table(("Exported", "Shape", "Rows", "Made (UTC)"), exports)
    elif of["funnel"]["rows"]:
        html += Markup('<p class="soft">Nothing is exported yet: <code>pairwright export</code>.</p>')
    how = (
        "All bars are on one scale; a bar that is shorter than the one above lost what stands beside it. "
        "A row is a pair with a better and a worse response."
    )
    return Section("funnel", "From prompts to rows", how, html)


def savings(of: dict[str, Any]) -> Section | None:
    found = of["savings"]
    if found is None:
        return None
    full, here, left = found["full"], found["here"], found["left"]
    usd = here["calls_usd"] + here["people_usd"] + left["people_usd"]
    hours = here["hours"] + left["hours"]
    money = bars.stacked(
        "USD",
        [
            ("people on every pair", _usd(full["usd"]), {"people on every pair": full["usd"]}),
            (
                "this project",
                _usd(usd),
                {
                    "calls of models": here["calls_usd"],
                    "people so far": here["people_usd"],
                    "people still wanted": left["people_usd"],
                },
            ),
        ],
    )
    time = bars.stacked(
        "Hours of people",
        [
            ("people on every pair", f"{full['hours']:,.1f} h", {"people on every pair": full["hours"]}),
            (
                "this project",
                f"{hours:,.1f} h",
                {"people so far": here["hours"], "people still wanted": left["hours"]},
            ),
        ],
    )
    told = [
        _times(found["times_cheaper"], "the money", "cheaper", "dearer"),
        _times(found["times_faster"], "the hours", "fewer hours", "more hours"),
    ]
    each = "once" if found["people_per_pair"] == 1 else f"by {found['people_per_pair']} people"
    pace = f"measured on {found['seconds_measured']:,} answers" if found["seconds_measured"] else "assumed"
    how = (
        f"Beside people who answer each of the {found['pairs']:,} pairs {each}, at "
        f"${found['usd_per_answer']:,.2f} ([annotate] usd_per_pair) and "
        f"{found['seconds_per_answer']:,.0f} s an answer ({pace}); the shorter the lower bar, the more "
        "was saved."
    )
    words = "; ".join(each for each in told if each) or "nothing was spent yet"
    html = Markup("<p><b>{}.</b></p>").format(words[:1].upper() + words[1:])
    return Section("savings", "Cost and hours", how, html + money + time)


def _times(times: float | None, what: str, better: str, worse: str) -> str:
    if times is None:
        return ""
    if 0.95 < times < 1.05:
        return f"about {what} of people on every pair"
    return f"{times:.1f} times {better}" if times > 1 else f"{1 / times:.1f} times {worse}"


def _usd(value: float) -> str:
    return f"${value:,.0f}" if value >= 10 else f"${value:,.2f}"


def promise(of: dict[str, Any]) -> Section | None:
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


def audit(of: dict[str, Any]) -> Section | None:
    found = of["audit"]
    if not found or not found["drawn"]:
        return None
    rows = [
        ("accepted pairs drawn for people to check", f"{found['drawn']:,}"),
        ("... checked so far", f"{found['checked']:,}"),
        ("... of them wrong", f"{found['wrong']:,}"),
        ("of all that is accepted, right", share(found["accuracy"]) if found["accuracy"] else "-"),
    ]
    how = "A random share of what is accepted is checked for ever; all beliefs help to tell how right it is."
    return Section("audit", "The audit", how, table(("", ""), rows))


def plans(of: dict[str, Any]) -> Section | None:
    found = of["plans"]
    if not found:
        return None
    rows = [
        (
            plan["method"],
            Markup('<span class="tag">{}</span>').format(
                "measured here" if plan["measured"] else "usual figures"
            ),
            f"${plan['usd']['low']:,.0f}"
            + ("" if plan["usd"]["low"] == plan["usd"]["high"] else f"-{plan['usd']['high']:,.0f}"),
            f"{plan['hours']:,.0f}",
            share(plan["agreement"]),
            {None: "", True: "yes", False: "no"}[plan["certified"]],
        )
        for plan in found
    ]
    header = ("To label all pairs", "", "Cost", "Hours of people", "Agreement with people", "Guaranteed")
    html = figures.plans_chart(found)
    if of["plan_in_words"]:
        html += Markup("<p><b>{}</b></p>").format(of["plan_in_words"])
    html += table(header, rows)
    how = (
        "Every way to label these pairs, people answering each once; further up is better, further left "
        "cheaper, bars are 95 %. Guaranteed: whether the labels at hand let judges decide that many."
    )
    return Section("plans", "What it costs to be right", how, html)
