"""The report on the dataset as a whole: where rows come from, what it costs, what is promised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from pairwright.amounts import counted, hours, round_usd, usd, usd_range
from pairwright.report import bars, figures
from pairwright.report.page import Section, share, table
from pairwright.routing import wording


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
    spent = here["calls_usd"] + here["people_usd"] + left["people_usd"]
    worked = here["hours"] + left["hours"]
    money = bars.stacked(
        "USD",
        [
            ("people on every pair", round_usd(full["usd"]), {"people on every pair": full["usd"]}),
            (
                "this project",
                round_usd(spent),
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
            ("people on every pair", hours(full["hours"]), {"people on every pair": full["hours"]}),
            (
                "this project",
                hours(worked),
                {"people so far": here["hours"], "people still wanted": left["hours"]},
            ),
        ],
    )
    each = "once" if found["people_per_pair"] == 1 else f"by {found['people_per_pair']} people"
    pace = (
        f"measured on {counted(found['seconds_measured'], 'answer')}"
        if found["seconds_measured"]
        else "assumed"
    )
    how = (
        f"Beside people who answer each of {counted(found['pairs'], 'pair')} {each}, at "
        f"{usd(found['usd_per_answer'])} an answer ([annotate] usd_per_pair) and "
        f"{found['seconds_per_answer']:,.0f} s an answer ({pace}); the shorter the lower bar, the more "
        "was saved."
    )
    told = f"It costs {_beside(spent, full['usd'], round_usd)} "
    told += f"People work {_beside(worked, full['hours'], hours)}"
    if found["undecided"]:
        told += (
            f" {counted(found['undecided'], 'pair is', 'pairs are')} not decided yet: answers would "
            "come on top."
        )
    html = Markup("<p><b>{}</b></p>").format(told)
    return Section("savings", "Cost and hours", how, html + money + time)


def _beside(here: float, full: float, shown: Callable[[float], str]) -> str:
    """`$60 instead of $80 (75 %).`: what this project takes, beside people on every pair."""
    if not full:
        return f"{shown(here)}."
    return f"{shown(here)} instead of {shown(full)} ({here / full:.0%})."


def promise(of: dict[str, Any]) -> Section | None:
    """Frame by frame what is guaranteed, and what no guarantee is about."""
    found = of["status"]["calibration"]
    if found is None or not (found["frames"] or found["outside"]):
        return None
    html = Markup("")
    for frame in found["frames"]:
        kind = "bad" if frame["alarm"] else "good" if wording.stands(frame) else "soft"
        html += Markup('<p><b>{}</b>: <span class="{}">{}</span></p>').format(
            wording.name(frame), kind, wording.of_frame(found, frame)
        )
        if frame["shift"]:
            html += Markup("<p>{}</p>").format(frame["shift"])
    html += Markup("").join(Markup("<p>{}</p>").format(text) for text in wording.outside(found))
    how = (
        f"A frame is the pairs one certificate is about: of what is accepted without a person at least "
        f"{found['target']:.0%} agrees with people, as tested on pairs drawn from the frame by chance."
    )
    if of["test"] == "betting":
        how += " Tested by wagers, so that every answer may be looked at."
    return Section("promise", "The guarantee", how, html)


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
            Markup('<span class="tag">{}</span>').format(_basis(plan)),
            usd_range(plan["usd"]["low"], plan["usd"]["high"]),
            hours(plan["hours"]),
            share(plan["agreement"]),
            {None: "", True: "yes", False: "no"}[plan["certified"]],
        )
        for plan in found
    ]
    header = ("To label all pairs", "", "Cost", "Time of people", "Agreement with people", "Guaranteed")
    html = figures.plans_chart(found)
    if of["plan_in_words"]:
        html += Markup("<p><b>{}</b></p>").format(of["plan_in_words"])
    html += table(header, rows)
    overlap = of["savings"]["people_per_pair"] if of["savings"] else 1
    each = "once" if overlap == 1 else f"{overlap} times"
    how = (
        f"Every way to label these pairs, people answering each {each}; further up is better, further left "
        "cheaper, bars are 95 %. Guaranteed: whether the labels at hand let judges decide that many."
    )
    if any(_assumed(plan) for plan in found):
        how += " How often two people agree is assumed as experts usually do: too few pairs have two answers."
    return Section("plans", "Cost against agreement", how, html)


def _assumed(plan: dict[str, Any]) -> bool:
    return bool(plan["measured"] and plan["agreement"]["method"] == "assumed")


def _basis(plan: dict[str, Any]) -> str:
    if _assumed(plan):
        return "cost measured here, agreement assumed"
    return "measured here" if plan["measured"] else "usual figures"
