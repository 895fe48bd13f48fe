"""The card's section on how a dataset was made: prompts, answers, judges, people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pairwright.amounts import counted
from pairwright.hub.markdown import bullets, hours, percent, plain, share, table
from pairwright.pairing import POLICIES
from pairwright.types import Estimate

_POLICIES = {"given": "came as pairs"} | {name: policy.in_words for name, policy in POLICIES.items()}
_METHODS = {
    "majority": "the majority",
    "gold": "each person's record on pairs whose answer is known",
    "dawid-skene": "Dawid-Skene's model",
    "anchored": "each person's reliability, anchored on what judges say",
}
_SYSTEM = 300  # characters of a system prompt that are shown


def how_made(of: Mapping[str, Any]) -> str:
    parts = [
        "## How it was made\n\n" + bullets(_steps(of)),
        _answers(of),
        _judges(of),
        _unknown(of),
        "### People\n\n" + bullets(_people(of)),
    ]
    return "\n\n".join(part for part in parts if part)


def _steps(of: Mapping[str, Any]) -> Iterator[str]:
    status = of["status"]
    files = [f"{plain(name) if name else 'a place not on record'} ({n:,})" for name, n in of["prompt_files"]]
    shown = ", ".join(files[:8]) + (f" and {len(files) - 8:,} more files" if len(files) > 8 else "")
    yield f"{counted(status['prompts'], 'prompt')}, added from {shown or 'nowhere'}."
    texts = of["texts"]
    if texts["several_turns"] or texts["with_system"]:
        yield (
            f"Of {texts['labels']:,} labelled pairs {texts['several_turns']:,} have a prompt of several "
            f"turns, {texts['with_system']:,} one with a system message."
        )
    yield f"{counted(status['responses'], 'response')}, by the models below."
    met = "; ".join(f"{n:,} {_POLICIES.get(policy, plain(policy))}" for policy, n in of["pairing"].items())
    yield f"{counted(status['pairs'], 'pair')}: {met or 'none'}."
    yield f"{_rule(of)} {_dated(of['dates'])}".strip()


_HOW = {
    "people": "by people",
    "lead": "decided by a lead",
    "key": "the known answers of gold pairs",
    "flipped": "turned round by hand after a check",
    "guarantee": "without a person, under a guarantee: people answered a random draw of pairs, judges were "
    "weighed against these answers, and a label stands only above a certainty tested on them",
    "stated": "by a judge's own word: it named the same winner in every order asked and was highly confident",
    "consistent": "by a judge that named the same winner in every order asked",
    "given": "came with the data, by the judges below: how these came to them is not on record here",
    "unknown": "came with the data, and nobody said whether people or models made them",
}


def _rule(of: Mapping[str, Any]) -> str:
    """How the labels there are came to stand, the most common way first."""
    decided = of["status"]["decided"]
    answered = of["accepted"].get("people", 0) - sum(decided.values())
    how = {**of["accepted"], "people": answered, **decided}
    accepted = sorted(how.items(), key=lambda each: -each[1])
    told = [f"{n:,} {_HOW.get(how, plain(how))}" for how, n in accepted if n]
    return f"Labels: {'; '.join(told)}." if told else "Labels: none yet."


def _dated(dates: Mapping[str, str] | None) -> str:
    if not dates:
        return ""
    first, last = dates["first"], dates["last"]
    return f"People answered on {first}." if first == last else f"People answered from {first} to {last}."


def _answers(of: Mapping[str, Any]) -> str:
    rows = []
    for each in of["answering"]:
        name = plain(each["model"]) if each["model"] else "not on record"
        if each["asked_as"] and each["asked_as"] != each["model"]:
            name = f"{plain(each['asked_as'])} (here called {name})"
        params = ", ".join(f"{key} {plain(value)}" for key, value in each["params"].items())
        if each["system"]:
            system = str(each["system"])
            cut = system if len(system) <= _SYSTEM else f"{system[:_SYSTEM]}..."
            params += f", told: “{plain(cut)}”"
        how = params if each["drawn"] else "came with the data; how it was asked is not on record"
        rows.append((name, f"{each['responses']:,}", how or "-"))
    if not rows:
        return ""
    return "### Models that answered\n\n" + table(("Model", "Responses", "How asked"), rows[:40])


def _judges(of: Mapping[str, Any]) -> str:
    if not of["judges"]:
        return "### Judges\n\nNone: no model was asked which response is better."
    rows = []
    for each in of["judges"]:
        worth = each["worth"] or {}
        right = _estimate(worth.get("right"))
        standing = worth.get("standing", "not known yet")
        if each["refused"]:
            standing += ", so it was left out"
        votes = f"{each['votes']:,}" + (f" ({each['failed']:,} failed)" if each["failed"] else "")
        rows.append((plain(each["name"]), _asked(each), votes, right, standing))
    header = ("Judge", "How asked", "Votes", "Right where it and people take a side", "Against people")
    note = "A judge's *right* is of pairs people labelled; an interval is of 95 %."
    return f"### Judges\n\n{table(header, rows)}\n\n{note}"


def _estimate(of: Mapping[str, Any] | Estimate | None) -> str:
    return "not measured" if of is None else share(of if isinstance(of, Mapping) else vars(of))


def _asked(judge: Mapping[str, Any]) -> str:
    """A judge's spec in words: model, prompting, orders, temperature."""
    spec = judge["spec"]
    if judge["given"] == judge["votes"]:
        return "its votes came with the data; how it was asked, and in which order, is not on record"
    kind = "recorded verdicts, replayed" if "recorded" in spec else spec.get("kind")
    told = [plain(judge["in_words"] or kind)] if kind else []
    if spec.get("model"):
        told = [f"model {plain(spec['model'])}"]
        if kind is None:
            strategy, template = spec.get("strategy", "plain"), spec.get("template", "?")
            told.append(f"asked “{plain(strategy)}” (template {plain(template)})")
    if takes_sides(judge):
        told.append(_orders(judge))
    if "temperature" in spec:
        told.append(f"temperature {spec['temperature']:g}")
    if judge["given"]:
        told.append(f"{judge['given']:,} of its votes came with the data")
    if judge["versions"] > 1:
        told.append(f"{judge['versions']} versions of it were heard, this is the newest")
    return ", ".join(told)


