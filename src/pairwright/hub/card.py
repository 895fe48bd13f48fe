"""The card of a dataset: what a stranger has to know before training on it, in the order they ask.

    card(subject, facts)

Every figure comes from the project; what is not known is said to be so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pairwright.amounts import counted
from pairwright.formats.trl import Weights, trainer_lines
from pairwright.hub.card_made import how_made
from pairwright.hub.card_trust import how_far_to_trust, lapsed_in_words, limits
from pairwright.hub.columns import Columns, in_words
from pairwright.hub.exports import Export
from pairwright.hub.front_matter import DATA, front_matter
from pairwright.hub.markdown import bullets, fenced, hours, percent, plain, table, usd
from pairwright.quality.language import LANGUAGES
from pairwright.routing import wording

# Guidelines up to here stand in the card itself; longer ones beside it.
IN_FULL = 8_000
GUIDELINES = "guidelines.md"
# Reasons for which pairs are left out that are harder than others.
_HARD = {"tie", "dropped", "waiting_for_people", "not_judged", "no_verdict", "conflicting"}
_TRAINERS = {
    "dpo": "DPO",
    "orpo": "ORPO",
    "kto": "KTO",
    "trl-dpo": "DPO",
    "trl-orpo": "ORPO",
    "trl-kto": "KTO",
}


@dataclass(frozen=True)
class Subject:
    """What the card is of: the repository's name, the exports in it with their columns, licence, languages.

    `by_source` is, by export, how many rows judges and people settled.
    """

    repo: str
    revision: str
    exports: Sequence[Export]
    columns: Mapping[str, Columns | None]
    by_source: Mapping[str, Mapping[str, int]]
    license: str | None
    languages: Sequence[str]


def card(of: Subject, facts: Mapping[str, Any]) -> str:
    """The whole README.md of the dataset."""
    head = front_matter(
        of.repo, of.exports, of.columns, license=of.license, languages=of.languages, facts=facts
    )
    sections = [
        f"# {plain(of.repo.rpartition('/')[2])}",
        _in_short(of, facts),
        *([facts["about"]] if facts["about"] else []),
        _what_is_in_it(of),
        _how_to_load(of),
        how_made(facts),
        _guidelines(facts["guidelines"], facts),
        how_far_to_trust(facts),
        _left_out(of),
        limits(facts, of.license, of.exports),
        _cost(facts),
        _private(facts),
        _rights(of),
    ]
    return head + "\n" + "\n\n".join(sections) + "\n"


def language_codes(facts: Mapping[str, Any]) -> list[str]:
    """The languages that at least one in a hundred labels looked at is in."""
    found = facts["texts"]["languages"]
    total = sum(found.values())
    return [code for code, n in found.items() if code != "unknown" and n >= 0.01 * total]


def _in_short(of: Subject, facts: Mapping[str, Any]) -> str:
    first = of.exports[0]
    kinds = "preference pairs (a prompt, a chosen and a rejected response)"
    if not first.of_pairs:
        kinds = "responses, each called good or bad"
    spoken = (
        f", in {' and '.join(LANGUAGES.get(code, code) for code in of.languages)}" if of.languages else ""
    )
    by = of.by_source[first.name]
    rows = first.rows
    of_data = facts["accepted"].get("given", 0) == facts["status"]["accepted_from_judges"]
    nobody = "raters of whom nobody knows whether they are people or models"
    judges = "judges whose votes came with the data" if of_data else "judge models alone"
    settled = [
        f"{n:,} ({percent(n / rows)}) by {who}"
        for who, n in (
            ("people", by.get("people", 0)),
            (judges, by.get("judge", 0)),
            (nobody, by.get("unknown", 0)),
        )
        if n
    ]
    text = f"{rows:,} {kinds}{spoken}. Which is better was settled for {' and '.join(settled)}."
    if promise := _promise_in_short(facts, by):
        text += f" {promise}"
    return (
        f"{text} Made with Pairwright, which wrote this card from the project's records: every figure below "
        "was counted or measured there."
    )


def _promise_in_short(facts: Mapping[str, Any], by: Mapping[str, int]) -> str:
    if not by.get("judge"):
        return ""
    promise, certified = facts["promise"], wording.labels(facts["promise"])
    lapsed = facts["accepted"].get("guarantee", 0) - certified
    untested = facts["status"]["accepted_from_judges"] - certified - lapsed
    if not certified and not lapsed:
        return "**Nobody tested how often the judges' labels agree with people.**"
    said = []
    if certified:
        which = f"{certified:,} of the labels" if lapsed or untested else "Labels"
        said.append(
            f"{which} by judges alone were accepted under a tested guarantee: at least "
            f"{percent(promise['target'])} of them agree with people, with "
            f"{percent(1 - promise['delta'])} confidence."
        )
    if lapsed:
        said.append(f"**{lapsed_in_words(lapsed)}**")
    if untested:
        said.append(f"**Nobody tested how often the judges' {untested:,} other labels agree with people.**")
    return " ".join(said)


def _what_is_in_it(of: Subject) -> str:
    rows = [
        (f"`{export.name}`", f"`{part.name}`", f"{part.rows:,}", _files(export, part.files))
        for export in of.exports
        for part in export.parts
    ]
    text = "## What is in it\n\n" + table(("Configuration", "Split", "Rows", "File"), rows)
    if len(of.exports) > 1:
        text += "\n\nThe configurations are the same labels in several forms: use one, don't add them up."
    for export in of.exports:
        columns = of.columns[export.name]
        told = {name: in_words(kind) for name, kind in (columns or {}).items()}
        listed = bullets(f"`{name}`: {kind}" for name, kind in told.items())
        text += f"\n\nColumns of `{export.name}`:\n\n{listed or 'they differ from row to row.'}"
        text += "".join(f"\n\n{each}" for each in _of_singles(export))
    if any(len(export.parts) > 1 for export in of.exports):
        text += "\n\nA prompt is in one split only, with all its rows."
    else:
        text += "\n\nThere is no test split: set some prompts aside yourself, whole prompts, not rows."
    return text + (
        "\n\nUnder `meta/` each file has a side file of as many lines: line *n* tells of row *n* its pair, "
        "the models that answered, who settled it (`judge`, `people` or `unknown`) and, where it was "
        "estimated, the probability that the chosen response is the better one (`prob_chosen`)."
    )


def _of_singles(export: Export) -> Iterator[str]:
    """How a response came to be good or bad, where rows are single responses."""
    balance = export.manifest.get("label_balance")
    if balance is None:
        return
    whose = {"judges": "judges", "unknown": "unknown raters"}
    who = whose.get(export.manifest.get("ratings") or "", "people")
    how = f"by what was said of it alone (both good, both bad, ratings of {who})"
    if "shape" in export.manifest or export.manifest.get("naive_labels"):
        how = (
            "good where it won more of its pairs than it lost, bad where it lost more (ties that were called "
            "both good or both bad count too): the loser of two good responses is called bad"
        )
    text = f"A response is {how}. {balance['good']:,} are good, {balance['bad']:,} bad."
    if export.weights:
        weights = ", ".join(f"`{name}` {value:g}" for name, value in export.weights.items())
        text += f" Weights for KTO with this balance: {weights}."
    yield text


def _files(export: Export, files: Sequence[Any]) -> str:
    first = f"`{DATA}/{files[0].name}`"
    return first if len(files) == 1 else f"{first} and {len(files) - 1:,} more"


def _how_to_load(of: Subject) -> str:
    text = "## How to load it"
    for export in of.exports:
        split = export.parts[0].name
        lines = [
            "from datasets import load_dataset",
            f'dataset = load_dataset("{of.repo}", "{export.name}", split="{split}"{_at(of)})',
            *_trainer(export),
        ]
        if len(lines) > 2:
            text += "\n\n" + fenced("\n".join(lines), "python")
        else:
            told = export.manifest.get("how_to_load") or []
            how = "".join(f"\n# {line}" for line in told)
            text += (
                f"\n\n`{export.name}` is written for `{export.form}`; once `data/` is downloaded:\n\n"
                + fenced("\n".join(lines) + how, "python")
            )
    return text


def _at(of: Subject) -> str:
    return "" if of.revision == "main" else f', revision="{of.revision}"'


def _trainer(export: Export) -> list[str]:
    name = _TRAINERS.get(export.form)
    if name is None:
        return (
            ["# prompt, response and label: no trainer of TRL reads it"] if export.form == "unpaired" else []
        )
    weights = None
    if name == "KTO" and export.weights:
        weights = Weights(export.weights["desirable_weight"], export.weights["undesirable_weight"])
    imported, made = trainer_lines(name, "dataset", weights)
    return [imported, "# model: the one to train", made]


def _guidelines(of: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    text = "### Guidelines\n\n"
    if not of["now"].strip():
        return text + "No guidelines are on record."
    said = []
    if of["votes"]:
        said.append(f"{counted(of['votes'], 'answer')} of people were given under this text.")
    elif facts["people"]["answers"]:
        said.append("Whether the people who answered saw this text is not on record.")
    if of["earlier"]:
        versions = ", ".join(
            f"`guidelines-{i}.md` ({counted(n, 'answer')})" for i, (_, n) in enumerate(of["earlier"], 1)
        )
        said.append(f"Earlier versions, and answers given under them: {versions}.")
    if len(of["now"]) > IN_FULL:
        said.append(f"They are long: the full text is in [`{GUIDELINES}`]({GUIDELINES}).")
        return text + " ".join(said)
    said.append("In full:")
    return text + " ".join(said) + "\n\n" + fenced(of["now"], "text")


def _left_out(of: Subject) -> str:
    text = "## What was left out\n"
    hard = False
    for export in of.exports:
        for what, reasons in export.drops.items():
            left = {reason: n for reason, n in reasons.items() if n}
            if not left:
                continue
            hard = hard or bool(_HARD & left.keys())
            rows = [
                (reason.replace("_", " "), f"{n:,}")
                for reason, n in sorted(left.items(), key=lambda r: -r[1])
            ]
            text += f"\n`{export.name}`, of {what}:\n\n{table(('Why', what.capitalize()), rows)}\n"
    if text.endswith("out\n"):
        return text + "\nNothing: every pair of the project gave a row."
    if hard:
        text += (
            "\nWhat was left out may be unlike what is here: ties and pairs nobody could settle are the hard "
            "ones, so the rows here may be clearer cases than a random pair."
        )
    return text.rstrip()


def _cost(facts: Mapping[str, Any]) -> str:
    return "## What it cost\n\n" + bullets(_costs(facts))


def _costs(facts: Mapping[str, Any]) -> Iterator[str]:
    status, people = facts["status"], facts["people"]
    calls = sum(each["calls"] for each in status["calls"])
    if calls:
        unpriced = status["unpriced_calls"]
        more = f", and {counted(unpriced, 'call')} whose price nobody stated" if unpriced else ""
        yield (
            f"Calls to models: {calls:,}, {usd(status['spent_usd'])}{more}; {hours(facts['model_hours'])} of "
            "answering, one after the other."
        )
    else:
        yield "Calls to models: none by this project."
    if people["answers"]:
        timed = people["timed"]
        took = "no times were recorded"
        if timed:
            took = (
                f"{hours(people['seconds'] / 3600)} of active time on the {timed:,} answers that were timed"
            )
        worth = usd(people["answers"] * facts["usd_per_answer"])
        yield (
            f"People: {counted(people['answers'], 'answer')}, {took}. At the project's planning rate of "
            f"{usd(facts['usd_per_answer'])} an answer that is {worth}; what was paid is not on record."
        )
    else:
        yield "People: nobody answered."


def _private(facts: Mapping[str, Any]) -> str:
    lines = [
        "Nobody who annotated is named here or in the files; where a text named one of them, a pseudonym "
        "(`annotator-1`, ...) stands instead.",
        "Prompts and responses are as they were. "
        + (
            "They were searched for e-mail addresses, telephone, card and account numbers and keys, by rules "
            "that miss what has no such form (names, places, stories)."
            if facts["checks"] and {"personal_data", "secrets"} <= set(facts["checks"]["checks"])
            else "**They were not searched for personal data or keys.**"
        ),
    ]
    return "## Personal data\n\n" + bullets(lines)


def _rights(of: Subject) -> str:
    name = of.repo.rpartition("/")[2]
    given = (
        f"`{plain(of.license)}`, as its publisher says." if of.license else "**Unknown: nobody has said.**"
    )
    key = "".join(sign if sign.isalnum() else "_" for sign in name)
    owner = of.repo.partition("/")[0]
    entry = (
        f"@misc{{{key},\n  title = {{{name}}},\n  author = {{{owner}}},\n"
        f"  howpublished = {{\\url{{https://huggingface.co/datasets/{of.repo}}}}},\n"
        "  note = {Preference data made with Pairwright}\n}"
    )
    return (
        f"## Licence and citation\n\nLicence: {given} Responses may also be bound by the terms of the models "
        f"that gave them.\n\n{fenced(entry, 'bibtex')}"
    )
