"""The report on what is in the data: what checks found, labels a reward model doubts, models that win."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from pairwright.amounts import counted
from pairwright.report import about_reward, figures, pair_details
from pairwright.report.page import Section, share, table

REWARD = "reward_model"
SHOWN_MODELS = 10  # in the table of every two


def checks(of: dict[str, Any]) -> Section | None:
    found = of["checks"]
    if not found:
        return None
    html = Markup("")
    groups = [each for each in found["open"] if each["check"] != REWARD]
    for each in groups:
        name = each["check"] + (f".{each['part']}" if each["part"] else "")
        severity = "bad" if each["severity"] == "error" else "soft"
        examples = Markup("").join(pair_details.finding(one, of["pairs"]) for one in each["examples"])
        more = each["n"] - len(each["examples"])
        if more > 0:
            examples += Markup(
                '<p class="soft">{} more: <code>pairwright check list --check {}</code></p>'
            ).format(f"{more:,}", each["check"])
        html += Markup(
            '<details class="group"{}><summary><span class="{}">{}</span> <b>{}</b> {}</summary>{}</details>'
        ).format(
            Markup(" open") if each["severity"] == "error" else "",
            severity, each["severity"], name, f"{each['n']:,} found", examples,
        )  # fmt: skip
    if not groups:
        told = (
            f"{counted(len(found['checks']), 'check')} of {counted(found['pairs'], 'pair')}: nothing is off."
        )
        if not found["checks"]:
            told = "No check has looked at these pairs yet: pairwright check."
        html += Markup('<p class="{}">{}</p>').format("good" if found["checks"] else "", told)
    html += _settled(of)
    how = (
        "What checks found and nobody has settled, with pairs to open; a pair with an error (red) stays "
        "out of exports until it is mended or dismissed."
    )
    return Section("checks", "Issues", how, html)


def _settled(of: dict[str, Any]) -> Markup:
    """What was done about findings before, with examples."""
    html = Markup("")
    for action, n in sorted(of["checks"]["settled"].items()):
        examples = Markup("").join(
            pair_details.finding(one, of["pairs"]) for one in of["checks"]["settled_examples"].get(action, ())
        )
        html += Markup('<details class="group"><summary><b>{}</b> {}</summary>{}</details>').format(
            f"{n:,}", pair_details.DONE.get(action, action), examples
        )
    return Markup("<h3>What was done</h3>{}").format(html) if html else html


def tokens(of: dict[str, Any]) -> Section | None:
    found = (of["checks"] or {}).get("tokens")
    if not found or not found["rows"]:
        return None
    lengths = found["lengths"]
    html = table(
        ("Tokens that keep whole", *(f"{each} of rows" for each in lengths["whole"])),
        [(name, *(f"{n:,}" for n in lengths[part].values())) for part, name in _PARTS],
    )
    cut = ("cut", "prompt", "chosen", "rejected", "dropped", "equal", "emptied")
    rows = [
        (
            each["name"],
            f"{each['setting']} {each['limit']:,}",
            *(f"{each[name]:,}" for name in cut),
            each["cuts"],
        )
        for each in found["trainers"]
        if each["limit"] is not None
    ]
    html += table(("Trainer", "Limit", *map(str.capitalize, cut), "What it cuts"), rows)
    if found["assumed"]:
        html += Markup("<p>{}</p>").format(f"{found['tokenizer']}: {found['assumed']}.")
    how = (
        f"The {found['rows']:,} labelled pairs when they were last measured with {found['tokenizer']}: rows "
        "cut somewhere, rows dropped, rows whose responses are equal once cut, and rows with nothing left of "
        "a response. Set the limit that keeps as many rows whole as you want."
    )
    return Section("tokens", "Length in tokens", how, html)


_PARTS = (("prompt", "prompt"), ("chosen", "chosen"), ("rejected", "rejected"), ("whole", "whole row"))


def reward(of: dict[str, Any]) -> Section | None:
    section = about_reward.reward(of)
    if section is None or not of["doubted"]:
        return section
    pairs = Markup("").join(pair_details.finding(one, of["pairs"]) for one in of["doubted"])
    html = Markup("{}<h3>Doubted most</h3>{}").format(section.html, pairs)
    return Section(section.name, section.title, section.how_to_read, html)


def models(of: dict[str, Any]) -> Section | None:
    found = of["wins"]
    if not found["models"]:
        return None
    rows = [(each["model"], f"{each['labels']:,}", share(each["beats"])) for each in found["models"]]
    html = figures.forest(
        [(each["model"], each["beats"]) for each in found["models"]],
        "chance to beat an average one of the others", 0.5, "even",
    )  # fmt: skip
    html += table(("Model", "Labels", "Beats an average one of the others"), rows) + _each_two(found)
    if found["note"]:
        html += Markup("<p>{}</p>").format(found["note"])
    how = (
        "Bradley-Terry on the labels, ties as ties, with 95 % intervals. Where one model wins everything, "
        "little else is learned."
    )
    return Section("models", "Which model wins", how, html)


def _each_two(found: dict[str, Any]) -> Markup:
    """How often the model of a row was preferred to that of a column, of how many labels, ties as half."""
    names = [each["model"] for each in found["models"]][:SHOWN_MODELS]
    if len(names) < 3:
        return Markup("")
    won = {(each["model"], each["other"]): each for each in found["each_two"]}

    def cell(one: str, other: str) -> Markup | str:
        met = won.get((one, other))
        if met is None:
            return "·" if one == other else "-"
        return Markup('{:.0%} <span class="soft">of {}</span>').format(met["won"] / met["n"], met["n"])

    rows = [(one, *(cell(one, other) for other in names)) for one in names]
    return Markup("<details><summary>Every two of them</summary>{}</details>").format(
        table(("Preferred to", *names), rows)
    )


def cycles(of: dict[str, Any]) -> Section | None:
    found = of["wins"]
    if not found["n_cycles"]:
        return None
    rows = [(f"{i}", " > ".join(map(str, cycle))) for i, cycle in enumerate(found["cycles"], 1)]
    how = "Pairs whose labels contradict each other: no order of the responses fits them all."
    return Section("cycles", "Labels that go round in a circle", how, table(("", "Pairs"), rows))