def _unknown(of: Mapping[str, Any]) -> str:
    """Raters of which nobody said what they are."""
    if not of["unknown"]:
        return ""
    rows = [(plain(name), f"{n:,}") for name, n in of["unknown"]]
    note = "Their votes came with the data. Whether people or models cast them is not on record."
    return f"### Unknown raters\n\n{table(('Named', 'Votes'), rows)}\n\n{note}"


def takes_sides(judge: Mapping[str, Any]) -> bool:
    """Whether it compares; one that scores a response alone knows no order."""
    return not judge["scores"]


def _orders(judge: Mapping[str, Any]) -> str:
    """In which orders pairs were shown to it, counted over its votes."""
    if not judge["both"]:
        return "one order only"
    if judge["both"] == judge["pairs"]:
        return "both orders"
    return f"both orders on {judge['both']:,} of {counted(judge['pairs'], 'pair')}, one on the others"


def _people(of: Mapping[str, Any]) -> Iterator[str]:
    people = of["people"]
    decided = of["status"]["decided"]
    for n, what in (
        (decided["lead"], "decided by a lead"),
        (decided["key"], "taken from the answers of gold pairs"),
        (decided["flipped"], "turned round by hand after a check found it wrong"),
    ):
        if n:
            yield f"{counted(n, 'label')} {'was' if n == 1 else 'were'} {what}."
    if not people["answers"]:
        yield "Nobody answered otherwise." if any(decided.values()) else "Nobody answered."
        return
    fewest, most = people["answers_each"][0], people["answers_each"][-1]
    each = f" ({fewest:,} each)" if fewest == most else f" (between {fewest:,} and {most:,} each)"
    each = each if people["count"] > 1 else ""
    pairs = sum(people["by_overlap"].values())
    yield (
        f"{counted(people['count'], 'person', 'people')}, {counted(people['answers'], 'answer')}"
        f"{each} on {counted(pairs, 'pair')}."
    )
    alone = people["by_overlap"].get(1, 0)
    overlap = [f"{n:,} by {heads}" for heads, n in sorted(people["by_overlap"].items()) if heads > 1]
    first = [f"{alone:,} ({percent(alone / pairs)}) by one person only"] if alone else []
    yield f"Overlap: of these pairs {', '.join([*first, *overlap])}."
    if of["combined_by"] and overlap:
        method = _METHODS.get(of["combined_by"], of["combined_by"])
        yield f"Where several answered, the label is by {method}."
    if people["timed"]:
        yield f"Mean active time on an answer: {hours(people['seconds'] / people['timed'] / 3600)}."
    yield "Who these people are, what they know of the subject and what they were paid is not on record."
